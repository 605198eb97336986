/* The event destinations of a set, webhooks among them. */

import Badge from "@cloudscape-design/components/badge";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { call, tayori } from "../../api/client";
import type { EventType } from "../../api/sesv2";
import { GoLink, segment, useGo, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { useCall } from "../../parts/useCall";
import { OnOff } from "./shown";
import { kindName, kindOf, type TargetKind, targetOf, type Webhook } from "./targets";
import { words } from "./words";

interface Row {
  name: string;
  to: string;
  kind: TargetKind;
  target: string;
  types: EventType[];
  enabled: boolean;
}

export function Destinations({ set }: { set: string }) {
  const t = useWords(words);
  const go = useGo();
  const mayChange = useRole().may("administrator");
  const rows = useCall<Row[]>(
    async (signal) => {
      const [found, hooks] = await Promise.all([
        call("GetConfigurationSetEventDestinations", { ConfigurationSetName: set }, signal),
        tayori<{ webhooks: Webhook[] }>("GET", "/tayori/webhooks", undefined, signal),
      ]);
      const destinations = (found.EventDestinations ?? []).map((one) => ({
        name: one.Name,
        to: `configuration-sets/${segment(set)}/destinations/${segment(one.Name)}`,
        kind: kindOf(one),
        target: targetOf(one),
        types: one.MatchingEventTypes,
        enabled: one.Enabled ?? false,
      }));
      const own = hooks.webhooks
        .filter((one) => one.configurationSet === set)
        .map((one) => ({
          name: one.id,
          to: `webhooks/${segment(one.id)}`,
          kind: "webhook" as const,
          target: one.url,
          types: one.kinds,
          enabled: one.state === "active",
        }));
      return [...destinations, ...own];
    },
    [set],
  );
  const add = (
    <Button
      variant="primary"
      disabled={!mayChange}
      disabledReason={t.noRole}
      onClick={() => go(`configuration-sets/${segment(set)}/add-destination`)}
    >
      {t.addDestination}
    </Button>
  );
  return (
    <SpaceBetween size="s">
      <Failure failure={rows.failure} retry={rows.reload} />
      <Table
        wrapLines
        loading={rows.isLoading && !rows.value}
        loadingText={t.loading}
        items={rows.value ?? []}
        trackBy="to"
        ariaLabels={{ tableLabel: t.destinations }}
        header={
          <Header
            variant="h2"
            description={t.destinationsHint}
            counter={rows.value ? `(${rows.value.length})` : undefined}
            actions={add}
          >
            {t.destinations}
          </Header>
        }
        empty={
          <Empty title={t.noDestinations} action={add}>
            {t.noDestinationsText}
          </Empty>
        }
        columnDefinitions={[
          {
            id: "name",
            header: t.name,
            isRowHeader: true,
            minWidth: 140,
            cell: (one) => <GoLink to={one.to}>{one.name}</GoLink>,
          },
          { id: "kind", header: t.kind, cell: (one) => kindName(one.kind) },
          { id: "target", header: t.target, cell: (one) => one.target, minWidth: 160 },
          {
            id: "types",
            header: t.eventTypes,
            minWidth: 180,
            cell: (one) => (
              <SpaceBetween direction="horizontal" size="xxs">
                {one.types.map((type) => (
                  <Badge key={type}>{t[type]}</Badge>
                ))}
              </SpaceBetween>
            ),
          },
          {
            id: "status",
            header: t.status,
            minWidth: 130,
            cell: (one) =>
              one.kind === "webhook" && !one.enabled ? (
                <StatusIndicator type="stopped">{t.webhookPaused}</StatusIndicator>
              ) : (
                <OnOff on={one.enabled} t={t} />
              ),
          },
        ]}
      />
    </SpaceBetween>
  );
}
