/* What a state or an event is called, and how it looks: never by colour alone. */

import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { Spoken } from "../../frame/words";
import { useWords } from "../../frame/words";
import { words } from "./words";

type Name = keyof Spoken<typeof words>;

const TYPES: Record<string, StatusIndicatorProps.Type> = {
  sending: "in-progress",
  queued: "pending",
  deferred: "warning",
  delayed: "warning",
  held: "stopped",
  delivered: "success",
  bounced: "error",
  expired: "error",
  failed: "error",
  complained: "error",
  suppressed: "stopped",
  rejected: "error",
  cancelled: "stopped",
};

export const STATUSES = [
  "sending",
  "delayed",
  "delivered",
  "bounced",
  "complained",
  "suppressed",
  "rejected",
  "cancelled",
] as const;

export function State({ of }: { of: string }) {
  const t = useWords(words);
  const text = of in TYPES ? t[of as Name] : of;
  return <StatusIndicator type={TYPES[of] ?? "info"}>{typeof text === "string" ? text : of}</StatusIndicator>;
}

const EVENTS: Record<string, [StatusIndicatorProps.Type, Name]> = {
  Send: ["info", "send"],
  Delivery: ["success", "eventDelivery"],
  Bounce: ["error", "eventBounce"],
  Complaint: ["error", "eventComplaint"],
  Reject: ["error", "eventReject"],
  DeliveryDelay: ["warning", "eventDelay"],
  Open: ["success", "eventOpen"],
  Click: ["success", "eventClick"],
  "Rendering Failure": ["error", "eventRendering"],
  RenderingFailure: ["error", "eventRendering"],
  Subscription: ["info", "eventSubscription"],
};

export function EventName({ of }: { of: string }) {
  const t = useWords(words);
  const [type, name] = EVENTS[of] ?? ["info", null];
  const text = name ? t[name] : of;
  return <StatusIndicator type={type}>{typeof text === "string" ? text : of}</StatusIndicator>;
}

const TOLD: Record<string, [StatusIndicatorProps.Type, Name]> = {
  waiting: ["pending", "toldWaiting"],
  sending: ["in-progress", "toldSending"],
  done: ["success", "toldDone"],
  dead: ["error", "toldDead"],
};

export function ToldState({ of }: { of: string }) {
  const t = useWords(words);
  const [type, name] = TOLD[of] ?? ["info", null];
  const text = name ? t[name] : of;
  return <StatusIndicator type={type}>{typeof text === "string" ? text : of}</StatusIndicator>;
}
