/* The fields of each option group: the same ones when a set is made and when it is changed. */

import Alert from "@cloudscape-design/components/alert";
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tiles from "@cloudscape-design/components/tiles";
import Toggle from "@cloudscape-design/components/toggle";
import { call } from "../../api/client";
import type { HttpsPolicy } from "../../api/sesv2";
import { useWords } from "../../frame/words";
import { useCall } from "../../parts/useCall";
import type { Fault, Group, Options } from "./options";
import { words } from "./words";

export interface FieldsProps {
  given: Options;
  change: (change: Partial<Options>) => void;
  fault: Fault;
}

export function Fields({ group, ...rest }: FieldsProps & { group: Group }) {
  const Of = FORMS[group];
  return <Of {...rest} />;
}

function Delivery({ given, change, fault }: FieldsProps) {
  const t = useWords(words);
  const pools = useCall((signal) => call("ListDedicatedIpPools", { PageSize: 100 }, signal), []);
  const options = [
    { value: "", label: t.poolDefault, description: t.poolDefaultText },
    ...(pools.value?.DedicatedIpPools ?? []).map((name) => ({ value: name, label: name })),
  ];
  const known = options.find((one) => one.value === given.pool);
  return (
    <SpaceBetween size="l">
      <FormField label={t.tlsPolicy} description={t.tlsMeaning} stretch>
        <Tiles
          ariaLabel={t.tlsPolicy}
          value={given.requireTls ? "REQUIRE" : "OPTIONAL"}
          onChange={({ detail }) => change({ requireTls: detail.value === "REQUIRE" })}
          items={[
            { value: "REQUIRE", label: t.tlsRequire, description: t.tlsRequireText },
            { value: "OPTIONAL", label: t.tlsOptional, description: t.tlsOptionalText },
          ]}
        />
      </FormField>
      <FormField label={t.maxTime} stretch>
        <RadioGroup
          ariaLabel={t.maxTime}
          value={given.limitsTime ? "own" : "default"}
          onChange={({ detail }) => change({ limitsTime: detail.value === "own" })}
          items={[
            { value: "default", label: t.timeDefault, description: t.timeDefaultText },
            { value: "own", label: t.timeOwn, description: t.timeOwnText },
          ]}
        />
      </FormField>
      {given.limitsTime && (
        <FormField label={t.seconds} constraintText={t.secondsHint} errorText={fault.seconds}>
          <Input
            inputMode="numeric"
            value={given.seconds}
            onChange={({ detail }) => change({ seconds: detail.value.trim() })}
          />
        </FormField>
      )}
      {given.limitsTime && Number(given.seconds) < 900 && <Alert type="info">{t.fiveMinutes}</Alert>}
      <FormField label={t.pool} description={t.poolHint}>
        <Select
          selectedOption={known ?? { value: given.pool, label: given.pool }}
          options={options}
          statusType={pools.isLoading && !pools.value ? "loading" : "finished"}
          loadingText={t.loading}
          onChange={({ detail }) => change({ pool: detail.selectedOption.value ?? "" })}
        />
      </FormField>
    </SpaceBetween>
  );
}

function Sending({ given, change }: FieldsProps) {
  const t = useWords(words);
  return (
    <FormField label={t.sendingStatus} description={t.sendingHint}>
      <Toggle checked={given.sending} onChange={({ detail }) => change({ sending: detail.checked })}>
        {t.sendingLabel}
      </Toggle>
    </FormField>
  );
}

function Reputation({ given, change }: FieldsProps) {
  const t = useWords(words);
  return (
    <FormField label={t.metrics} description={t.metricsHint}>
      <Toggle checked={given.metrics} onChange={({ detail }) => change({ metrics: detail.checked })}>
        {t.metricsLabel}
      </Toggle>
    </FormField>
  );
}

