/* Pieces that the pages of topics, subscriptions and webhooks share: protocols, JSON that is typed, a group that is edited. */

import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Textarea from "@cloudscape-design/components/textarea";
import type { ReactNode } from "react";
import { sns } from "../../api/query";
import { type Spoken, useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { RoleButton } from "../../parts/RoleButton";
import { useAction } from "../../parts/useAction";
import { pretty, Verbatim } from "./Deliveries";
import { words } from "./words";

export type T = Spoken<typeof words>;

export interface SubscriptionRow {
  SubscriptionArn: string;
  TopicArn: string;
  Protocol: string;
  Endpoint: string;
  Owner: string;
}

/** SNS has no ARN for those that nobody has confirmed. */
export function isConfirmed(one: SubscriptionRow): boolean {
  return one.SubscriptionArn.startsWith("arn:");
}

export function nameOf(arn: string): string {
  return arn.slice(arn.lastIndexOf(":") + 1);
}

export function protocolName(protocol: string, t: T): string {
  const names: Record<string, string> = {
    email: t.email,
    "email-json": t.emailJson,
    sqs: t.queue,
    webhook: t.webhookProtocol,
    http: "HTTP",
    https: "HTTPS",
    eventbridge: "EventBridge",
    firehose: "Firehose",
  };
  return names[protocol] ?? protocol;
}

export function ConfirmedState({ is, t }: { is: boolean; t: T }) {
  return is ? (
    <StatusIndicator>{t.confirmed}</StatusIndicator>
  ) : (
    <StatusIndicator type="pending">{t.pending}</StatusIndicator>
  );
}

export function isJson(text: string): boolean {
  if (!text.trim()) return true;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

export interface JsonFieldProps {
  label: string;
  hint: string;
  value: string;
  onChange: (value: string) => void;
  fault?: string;
}

export function JsonField({ label, hint, value, onChange, fault }: JsonFieldProps) {
  return (
    <FormField label={label} description={hint} errorText={fault} stretch>
      <Textarea value={value} rows={6} spellcheck={false} onChange={({ detail }) => onChange(detail.value)} />
    </FormField>
  );
}

export function JsonShown({ text, name, t }: { text: string; name: string; t: T }) {
  return text ? <Verbatim text={pretty(text)} name={name} /> : <>{t.none}</>;
}

export interface SubmittedProps {
  verb: string;
  isGood: boolean;
  onTold: () => void;
  act: () => Promise<unknown>;
  onCancel?: () => void;
  children: ReactNode;
}

/** A form that tells its faults when one tries to send it, and then sends it once. */
export function Submitted({ verb, isGood, onTold, act, onCancel, children }: SubmittedProps) {
  const t = useWords(words);
  const sending = useAction(act);
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onTold();
        if (isGood) void sending.run();
      }}
    >
      <Form
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            {onCancel && (
              <Button formAction="none" variant="link" onClick={onCancel}>
                {t.cancel}
              </Button>
            )}
            <RoleButton variant="primary" loading={sending.isRunning}>
              {verb}
            </RoleButton>
          </SpaceBetween>
        }
      >
        <SpaceBetween size="l">
          {children}
          <Failure failure={sending.failure} />
        </SpaceBetween>
      </Form>
    </form>
  );
}

export function Boxed({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <Container
      header={
        <Header variant="h2" actions={actions}>
          {title}
        </Header>
      }
    >
      {children}
    </Container>
  );
}

/** All topics of the account, a thousand at the most: for choosing one. */
export async function allTopics(): Promise<string[]> {
  const found: string[] = [];
  let token: string | undefined;
  for (let page = 0; page < 10; page += 1) {
    const answer = await sns<{ Topics?: { TopicArn: string }[]; NextToken?: string }>("ListTopics", {
      NextToken: token,
    });
    found.push(...(answer.Topics ?? []).map((one) => one.TopicArn));
    token = answer.NextToken || undefined;
    if (!token) break;
  }
  return found;
}
