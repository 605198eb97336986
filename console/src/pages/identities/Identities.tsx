import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useState } from "react";
import { call, tayori, withQuery } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { GoLink, segment, useAddressed, useGo, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Destroy } from "../../parts/Destroy";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useListing } from "../../parts/useListing";
import { Help } from "./help";
import { Status } from "./Status";
import type { Listed } from "./types";
import { words } from "./words";

const help = <Help of="list" />;
const STATUSES = ["SUCCESS", "PENDING", "FAILED", "TEMPORARY_FAILURE"] as const;
const LIVE_SECONDS = 5;

export function Component() {
  const t = useWords(words);
  const go = useGo();
  const { tell } = useNotices();
  const mayChange = useRole().may("administrator");
  const [like, setLike] = useAddressed("like");
  const [kind, setKind] = useAddressed("kind");
  const [status, setStatus] = useAddressed("status");
  const [chosen, setChosen] = useState<Listed[]>([]);
  const [isDeleting, setDeleting] = useState(false);
  const found = useListing<Listed>(
    async (from, signal) => {
      const path = withQuery("/tayori/identity-list", { like, kind, status, from });
      const page = await tayori<{ identities: Listed[]; next: string | null }>("GET", path, undefined, signal);
      return { items: page.identities, next: page.next };
    },
    [like, kind, status],
    { every: LIVE_SECONDS },
  );
  const kinds = [
    { value: "", label: t.anyType },
    { value: "DOMAIN", label: t.domain },
    { value: "EMAIL_ADDRESS", label: t.address },
  ];
  const statuses = [{ value: "", label: t.anyStatus }, ...STATUSES.map((one) => ({ value: one, label: t[one] }))];
  const names = chosen.map((one) => one.name);
  const clear = () => {
    setLike("");
    setKind("");
    setStatus("");
  };
  const create = (
    <Button variant="primary" disabled={!mayChange} disabledReason={t.noRole} onClick={() => go("identities/-/create")}>
      {t.create}
    </Button>
  );
  return (
    <Page title={t.title} description={t.description} help={help}>
      <SpaceBetween size="m">
        <Failure failure={found.failure} retry={found.reload} />
        <Table
          wrapLines
          loading={found.isLoading && !found.value}
          loadingText={t.loading}
          items={found.items}
          trackBy="name"
          selectionType={mayChange ? "multi" : undefined}
          selectedItems={chosen}
          onSelectionChange={({ detail }) => setChosen(detail.selectedItems)}
          pagination={found.pagination}
          ariaLabels={{
            tableLabel: t.title,
            selectionGroupLabel: t.title,
            allItemsSelectionLabel: () => t.selectAll,
            itemSelectionLabel: (_, one) => t.select(one.name),
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
              {t.title}
            </Header>
          }
          filter={
            <SpaceBetween direction="horizontal" size="xs">
              <TextFilter
                filteringText={like}
                filteringAriaLabel={t.find}
                filteringPlaceholder={t.find}
                onChange={({ detail }) => setLike(detail.filteringText)}
              />
              <Select
                ariaLabel={t.type}
                options={kinds}
                selectedOption={kinds.find((one) => one.value === kind) ?? null}
                onChange={({ detail }) => setKind(detail.selectedOption.value ?? "")}
              />
              <Select
                ariaLabel={t.status}
                options={statuses}
                selectedOption={statuses.find((one) => one.value === status) ?? null}
                onChange={({ detail }) => setStatus(detail.selectedOption.value ?? "")}
              />
            </SpaceBetween>
          }
          empty={
            like || kind || status ? (
              <Empty title={t.noneFound} action={<Button onClick={clear}>{t.clearFilter}</Button>} />
            ) : (
              <Empty title={t.none} action={create}>
                {t.noneText}
              </Empty>
            )
          }
          columnDefinitions={[
            {
              id: "name",
              header: t.identity,
              isRowHeader: true,
              cell: (one) => <GoLink to={`identities/${segment(one.name)}`}>{one.name}</GoLink>,
            },
            { id: "kind", header: t.type, cell: (one) => (one.kind === "DOMAIN" ? t.domain : t.address) },
            { id: "status", header: t.status, cell: (one) => <Status of={one.statuses.identity} /> },
            {
              id: "dkim",
              header: t.dkim,
              cell: (one) => (one.signing_enabled ? <Status of={one.statuses.dkim} proof /> : t.signingOff),
            },
            {
              id: "mail-from",
              header: t.mailFrom,
              cell: (one) => (one.mail_from_domain ? <Status of={one.statuses.mail_from} proof /> : t.unset),
            },
            { id: "created", header: t.created, cell: (one) => <TimeText at={one.created_at} /> },
          ]}
        />
      </SpaceBetween>
      <Destroy
        visible={isDeleting}
        title={t.removeTitle}
        verb={t.remove}
        names={names}
        act={async () => {
          for (const name of names) await call("DeleteEmailIdentity", { EmailIdentity: name });
        }}
        onClose={(done) => {
          setDeleting(false);
          if (done) {
            tell("success", t.removed(names.join(", ")));
            setChosen([]);
          }
          void found.reload();
        }}
      >
        {t.removeText}
      </Destroy>
    </Page>
  );
}
