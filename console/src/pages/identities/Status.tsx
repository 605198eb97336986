import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { VerificationStatus } from "../../api/sesv2";
import { useWords } from "../../frame/words";
import { words } from "./words";

const TYPES = {
  SUCCESS: "success",
  PENDING: "pending",
  FAILED: "error",
  TEMPORARY_FAILURE: "warning",
  NOT_STARTED: "stopped",
} as const;

/** Of an identity, or with `proof` of its DKIM records or MAIL FROM domain, which SES words otherwise. */
export function Status({ of, proof = false }: { of: VerificationStatus | null | undefined; proof?: boolean }) {
  const t = useWords(words);
  if (!of) return <StatusIndicator type="stopped">{t.unset}</StatusIndicator>;
  const text = proof && (of === "PENDING" || of === "SUCCESS") ? t[`dkim${of}`] : t[of];
  // In a narrow column it would break between any two letters.
  return (
    <span style={{ whiteSpace: "nowrap" }}>
      <StatusIndicator type={TYPES[of]}>{text}</StatusIndicator>
    </span>
  );
}
