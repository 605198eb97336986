import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import { useState } from "react";
import { call } from "../../api/client";
import type { TenantResource } from "../../api/sesv2";
import { useNotices } from "../../frame/notices";
import { usePlace } from "../../frame/place";
import { useWords } from "../../frame/words";
import { FormDialog } from "../../parts/FormDialog";
import { ListTable } from "../../parts/ListTable";
import { RoleButton } from "../../parts/RoleButton";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { useListing } from "../../parts/useListing";
import { words } from "./words";

const KINDS = ["identity", "configuration-set", "template"] as const;
type Kind = (typeof KINDS)[number];

const arnOf = (one: TenantResource) => one.ResourceArn ?? "";
/** `arn:aws:ses:…:identity/example.com` is identity, example.com. */
function partsOf(arn: string): { kind: Kind; name: string } {
  const [kind = "", ...rest] = arn.split(":").slice(5).join(":").split("/");
  return { kind: kind as Kind, name: rest.join("/") };
}
const nameOf = (one: TenantResource) => partsOf(arnOf(one)).name;

/** What may be associated, as far as one page of it. */
const ASK: Record<Kind, (signal: AbortSignal) => Promise<(string | undefined)[]>> = {
  identity: async (signal) =>
    ((await call("ListEmailIdentities", { PageSize: 1000 }, signal)).EmailIdentities ?? []).map(
      (one) => one.IdentityName,
    ),
  "configuration-set": async (signal) =>
    (await call("ListConfigurationSets", { PageSize: 1000 }, signal)).ConfigurationSets ?? [],
  template: async (signal) =>
    ((await call("ListEmailTemplates", { PageSize: 100 }, signal)).TemplatesMetadata ?? []).map(
      (one) => one.TemplateName,
    ),
};

export function Resources({ tenant }: { tenant: string }) {
  const t = useWords(words);
  const [isOpen, setOpen] = useState(false);
  const resources = useListing<TenantResource>(
    async (token, signal) => {
      const found = await call("ListTenantResources", { TenantName: tenant, NextToken: token, PageSize: 50 }, signal);
      return { items: found.TenantResources ?? [], next: found.NextToken };
    },
    [tenant],
  );
  const associate = <RoleButton onClick={() => setOpen(true)}>{t.associate}</RoleButton>;
  return (
    <>
      <ListTable
        title={t.resources}
        description={t.resourcesText}
        listing={resources}
        id={arnOf}
        nameOf={nameOf}
        none={{ title: t.noResources, text: t.noResourcesText }}
        actions={associate}
        destroy={{
          verb: t.part,
          title: t.partTitle,
          text: t.partText,
          act: (one) => call("DeleteTenantResourceAssociation", { TenantName: tenant, ResourceArn: arnOf(one) }),
          told: (names) => t.parted(names.join(", ")),
        }}
        columns={[
          { id: "name", header: t.resource, cell: nameOf },
          { id: "type", header: t.type, cell: (one) => t[partsOf(arnOf(one)).kind] },
        ]}
      />
      {isOpen && (
        <Associate
          tenant={tenant}
          onClose={(done) => {
            setOpen(false);
            if (done) void resources.reload();
          }}
        />
      )}
    </>
  );
}

function Associate({ tenant, onClose }: { tenant: string; onClose: (done: boolean) => void }) {
  const t = useWords(words);
  const { account, region } = usePlace();
  const { tell } = useNotices();
  const [kind, setKind] = useState<Kind>("identity");
  const [name, setName] = useState("");
  const [isTold, setTold] = useState(false);
  const known = useCall((signal) => ASK[kind](signal), [kind]);
  const action = useAction(async () => {
    const arn = `arn:aws:ses:${region}:${account}:${kind}/${name}`;
    await call("CreateTenantResourceAssociation", { TenantName: tenant, ResourceArn: arn });
    tell("success", t.associated(name));
    onClose(true);
  });
  const submit = () => {
    setTold(true);
    if (name) void action.run();
  };
  const kinds = KINDS.map((value) => ({ value, label: t[value] }));
  const names = (known.value ?? []).filter((one) => one !== undefined).map((value) => ({ value, label: value }));
  return (
    <FormDialog
      title={t.associate}
      verb={t.associate}
      action={action}
      onSubmit={submit}
      onCancel={() => onClose(false)}
    >
      <FormField label={t.type}>
        <Select
          selectedOption={kinds.find((one) => one.value === kind) ?? null}
          options={kinds}
          onChange={({ detail }) => {
            setKind(detail.selectedOption.value as Kind);
            setName("");
          }}
        />
      </FormField>
      <FormField label={t.resource} errorText={isTold && !name ? t.chooseFault : ""}>
        <Select
          selectedOption={name ? { value: name, label: name } : null}
          options={names}
          placeholder={t.choose}
          filteringType={names.length > 10 ? "auto" : "none"}
          statusType={known.isLoading ? "loading" : "finished"}
          loadingText={t.loading}
          empty={t.nothing}
          onChange={({ detail }) => setName(detail.selectedOption.value ?? "")}
        />
      </FormField>
    </FormDialog>
  );
}
