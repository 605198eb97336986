/* What a form holds of a configuration set's options, and how the API has it. Nothing here draws. */

import { call } from "../../api/client";
import type {
  CreateConfigurationSetRequest,
  GetConfigurationSetResponse,
  HttpsPolicy,
  SuppressionListReason,
  Tag,
} from "../../api/sesv2";
import type { Spoken } from "../../frame/words";
import type { words } from "./words";

export type T = Spoken<typeof words>;

export interface Options {
  requireTls: boolean;
  limitsTime: boolean;
  seconds: string;
  pool: string;
  sending: boolean;
  metrics: boolean;
  overridesSuppression: boolean;
  reasons: SuppressionListReason[];
  ownDomain: boolean;
  domain: string;
  https: HttpsPolicy;
  overridesVdm: boolean;
  engagement: boolean;
  shared: boolean;
  tags: Tag[];
}

export type Fault = Partial<Record<"seconds" | "domain" | "tags", string>>;
export type Group = "delivery" | "sending" | "reputation" | "suppression" | "tracking" | "vdm";

export const AT_FIRST: Options = {
  requireTls: false,
  limitsTime: false,
  seconds: "300",
  pool: "",
  sending: true,
  metrics: true,
  overridesSuppression: false,
  reasons: ["BOUNCE", "COMPLAINT"],
  ownDomain: false,
  domain: "",
  https: "OPTIONAL",
  overridesVdm: false,
  engagement: false,
  shared: false,
  tags: [],
};

export function optionsOf(set: GetConfigurationSetResponse): Options {
  const { DeliveryOptions: delivery, TrackingOptions: tracking, VdmOptions: vdm } = set;
  const reasons = set.SuppressionOptions?.SuppressedReasons;
  return {
    requireTls: delivery?.TlsPolicy === "REQUIRE",
    limitsTime: delivery?.MaxDeliverySeconds !== undefined,
    seconds: String(delivery?.MaxDeliverySeconds ?? 300),
    pool: delivery?.SendingPoolName ?? "",
    sending: set.SendingOptions?.SendingEnabled ?? true,
    metrics: set.ReputationOptions?.ReputationMetricsEnabled ?? false,
    overridesSuppression: reasons !== undefined,
    reasons: reasons ?? ["BOUNCE", "COMPLAINT"],
    ownDomain: Boolean(tracking?.CustomRedirectDomain),
    domain: tracking?.CustomRedirectDomain ?? "",
    https: tracking?.HttpsPolicy ?? "OPTIONAL",
    overridesVdm: vdm !== undefined,
    engagement: vdm?.DashboardOptions?.EngagementMetrics === "ENABLED",
    shared: vdm?.GuardianOptions?.OptimizedSharedDelivery === "ENABLED",
    tags: set.Tags ?? [],
  };
}

export function faultsOf(given: Options, t: T): Fault {
  const fault: Fault = {};
  const seconds = Number(given.seconds);
  if (given.limitsTime && !(/^\d{1,6}$/.test(given.seconds) && seconds >= 300 && seconds <= 50400))
    fault.seconds = t.secondsFault;
  if (given.ownDomain && !/^[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$/.test(given.domain.trim()))
    fault.domain = t.redirectFault;
  const keys = given.tags.map((one) => one.Key);
  if (keys.some((key) => !key || key.length > 128) || new Set(keys).size < keys.length) fault.tags = t.tagFault;
  return fault;
}

function deliveryOf(given: Options) {
  return {
    TlsPolicy: given.requireTls ? ("REQUIRE" as const) : ("OPTIONAL" as const),
    ...(given.limitsTime ? { MaxDeliverySeconds: Number(given.seconds) } : {}),
    ...(given.pool ? { SendingPoolName: given.pool } : {}),
  };
}

function trackingOf(given: Options) {
  return given.ownDomain ? { CustomRedirectDomain: given.domain.trim(), HttpsPolicy: given.https } : {};
}

function vdmOf(given: Options) {
  const status = (on: boolean) => (on ? ("ENABLED" as const) : ("DISABLED" as const));
  return {
    DashboardOptions: { EngagementMetrics: status(given.engagement) },
    GuardianOptions: { OptimizedSharedDelivery: status(given.shared) },
  };
}

export function requestOf(name: string, given: Options): CreateConfigurationSetRequest {
  return {
    ConfigurationSetName: name,
    DeliveryOptions: deliveryOf(given),
    SendingOptions: { SendingEnabled: given.sending },
    ReputationOptions: { ReputationMetricsEnabled: given.metrics },
    ...(given.overridesSuppression ? { SuppressionOptions: { SuppressedReasons: given.reasons } } : {}),
    ...(given.ownDomain
      ? { TrackingOptions: { CustomRedirectDomain: given.domain.trim(), HttpsPolicy: given.https } }
      : {}),
    ...(given.overridesVdm ? { VdmOptions: vdmOf(given) } : {}),
    ...(given.tags.length ? { Tags: given.tags } : {}),
  };
}

/** Replaces one group whole, as the API does. */
export function put(group: Group, name: string, given: Options): Promise<unknown> {
  const of = { ConfigurationSetName: name };
  switch (group) {
    case "delivery":
      return call("PutConfigurationSetDeliveryOptions", { ...of, ...deliveryOf(given) });
    case "sending":
      return call("PutConfigurationSetSendingOptions", { ...of, SendingEnabled: given.sending });
    case "reputation":
      return call("PutConfigurationSetReputationOptions", { ...of, ReputationMetricsEnabled: given.metrics });
    case "suppression":
      return call("PutConfigurationSetSuppressionOptions", {
        ...of,
        ...(given.overridesSuppression ? { SuppressedReasons: given.reasons } : {}),
      });
    case "tracking":
      return call("PutConfigurationSetTrackingOptions", { ...of, ...trackingOf(given) });
    case "vdm":
      return call("PutConfigurationSetVdmOptions", {
        ...of,
        ...(given.overridesVdm ? { VdmOptions: vdmOf(given) } : {}),
      });
  }
}
