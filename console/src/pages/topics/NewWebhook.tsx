import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import { useState } from "react";
import { call, tayori } from "../../api/client";
import { Page } from "../../frame/page";
import { segment, useGo } from "../../frame/place";
import { useWords } from "../../frame/words";
import { useCall } from "../../parts/useCall";
import type { Webhook } from "../sets/targets";
import { Help } from "./help";
import { showSecret } from "./secret";
import { type WebhookDraft, WebhookForm } from "./WebhookFields";
import { words } from "./words";

const help = <Help of="webhooks" />;
const first: WebhookDraft = { url: "", kinds: ["BOUNCE", "COMPLAINT"] };

export function Component() {
  const t = useWords(words);
  const go = useGo();
  const [set, setSet] = useState("");
  const sets = useCall((signal) => call("ListConfigurationSets", { PageSize: 1000 }, signal), []);
  const options = [
    { value: "", label: t.allMail },
    ...(sets.value?.ConfigurationSets ?? []).map((name) => ({ value: name, label: name })),
  ];
  const create = async (draft: WebhookDraft) => {
    const body = { ...draft, ...(set ? { configurationSet: set } : {}) };
    const made = await tayori<Webhook & { secret: string }>("POST", "/tayori/webhooks", body);
    showSecret(made.id, made.secret);
    go(`webhooks/${segment(made.id)}`);
  };
  return (
    <Page title={t.createWebhook} above={[{ text: t.webhooks, to: "webhooks" }]} help={help}>
      <WebhookForm title={t.summary} verb={t.createWebhook} first={first} save={create} onCancel={() => go("webhooks")}>
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
      </WebhookForm>
    </Page>
  );
}
