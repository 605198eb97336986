import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import { useWords } from "../../frame/words";
import type { Enrolment, LoopKind } from "./loops";
import { words } from "./words";

const KINDS: Record<LoopKind, StatusIndicatorProps.Type> = {
  yes: "success",
  aggregate: "info",
  no: "stopped",
  unknown: "warning",
};

/** Whether a provider ever tells of a complaint. */
export function Reports({ loop }: { loop: LoopKind }) {
  const t = useWords(words);
  return <StatusIndicator type={KINDS[loop]}>{t[loop]}</StatusIndicator>;
}

/** How far an enrolment has come. */
export function Enrolled({ noted }: { noted: Enrolment[] }) {
  const t = useWords(words);
  if (noted.some((one) => one.state === "active")) return <StatusIndicator>{t.active}</StatusIndicator>;
  if (noted.length) return <StatusIndicator type="in-progress">{t.requested}</StatusIndicator>;
  return <StatusIndicator type="pending">{t.missing}</StatusIndicator>;
}
