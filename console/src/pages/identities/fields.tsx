/* The fields of an identity's options: the same when it is made and when it is changed. */

import Alert from "@cloudscape-design/components/alert";
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import FileInput from "@cloudscape-design/components/file-input";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import Tiles from "@cloudscape-design/components/tiles";
import { call } from "../../api/client";
import type {
  BehaviorOnMxFailure,
  DkimSigningAttributes,
  DkimSigningAttributesOrigin,
  DkimSigningKeyLength,
  Tag,
} from "../../api/sesv2";
import { usePlace } from "../../frame/place";
import { useSession } from "../../frame/session";
import { type Spoken, useWords } from "../../frame/words";
import { useCall } from "../../parts/useCall";
import { words } from "./words";

type T = Spoken<typeof words>;

export interface Dkim {
  way: "easy" | "byo" | "deed";
  length: DkimSigningKeyLength;
  selector: string;
  key: string;
  parent: string;
}

const MOST_KEY_BYTES = 32_768; // whatever is larger is no key of these lengths

export const EASY: Dkim = { way: "easy", length: "RSA_2048_BIT", selector: "", key: "", parent: "" };

export interface DkimFaults {
  selector: string;
  key: string;
  parent: string;
}

export function dkimFaults(given: Dkim, t: T): DkimFaults {
  const isOwn = given.way === "byo";
  const selectorFits = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(given.selector);
  return {
    selector: isOwn && !selectorFits ? t.selectorFault : "",
    key: isOwn && !/^[A-Za-z0-9+/]{100,20000}={0,2}$/.test(bare(given.key)) ? t.privateKeyFault : "",
    parent: given.way === "deed" && !given.parent ? t.parentFault : "",
  };
}

/** The API takes the Base64 alone. */
function bare(key: string): string {
  return key.replace(/-----[^-]*-----/g, "").replace(/\s/g, "");
}

export function originOf(given: Dkim): DkimSigningAttributesOrigin {
  if (given.way === "easy") return "AWS_SES";
  if (given.way === "byo") return "EXTERNAL";
  return `AWS_SES_${given.parent.toUpperCase().replaceAll("-", "_")}` as DkimSigningAttributesOrigin;
}

export function attributesOf(given: Dkim): DkimSigningAttributes {
  if (given.way === "easy") return { NextSigningKeyLength: given.length };
  if (given.way === "byo") return { DomainSigningSelector: given.selector, DomainSigningPrivateKey: bare(given.key) };
  return { DomainSigningAttributesOrigin: originOf(given) };
}

export function DkimFields(props: { given: Dkim; faults: DkimFaults | null; change: (to: Partial<Dkim>) => void }) {
  const { given, faults, change } = props;
  const t = useWords(words);
  const session = useSession();
  const { region } = usePlace();
  const others = session.regions.filter((one) => one !== region).map((one) => ({ value: one, label: one }));
  const lengths = (["RSA_2048_BIT", "RSA_1024_BIT"] as const).map((value) => ({ value, label: t[value] }));
  return (
    <SpaceBetween size="l">
      <FormField label={t.kindOfDkim} stretch>
        <Tiles
          ariaLabel={t.kindOfDkim}
          value={given.way}
          onChange={({ detail }) => change({ way: detail.value as Dkim["way"] })}
          items={[
            { value: "easy", label: t.easy, description: t.easyText },
            { value: "byo", label: t.byo, description: t.byoText },
            { value: "deed", label: t.deed, description: t.deedText },
          ]}
        />
      </FormField>
      {given.way === "easy" && (
        <FormField label={t.keyLength}>
          <RadioGroup
            ariaLabel={t.keyLength}
            value={given.length}
            items={lengths}
            onChange={({ detail }) => change({ length: detail.value as DkimSigningKeyLength })}
          />
        </FormField>
      )}
      {given.way === "byo" && (
        <>
          <FormField label={t.selector} constraintText={t.selectorHint} errorText={faults?.selector}>
            <Input
              value={given.selector}
              spellcheck={false}
              onChange={({ detail }) => change({ selector: detail.value.trim() })}
            />
          </FormField>
          <FormField
            label={t.privateKey}
            constraintText={t.privateKeyHint}
            errorText={faults?.key}
            secondaryControl={
              <FileInput
                value={[]}
                accept=".pem,.key,text/plain"
                ariaLabel={t.chooseKeyFile}
                onChange={async ({ detail }) => {
                  const [file] = detail.value;
                  if (file && file.size <= MOST_KEY_BYTES) change({ key: await file.text() });
                  else if (file) change({ key: "" });
                }}
              >
                {t.chooseKeyFile}
              </FileInput>
            }
            stretch
          >
            <Textarea
              value={given.key}
              rows={6}
              spellcheck={false}
              autoComplete={false}
              onChange={({ detail }) => change({ key: detail.value })}
            />
          </FormField>
        </>
      )}
      {given.way === "deed" &&
        (others.length ? (
          <FormField label={t.parentRegion} errorText={faults?.parent}>
            <Select
              options={others}
              selectedOption={others.find((one) => one.value === given.parent) ?? null}
              placeholder={t.parentFault}
              onChange={({ detail }) => change({ parent: detail.selectedOption.value ?? "" })}
            />
          </FormField>
        ) : (
          <Alert type="info">{t.noRegions}</Alert>
        ))}
    </SpaceBetween>
  );
}

