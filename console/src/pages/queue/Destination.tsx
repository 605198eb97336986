/* What waits for one destination, why, and what may be done about it. */

import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import Skeleton from "@cloudscape-design/components/skeleton";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useRef, useState } from "react";
import { useParams } from "react-router";
import { tayori, withQuery } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { GoLink, segment, useAddressed, useRole } from "../../frame/place";
import { useLanguage, useWords } from "../../frame/words";
import { Destroy } from "../../parts/Destroy";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { useListing } from "../../parts/useListing";
import { QueueHelp } from "./help";
import { Limits } from "./Limits";
import { said } from "./Queue";
import { reasonText } from "./reasons";
import type { Backlog, Destinations, Queued, Site } from "./types";
import { words } from "./words";

export function Component() {
  const { domain = "" } = useParams();
  const t = useWords(words);
  const language = useLanguage();
  const { may } = useRole();
  const isOperator = may("operator");
  const [accounts] = useAddressed("accounts", isOperator ? "all" : "own");
  const [state, setState] = useAddressed("state", "waiting");
  const seen = isOperator ? accounts : "own";

  const summary = useCall(
    (signal) =>
      tayori<Destinations>(
        "GET",
        withQuery("/tayori/queue/destinations", { accounts: seen, domain }),
        undefined,
        signal,
      ),
    [seen, domain],
    { every: 10 },
  );
  const site = useCall(
    (signal) => tayori<{ site: Site | null }>("GET", withQuery("/tayori/queue/site", { domain }), undefined, signal),
    [domain],
    { every: 20 },
  );
  const named = useRef(""); // also when delivery has nothing to do there any more
  if (site.value?.site) named.current = site.value.site.name;
  const listing = useListing<Queued>(
    async (page, signal) => {
      const asked = withQuery("/tayori/queue/waiting", { accounts: seen, domain, state, language, page });
      const found = await tayori<{ recipients: Queued[]; next: string | null }>("GET", asked, undefined, signal);
      return { items: found.recipients, next: found.next };
    },
    [seen, domain, state, language],
    { every: 10 },
  );
  const backlog = summary.value?.destinations[0];
  const reload = async () => {
    await Promise.all([summary.reload(), listing.reload()]);
  };
  return (
    <Page
      title={domain}
      above={[{ text: t.title, to: "queue" }]}
      help={<QueueHelp />}
      actions={<Change domain={domain} isForAll={seen === "all"} of={backlog} reload={reload} />}
    >
      <SpaceBetween size="l">
        <Failure failure={summary.failure} retry={summary.reload} />
        {summary.value ? <Counts of={backlog} /> : <Skeleton height="120px" />}
        <Where called={site} />
        {isOperator && site.value && (
          <Limits known={named.current} changed={() => setTimeout(() => void site.reload(), 1500)} />
        )}
        <Table<Queued>
          wrapLines
          items={listing.items}
          trackBy={(one) => `${one.message_id} ${one.recipient}`}
          loading={listing.isLoading && !listing.value}
          loadingText={t.loading}
          header={<Header variant="h2">{t.list}</Header>}
          pagination={listing.pagination}
          filter={
            <SpaceBetween size="s">
              <SegmentedControl
                label={t.state}
                selectedId={state}
                onChange={({ detail }) => setState(detail.selectedId)}
                options={[
                  { id: "waiting", text: t.stateWaiting },
                  { id: "held", text: t.stateHeld },
                ]}
              />
              <Failure failure={listing.failure} retry={listing.reload} />
            </SpaceBetween>
          }
          empty={<Empty title={t.noneHere}>{t.noneHereText}</Empty>}
          columnDefinitions={[
            {
              id: "recipient",
              header: t.recipient,
              isRowHeader: true,
              minWidth: 180,
              cell: (one) => (
                <SpaceBetween size="xxs">
                  <GoLink to={`messages/${segment(one.message_id)}`}>{one.recipient}</GoLink>
                  <Box color="text-body-secondary" fontSize="body-s">
                    {one.subject || t.noSubject}
                  </Box>
                </SpaceBetween>
              ),
            },
            { id: "why", header: t.why, minWidth: 240, cell: (one) => one.sentence },
            { id: "tries", header: t.tries, minWidth: 100, cell: (one) => one.attempts },
            { id: "next", header: t.nextTry, minWidth: 120, cell: (one) => <TimeText at={one.due_at} /> },
            { id: "deadline", header: t.deadline, minWidth: 120, cell: (one) => <TimeText at={one.expires_at} /> },
            ...(seen === "all"
              ? [{ id: "account", header: t.account, minWidth: 130, cell: (one: Queued) => one.account_id }]
              : []),
          ]}
        />
      </SpaceBetween>
    </Page>
  );
}

