/* The fields that a webhook has when it is made and when it is changed. */

import Checkbox from "@cloudscape-design/components/checkbox";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type ReactNode, useState } from "react";
import { tayori } from "../../api/client";
import type { EventType } from "../../api/sesv2";
import { segment } from "../../frame/place";
import { useSession } from "../../frame/session";
import { useWords } from "../../frame/words";
import { EVENT_TYPES, type Webhook } from "../sets/targets";
import { words as setWords } from "../sets/words";
import { Boxed, Submitted } from "./attributes";
import { words } from "./words";

export interface WebhookDraft {
  url: string;
  kinds: EventType[];
}

export interface WebhookFormProps {
  title: string;
  verb: string;
  first: WebhookDraft;
  save: (draft: WebhookDraft) => Promise<void>;
  onCancel: () => void;
  /** Fields between the URL and the event types. */
  children?: ReactNode;
}

export function WebhookForm({ title, verb, first, save, onCancel, children }: WebhookFormProps) {
  const t = useWords(words);
  const types = useWords(setWords);
  const { rehearsal } = useSession();
  const [url, setUrl] = useState(first.url);
  const [kinds, setKinds] = useState(first.kinds);
  const [isTold, setTold] = useState(false);
  const urlFault = (rehearsal ? /^https?:\/\/[^\s/]+/ : /^https:\/\/[^\s/]+/).test(url.trim()) ? "" : t.webhookUrlFault;
  const kindsFault = kinds.length ? "" : t.kindsFault;
  const toggle = (kind: EventType, on: boolean) =>
    setKinds(EVENT_TYPES.filter((one) => (one === kind ? on : kinds.includes(one))));
  return (
    <Submitted
      verb={verb}
      isGood={!urlFault && !kindsFault}
      onTold={() => setTold(true)}
      act={() => save({ url: url.trim(), kinds })}
      onCancel={onCancel}
    >
      <Boxed title={title}>
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
          {children}
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
  );
}

export function changeWebhook(id: string, draft: WebhookDraft): Promise<Webhook> {
  return tayori<Webhook>("PUT", `/tayori/webhooks/${segment(id)}`, { ...draft });
}
