/* Events of the account as they happen; the page asks again each two seconds, and rests while it is paused or hidden. */

import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useEffect, useRef, useState } from "react";
import { tayori, withQuery } from "../../api/client";
import { Page } from "../../frame/page";
import { GoLink, segment, useAddressed } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { TailHelp } from "./help";
import { EventName } from "./states";
import type { TailEvent, TailPage } from "./types";
import { words } from "./words";

const EVERY = 2000;
const MOST = 500;

const keyOf = (one: TailEvent) => `${one.message_id} ${one.at} ${one.type} ${one.recipient ?? ""}`;

export function Component() {
  const t = useWords(words);
  const [paused, setPaused] = useAddressed("paused");
  const [events, setEvents] = useState<TailEvent[]>([]);
  const [isCut, setCut] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [isFirst, setFirst] = useState(true);
  const [tried, setTried] = useState(0);
  const cursor = useRef("");
  const isPaused = paused === "yes";

  useEffect(() => {
    if (isPaused && cursor.current) return;
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      if (document.visibilityState === "visible") {
        try {
          const path = withQuery("/tayori/messages/tail", { after: cursor.current });
          const page = await tayori<TailPage>("GET", path, undefined, controller.signal);
          if (controller.signal.aborted) return;
          cursor.current = page.cursor;
          setCut(page.is_cut);
          setFailure(null);
          setFirst(false);
          setEvents((known) => {
            const seen = new Set(known.map(keyOf));
            const fresh = page.events.filter((one) => !seen.has(keyOf(one)));
            if (fresh.length === 0) return known;
            return [...fresh, ...known].sort((a, b) => b.at.localeCompare(a.at)).slice(0, MOST);
          });
        } catch (error) {
          if (controller.signal.aborted) return;
          setFailure(error);
          setFirst(false);
          return; // until somebody tries again
        }
      }
      if (!isPaused) timer = setTimeout(() => void look(), EVERY);
    };
    void look();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [isPaused, tried]);

  return (
    <Page
      title={t.tailTitle}
      description={t.tailAbout}
      help={<TailHelp />}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button disabled={events.length === 0} onClick={() => setEvents([])}>
            {t.wipe}
          </Button>
          <Button
            variant="primary"
            iconName={isPaused ? "play" : "pause"}
            onClick={() => setPaused(isPaused ? "" : "yes")}
          >
            {isPaused ? t.goOn : t.pause}
          </Button>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="m">
        <Failure failure={failure} retry={() => setTried((known) => known + 1)} />
        {isCut && <Alert type="info">{t.tailCut}</Alert>}
        <Table<TailEvent>
          variant="full-page"
          wrapLines
          items={events}
          trackBy={keyOf}
          loading={isFirst}
          loadingText={t.loading}
          header={
            <Header
              variant="h2"
              actions={
                <div role="status">
                  <StatusIndicator type={isPaused ? "stopped" : failure ? "error" : "success"}>
                    {isPaused || failure ? t.paused : t.live}
                  </StatusIndicator>
                </div>
              }
            >
              {t.newestFirst}
            </Header>
          }
          empty={<Empty title={t.emptyTail}>{t.emptyTailText}</Empty>}
          columnDefinitions={[
            { id: "when", header: t.when, minWidth: 150, cell: (one) => <TimeText at={one.at} /> },
            { id: "event", header: t.event, minWidth: 150, cell: (one) => <EventName of={one.type} /> },
            { id: "recipient", header: t.recipient, minWidth: 160, cell: (one) => one.recipient ?? "-" },
            {
              id: "subject",
              header: t.subject,
              isRowHeader: true,
              minWidth: 180,
              cell: (one) => <GoLink to={`messages/${segment(one.message_id)}`}>{one.subject || t.noSubject}</GoLink>,
            },
            { id: "from", header: t.from, minWidth: 160, cell: (one) => one.from },
          ]}
        />
      </SpaceBetween>
    </Page>
  );
}
