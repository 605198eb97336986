import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { tayori } from "../../api/client";
import { Page } from "../../frame/page";
import { GoLink, segment, useGo, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { useCall } from "../../parts/useCall";
import type { Webhook } from "../sets/targets";
import { words as setWords } from "../sets/words";
import { Help } from "./help";
import { WebhookState } from "./WebhookState";
import { words } from "./words";

const help = <Help of="webhooks" />;

export function Component() {
  const t = useWords(words);
  const types = useWords(setWords);
  const go = useGo();
  const mayChange = useRole().may("administrator");
  const found = useCall((signal) => tayori<{ webhooks: Webhook[] }>("GET", "/tayori/webhooks", undefined, signal), [], {
    every: 10,
  });
  const hooks = found.value?.webhooks ?? [];
  const create = (
    <Button variant="primary" disabled={!mayChange} disabledReason={t.noRole} onClick={() => go("webhooks/-/create")}>
      {t.createWebhook}
    </Button>
  );
  return (
    <Page title={t.webhooks} description={t.webhooksAbout} help={help}>
      <SpaceBetween size="m">
        <Failure failure={found.failure} retry={found.reload} />
        <Table
          wrapLines
          loading={found.isLoading && !found.value}
          loadingText={t.loading}
          items={hooks}
          trackBy="id"
          ariaLabels={{ tableLabel: t.webhooks }}
          header={
            <Header variant="h2" counter={found.value ? `(${hooks.length})` : undefined} actions={create}>
              {t.webhooks}
            </Header>
          }
          empty={
            <Empty title={t.noWebhooks} action={create}>
              {t.noWebhooksText}
            </Empty>
          }
          columnDefinitions={[
            {
              id: "url",
              header: t.url,
              isRowHeader: true,
              minWidth: 160,
              cell: (one) => <GoLink to={`webhooks/${segment(one.id)}`}>{one.url}</GoLink>,
            },
            { id: "state", header: t.status, cell: (one) => <WebhookState of={one} />, minWidth: 120 },
            { id: "kinds", header: t.kinds, cell: (one) => one.kinds.map((kind) => types[kind]).join(", ") },
            { id: "set", header: t.set, cell: (one) => one.configurationSet ?? t.allMail },
          ]}
        />
      </SpaceBetween>
    </Page>
  );
}
