import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { tayori, withQuery } from "../../api/client";
import { GoLink, segment } from "../../frame/place";
import { type Spoken, useWords } from "../../frame/words";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useCall } from "../../parts/useCall";
import { Status } from "./Status";
import type { Change, Activity as Found } from "./types";
import { words } from "./words";

interface Message {
  message_id: string;
  accepted_at: string;
  subject: string;
  recipients: { address: string }[];
}

const LIVE_SECONDS = 15;

export function Activity({ name }: { name: string }) {
  const t = useWords(words);
  const path = `/tayori/identity-activity/${segment(name)}`;
  const found = useCall((signal) => tayori<Found>("GET", path, undefined, signal), [path], { every: LIVE_SECONDS });
  const recent = useCall(
    (signal) =>
      tayori<{ messages: Message[] }>(
        "GET",
        withQuery("/tayori/messages", { identity: name, limit: 10 }),
        undefined,
        signal,
      ),
    [name],
    { every: LIVE_SECONDS },
  );
  return (
    <SpaceBetween size="l">
      <Failure failure={found.value ? null : found.failure} retry={found.reload} />
      <Table
        wrapLines
        loading={found.isLoading && !found.value}
        loadingText={t.loading}
        items={[...(found.value?.days ?? [])].reverse()}
        trackBy={(one) => String(one.day)}
        ariaLabels={{ tableLabel: t.activity }}
        header={
          <Header variant="h2" description={t.activityText}>
            {t.activity}
          </Header>
        }
        empty={<Empty title={t.noActivity} />}
        columnDefinitions={[
          {
            id: "day",
            header: t.day,
            isRowHeader: true,
            cell: (one) => {
              const day = new Date(one.day * 1000).toISOString().slice(0, 10);
              return <time dateTime={day}>{day}</time>;
            },
          },
          { id: "sends", header: t.sends, cell: (one) => one.sends },
          { id: "deliveries", header: t.deliveries, cell: (one) => one.deliveries },
          { id: "bounces", header: t.bounces, cell: (one) => one.permanent_bounces + one.transient_bounces },
          { id: "complaints", header: t.complaints, cell: (one) => one.complaints },
          { id: "rejects", header: t.rejects, cell: (one) => one.rejects },
          { id: "opens", header: t.opens, cell: (one) => one.opens },
          { id: "clicks", header: t.clicks, cell: (one) => one.clicks },
        ]}
      />
      <History found={found.value} isLoading={found.isLoading} />
      <Failure failure={recent.value ? null : recent.failure} retry={recent.reload} />
      <Table
        wrapLines
        loading={recent.isLoading && !recent.value}
        loadingText={t.loading}
        items={recent.value?.messages ?? []}
        trackBy="message_id"
        ariaLabels={{ tableLabel: t.recent }}
        header={
          <Header
            variant="h2"
            actions={<GoLink to={withQuery("messages", { q: `identity:${name}` })}>{t.allMessages}</GoLink>}
          >
            {t.recent}
          </Header>
        }
        empty={<Empty title={t.noActivity} />}
        columnDefinitions={[
          { id: "at", header: t.accepted, cell: (one) => <TimeText at={one.accepted_at} /> },
          {
            id: "subject",
            header: t.subject,
            isRowHeader: true,
            cell: (one) => (
              <GoLink to={`messages/${segment(one.message_id)}`}>
                <span data-verbatim>{one.subject || t.noSubject}</span>
              </GoLink>
            ),
          },
          {
            id: "to",
            header: t.recipients,
            cell: (one) => <span data-verbatim>{one.recipients.map((to) => to.address).join(", ")}</span>,
          },
        ]}
      />
    </SpaceBetween>
  );
}

/** The first row of all is the identity's creation, which needs no row of its own in the history. */
interface Shown extends Omit<Change, "cause" | "before"> {
  cause: Change["cause"] | "created";
  before: Change["before"] | null;
}

function History({ found, isLoading }: { found: Found | undefined; isLoading: boolean }) {
  const t = useWords(words);
  const subjects = { verification: t.identity, dkim: t.dkim, mail_from: t.mailFrom };
  const rows: Shown[] = found
    ? [
        ...found.changes,
        {
          at: found.created_at,
          subject: "verification",
          before: null,
          after: "PENDING",
          cause: "created",
          record: null,
          error: null,
        },
      ]
    : [];
  return (
    <Table
      wrapLines
      cellVerticalAlign="top"
      loading={isLoading && !found}
      loadingText={t.loading}
      items={rows}
      ariaLabels={{ tableLabel: t.history }}
      header={
        <Header variant="h2" description={t.historyText}>
          {t.history}
        </Header>
      }
      columnDefinitions={[
        { id: "at", header: t.changedAt, isRowHeader: true, minWidth: 150, cell: (one) => <TimeText at={one.at} /> },
        { id: "subject", header: t.changed, cell: (one) => subjects[one.subject] },
        {
          id: "after",
          header: t.state,
          cell: (one) => <Status of={one.after} proof={one.subject !== "verification"} />,
        },
        {
          id: "why",
          header: t.why,
          minWidth: 240,
          cell: (one) => (
            <div style={{ overflowWrap: "anywhere" }}>
              {whyOf(one, t)}
              {one.record && (
                <div data-verbatim>
                  {one.record.type} {one.record.name}
                </div>
              )}
            </div>
          ),
        },
      ]}
    />
  );
}

function whyOf(change: Shown, t: Spoken<typeof words>): string {
  if (change.cause !== "missing") return t[`cause_${change.cause}`];
  const isOther = change.error === "INVALID_VALUE";
  // It counts for 72 hours more, save a MAIL FROM domain, which is out of use at once.
  if (change.after === "SUCCESS") return isOther ? t.cause_other_yet : t.cause_missing_yet;
  if (change.after === "FAILED") return isOther ? t.cause_other_failed : t.cause_missing_failed;
  return isOther ? t.cause_other : t.cause_missing;
}
