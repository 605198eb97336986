import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { useState } from "react";
import { useParams } from "react-router";
import { tayori } from "../../api/client";
import { sns } from "../../api/query";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { GoLink, segment, useGo, usePlace, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { CopyText } from "../../parts/CopyText";
import { Destroy } from "../../parts/Destroy";
import { Failure } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { Boxed, ConfirmedState, isJson, JsonField, JsonShown, nameOf, protocolName, Submitted } from "./attributes";
import { Confirm } from "./Confirm";
import { DeliveryLog, pretty } from "./Deliveries";
import { Help } from "./help";
import { words } from "./words";

type Attributes = Record<string, string>;
const help = <Help of="topics" />;

export function Component() {
  const t = useWords(words);
  const { arn = "" } = useParams();
  const { account } = usePlace();
  const go = useGo();
  const { tell } = useNotices();
  const mayChange = useRole().may("administrator");
  const [isDeleting, setDeleting] = useState(false);
  const [isConfirming, setConfirming] = useState(false);
  const [isPending, setPending] = useState(true);
  const found = useCall(
    async () => {
      const answer = await sns<{ Attributes: Attributes }>("GetSubscriptionAttributes", { SubscriptionArn: arn });
      setPending(answer.Attributes.PendingConfirmation === "true");
      return answer.Attributes;
    },
    [arn],
    { every: isPending ? 2 : undefined },
  );
  const known = found.value;
  const again = useAction(async () => {
    await sns("Subscribe", { TopicArn: known!.TopicArn, Protocol: known!.Protocol, Endpoint: known!.Endpoint });
    tell("success", t.requested);
  });
  const change = { disabled: !mayChange || !known, disabledReason: mayChange ? undefined : t.noRole };
  const isPendingNow = known?.PendingConfirmation === "true";
  const isOwn = known?.TopicArn?.split(":")[4] === account;
  return (
    <Page
      title={known?.Endpoint ?? nameOf(arn)}
      above={[{ text: t.subscriptions, to: "subscriptions" }]}
      help={help}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          {isPendingNow && (
            <Button {...change} loading={again.isRunning} onClick={() => void again.run()}>
              {t.request}
            </Button>
          )}
          {isPendingNow && (
            <Button {...change} onClick={() => setConfirming(true)}>
              {t.confirm}
            </Button>
          )}
          <Button {...change} onClick={() => setDeleting(true)}>
            {t.remove}
          </Button>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        <Failure failure={found.failure} retry={found.reload} />
        <Failure failure={again.failure} onDismiss={again.clear} />
        {isPendingNow && <Alert type="info">{t.isPending}</Alert>}
        {(known || !found.failure) && (
          <Boxed title={t.summary}>
            {known ? (
              <KeyValuePairs
                columns={3}
                minColumnWidth={200}
                items={[
                  { label: t.arn, value: <CopyText text={arn} name={t.arn} /> },
                  {
                    label: t.topic,
                    value: isOwn ? (
                      <GoLink to={`topics/${segment(known.TopicArn ?? "")}`}>{nameOf(known.TopicArn ?? "")}</GoLink>
                    ) : (
                      known.TopicArn
                    ),
                  },
                  { label: t.status, value: <ConfirmedState is={!isPendingNow} t={t} /> },
                  { label: t.protocol, value: protocolName(known.Protocol ?? "", t) },
                  { label: t.endpoint, value: known.Endpoint },
                  { label: t.owner, value: known.Owner },
                ]}
              />
            ) : (
              <Spinner />
            )}
          </Boxed>
        )}
        {known && <Settings arn={arn} known={known} reload={found.reload} />}
        {known && isOwn && <DeliveryLog destination={nameOf(arn)} />}
      </SpaceBetween>
      <Confirm
        visible={isConfirming}
        topic={known?.TopicArn}
        onClose={() => {
          setConfirming(false);
          void found.reload();
        }}
      />
      <Destroy
        visible={isDeleting}
        title={t.deleteSubscription}
        verb={t.remove}
        names={[known?.Endpoint ?? arn]}
        act={() => sns("Unsubscribe", { SubscriptionArn: arn })}
        onClose={(done) => {
          setDeleting(false);
          if (done) {
            tell("success", t.removed(known?.Endpoint ?? arn));
            go("subscriptions");
          }
        }}
      >
        {t.deleteSubscriptionText}
      </Destroy>
    </Page>
  );
}

interface SettingsProps {
  arn: string;
  known: Attributes;
  reload: () => Promise<void>;
}

function Settings({ arn, known, reload }: SettingsProps) {
  const t = useWords(words);
  const { tell } = useNotices();
  const mayChange = useRole().may("administrator");
  const isHttp = known.Protocol === "http" || known.Protocol === "https";
  const isMail = known.Protocol?.startsWith("email");
  const first = () => ({
    RawMessageDelivery: known.RawMessageDelivery ?? "false",
    FilterPolicyScope: known.FilterPolicyScope ?? "MessageAttributes",
    FilterPolicy: known.FilterPolicy ? pretty(known.FilterPolicy) : "",
    DeliveryPolicy: known.DeliveryPolicy ? pretty(known.DeliveryPolicy) : "",
    RedrivePolicy: known.RedrivePolicy ? pretty(known.RedrivePolicy) : "",
  });
  const [draft, setDraft] = useState<ReturnType<typeof first> | null>(null);
  const [isTold, setTold] = useState(false);
  const scopes = { MessageBody: t.scopeBody, MessageAttributes: t.scopeAttributes };
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
          columns={2}
          minColumnWidth={260}
          items={[
            { label: t.raw, value: known.RawMessageDelivery === "true" ? t.yes : t.no },
            {
              label: t.scope,
              value: known.FilterPolicy ? scopes[known.FilterPolicyScope as keyof typeof scopes] : "-",
            },
            { label: t.filter, value: <JsonShown text={known.FilterPolicy ?? ""} name={t.filter} t={t} /> },
            { label: t.redrive, value: <JsonShown text={known.RedrivePolicy ?? ""} name={t.redrive} t={t} /> },
            ...(isHttp
              ? [
                  {
                    label: t.effectivePolicy,
                    value: <JsonShown text={known.EffectiveDeliveryPolicy ?? ""} name={t.effectivePolicy} t={t} />,
                  },
                ]
              : []),
          ]}
        />
      </Boxed>
    );
  const faultOf = (text: string) => (isJson(text) ? "" : t.jsonFault);
  const isGood = [draft.FilterPolicy, draft.DeliveryPolicy, draft.RedrivePolicy].every(isJson);
  const save = async () => {
    const before = first();
    const changed = (Object.keys(before) as (keyof typeof before)[]).filter((name) => draft[name] !== before[name]);
    const values = Object.fromEntries(changed.map((name) => [name, draft[name].trim()]));
    // In one piece: a policy has to suit its scope, and the subscription must not be without one in between.
    if (changed.length > 0) await tayori("PUT", `/tayori/topic-subscriptions/${segment(arn)}`, values);
    tell("success", t.saved);
    setDraft(null);
    await reload();
  };
  const change = (some: Partial<typeof draft>) => setDraft({ ...draft, ...some });
  const json = (name: "FilterPolicy" | "DeliveryPolicy" | "RedrivePolicy", label: string, hint: string) => (
    <JsonField
      label={label}
      hint={hint}
      value={draft[name]}
      fault={isTold ? faultOf(draft[name]) : ""}
      onChange={(value) => change({ [name]: value })}
    />
  );
  return (
    <Submitted verb={t.save} isGood={isGood} onTold={() => setTold(true)} act={save} onCancel={() => setDraft(null)}>
      <Boxed title={t.settings}>
        <SpaceBetween size="l">
          {!isMail && (
            <FormField label={t.raw} description={t.rawHint}>
              <Checkbox
                checked={draft.RawMessageDelivery === "true"}
                onChange={({ detail }) => change({ RawMessageDelivery: String(detail.checked) })}
              >
                {t.rawLabel}
              </Checkbox>
            </FormField>
          )}
          {json("FilterPolicy", t.filter, t.filterHint)}
          <FormField label={t.scope} description={t.scopeText}>
            <RadioGroup
              ariaLabel={t.scope}
              value={draft.FilterPolicyScope}
              onChange={({ detail }) => change({ FilterPolicyScope: detail.value })}
              items={[
                { value: "MessageBody", label: t.scopeBody },
                { value: "MessageAttributes", label: t.scopeAttributes },
              ]}
            />
          </FormField>
          {isHttp && json("DeliveryPolicy", t.deliveryPolicy, t.deliveryPolicyHint)}
          {json("RedrivePolicy", t.redrive, t.redriveHint)}
        </SpaceBetween>
      </Boxed>
    </Submitted>
  );
}
