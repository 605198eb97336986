import Checkbox from "@cloudscape-design/components/checkbox";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { call, tayori } from "../../api/client";
import type { EventType } from "../../api/sesv2";
import { Page } from "../../frame/page";
import { segment, useGo } from "../../frame/place";
import { useSession } from "../../frame/session";
import { useWords } from "../../frame/words";
import { useCall } from "../../parts/useCall";
import { EVENT_TYPES, type Webhook } from "../sets/targets";
import { words as setWords } from "../sets/words";
import { Boxed, Submitted } from "./attributes";
import { Help } from "./help";
import { showSecret } from "./secret";
import { words } from "./words";

const help = <Help of="webhooks" />;

export function Component() {
  const t = useWords(words);
  const types = useWords(setWords);
  const go = useGo();
  const { rehearsal } = useSession();
  const [url, setUrl] = useState("");
  const [kinds, setKinds] = useState<EventType[]>(["BOUNCE", "COMPLAINT"]);
  const [set, setSet] = useState("");
  const [isTold, setTold] = useState(false);
  const sets = useCall((signal) => call("ListConfigurationSets", { PageSize: 1000 }, signal), []);
  const options = [
    { value: "", label: t.allMail },
    ...(sets.value?.ConfigurationSets ?? []).map((name) => ({ value: name, label: name })),
  ];
  const urlFault = (rehearsal ? /^https?:\/\/[^\s/]+/ : /^https:\/\/[^\s/]+/).test(url.trim()) ? "" : t.webhookUrlFault;
  const kindsFault = kinds.length ? "" : t.kindsFault;
  const create = async () => {
    const body = { url: url.trim(), kinds, ...(set ? { configurationSet: set } : {}) };
    const made = await tayori<Webhook & { secret: string }>("POST", "/tayori/webhooks", body);
    showSecret(made.id, made.secret);
    go(`webhooks/${segment(made.id)}`);
  };
  const toggle = (kind: EventType, on: boolean) =>
    setKinds(EVENT_TYPES.filter((one) => (one === kind ? on : kinds.includes(one))));
  return (
    <Page title={t.createWebhook} above={[{ text: t.webhooks, to: "webhooks" }]} help={help}>
      <Submitted
        verb={t.createWebhook}
        isGood={!urlFault && !kindsFault}
        onTold={() => setTold(true)}
        act={create}
        onCancel={() => go("webhooks")}
      >
        <Boxed title={t.summary}>
          <SpaceBetween size="l">
            <FormField label={t.url} errorText={isTold ? urlFault : ""} stretch>
              <Input
                type="url"
                inputMode="url"
                value={url}
                spellcheck={false}
                placeholder="https://app.example.com/events"
                onChange={({ detail }) => setUrl(detail.value)}
              />
            </FormField>
            <FormField label={t.set} description={t.setHint}>
              <Select
                selectedOption={options.find((one) => one.value === set) ?? null}
                options={options}
                filteringType={options.length > 10 ? "auto" : "none"}
                statusType={sets.isLoading && !sets.value ? "loading" : "finished"}
                loadingText={t.loading}
                onChange={({ detail }) => setSet(detail.selectedOption.value ?? "")}
              />
            </FormField>
            <FormField label={t.kinds} errorText={isTold ? kindsFault : ""} stretch>
              <ColumnLayout columns={2} minColumnWidth={240}>
                {EVENT_TYPES.map((kind) => (
                  <Checkbox
                    key={kind}
                    checked={kinds.includes(kind)}
                    description={types[`${kind}Text`]}
                    onChange={({ detail }) => toggle(kind, detail.checked)}
                  >
                    {types[kind]}
                  </Checkbox>
                ))}
              </ColumnLayout>
            </FormField>
          </SpaceBetween>
        </Boxed>
      </Submitted>
    </Page>
  );
}
