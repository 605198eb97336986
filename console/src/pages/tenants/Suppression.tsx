import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { call } from "../../api/client";
import type { Tenant } from "../../api/sesv2";
import { useNotices } from "../../frame/notices";
import { useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { RoleButton } from "../../parts/RoleButton";
import { useAction } from "../../parts/useAction";
import { words } from "./words";

type Scope = "ACCOUNT" | "TENANT";
const REASONS = [
  ["BOUNCE", "bounces"],
  ["COMPLAINT", "complaints"],
] as const;

/** Which list suppresses, and for what. Without settings of its own, the account's hold. */
export function Suppression({ tenant, reload }: { tenant: Tenant; reload: () => Promise<void> }) {
  const t = useWords(words);
  const { tell } = useNotices();
  const given = tenant.SuppressionAttributes;
  const [scope, setScope] = useState<Scope | "">(given?.SuppressionScope ?? "");
  const [reasons, setReasons] = useState<("BOUNCE" | "COMPLAINT")[]>(
    given?.SuppressedReasons ?? ["BOUNCE", "COMPLAINT"],
  );
  const saving = useAction(async () => {
    const own = scope ? { SuppressionScope: scope, SuppressedReasons: reasons } : {};
    await call("PutTenantSuppressionAttributes", { TenantName: tenant.TenantName ?? "", ...own });
    tell("success", t.saved);
    await reload();
  });
  const scopes = [
    { value: "", label: t.inherited },
    { value: "ACCOUNT", label: t.ACCOUNT },
    { value: "TENANT", label: t.TENANT },
  ];
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <RoleButton loading={saving.isRunning} onClick={() => void saving.run()}>
              {t.save}
            </RoleButton>
          }
        >
          {t.suppression}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <FormField label={t.scope} description={t.scopeHint}>
          <Select
            selectedOption={scopes.find((one) => one.value === scope) ?? null}
            options={scopes}
            onChange={({ detail }) => setScope(detail.selectedOption.value as Scope | "")}
          />
        </FormField>
        {scope && (
          <FormField label={t.reasons}>
            {REASONS.map(([reason, text]) => (
              <Checkbox
                key={reason}
                checked={reasons.includes(reason)}
                onChange={({ detail }) =>
                  setReasons(detail.checked ? [...reasons, reason] : reasons.filter((one) => one !== reason))
                }
              >
                {t[text]}
              </Checkbox>
            ))}
          </FormField>
        )}
        <Failure failure={saving.failure} onDismiss={saving.clear} />
      </SpaceBetween>
    </Container>
  );
}