export interface MailFrom {
  domain: string;
  behavior: BehaviorOnMxFailure;
}

export function mailFromFault(given: string, domain: string, t: T): string {
  const wanted = given.trim().toLowerCase();
  const below = wanted.endsWith(`.${domain.toLowerCase()}`) && !/[\s@/]|\.\.|^\./u.test(wanted);
  return below ? "" : t.mailFromFault(domain);
}

export function MailFromFields(props: {
  given: MailFrom;
  domain: string;
  fault: string;
  change: (to: Partial<MailFrom>) => void;
}) {
  const { given, domain, fault, change } = props;
  const t = useWords(words);
  return (
    <SpaceBetween size="l">
      <FormField label={t.mailFromDomain} constraintText={t.mailFromHint} errorText={fault}>
        <Input
          value={given.domain}
          spellcheck={false}
          placeholder={`bounce.${domain}`}
          onChange={({ detail }) => change({ domain: detail.value })}
        />
      </FormField>
      <FormField label={t.mxFailure}>
        <RadioGroup
          ariaLabel={t.mxFailure}
          value={given.behavior}
          items={(["USE_DEFAULT_VALUE", "REJECT_MESSAGE"] as const).map((value) => ({ value, label: t[value] }))}
          onChange={({ detail }) => change({ behavior: detail.value as BehaviorOnMxFailure })}
        />
      </FormField>
    </SpaceBetween>
  );
}

/** `isDefault` where it is chosen for all mail of the identity, not for one. */
export function SetChoice(props: { given: string; change: (to: string) => void; isDefault?: boolean }) {
  const { given, change, isDefault = true } = props;
  const t = useWords(words);
  const sets = useCall((signal) => call("ListConfigurationSets", { PageSize: 100 }, signal), []);
  const names = sets.value?.ConfigurationSets ?? [];
  const all = given && !names.includes(given) ? [given, ...names] : names;
  const options = [{ value: "", label: t.noSet }, ...all.map((one) => ({ value: one, label: one }))];
  return (
    <FormField
      label={isDefault ? t.configurationSet : t.tabSet}
      description={isDefault ? t.configurationSetText : undefined}
    >
      <Select
        options={options}
        selectedOption={options.find((one) => one.value === given) ?? null}
        filteringType="auto"
        statusType={sets.failure ? "error" : sets.value ? "finished" : "loading"}
        onChange={({ detail }) => change(detail.selectedOption.value ?? "")}
      />
    </FormField>
  );
}

export function tagFault(tags: Tag[], t: T): string {
  const keys = tags.map((one) => one.Key.trim());
  const isWrong = keys.some((key) => !key || key.length > 128) || tags.some((one) => one.Value.length > 256);
  return isWrong || new Set(keys).size < keys.length || keys.length > 50 ? t.tagFault : "";
}

export function TagFields({ tags, fault, change }: { tags: Tag[]; fault: string; change: (to: Tag[]) => void }) {
  const t = useWords(words);
  const set = (at: number, to: Partial<Tag>) =>
    change(tags.map((one, index) => (index === at ? { ...one, ...to } : one)));
  return (
    <FormField errorText={fault} stretch>
      <AttributeEditor
        items={tags}
        empty={t.noTags}
        addButtonText={t.addTag}
        removeButtonText={t.removeTag}
        removeButtonAriaLabel={(one) => t.removeTagOf(one.Key)}
        onAddButtonClick={() => change([...tags, { Key: "", Value: "" }])}
        onRemoveButtonClick={({ detail }) => change(tags.filter((_, at) => at !== detail.itemIndex))}
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
