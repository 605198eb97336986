import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { useState } from "react";
import { call } from "../../api/client";
import type { TenantInfo } from "../../api/sesv2";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { GoLink, segment, useGo } from "../../frame/place";
import { useWords } from "../../frame/words";
import { FormDialog } from "../../parts/FormDialog";
import { ListTable } from "../../parts/ListTable";
import { RoleButton } from "../../parts/RoleButton";
import { TimeText } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useListing } from "../../parts/useListing";
import { Help } from "./help";
import { Status } from "./Status";
import { words } from "./words";

const help = <Help />;
const nameOf = (one: TenantInfo) => one.TenantName ?? "";

export function Component() {
  const t = useWords(words);
  const [isCreating, setCreating] = useState(false);
  const tenants = useListing<TenantInfo>(async (token, signal) => {
    const found = await call("ListTenants", { NextToken: token, PageSize: 50 }, signal);
    return { items: found.Tenants ?? [], next: found.NextToken };
  }, []);
  const create = (
    <RoleButton variant="primary" onClick={() => setCreating(true)}>
      {t.create}
    </RoleButton>
  );
  return (
    <Page title={t.title} description={t.description} help={help} wide>
      <ListTable
        title={t.title}
        listing={tenants}
        id={nameOf}
        none={{ title: t.none, text: t.noneText, action: create }}
        actions={create}
        destroy={{
          verb: t.remove,
          title: t.removeTitle,
          text: t.removeText,
          act: (one) => call("DeleteTenant", { TenantName: nameOf(one) }),
          told: (names) => t.removed(names.join(", ")),
        }}
        columns={[
          {
            id: "name",
            header: t.name,
            cell: (one) => <GoLink to={`tenants/${segment(nameOf(one))}`}>{one.TenantName}</GoLink>,
          },
          { id: "status", header: t.status, cell: (one) => <Status status={one.SendingStatus} /> },
          { id: "created", header: t.created, cell: (one) => <TimeText at={one.CreatedTimestamp} /> },
        ]}
      />
      {isCreating && <Create onClose={() => setCreating(false)} />}
    </Page>
  );
}

function Create({ onClose }: { onClose: () => void }) {
  const t = useWords(words);
  const go = useGo();
  const { tell } = useNotices();
  const [name, setName] = useState("");
  const [isTold, setTold] = useState(false);
  const isGood = /^[A-Za-z0-9_-]{1,64}$/.test(name);
  const action = useAction(async () => {
    await call("CreateTenant", { TenantName: name });
    tell("success", t.createdOne(name));
    go(`tenants/${segment(name)}`);
  });
  const submit = () => {
    setTold(true);
    if (isGood) void action.run();
  };
  return (
    <FormDialog title={t.create} verb={t.create} action={action} onSubmit={submit} onCancel={onClose}>
      <FormField label={t.name} constraintText={t.nameHint} errorText={isTold && !isGood ? t.nameFault : ""}>
        <Input value={name} spellcheck={false} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
    </FormDialog>
  );
}
