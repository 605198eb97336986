import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useWords } from "../../frame/words";
import type { Webhook } from "../sets/targets";
import { words } from "./words";

export function WebhookState({ of }: { of: Webhook }) {
  const t = useWords(words);
  if (of.state === "paused") return <StatusIndicator type="stopped">{t.paused}</StatusIndicator>;
  if (of.failingSince) return <StatusIndicator type="warning">{t.failing}</StatusIndicator>;
  return <StatusIndicator>{t.active}</StatusIndicator>;
}
