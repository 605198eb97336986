/* Who is told of bounces, complaints and deliveries of mail sent as this identity: by mail, and by SNS topics. */

import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Toggle from "@cloudscape-design/components/toggle";
import { call } from "../../api/client";
import { sesV1, sns } from "../../api/query";
import { useNotices } from "../../frame/notices";
import { useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import type { Given } from "./Authentication";
import { words } from "./words";

const KINDS = ["Bounce", "Complaint", "Delivery"] as const;
type Kind = (typeof KINDS)[number];
const MOST_PAGES = 10; // of a hundred topics

async function topicsOf(): Promise<string[]> {
  const found: string[] = [];
  let NextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const some = await sns<{ Topics?: { TopicArn: string }[]; NextToken?: string }>("ListTopics", { NextToken });
    found.push(...(some.Topics ?? []).map((one) => one.TopicArn));
    NextToken = some.NextToken;
    if (!NextToken) break;
  }
  return found;
}

export function Notifications({ name, identity, mayChange, reload }: Given) {
  const t = useWords(words);
  const { tell } = useNotices();
  const topics = useCall(topicsOf, []);
  const found = useCall(async () => {
    const answer = await sesV1<{ NotificationAttributes?: Record<string, Record<string, string>> }>(
      "GetIdentityNotificationAttributes",
      { Identities: [name] },
    );
    return answer.NotificationAttributes?.[name] ?? {};
  }, [name]);
  const act = useAction(async (change: () => Promise<unknown>) => {
    await change();
    tell("success", t.saved);
    await Promise.all([found.reload(), reload()]);
  });
  const options = [
    { value: "", label: t.noTopic },
    ...(topics.value ?? []).map((arn) => ({ value: arn, label: arn.split(":").at(-1) ?? arn, description: arn })),
  ];
  const titles: Record<Kind, string> = { Bounce: t.kindBounce, Complaint: t.kindComplaint, Delivery: t.kindDelivery };
  const isIdle = mayChange && !act.isRunning && Boolean(found.value);
  return (
    <SpaceBetween size="l">
      <Failure failure={act.failure} onDismiss={act.clear} />
      <Failure failure={found.failure ?? topics.failure} retry={() => Promise.all([found.reload(), topics.reload()])} />
      <Container
        header={
          <Header variant="h2" description={t.forwardingText}>
            {t.forwarding}
          </Header>
        }
      >
        <Toggle
          checked={identity.FeedbackForwardingStatus ?? true}
          disabled={!isIdle}
          onChange={({ detail }) =>
            void act.run(() =>
              call("PutEmailIdentityFeedbackAttributes", {
                EmailIdentity: name,
                EmailForwardingEnabled: detail.checked,
              }),
            )
          }
        >
          {identity.FeedbackForwardingStatus ? t.enabled : t.disabled}
        </Toggle>
      </Container>
      <Container
        header={
          <Header variant="h2" description={t.topicsText}>
            {t.topics}
          </Header>
        }
      >
        <SpaceBetween size="l">
          {KINDS.map((kind) => {
            const chosen = found.value?.[`${kind}Topic`] ?? "";
            const known = options.find((one) => one.value === chosen) ?? { value: chosen, label: chosen };
            return (
              <SpaceBetween key={kind} size="xs">
                <FormField label={t.topicOf(titles[kind])}>
                  <Select
                    options={options}
                    selectedOption={known}
                    disabled={!isIdle}
                    onChange={({ detail }) =>
                      void act.run(() =>
                        sesV1("SetIdentityNotificationTopic", {
                          Identity: name,
                          NotificationType: kind,
                          SnsTopic: detail.selectedOption.value || undefined,
                        }),
                      )
                    }
                  />
                </FormField>
                <Checkbox
                  checked={found.value?.[`HeadersIn${kind}NotificationsEnabled`] === "true"}
                  disabled={!isIdle || !chosen}
                  onChange={({ detail }) =>
                    void act.run(() =>
                      sesV1("SetIdentityHeadersInNotificationsEnabled", {
                        Identity: name,
                        NotificationType: kind,
                        Enabled: detail.checked,
                      }),
                    )
                  }
                >
                  {t.headersOf(titles[kind])}
                </Checkbox>
              </SpaceBetween>
            );
          })}
        </SpaceBetween>
      </Container>
    </SpaceBetween>
  );
}