function Suppression({ given, change }: FieldsProps) {
  const t = useWords(words);
  const toggle = (reason: "BOUNCE" | "COMPLAINT", on: boolean) =>
    change({ reasons: [...given.reasons.filter((one) => one !== reason), ...(on ? [reason] : [])].sort() });
  return (
    <SpaceBetween size="m">
      <Checkbox
        checked={given.overridesSuppression}
        description={t.suppressionHint}
        onChange={({ detail }) => change({ overridesSuppression: detail.checked })}
      >
        {t.overrideSuppression}
      </Checkbox>
      {given.overridesSuppression && (
        <FormField label={t.reasons}>
          <SpaceBetween size="xs">
            <Checkbox
              checked={given.reasons.includes("BOUNCE")}
              onChange={({ detail }) => toggle("BOUNCE", detail.checked)}
            >
              {t.bounces}
            </Checkbox>
            <Checkbox
              checked={given.reasons.includes("COMPLAINT")}
              onChange={({ detail }) => toggle("COMPLAINT", detail.checked)}
            >
              {t.complaints}
            </Checkbox>
          </SpaceBetween>
        </FormField>
      )}
      {given.overridesSuppression && given.reasons.length === 0 && <Alert type="warning">{t.noReasonsText}</Alert>}
    </SpaceBetween>
  );
}

function Tracking({ given, change, fault }: FieldsProps) {
  const t = useWords(words);
  return (
    <SpaceBetween size="m">
      <Checkbox
        checked={given.ownDomain}
        description={t.trackingHint}
        onChange={({ detail }) => change({ ownDomain: detail.checked })}
      >
        {t.ownDomain}
      </Checkbox>
      {given.ownDomain && (
        <FormField label={t.redirectDomain} constraintText={t.redirectHint} errorText={fault.domain}>
          <Input value={given.domain} spellcheck={false} onChange={({ detail }) => change({ domain: detail.value })} />
        </FormField>
      )}
      {given.ownDomain && (
        <FormField label={t.https} description={t.httpsText}>
          <RadioGroup
            ariaLabel={t.https}
            value={given.https}
            onChange={({ detail }) => change({ https: detail.value as HttpsPolicy })}
            items={[
              { value: "OPTIONAL", label: t.httpsOptional },
              { value: "REQUIRE", label: t.httpsRequire },
              { value: "REQUIRE_OPEN_ONLY", label: t.httpsOpenOnly },
            ]}
          />
        </FormField>
      )}
    </SpaceBetween>
  );
}

function Vdm({ given, change }: FieldsProps) {
  const t = useWords(words);
  return (
    <SpaceBetween size="m">
      <Checkbox
        checked={given.overridesVdm}
        description={t.vdmHint}
        onChange={({ detail }) => change({ overridesVdm: detail.checked })}
      >
        {t.overrideSuppression}
      </Checkbox>
      {given.overridesVdm && (
        <SpaceBetween size="s">
          <Toggle
            checked={given.engagement}
            description={t.engagementText}
            onChange={({ detail }) => change({ engagement: detail.checked })}
          >
            {t.engagement}
          </Toggle>
          <Toggle
            checked={given.shared}
            description={t.sharedText}
            onChange={({ detail }) => change({ shared: detail.checked })}
          >
            {t.shared}
          </Toggle>
        </SpaceBetween>
      )}
    </SpaceBetween>
  );
}

export function Tags({ given, change, fault }: FieldsProps) {
  const t = useWords(words);
  const set = (at: number, to: { Key?: string; Value?: string }) =>
    change({ tags: given.tags.map((one, index) => (index === at ? { ...one, ...to } : one)) });
  return (
    <FormField errorText={fault.tags} stretch>
      <AttributeEditor
        items={given.tags}
        empty={t.noTags}
        addButtonText={t.addTag}
        removeButtonText={t.removeTag}
        removeButtonAriaLabel={(one) => t.removeTagOf(one.Key)}
        onAddButtonClick={() => change({ tags: [...given.tags, { Key: "", Value: "" }] })}
        onRemoveButtonClick={({ detail }) => change({ tags: given.tags.filter((_, at) => at !== detail.itemIndex) })}
        definition={[
          {
            label: t.tagKey,
            control: (one, at) => <Input value={one.Key} onChange={({ detail }) => set(at, { Key: detail.value })} />,
          },
          {
            label: t.tagValue,
            control: (one, at) => (
              <Input value={one.Value} onChange={({ detail }) => set(at, { Value: detail.value })} />
            ),
          },
        ]}
      />
    </FormField>
  );
}

const FORMS: Record<Group, (props: FieldsProps) => React.ReactNode> = {
  delivery: Delivery,
  sending: Sending,
  reputation: Reputation,
  suppression: Suppression,
  tracking: Tracking,
  vdm: Vdm,
};
