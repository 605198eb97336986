import { tayori } from "../../api/client";
import { Page } from "../../frame/page";
import { GoLink, segment, useGo } from "../../frame/place";
import { useWords } from "../../frame/words";
import { ListTable } from "../../parts/ListTable";
import { RoleButton } from "../../parts/RoleButton";
import { useWholeList } from "../../parts/useListing";
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
  const hooks = useWholeList<Webhook>(
    async (signal) => (await tayori<{ webhooks: Webhook[] }>("GET", "/tayori/webhooks", undefined, signal)).webhooks,
    { every: 10 },
  );
  const create = (
    <RoleButton variant="primary" onClick={() => go("webhooks/-/create")}>
      {t.createWebhook}
    </RoleButton>
  );
  return (
    <Page title={t.webhooks} description={t.webhooksAbout} help={help} wide>
      <ListTable
        title={t.webhooks}
        counter={hooks.value ? `(${hooks.items.length})` : undefined}
        listing={hooks}
        id={(one) => one.id}
        none={{ title: t.noWebhooks, text: t.noWebhooksText, action: create }}
        actions={create}
        columns={[
          {
            id: "url",
            header: t.url,
            minWidth: 160,
            cell: (one) => <GoLink to={`webhooks/${segment(one.id)}`}>{one.url}</GoLink>,
          },
          { id: "state", header: t.status, cell: (one) => <WebhookState of={one} />, minWidth: 120 },
          { id: "kinds", header: t.kinds, cell: (one) => one.kinds.map((kind) => types[kind]).join(", ") },
          { id: "set", header: t.set, cell: (one) => one.configurationSet ?? t.allMail },
        ]}
      />
    </Page>
  );
}
