/* What the receiver found: SPF, DKIM, DMARC (RFC 8601), and whether the mail came over TLS. */

import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useWords } from "../../frame/words";
import { words } from "./words";

export interface Letter {
  id: string;
  provider: string;
  mail_from: string;
  rcpt_to: string;
  received_at: string;
  client: string;
  helo: string;
  tls: string | null;
  cipher: string | null;
  spf: string;
  dkim: string;
  dmarc: string;
  spam_reported_at: string | null;
  subject: string;
  from: string;
  octets: number;
}

export function Verdict({ method, result, isFull }: { method: string; result: string; isFull?: boolean }) {
  const word = result.split(/[\s;(]/)[0] || "none";
  const type = word === "pass" ? "success" : word === "none" || word === "neutral" ? "info" : "error";
  return (
    <StatusIndicator type={type}>
      <span lang="en" style={{ overflowWrap: "break-word" }}>
        {method} {isFull ? result : word}
      </span>
    </StatusIndicator>
  );
}

export function Verdicts({ letter, isFull }: { letter: Letter; isFull?: boolean }) {
  const all: [string, string][] = [
    ["SPF", letter.spf],
    ["DKIM", letter.dkim],
    ["DMARC", letter.dmarc],
  ];
  return (
    <SpaceBetween size="xxs" direction={isFull ? "vertical" : "horizontal"}>
      {all.map(([method, result]) => (
        <Verdict key={method} method={method} result={result} isFull={Boolean(isFull)} />
      ))}
    </SpaceBetween>
  );
}

export function Tls({ letter, isFull }: { letter: Letter; isFull?: boolean }) {
  const t = useWords(words);
  if (!letter.tls) return <StatusIndicator type="warning">{t.inTheClear}</StatusIndicator>;
  return (
    <StatusIndicator type="success">
      {isFull && letter.cipher ? `${letter.tls}, ${letter.cipher}` : letter.tls}
    </StatusIndicator>
  );
}
