/* Where events may go: what a form holds of a destination, and how the API has it. Nothing here draws. */

import { ApiFailure, call, tayori } from "../../api/client";
import type {
  CloudWatchDimensionConfiguration,
  EventDestination,
  EventDestinationDefinition,
  EventType,
} from "../../api/sesv2";
import type { T } from "./options";

export type TargetKind = "sns" | "webhook" | "eventbridge" | "firehose" | "cloudwatch";

export const EVENT_TYPES: EventType[] = [
  "SEND",
  "RENDERING_FAILURE",
  "REJECT",
  "DELIVERY",
  "BOUNCE",
  "COMPLAINT",
  "DELIVERY_DELAY",
  "SUBSCRIPTION",
  "OPEN",
  "CLICK",
];

export interface Webhook {
  id: string;
  url: string;
  kinds: EventType[];
  configurationSet: string | null;
  state: "active" | "paused";
  failingSince: string | null;
  createdAt: string;
}

export interface Draft {
  name: string;
  kind: TargetKind;
  enabled: boolean;
  types: EventType[];
  topic: string;
  url: string;
  bus: string;
  stream: string;
  role: string;
  dimensions: CloudWatchDimensionConfiguration[];
}

export type DraftFault = Partial<
  Record<"name" | "types" | "topic" | "url" | "bus" | "stream" | "role" | "dimensions", string>
>;

export function emptyDraft(account: string, region: string): Draft {
  return {
    name: "",
    kind: "sns",
    enabled: true,
    types: ["BOUNCE", "COMPLAINT", "DELIVERY"],
    topic: "",
    url: "",
    bus: `arn:aws:events:${region}:${account}:event-bus/default`,
    stream: `arn:aws:firehose:${region}:${account}:deliverystream/`,
    role: `arn:aws:iam::${account}:role/firehose`,
    dimensions: [
      { DimensionName: "ses:from-domain", DimensionValueSource: "MESSAGE_TAG", DefaultDimensionValue: "none" },
    ],
  };
}

export function kindOf(one: EventDestination): TargetKind {
  if (one.CloudWatchDestination) return "cloudwatch";
  if (one.EventBridgeDestination) return "eventbridge";
  if (one.KinesisFirehoseDestination) return "firehose";
  return "sns";
}

/** The names of AWS's services are names. */
export function kindName(kind: TargetKind): string {
  return {
    sns: "Amazon SNS",
    webhook: "Webhook",
    eventbridge: "Amazon EventBridge",
    firehose: "Amazon Data Firehose",
    cloudwatch: "Amazon CloudWatch",
  }[kind];
}

export function targetOf(one: EventDestination): string {
  return (
    one.SnsDestination?.TopicArn ??
    one.EventBridgeDestination?.EventBusArn ??
    one.KinesisFirehoseDestination?.DeliveryStreamArn ??
    one.CloudWatchDestination?.DimensionConfigurations.map((dimension) => dimension.DimensionName).join(", ") ??
    ""
  );
}

export function draftOf(one: EventDestination, account: string, region: string): Draft {
  const empty = emptyDraft(account, region);
  return {
    ...empty,
    name: one.Name,
    kind: kindOf(one),
    enabled: one.Enabled ?? false,
    types: one.MatchingEventTypes,
    topic: one.SnsDestination?.TopicArn ?? "",
    bus: one.EventBridgeDestination?.EventBusArn ?? empty.bus,
    stream: one.KinesisFirehoseDestination?.DeliveryStreamArn ?? empty.stream,
    role: one.KinesisFirehoseDestination?.IamRoleArn ?? empty.role,
    dimensions: one.CloudWatchDestination?.DimensionConfigurations ?? empty.dimensions,
  };
}

export function definitionOf(draft: Draft): EventDestinationDefinition {
  const common = { Enabled: draft.enabled, MatchingEventTypes: draft.types };
  switch (draft.kind) {
    case "eventbridge":
      return { ...common, EventBridgeDestination: { EventBusArn: draft.bus.trim() } };
    case "firehose":
      return {
        ...common,
        KinesisFirehoseDestination: { IamRoleArn: draft.role.trim(), DeliveryStreamArn: draft.stream.trim() },
      };
    case "cloudwatch":
      return { ...common, CloudWatchDestination: { DimensionConfigurations: draft.dimensions } };
    default:
      return { ...common, SnsDestination: { TopicArn: draft.topic } };
  }
}

