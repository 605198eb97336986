import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import Tabs from "@cloudscape-design/components/tabs";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { useParams } from "react-router";
import { sns } from "../../api/query";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { useAddressed, useGo, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { CopyText } from "../../parts/CopyText";
import { Destroy } from "../../parts/Destroy";
import { Failure } from "../../parts/Failure";
import { useCall } from "../../parts/useCall";
import { Boxed, isJson, JsonField, JsonShown, nameOf, Submitted } from "./attributes";
import { pretty } from "./Deliveries";
import { Help } from "./help";
import { SubscriptionTable } from "./SubscriptionTable";
import { words } from "./words";

type Attributes = Record<string, string>;
const help = <Help of="topics" />;

export function Component() {
  const t = useWords(words);
  const { arn = "" } = useParams();
  const go = useGo();
  const { tell } = useNotices();
  const mayChange = useRole().may("administrator");
  const [tab, setTab] = useAddressed("tab", "subscriptions");
  const [isDeleting, setDeleting] = useState(false);
  const topic = useCall(async () => {
    const found = await sns<{ Attributes: Attributes }>("GetTopicAttributes", { TopicArn: arn });
    return found.Attributes;
  }, [arn]);
  const known = topic.value;
  return (
    <Page
      title={nameOf(arn)}
      above={[{ text: t.topics, to: "topics" }]}
      help={help}
      actions={
        <Button
          disabled={!mayChange || !known}
          disabledReason={mayChange ? undefined : t.noRole}
          onClick={() => setDeleting(true)}
        >
          {t.remove}
        </Button>
      }
    >
      <SpaceBetween size="l">
        <Failure failure={topic.failure} retry={topic.reload} />
        {(known || !topic.failure) && (
          <Boxed title={t.summary}>
            {known ? (
              <KeyValuePairs
                columns={3}
                minColumnWidth={200}
                items={[
                  { label: t.arn, value: <CopyText text={arn} name={t.arn} /> },
                  { label: t.displayName, value: known.DisplayName || "-" },
                  {
                    label: t.subscriptions,
                    value: t.countsOf(known.SubscriptionsConfirmed ?? "0", known.SubscriptionsPending ?? "0"),
                  },
                ]}
              />
            ) : (
              <Spinner />
            )}
          </Boxed>
        )}
        {known && (
          <Tabs
            activeTabId={tab}
            onChange={({ detail }) => setTab(detail.activeTabId)}
            tabs={[
              { id: "subscriptions", label: t.subscriptions, content: <SubscriptionTable topic={arn} /> },
              { id: "publish", label: t.publish, content: <Publish arn={arn} /> },
              {
                id: "settings",
                label: t.settings,
                content: <Settings arn={arn} known={known} reload={topic.reload} />,
              },
            ]}
          />
        )}
      </SpaceBetween>
      <Destroy
        visible={isDeleting}
        title={t.deleteTopic}
        verb={t.remove}
        names={[arn]}
        act={() => sns("DeleteTopic", { TopicArn: arn })}
        onClose={(done) => {
          setDeleting(false);
          if (done) {
            tell("success", t.removed(nameOf(arn)));
            go("topics");
          }
        }}
      >
        {t.deleteTopicText}
      </Destroy>
    </Page>
  );
}

function Publish({ arn }: { arn: string }) {
  const t = useWords(words);
  const { tell } = useNotices();
  const mayPublish = useRole().may("sender");
  const [subject, setSubject] = useState("");
  const [message, setMessage] = useState("");
  const [attributes, setAttributes] = useState<{ name: string; value: string }[]>([]);
  const [isTold, setTold] = useState(false);
  const names = attributes.map((one) => one.name);
  const fault = {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: SNS takes what is printable, on one line
    subject: /^[^\x00-\x1f\x7f-\uffff]{0,99}$/.test(subject) ? "" : t.subjectFault,
    message: message.trim() ? "" : t.messageFault,
    attributes:
      attributes.every((one) => one.name && one.value) && new Set(names).size === names.length ? "" : t.attributesFault,
  };
  const told = isTold ? fault : { subject: "", message: "", attributes: "" };
  const set = (at: number, to: Partial<{ name: string; value: string }>) =>
    setAttributes(attributes.map((one, index) => (index === at ? { ...one, ...to } : one)));
  const publish = async () => {
    const made = await sns<{ MessageId: string }>("Publish", {
      TopicArn: arn,
      Message: message,
      ...(subject ? { Subject: subject } : {}),
      ...(attributes.length
        ? {
            MessageAttributes: {
              entry: attributes.map((one) => ({
                Name: one.name,
                Value: { DataType: "String", StringValue: one.value },
              })),
            },
          }
        : {}),
    });
    tell("success", t.published(made.MessageId));
    setTold(false);
  };
  if (!mayPublish) return <Boxed title={t.publish}>{t.noRole}</Boxed>;
  return (
    <Submitted
      verb={t.publish}
      isGood={!fault.subject && !fault.message && !fault.attributes}
      onTold={() => setTold(true)}
      act={publish}
    >
      <Boxed title={t.publish}>
        <SpaceBetween size="l">
          <FormField label={t.subject} constraintText={t.subjectHint} errorText={told.subject} stretch>
            <Input value={subject} onChange={({ detail }) => setSubject(detail.value)} />
          </FormField>
          <FormField label={t.message} description={t.publishAbout} errorText={told.message} stretch>
            <Textarea value={message} rows={6} onChange={({ detail }) => setMessage(detail.value)} />
          </FormField>
          <FormField label={t.attributes} description={t.attributesHint} errorText={told.attributes} stretch>
            <AttributeEditor
              items={attributes}
              empty={t.noAttributes}
              addButtonText={t.addAttribute}
              removeButtonText={t.remove}
              onAddButtonClick={() => setAttributes([...attributes, { name: "", value: "" }])}
              onRemoveButtonClick={({ detail }) => setAttributes(attributes.filter((_, at) => at !== detail.itemIndex))}
              definition={[
                {
                  label: t.attributeName,
                  control: (one, at) => (
                    <Input value={one.name} onChange={({ detail }) => set(at, { name: detail.value })} />
                  ),
                },
                {
                  label: t.attributeValue,
                  control: (one, at) => (
                    <Input value={one.value} onChange={({ detail }) => set(at, { value: detail.value })} />
                  ),
                },
              ]}
            />
          </FormField>
        </SpaceBetween>
      </Boxed>
    </Submitted>
  );
}

interface SettingsProps {
  arn: string;
  known: Attributes;
  reload: () => Promise<void>;
}

const SET = ["DisplayName", "SignatureVersion", "Policy", "DeliveryPolicy"] as const;

function Settings({ arn, known, reload }: SettingsProps) {
  const t = useWords(words);
  const { tell } = useNotices();
  const mayChange = useRole().may("administrator");
  const first = () => ({
    DisplayName: known.DisplayName ?? "",
    SignatureVersion: known.SignatureVersion || "1",
    Policy: known.Policy ? pretty(known.Policy) : "",
    DeliveryPolicy: known.DeliveryPolicy ? pretty(known.DeliveryPolicy) : "",
  });
  const [draft, setDraft] = useState<ReturnType<typeof first> | null>(null);
  const [isTold, setTold] = useState(false);
  if (!draft)
    return (
      <Boxed
        title={t.settings}
        actions={
          <Button disabled={!mayChange} disabledReason={t.noRole} onClick={() => setDraft(first())}>
            {t.edit}
          </Button>
        }
      >
        <KeyValuePairs
          items={[
            { label: t.displayName, value: known.DisplayName || "-" },
            { label: t.signature, value: known.SignatureVersion || "1" },
            { label: t.policy, value: <JsonShown text={known.Policy ?? ""} name={t.policy} t={t} /> },
            {
              label: t.effectivePolicy,
              value: <JsonShown text={known.EffectiveDeliveryPolicy ?? ""} name={t.effectivePolicy} t={t} />,
            },
          ]}
        />
      </Boxed>
    );
  const policyFault = isJson(draft.Policy) ? "" : t.jsonFault;
  const deliveryFault = isJson(draft.DeliveryPolicy) ? "" : t.jsonFault;
  const save = async () => {
    const before = first();
    for (const name of SET)
      if (draft[name] !== before[name])
        await sns("SetTopicAttributes", { TopicArn: arn, AttributeName: name, AttributeValue: draft[name].trim() });
    tell("success", t.saved);
    setDraft(null);
    await reload();
  };
  const change = (some: Partial<typeof draft>) => setDraft({ ...draft, ...some });
  return (
    <Submitted
      verb={t.save}
      isGood={!policyFault && !deliveryFault}
      onTold={() => setTold(true)}
      act={save}
      onCancel={() => setDraft(null)}
    >
      <Boxed title={t.settings}>
        <SpaceBetween size="l">
          <FormField label={t.displayName} constraintText={t.displayHint}>
            <Input
              value={draft.DisplayName}
              onChange={({ detail }) => change({ DisplayName: detail.value.slice(0, 100) })}
            />
          </FormField>
          <FormField label={t.signature} description={t.signatureHint}>
            <RadioGroup
              ariaLabel={t.signature}
              value={draft.SignatureVersion}
              onChange={({ detail }) => change({ SignatureVersion: detail.value })}
              items={[
                { value: "1", label: "1" },
                { value: "2", label: "2" },
              ]}
            />
          </FormField>
          <JsonField
            label={t.policy}
            hint={t.policyHint}
            value={draft.Policy}
            fault={isTold ? policyFault : ""}
            onChange={(Policy) => change({ Policy })}
          />
          <JsonField
            label={t.deliveryPolicy}
            hint={t.deliveryPolicyHint}
            value={draft.DeliveryPolicy}
            fault={isTold ? deliveryFault : ""}
            onChange={(DeliveryPolicy) => change({ DeliveryPolicy })}
          />
        </SpaceBetween>
      </Boxed>
    </Submitted>
  );
}
