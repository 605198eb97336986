import { call, tayori, withQuery } from "../../api/client";
import { Page } from "../../frame/page";
import { GoLink, segment, useGo } from "../../frame/place";
import { useWords } from "../../frame/words";
import { ListTable } from "../../parts/ListTable";
import { RoleButton } from "../../parts/RoleButton";
import { TimeText } from "../../parts/TimeText";
import { useFilters } from "../../parts/useFilters";
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
  const kinds = [
    { value: "", label: t.anyType },
    { value: "DOMAIN", label: t.domain },
    { value: "EMAIL_ADDRESS", label: t.address },
  ];
  const statuses = [{ value: "", label: t.anyStatus }, ...STATUSES.map((one) => ({ value: one, label: t[one] }))];
  const filters = useFilters([
    { name: "like", label: t.find },
    { name: "kind", label: t.type, options: kinds },
    { name: "status", label: t.status, options: statuses },
  ]);
  const { like, kind, status } = filters.values;
  const found = useListing<Listed>(
    async (from, signal) => {
      const path = withQuery("/tayori/identity-list", { like, kind, status, from });
      const page = await tayori<{ identities: Listed[]; next: string | null }>("GET", path, undefined, signal);
      return { items: page.identities, next: page.next };
    },
    [like, kind, status],
    { every: LIVE_SECONDS },
  );
  const create = (
    <RoleButton variant="primary" onClick={() => go("identities/-/create")}>
      {t.create}
    </RoleButton>
  );
  return (
    <Page title={t.title} description={t.description} help={help} wide>
      <ListTable
        title={t.title}
        listing={found}
        id={(one) => one.name}
        filters={filters}
        none={{ title: t.none, text: t.noneText, action: create }}
        noneFound={t.noneFound}
        actions={create}
        destroy={{
          verb: t.remove,
          title: t.removeTitle,
          text: t.removeText,
          act: (one) => call("DeleteEmailIdentity", { EmailIdentity: one.name }),
          told: (names) => t.removed(names.join(", ")),
        }}
        columns={[
          {
            id: "name",
            header: t.identity,
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
    </Page>
  );
}
