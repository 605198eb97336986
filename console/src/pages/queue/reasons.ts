/* Why mail waits, in a few words. The whole sentence comes from the service, in the reader's language. */

import type { Spoken } from "../../frame/words";
import type { words } from "./words";

type Text = Spoken<typeof words>;

export function reasonText(t: Text, reason: string | null): string {
  switch (reason) {
    case null:
    case "":
    case "none":
      return t.none;
    case "greylisted":
      return t.greylisted;
    case "throttled":
      return t.throttled;
    case "source-blocked":
      return t.sourceBlocked;
    case "no-source":
      return t.noSource;
    case "dns-failure":
      return t.dns;
    case "connection-refused":
    case "connection-timeout":
    case "connection-lost":
    case "protocol-error":
      return t.unreachable;
    case "tls-required":
    case "tls-failed":
    case "tls-policy":
      return t.tls;
    case "local-trouble":
      return t.local;
    default:
      return t.reply;
  }
}

export function kindText(t: Text, kind: string): string {
  const kinds: Record<string, string> = {
    account: t.kindAccount,
    "configuration-set": t.kindSet,
    destination: t.kindDestination,
    source: t.kindSource,
  };
  return kinds[kind] ?? kind;
}
