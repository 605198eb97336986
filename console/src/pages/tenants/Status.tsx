import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { SendingStatus } from "../../api/sesv2";
import { useWords } from "../../frame/words";
import { words } from "./words";

const KINDS = { ENABLED: "success", REINSTATED: "info", DISABLED: "stopped" } as const;

/** Whether a tenant sends. */
export function Status({ status }: { status: SendingStatus | undefined }) {
  const t = useWords(words);
  if (!status) return null;
  return <StatusIndicator type={KINDS[status]}>{t[status]}</StatusIndicator>;
}
