/* What became of a sign-in with another service, by the few words that the service tells. */

import type { Spoken } from "../../frame/words";
import type { words } from "./words";

export function providerWord(t: Spoken<typeof words>, word: string | null): string {
  switch (word) {
    case "refused":
      return t.providerRefused;
    case "provider":
      return t.providerBroken;
    case "expired":
      return t.providerExpired;
    case "unknown":
      return t.providerUnknown;
    case "taken":
      return t.providerTaken;
    case "link":
      return t.providerLink;
    case "many":
      return t.tooMany;
    default:
      return t.fromProvider;
  }
}