export function faultsOfDraft(draft: Draft, t: T, isRehearsal: boolean): DraftFault {
  const fault: DraftFault = {};
  if (draft.kind !== "webhook" && !/^[A-Za-z0-9_-]{1,64}$/.test(draft.name)) fault.name = t.nameFault;
  if (draft.types.length === 0) fault.types = t.eventTypesFault;
  if (draft.kind === "sns" && !draft.topic) fault.topic = t.topicFault;
  if (draft.kind === "webhook" && !(isRehearsal ? /^https?:\/\/[^\s/]+/ : /^https:\/\/[^\s/]+/).test(draft.url.trim()))
    fault.url = t.urlFault;
  if (draft.kind === "eventbridge" && !draft.bus.startsWith("arn:")) fault.bus = t.arnFault;
  if (draft.kind === "firehose" && !/^arn:.+\/.+/.test(draft.stream)) fault.stream = t.arnFault;
  if (draft.kind === "firehose" && !/^arn:.+\/.+/.test(draft.role)) fault.role = t.arnFault;
  if (draft.kind === "cloudwatch") {
    const isGood = draft.dimensions.every((_, at) => {
      const { name, value } = dimensionFault(draft.dimensions, at, t);
      return !name && !value;
    });
    if (!isGood || draft.dimensions.length === 0) fault.dimensions = t.dimensionsFault;
  }
  return fault;
}

export function dimensionFault(
  all: readonly CloudWatchDimensionConfiguration[],
  at: number,
  t: T,
): { name?: string; value?: string } {
  const one = all[at];
  if (!one) return {};
  const fault: { name?: string; value?: string } = {};
  if (!/^[A-Za-z0-9_:-]{1,255}$/.test(one.DimensionName)) fault.name = t.dimensionNameFault;
  else if (all.some((other, place) => place < at && other.DimensionName === one.DimensionName))
    fault.name = t.dimensionTwice;
  if (!/^[A-Za-z0-9_.@-]{1,255}$/.test(one.DefaultDimensionValue)) fault.value = t.dimensionValueFault;
  return fault;
}

const SPEAKS_OF: Record<TargetKind, readonly [field: keyof DraftFault, words: RegExp]> = {
  sns: ["topic", /SNS topic/],
  webhook: ["url", /URL/],
  eventbridge: ["bus", /EventBridge/],
  firehose: ["stream", /Firehose/],
  cloudwatch: ["dimensions", /dimension/],
};

/** The field that a refusal speaks of; null where it is none. */
export function fieldOf(failure: unknown, kind: TargetKind, isNew: boolean): keyof DraftFault | null {
  if (!(failure instanceof ApiFailure) || failure.isForbidden) return null;
  if (/event destination .*name/i.test(failure.message)) return isNew ? "name" : null;
  if (kind === "firehose" && /IAM role/.test(failure.message)) return "role";
  const [field, words] = SPEAKS_OF[kind];
  return words.test(failure.message) ? field : null;
}

/** Where to go on: to the destination's page, or to the webhook's. */
export async function create(set: string, draft: Draft): Promise<{ webhook?: Webhook & { secret: string } }> {
  if (draft.kind === "webhook") {
    const body = { url: draft.url.trim(), kinds: draft.types, configurationSet: set };
    return { webhook: await tayori<Webhook & { secret: string }>("POST", "/tayori/webhooks", body) };
  }
  await call("CreateConfigurationSetEventDestination", {
    ConfigurationSetName: set,
    EventDestinationName: draft.name,
    EventDestination: definitionOf(draft),
  });
  return {};
}

export function update(set: string, draft: Draft): Promise<unknown> {
  return call("UpdateConfigurationSetEventDestination", {
    ConfigurationSetName: set,
    EventDestinationName: draft.name,
    EventDestination: definitionOf(draft),
  });
}