function Counts({ of }: { of: Backlog | undefined }) {
  const t = useWords(words);
  if (!of) return <Container>{t.nothing}</Container>;
  return (
    <Container>
      <KeyValuePairs
        columns={4}
        minColumnWidth={180}
        items={[
          { label: t.waits, value: ((of.states.queued ?? 0) + (of.states.deferred ?? 0)).toLocaleString() },
          { label: t.held, value: (of.states.held ?? 0).toLocaleString() },
          { label: t.inHand, value: (of.states.sending ?? 0).toLocaleString() },
          { label: t.mainReason, value: reasonText(t, of.reason) },
          { label: t.oldest, value: <TimeText at={of.oldest} /> },
          { label: t.nextTry, value: <TimeText at={of.next_due} /> },
          { label: t.lastReply, value: said(of.last_said) },
        ]}
      />
    </Container>
  );
}

function Where({ called }: { called: ReturnType<typeof useCall<{ site: Site | null }>> }) {
  const t = useWords(words);
  const site = called.value?.site;
  return (
    <Container
      header={
        <Header variant="h2" description={t.siteAbout}>
          {t.site}
        </Header>
      }
    >
      <Failure failure={called.failure} retry={called.reload} />
      {!called.value && !called.failure && <Skeleton height="60px" />}
      {called.value && !site && t.siteNone}
      {site && (
        <KeyValuePairs
          columns={4}
          minColumnWidth={180}
          items={[
            { label: t.siteName, value: site.name },
            { label: t.provider, value: site.provider || "-" },
            { label: t.connections, value: t.connectionsOf(site.connections, site.window, site.most) },
            { label: t.rate, value: site.rate ? t.rateOf(site.rate) : t.noRate },
            { label: t.rests, value: <TimeText at={site.rests_until} /> },
            ...(site.rest_reason ? [{ label: t.restReason, value: said(site.rest_reason) }] : []),
            ...(site.last_reply ? [{ label: t.lastReply, value: site.last_reply }] : []),
          ]}
        />
      )}
    </Container>
  );
}

interface ChangeProps {
  domain: string;
  isForAll: boolean;
  of: Backlog | undefined;
  reload: () => Promise<void>;
}

/** Operators act on the mail of all accounts where they look at all of it; others on their own. */
function Change({ domain, isForAll, of, reload }: ChangeProps) {
  const t = useWords(words);
  const { may } = useRole();
  const notices = useNotices();
  const [isDropping, setDropping] = useState(false);
  const allowed = may("administrator");
  const change = async (name: string) => {
    const done = await tayori<Record<string, number>>("POST", `/tayori/queue/${isForAll ? "" : "own/"}${name}`, {
      domain,
    });
    const count = Object.entries(done).find(([key]) => key !== "in_hand")?.[1] ?? 0;
    const left = done.in_hand ?? 0;
    notices.tell(count ? "success" : "info", left ? `${t.done(count)} ${t.left(left)}` : t.done(count));
    await reload();
  };
  const action = useAction(change);
  const waits = (of?.states.queued ?? 0) + (of?.states.deferred ?? 0);
  const held = of?.states.held ?? 0;
  const item = (id: string, text: string, count: number) => ({
    id,
    text,
    disabled: !allowed || count === 0,
    ...(allowed ? {} : { disabledReason: t.mayNot }),
  });
  return (
    <>
      <SpaceBetween direction="horizontal" size="xs">
        <ButtonDropdown
          loading={action.isRunning}
          items={[
            item("hold", t.hold, waits),
            item("release", t.release, held),
            item("expedite", t.expedite, waits),
            item("requeue", t.requeue, waits),
          ]}
          onItemClick={({ detail }) => void action.run(detail.id)}
        >
          {t.actions}
        </ButtonDropdown>
        <Button disabled={!allowed || waits + held === 0} onClick={() => setDropping(true)}>
          {t.drop}
        </Button>
      </SpaceBetween>
      <Failure failure={action.failure} onDismiss={action.clear} />
      <Destroy
        visible={isDropping}
        title={t.dropTitle(domain)}
        verb={t.drop}
        names={[`${domain} (${waits + held})`]}
        confirm={domain}
        act={() => change("drop")}
        onClose={() => setDropping(false)}
      >
        {isForAll ? `${t.dropAll} ${t.dropText}` : t.dropText}
      </Destroy>
    </>
  );
}
