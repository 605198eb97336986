/* The options of a configuration set as they are read, by group. */

import KeyValuePairs, { type KeyValuePairsProps } from "@cloudscape-design/components/key-value-pairs";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { ReactNode } from "react";
import { useWords } from "../../frame/words";
import type { Group, Options, T } from "./options";
import { words } from "./words";

export const GROUPS: Group[] = ["delivery", "sending", "reputation", "suppression", "tracking", "vdm"];

export function titleOf(group: Group, t: T): string {
  return {
    delivery: t.delivery,
    sending: t.sendingStatus,
    reputation: t.reputation,
    suppression: t.suppression,
    tracking: t.tracking,
    vdm: t.vdm,
  }[group];
}

export function Shown({ group, given, more = [] }: { group: Group; given: Options; more?: KeyValuePairsProps.Pair[] }) {
  const t = useWords(words);
  return <KeyValuePairs columns={3} minColumnWidth={200} items={[...pairs(group, given, t), ...more]} />;
}

function pair(label: string, value: ReactNode): KeyValuePairsProps.Pair {
  return { label, value };
}

export function OnOff({ on, t }: { on: boolean; t: T }) {
  return on ? (
    <StatusIndicator>{t.sendingOn}</StatusIndicator>
  ) : (
    <StatusIndicator type="stopped">{t.sendingOff}</StatusIndicator>
  );
}

function pairs(group: Group, given: Options, t: T): KeyValuePairsProps.Pair[] {
  const https = { REQUIRE: t.httpsRequire, REQUIRE_OPEN_ONLY: t.httpsOpenOnly, OPTIONAL: t.httpsOptional };
  const reasons = { BOUNCE: t.bounces, COMPLAINT: t.complaints };
  switch (group) {
    case "delivery":
      return [
        pair(t.tlsPolicy, given.requireTls ? t.tlsRequire : t.tlsOptional),
        pair(t.maxTime, given.limitsTime ? t.secondsShown(Number(given.seconds)) : t.timeDefault),
        pair(t.pool, given.pool || t.poolDefault),
      ];
    case "sending":
      return [pair(t.sending, <OnOff on={given.sending} t={t} />)];
    case "reputation":
      return [pair(t.metrics, <OnOff on={given.metrics} t={t} />)];
    case "suppression":
      return [
        pair(
          t.reasons,
          given.overridesSuppression ? given.reasons.map((one) => reasons[one]).join(", ") || t.noReasons : t.asAccount,
        ),
      ];
    case "tracking":
      return [
        pair(t.redirectDomain, given.ownDomain ? given.domain : t.serviceDomain),
        ...(given.ownDomain ? [pair(t.https, https[given.https])] : []),
      ];
    case "vdm":
      return given.overridesVdm
        ? [pair(t.engagement, <OnOff on={given.engagement} t={t} />), pair(t.shared, <OnOff on={given.shared} t={t} />)]
        : [pair(t.engagement, t.asAccount), pair(t.shared, t.asAccount)];
  }
}
