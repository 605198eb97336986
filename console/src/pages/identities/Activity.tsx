import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { tayori, withQuery } from "../../api/client";
import { GoLink, segment } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useCall } from "../../parts/useCall";
import type { Activity as Found } from "./types";
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
