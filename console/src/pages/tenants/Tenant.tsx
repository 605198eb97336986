import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useParams } from "react-router";
import { call, tayori } from "../../api/client";
import type { ReputationEntity, Tenant } from "../../api/sesv2";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { useGo, usePlace, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { CopyText } from "../../parts/CopyText";
import { Destroy } from "../../parts/Destroy";
import { Failure } from "../../parts/Failure";
import { RoleButton } from "../../parts/RoleButton";
import { TimeText } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { Help } from "./help";
import { Resources } from "./Resources";
import { Status } from "./Status";
import { Suppression } from "./Suppression";
import { words } from "./words";

const help = <Help />;
const POLICIES = ["none", "standard", "strict"] as const;

interface Rate {
  rate: number | null;
  count: number;
  volume: number;
}

interface Rates {
  name: string;
  bounce: Rate;
  complaint: Rate;
}

interface Found {
  tenant: Tenant;
  entity: ReputationEntity;
  rates: Rates | undefined;
}

async function find(name: string, signal: AbortSignal): Promise<Found> {
  const tenant = (await call("GetTenant", { TenantName: name }, signal)).Tenant ?? {};
  const [entity, reputation] = await Promise.all([
    call("GetReputationEntity", entityOf(tenant), signal),
    tayori<{ tenants: Rates[] }>("GET", "/tayori/reputation", undefined, signal),
  ]);
  const rates = reputation.tenants.find((one) => one.name === `${tenant.TenantName}/${tenant.TenantId}`);
  return { tenant, entity: entity.ReputationEntity ?? {}, rates };
}

function entityOf(tenant: Tenant) {
  return { ReputationEntityType: "RESOURCE" as const, ReputationEntityReference: tenant.TenantArn ?? "" };
}

export function Component() {
  const t = useWords(words);
  const { name = "" } = useParams();
  const go = useGo();
  const { tell } = useNotices();
  const [isDeleting, setDeleting] = useState(false);
  const found = useCall((signal) => find(name, signal), [name]);
  const isPaused = found.value?.tenant.SendingStatus === "DISABLED";
  const toggle = useAction(async () => {
    await call("UpdateReputationEntityCustomerManagedStatus", {
      ...entityOf(found.value!.tenant),
      SendingStatus: isPaused ? "REINSTATED" : "DISABLED",
    });
    tell("success", isPaused ? t.resumed : t.paused);
    await found.reload();
  });
  const actions = (
    <SpaceBetween direction="horizontal" size="xs">
      <RoleButton disabled={!found.value} loading={toggle.isRunning} onClick={() => void toggle.run()}>
        {isPaused ? t.resume : t.pause}
      </RoleButton>
      <RoleButton disabled={!found.value} onClick={() => setDeleting(true)}>
        {t.remove}
      </RoleButton>
    </SpaceBetween>
  );
  return (
    <Page title={name} above={[{ text: t.title, to: "tenants" }]} actions={actions} help={help}>
      <SpaceBetween size="l">
        <Failure failure={found.failure} retry={found.reload} />
        <Failure failure={toggle.failure} onDismiss={toggle.clear} />
        {found.value && (
          <>
            <Standing {...found.value} reload={found.reload} />
            <Resources tenant={name} />
            <Suppression key={name} tenant={found.value.tenant} reload={found.reload} />
            <Tags tenant={found.value.tenant} />
          </>
        )}
      </SpaceBetween>
      <Destroy
        visible={isDeleting}
        title={t.removeTitle}
        verb={t.remove}
        names={[name]}
        act={() => call("DeleteTenant", { TenantName: name })}
        onClose={(done) => {
          setDeleting(false);
          if (done) {
            tell("success", t.removed(name));
            go("tenants");
          }
        }}
      >
        {t.removeText}
      </Destroy>
    </Page>
  );
}

function Standing({ tenant, entity, rates, reload }: Found & { reload: () => Promise<void> }) {
  const t = useWords(words);
  const impact = (entity.ReputationImpact ?? "NONE") as "NONE" | "LOW" | "HIGH";
  const cause = entity.CustomerManagedStatus?.Cause;
  const shown = (rate: Rate | undefined) =>
    rate?.volume ? `${((rate.rate ?? 0) * 100).toFixed(2)} % (${t.ofVolume(rate.count, rate.volume)})` : t.noMail;
  return (
    <Container header={<Header variant="h2">{t.reputation}</Header>}>
      <SpaceBetween size="l">
        <KeyValuePairs
          columns={3}
          minColumnWidth={200}
          items={[
            { label: t.status, value: <Status status={tenant.SendingStatus} /> },
            { label: t.impact, value: t[impact] },
            { label: t.created, value: <TimeText at={tenant.CreatedTimestamp} /> },
            { label: t.bounce, value: shown(rates?.bounce) },
            { label: t.complaint, value: shown(rates?.complaint) },
            ...(cause ? [{ label: t.cause, value: <span lang="en">{cause}</span> }] : []),
            { label: t.arn, value: <CopyText name={t.arn} text={tenant.TenantArn ?? ""} /> },
          ]}
        />
        <Policy tenant={tenant} entity={entity} reload={reload} />
      </SpaceBetween>
    </Container>
  );
}

function Policy({ tenant, entity, reload }: { tenant: Tenant; entity: ReputationEntity; reload: () => Promise<void> }) {
  const t = useWords(words);
  const { region } = usePlace();
  const { tell } = useNotices();
  const mayChange = useRole().may("administrator");
  const options = POLICIES.map((value) => ({ value, label: value === "none" ? t.none_policy : t[value] }));
  const current = entity.ReputationManagementPolicy?.split("/")[1] ?? "none";
  const saving = useAction(async (policy: string) => {
    await call("UpdateReputationEntityPolicy", {
      ...entityOf(tenant),
      ReputationEntityPolicy: `arn:aws:ses:${region}:aws:reputation-policy/${policy}`,
    });
    tell("success", t.saved);
    await reload();
  });
  return (
    <>
      <FormField label={t.policy} description={t.policyHint}>
        <Select
          disabled={!mayChange || saving.isRunning}
          selectedOption={options.find((one) => one.value === current) ?? null}
          options={options}
          onChange={({ detail }) => void saving.run(detail.selectedOption.value ?? "none")}
        />
      </FormField>
      <Failure failure={saving.failure} onDismiss={saving.clear} />
    </>
  );
}

function Tags({ tenant }: { tenant: Tenant }) {
  const t = useWords(words);
  const tags = tenant.Tags ?? [];
  return (
    <Container header={<Header variant="h2">{t.tags}</Header>}>
      {tags.length === 0 ? (
        t.noTags
      ) : (
        <KeyValuePairs columns={3} items={tags.map((one) => ({ label: one.Key, value: one.Value }))} />
      )}
    </Container>
  );
}
