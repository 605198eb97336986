/* What a destination was sent and what came back: the log, and the content of one entry. */

import Box from "@cloudscape-design/components/box";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import { tayori, withQuery } from "../../api/client";
import { define, useWords } from "../../frame/words";
import { Empty } from "../../parts/Empty";
import { Failure, Said } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useListing } from "../../parts/useListing";

const words = define({
  title: ["Delivery log", "配信ログ"],
  about: ["The latest first. Each line tells of the last try.", "新しい順です。各行は最後の試行を示します。"],
  none: ["Nothing was sent yet", "まだ何も送信されていません"],
  loading: ["Loading", "読み込み中"],
  at: ["Time", "時刻"],
  kind: ["Type", "タイプ"],
  state: ["Status", "ステータス"],
  endpoint: ["Endpoint", "エンドポイント"],
  effort: [
    (tries: number, took: number) => (tries === 1 ? `1 try, ${took} ms` : `${tries} tries, last ${took} ms`),
    (tries: number, took: number) => `試行 ${tries} 回、${took} ms`,
  ],
  answer: ["Reply", "応答"],
  status: [(status: number) => `HTTP ${status}`, (status: number) => `HTTP ${status}`],
  waiting: ["Queued", "待機中"],
  again: ["Waiting for the next try", "再試行待ち"],
  sending: ["Sending", "送信中"],
  done: ["Delivered", "配信済み"],
  dead: ["Given up", "配信断念"],
  next: ["Next try:", "次の試行:"],
  content: ["Content", "内容"],
  contentOf: [(id: string) => `Content of ${id}`, (id: string) => `${id} の内容`],
  noAnswer: ["No reply", "応答なし"],
});

export interface Delivery {
  id: string;
  kind: string;
  state: "waiting" | "sending" | "done" | "dead";
  tries: number;
  protocol: string;
  endpoint: string;
  content: string;
  createdAt: string;
  nextTryAt: string | null;
  status: number | null;
  milliseconds: number | null;
  reply: string;
  error: string;
}

export function DeliveryState({ of }: { of: Delivery }) {
  const t = useWords(words);
  if (of.state === "done") return <StatusIndicator>{t.done}</StatusIndicator>;
  if (of.state === "dead") return <StatusIndicator type="error">{t.dead}</StatusIndicator>;
  if (of.state === "sending") return <StatusIndicator type="in-progress">{t.sending}</StatusIndicator>;
  if (of.tries === 0) return <StatusIndicator type="pending">{t.waiting}</StatusIndicator>;
  return <StatusIndicator type="warning">{t.again}</StatusIndicator>;
}

/** JSON with its lines, or the text as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Octets as they are, in a box that keeps its lines. */
export function Verbatim({ text, name }: { text: string; name: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <section aria-label={name} tabIndex={0} style={{ maxHeight: "24rem", overflow: "auto" }}>
      <Box variant="code">
        <span style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{text}</span>
      </Box>
    </section>
  );
}

function Reply({ of }: { of: Delivery }) {
  const t = useWords(words);
  if (of.tries === 0) return <>-</>;
  const said = of.reply.trim().slice(0, 300);
  return (
    <SpaceBetween size="xxs">
      {of.status !== null && <Box fontWeight="bold">{t.status(of.status)}</Box>}
      <Box variant="small">{t.effort(of.tries, of.milliseconds ?? 0)}</Box>
      {(of.error || said) && <Box variant="small">{of.error ? <Said text={of.error} /> : said}</Box>}
      {of.status === null && !of.error && !said && of.state !== "done" && <>{t.noAnswer}</>}
      {of.nextTryAt && (
        <Box variant="small">
          {t.next} <TimeText at={of.nextTryAt} />
        </Box>
      )}
    </SpaceBetween>
  );
}

export interface DeliveryTableProps {
  items: Delivery[];
  isLoading: boolean;
  header?: ReactNode;
  pagination?: ReactNode;
  name: string;
}

export function DeliveryTable({ items, isLoading, header, pagination, name }: DeliveryTableProps) {
  const t = useWords(words);
  return (
    <Table
      wrapLines
      variant={header ? "container" : "embedded"}
      loading={isLoading}
      loadingText={t.loading}
      items={items}
      trackBy="id"
      header={header}
      pagination={pagination}
      ariaLabels={{ tableLabel: name }}
      empty={<Empty title={t.none} />}
      columnDefinitions={[
        { id: "at", header: t.at, isRowHeader: true, cell: (one) => <TimeText at={one.createdAt} />, minWidth: 120 },
        { id: "kind", header: t.kind, cell: (one) => one.kind },
        { id: "state", header: t.state, cell: (one) => <DeliveryState of={one} />, minWidth: 130 },
        {
          id: "endpoint",
          header: t.endpoint,
          minWidth: 150,
          cell: (one) => <span style={{ overflowWrap: "anywhere" }}>{one.endpoint}</span>,
        },
        { id: "answer", header: t.answer, cell: (one) => <Reply of={one} />, minWidth: 220 },
        {
          id: "content",
          header: t.content,
          minWidth: 120,
          cell: (one) => (
            <ExpandableSection headerText={t.content} headingTagOverride="h3">
              <Verbatim text={pretty(one.content)} name={t.contentOf(one.id)} />
            </ExpandableSection>
          ),
        },
      ]}
    />
  );
}

/** The log of a subscription (its id), or of `<set>/<destination>`. */
export function DeliveryLog({ destination }: { destination: string }) {
  const t = useWords(words);
  const log = useListing<Delivery>(
    async (behind, signal) => {
      const path = withQuery("/tayori/deliveries", { destination, behind, limit: 25 });
      const found = await tayori<{ deliveries: Delivery[]; next: string | null }>("GET", path, undefined, signal);
      return { items: found.deliveries, next: found.next };
    },
    [destination],
    { every: 5, name: "log" },
  );
  return (
    <SpaceBetween size="s">
      <Failure failure={log.failure} retry={log.reload} />
      <DeliveryTable
        name={t.title}
        items={log.items}
        isLoading={log.isLoading && !log.value}
        pagination={log.pagination}
        header={
          <Header variant="h2" description={t.about}>
            {t.title}
          </Header>
        }
      />
    </SpaceBetween>
  );
}
