import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useState } from "react";
import { call } from "../../api/client";
import type { GetConfigurationSetResponse } from "../../api/sesv2";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { GoLink, segment, useAddressed, useGo, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Destroy } from "../../parts/Destroy";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { useListing } from "../../parts/useListing";
import { Help } from "./help";
import { words } from "./words";

const SHOWN = 20; // each is asked for by itself, since the list has names only
const help = <Help of="sets" />;

export function Component() {
  const t = useWords(words);
  const go = useGo();
  const { tell } = useNotices();
  const mayChange = useRole().may("administrator");
  const [like, setLike] = useAddressed("like");
  const [chosen, setChosen] = useState<GetConfigurationSetResponse[]>([]);
  const [isDeleting, setDeleting] = useState(false);
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
  const names = chosen.map((one) => one.ConfigurationSetName ?? "");
  const create = (
    <Button
      variant="primary"
      disabled={!mayChange}
      disabledReason={t.noRole}
      onClick={() => go("configuration-sets/-/create")}
    >
      {t.create}
    </Button>
  );
  return (
    <Page title={t.title} description={t.description} help={help}>
      <SpaceBetween size="m">
        <Failure failure={sets.failure} retry={sets.reload} />
        <Table
          wrapLines
          loading={sets.isLoading && !sets.value}
          loadingText={t.loading}
          items={sets.items}
          trackBy={(one) => one.ConfigurationSetName ?? ""}
          selectionType={mayChange ? "multi" : undefined}
          selectedItems={chosen}
          onSelectionChange={({ detail }) => setChosen(detail.selectedItems)}
          pagination={sets.pagination}
          ariaLabels={{
            tableLabel: t.sets,
            selectionGroupLabel: t.sets,
            allItemsSelectionLabel: () => t.sets,
            itemSelectionLabel: (_, one) => one.ConfigurationSetName ?? "",
          }}
          header={
            <Header
              variant="h2"
              actions={
                <SpaceBetween direction="horizontal" size="xs">
                  <Button
                    disabled={!mayChange || names.length === 0}
                    disabledReason={mayChange ? undefined : t.noRole}
                    onClick={() => setDeleting(true)}
                  >
                    {t.remove}
                  </Button>
                  {create}
                </SpaceBetween>
              }
            >
              {t.sets}
            </Header>
          }
          filter={
            <TextFilter
              filteringText={like}
              filteringAriaLabel={t.find}
              filteringPlaceholder={t.find}
              onChange={({ detail }) => setLike(detail.filteringText)}
            />
          }
          empty={
            like ? (
              <Empty title={t.noneFound} action={<Button onClick={() => setLike("")}>{t.clearFilter}</Button>} />
            ) : (
              <Empty title={t.none} action={create}>
                {t.noneText}
              </Empty>
            )
          }
          columnDefinitions={[
            {
              id: "name",
              header: t.name,
              isRowHeader: true,
              cell: (one) => (
                <GoLink to={`configuration-sets/${segment(one.ConfigurationSetName ?? "")}`}>
                  {one.ConfigurationSetName}
                </GoLink>
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
      </SpaceBetween>
      <Destroy
        visible={isDeleting}
        title={t.removeTitle}
        verb={t.remove}
        names={names}
        act={async () => {
          for (const name of names) await call("DeleteConfigurationSet", { ConfigurationSetName: name });
        }}
        onClose={(done) => {
          setDeleting(false);
          if (done) {
            tell("success", t.removed(names.join(", ")));
            setChosen([]);
          }
          void sets.reload();
        }}
      >
        {t.removeText}
      </Destroy>
    </Page>
  );
}
