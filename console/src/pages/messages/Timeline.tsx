/* All that happened to a message, the oldest first: events, attempts with every host's reply in full, and reports. */

import Box from "@cloudscape-design/components/box";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { type Language, useLanguage, useWords } from "../../frame/words";
import { TimeText } from "../../parts/TimeText";
import { EventName, State } from "./states";
import type { Attempt, Timeline as Whole } from "./types";
import { words } from "./words";

interface Entry {
  at: string;
  key: string;
  head: ReactNode;
  who: string | null;
  body: ReactNode;
}

export function Timeline({ of }: { of: Whole }) {
  const t = useWords(words);
  const language = useLanguage();
  const entries = entriesOf(of, t);
  return (
    <ol style={{ listStyle: "none", margin: 0, padding: 0 }}>
      {entries.map((one, at) => {
        const before = entries[at - 1];
        const since = before ? new Date(one.at).getTime() - new Date(before.at).getTime() : 0;
        return (
          <li key={one.key} style={{ borderInlineStart: "2px solid currentColor", paddingInlineStart: 16 }}>
            <Box padding={{ bottom: "l" }}>
              <SpaceBetween size="xxs">
                <Box>{one.head}</Box>
                {one.who && <Box fontWeight="bold">{one.who}</Box>}
                <Box color="text-body-secondary" fontSize="body-s">
                  <TimeText at={one.at} />
                  {since >= 1000 && <> ({t.after(span(since, language))})</>}
                </Box>
                {one.body}
              </SpaceBetween>
            </Box>
          </li>
        );
      })}
    </ol>
  );
}

function entriesOf(of: Whole, t: ReturnType<typeof useWords<typeof words>>): Entry[] {
  const entries: Entry[] = [
    ...of.events.map((one, at) => ({
      at: one.at,
      key: `event ${at}`,
      head: <EventName of={one.type} />,
      who: one.recipient,
      body: <Detail of={one.detail} />,
    })),
    ...of.attempts.map((one, at) => ({
      at: one.at,
      key: `attempt ${at}`,
      head: (
        <SpaceBetween direction="horizontal" size="xs">
          <Box variant="span">{t.attempt(one.host)}</Box>
          <State of={one.outcome} />
        </SpaceBetween>
      ),
      who: one.recipient,
      body: <Try of={one} />,
    })),
    ...of.reports.map((one, at) => ({
      at: one.at,
      key: `report ${at}`,
      head: t.report,
      who: null,
      body: <Box>{t.reportOf(one.read_as ?? one.purpose, one.source_ip)}</Box>,
    })),
  ];
  return entries.sort((a, b) => a.at.localeCompare(b.at));
}

function Detail({ of }: { of: Record<string, unknown> }) {
  const t = useWords(words);
  if (Object.keys(of).length === 0) return null;
  return (
    <ExpandableSection headerText={t.detail}>
      <Verbatim text={JSON.stringify(of, null, 2)} />
    </ExpandableSection>
  );
}

function Try({ of }: { of: Attempt }) {
  const t = useWords(words);
  const signatures = of.detail.signatures ?? [];
  const items = [
    { label: t.host, value: of.host ? `${of.host} [${of.address}]` : t.noConnection },
    ...(of.host ? [{ label: t.connection, value: of.tls ?? t.clearText }] : []),
    ...(of.source_address ? [{ label: t.source, value: of.source_address }] : []),
    { label: t.took, value: `${of.duration_ms} ms` },
    ...(signatures.length ? [{ label: t.signedBy, value: signatures.map(domainOf).join(", ") }] : []),
  ];
  return (
    <SpaceBetween size="xs">
      <KeyValuePairs columns={2} minColumnWidth={180} items={items} />
      {of.diagnostic && (
        <div>
          <Box variant="awsui-key-label">{t.reply}</Box>
          <Verbatim text={of.diagnostic.replace(/^smtp; /u, "")} />
        </div>
      )}
      {of.detail.transcript && (
        <div>
          <Box variant="awsui-key-label">{t.path}</Box>
          <Verbatim text={of.detail.transcript} />
        </div>
      )}
      {of.detail.counted === false && <Box color="text-body-secondary">{t.notCounted}</Box>}
    </SpaceBetween>
  );
}

function domainOf(signature: string): string {
  const [selector, domain] = signature.split("._domainkey.");
  return domain ? `${domain} (${selector})` : signature;
}

/** Octets as they came, in lines as long as the page. */
export function Verbatim({ text }: { text: string }) {
  return (
    <Box variant="code">
      <span style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{text}</span>
    </Box>
  );
}

export function span(milliseconds: number, language: Language): string {
  const seconds = Math.round(milliseconds / 1000);
  const [value, unit]: [number, string] =
    seconds < 120
      ? [seconds, "second"]
      : seconds < 7200
        ? [Math.round(seconds / 60), "minute"]
        : seconds < 172_800
          ? [Math.round(seconds / 3600), "hour"]
          : [Math.round(seconds / 86_400), "day"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(value);
}
