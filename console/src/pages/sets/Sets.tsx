import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { call } from "../../api/client";
import type { GetConfigurationSetResponse } from "../../api/sesv2";
import { Page } from "../../frame/page";
import { GoLink, segment, useGo } from "../../frame/place";
import { useWords } from "../../frame/words";
import { ListTable } from "../../parts/ListTable";
import { RoleButton } from "../../parts/RoleButton";
import { useFilters } from "../../parts/useFilters";
import { useListing } from "../../parts/useListing";
import { Help } from "./help";
import { words } from "./words";

const SHOWN = 20; // each is asked for by itself, since the list has names only
const help = <Help of="sets" />;
const nameOf = (one: GetConfigurationSetResponse) => one.ConfigurationSetName ?? "";

export function Component() {
  const t = useWords(words);
  const go = useGo();
  const filters = useFilters([{ name: "like", label: t.find }]);
  const { like } = filters.values;
  const sets = useListing<GetConfigurationSetResponse>(
    async (token, signal) => {
      const Filter = like ? { CONFIGURATION_SET_NAME_CONTAINS: like } : undefined;
      const found = await call("ListConfigurationSets", { Filter, NextToken: token, PageSize: SHOWN }, signal);
      const items = await Promise.all(
        (found.ConfigurationSets ?? []).map((name) =>
          call("GetConfigurationSet", { ConfigurationSetName: name }, signal),
        ),
      );
      return { items, next: found.NextToken };
    },
    [like],
  );
  const create = (
    <RoleButton variant="primary" onClick={() => go("configuration-sets/-/create")}>
      {t.create}
    </RoleButton>
  );
  return (
    <Page title={t.title} description={t.description} help={help} wide>
      <ListTable
        title={t.sets}
        listing={sets}
        id={nameOf}
        filters={filters}
        none={{ title: t.none, text: t.noneText, action: create }}
        noneFound={t.noneFound}
        actions={create}
        destroy={{
          verb: t.remove,
          title: t.removeTitle,
          text: t.removeText,
          act: (one) => call("DeleteConfigurationSet", { ConfigurationSetName: nameOf(one) }),
          told: (names) => t.removed(names.join(", ")),
        }}
        columns={[
          {
            id: "name",
            header: t.name,
            cell: (one) => (
              <GoLink to={`configuration-sets/${segment(nameOf(one))}`}>{one.ConfigurationSetName}</GoLink>
            ),
          },
          {
            id: "sending",
            header: t.sending,
            cell: (one) =>
              (one.SendingOptions?.SendingEnabled ?? true) ? (
                <StatusIndicator>{t.sendingOn}</StatusIndicator>
              ) : (
                <StatusIndicator type="stopped">{t.sendingOff}</StatusIndicator>
              ),
          },
          {
            id: "tls",
            header: t.tls,
            cell: (one) => (one.DeliveryOptions?.TlsPolicy === "REQUIRE" ? t.tlsRequire : t.tlsOptional),
          },
          {
            id: "time",
            header: t.maxTime,
            cell: (one) =>
              one.DeliveryOptions?.MaxDeliverySeconds ? t.secondsShown(one.DeliveryOptions.MaxDeliverySeconds) : "-",
          },
        ]}
      />
    </Page>
  );
}
