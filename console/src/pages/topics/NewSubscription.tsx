import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { entries, sns } from "../../api/query";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { segment, useAddressed, useGo } from "../../frame/place";
import { useLanguage, useWords } from "../../frame/words";
import { addressFault } from "../../parts/limit";
import { useCall } from "../../parts/useCall";
import { allTopics, Boxed, isJson, JsonField, nameOf, protocolName, Submitted, type T } from "./attributes";
import { Help } from "./help";
import { words } from "./words";

const PROTOCOLS = ["https", "http", "email", "email-json", "sqs"];
const help = <Help of="topics" />;

export function Component() {
  const t = useWords(words);
  const language = useLanguage();
  const go = useGo();
  const { tell } = useNotices();
  const [topic, setTopic] = useAddressed("topic");
  const [protocol, setProtocol] = useAddressed("protocol", "https");
  const [endpoint, setEndpoint] = useState("");
  const [raw, setRaw] = useState(false);
  const [filter, setFilter] = useState("");
  const [scope, setScope] = useState("MessageBody");
  const [isTold, setTold] = useState(false);
  const topics = useCall(allTopics, []);
  const isMail = protocol.startsWith("email");
  const fault = {
    topic: topic ? "" : t.chosenTopicFault,
    endpoint: isMail ? addressFault(endpoint, language) : endpointFault(protocol, endpoint.trim(), t),
    filter: isJson(filter) ? "" : t.jsonFault,
  };
  const told = isTold ? fault : { topic: "", endpoint: "", filter: "" };
  const create = async () => {
    const attributes: Record<string, string> = {
      ...(raw && !isMail ? { RawMessageDelivery: "true" } : {}),
      ...(filter.trim() ? { FilterPolicyScope: scope, FilterPolicy: filter } : {}),
    };
    const made = await sns<{ SubscriptionArn: string }>("Subscribe", {
      TopicArn: topic,
      Protocol: protocol,
      Endpoint: endpoint.trim(),
      ReturnSubscriptionArn: true,
      ...(Object.keys(attributes).length ? { Attributes: entries(attributes) } : {}),
    });
    tell("success", t.created(endpoint.trim()));
    go(`subscriptions/${segment(made.SubscriptionArn)}`);
  };
  const options = (topics.value ?? []).map((arn) => ({ value: arn, label: nameOf(arn), description: arn }));
  return (
    <Page title={t.createSubscription} above={[{ text: t.subscriptions, to: "subscriptions" }]} help={help}>
      <Submitted
        verb={t.createSubscription}
        isGood={!fault.topic && !fault.endpoint && !fault.filter}
        onTold={() => setTold(true)}
        act={create}
        onCancel={() => go("subscriptions")}
      >
        <Boxed title={t.summary}>
          <SpaceBetween size="l">
            <FormField label={t.topic} errorText={told.topic}>
              <Select
                selectedOption={
                  options.find((one) => one.value === topic) ?? (topic ? { value: topic, label: nameOf(topic) } : null)
                }
                options={options}
                placeholder={t.chooseTopic}
                empty={t.noTopics}
                filteringType={options.length > 10 ? "auto" : "none"}
                statusType={topics.isLoading && !topics.value ? "loading" : "finished"}
                loadingText={t.loading}
                onChange={({ detail }) => setTopic(detail.selectedOption.value ?? "")}
              />
            </FormField>
            <FormField label={t.protocol}>
              <Select
                selectedOption={{ value: protocol, label: protocolName(protocol, t) }}
                options={PROTOCOLS.map((one) => ({ value: one, label: protocolName(one, t) }))}
                onChange={({ detail }) => setProtocol(detail.selectedOption.value ?? "https")}
              />
            </FormField>
            <FormField
              label={t.endpoint}
              constraintText={isMail ? t.hintEmail : protocol === "sqs" ? t.hintQueue : t.hintUrl}
              errorText={told.endpoint}
              stretch
            >
              <Input value={endpoint} spellcheck={false} onChange={({ detail }) => setEndpoint(detail.value)} />
            </FormField>
            {!isMail && (
              <FormField label={t.raw} description={t.rawHint}>
                <Checkbox checked={raw} onChange={({ detail }) => setRaw(detail.checked)}>
                  {t.rawLabel}
                </Checkbox>
              </FormField>
            )}
          </SpaceBetween>
        </Boxed>
        <Boxed title={t.filter}>
          <SpaceBetween size="l">
            <JsonField label={t.filter} hint={t.filterHint} value={filter} fault={told.filter} onChange={setFilter} />
            {filter.trim() && (
              <FormField label={t.scope} description={t.scopeText}>
                <RadioGroup
                  ariaLabel={t.scope}
                  value={scope}
                  onChange={({ detail }) => setScope(detail.value)}
                  items={[
                    { value: "MessageBody", label: t.scopeBody },
                    { value: "MessageAttributes", label: t.scopeAttributes },
                  ]}
                />
              </FormField>
            )}
          </SpaceBetween>
        </Boxed>
      </Submitted>
    </Page>
  );
}

function endpointFault(protocol: string, endpoint: string, t: T): string {
  if (protocol === "sqs") return /^arn:[^:]+:sqs:[^:]+:\d+:.+$/.test(endpoint) ? "" : t.queueFault;
  return new RegExp(`^${protocol}://[^\\s/]+`).test(endpoint) ? "" : t.urlFault(protocol);
}
