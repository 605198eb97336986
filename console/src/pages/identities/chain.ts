/* DNS - key - signature - receiver: the state of each link, from what the service has seen. Owns the rules alone. */

import type { GetEmailIdentityResponse } from "../../api/sesv2";
import type { Spoken } from "../../frame/words";
import type { Advice, Looked, Probe } from "./types";
import type { words } from "./words";

type T = Spoken<typeof words>;
export type LinkState = "ok" | "broken" | "waiting" | "blocked";

export interface ChainLink {
  name: string;
  state: LinkState;
  /** The domain's own values. */
  values: string[];
  text: string;
}

const OTHER_KEYS = new Set(["other-key", "revoked-key", "several-keys"]);
/** Records that the way to the receiver rests on; the others are advice. */
const NEEDED = new Set(["dkim", "ownership", "mail-from-mx", "mail-from-spf"]);

export function chainOf(
  domain: string,
  identity: GetEmailIdentityResponse,
  records: Looked[] | undefined,
  advice: Advice | undefined,
  probe: Probe | undefined,
  t: T,
): ChainLink[] {
  const links = [
    dns(records, t),
    key(identity, records, t),
    signature(domain, identity, t),
    receiver(advice, probe, t),
  ];
  const broken = links.findIndex((one) => one.state === "broken");
  if (broken < 0) return links;
  // What a later link was seen to do stands where it does: SPF may carry what DKIM cannot.
  return links.map((one, at) => (at > broken && one.state === "waiting" ? { ...one, state: "blocked" } : one));
}

function dns(records: Looked[] | undefined, t: T): ChainLink {
  const name = t.linkDns;
  if (!records) return { name, state: "waiting", values: [], text: t.loadingRecords };
  const needed = records.filter((one) => NEEDED.has(one.purpose));
  const right = needed.filter((one) => one.verdict === "ok");
  const wrong = needed.find((one) => one.verdict === "missing" || one.verdict === "wrong");
  const unsure = needed.find((one) => one.verdict === "waiting" || one.verdict === "trouble");
  const shown = wrong ?? unsure ?? needed[0];
  const values = shown ? [`${shown.name} ${shown.type}`] : [];
  if (wrong) return { name, state: "broken", values, text: t.dnsFault(wrong.name, t[wrong.verdict]) };
  if (unsure) return { name, state: "waiting", values, text: t.dnsFault(unsure.name, t[unsure.verdict]) };
  return { name, state: "ok", values, text: t.dnsOk(right.length, needed.length) };
}

function key(identity: GetEmailIdentityResponse, records: Looked[] | undefined, t: T): ChainLink {
  const name = t.linkKey;
  const dkim = identity.DkimAttributes;
  const selectors = dkim?.Tokens ?? [];
  const values = selectors.slice(0, 3);
  const isOther = records?.some((one) => one.purpose === "dkim" && OTHER_KEYS.has(one.hint ?? ""));
  if (isOther) return { name, state: "broken", values, text: t.keyOther };
  if (selectors.length === 0) return { name, state: "waiting", values, text: t.keyNone };
  const length = dkim?.CurrentSigningKeyLength ?? dkim?.NextSigningKeyLength;
  const what = dkim?.SigningAttributesOrigin === "EXTERNAL" || !length ? t.ownKey : t.keyShown(t[length]);
  return { name, state: "ok", values, text: t.keyOk(what, selectors.join(", ")) };
}

function signature(domain: string, identity: GetEmailIdentityResponse, t: T): ChainLink {
  const name = t.linkSignature;
  const values = [`d=${domain}`];
  const { SigningEnabled, Status } = identity.DkimAttributes ?? {};
  if (!SigningEnabled) return { name, state: "broken", values, text: t.signatureOff };
  if (Status === "SUCCESS" || Status === "TEMPORARY_FAILURE")
    return { name, state: "ok", values, text: t.signatureOk(domain) };
  if (Status === "FAILED") return { name, state: "broken", values, text: t.signatureFailed };
  return { name, state: "waiting", values, text: t.signaturePending };
}

function receiver(advice: Advice | undefined, probe: Probe | undefined, t: T): ChainLink {
  const name = t.linkReceiver;
  const values = advice
    ? [`DKIM ${advice.own_mail.dkim.result}`, `SPF ${advice.own_mail.spf.result}`, `DMARC ${policyOf(advice, t)}`]
    : [];
  if (probe)
    return probe.passes
      ? { name, state: "ok", values, text: t.probeOk(probe.seconds) }
      : { name, state: "broken", values, text: t.probeFails(probe.trouble ?? verdictsOf(probe)) };
  if (!advice) return { name, state: "waiting", values, text: t.receiverPending };
  return advice.own_mail.passes
    ? { name, state: "ok", values, text: t.receiverOk(policyOf(advice, t)) }
    : { name, state: "broken", values, text: t.receiverFails };
}

function policyOf(advice: Advice, t: T): string {
  return advice.dmarc.record?.match(/\bp\s*=\s*([a-z]+)/i)?.[1] ?? t.noPolicy;
}

function verdictsOf(probe: Probe): string {
  const dkim = (probe.dkim ?? []).map((one) => one.result).join(", ") || "none";
  return `DKIM ${dkim}, SPF ${probe.spf?.result ?? "none"}`;
}
