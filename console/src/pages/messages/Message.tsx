/* One message: what became of it, why, what a receiver could check, who was told, and what may be done. */

import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Skeleton from "@cloudscape-design/components/skeleton";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import { useState } from "react";
import { useParams } from "react-router";
import { tayori, withQuery } from "../../api/client";
import { Page } from "../../frame/page";
import { GoLink, segment, useAddressed } from "../../frame/place";
import { useLanguage, useWords } from "../../frame/words";
import { CopyText } from "../../parts/CopyText";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { Actions } from "./Actions";
import { MessagesHelp } from "./help";
import { Preview, Source } from "./Looks";
import { State, ToldState } from "./states";
import { Timeline, Verbatim } from "./Timeline";
import type { Recipient, RouteNow, Told, Waiting, Timeline as Whole } from "./types";
import { words } from "./words";

const EVERY = 5; // seconds while something may still happen
const UNSETTLED = new Set(["queued", "sending", "deferred"]);

export function Component() {
  const { id = "" } = useParams();
  const t = useWords(words);
  const [tab, setTab] = useAddressed("tab", "timeline");
  const [isOver, setOver] = useState(false);
  const called = useCall(
    async (signal) => {
      const found = await tayori<Whole>("GET", `/tayori/messages/${segment(id)}`, undefined, signal);
      setOver(!found.recipients.some((one) => UNSETTLED.has(one.state)));
      return found;
    },
    [id],
    { every: isOver ? undefined : EVERY },
  );
  const found = called.value;
  return (
    <Page
      title={found ? found.subject || t.noSubject : id}
      above={[{ text: t.title, to: "messages" }]}
      help={<MessagesHelp />}
      actions={found ? <Actions of={found} reload={called.reload} /> : undefined}
    >
      <SpaceBetween size="l">
        <Failure failure={called.failure} retry={called.reload} />
        {!found && called.isLoading && <Skeleton height="480px" />}
        {found && <Summary of={found} />}
        {found && <Recipients of={found.recipients} />}
        {found?.recipients.some((one) => UNSETTLED.has(one.state) || one.state === "held") && (
          <WhyWaiting id={id} known={found.recipients.map((one) => `${one.state} ${one.due_at}`).join()} />
        )}
        {found && (
          <Tabs
            activeTabId={tab}
            onChange={({ detail }) => setTab(detail.activeTabId)}
            tabs={[
              {
                id: "timeline",
                label: t.tabTimeline,
                content: (
                  <Container
                    header={
                      <Header variant="h2" description={t.timelineAbout}>
                        {t.tabTimeline}
                      </Header>
                    }
                  >
                    <Timeline of={found} />
                  </Container>
                ),
              },
              { id: "authentication", label: t.authentication, content: <Authentication of={found} /> },
              { id: "told", label: t.tabNotified, content: <ToldTable of={found.told} /> },
              { id: "source", label: t.tabSource, content: tab === "source" && <Source id={id} /> },
              { id: "preview", label: t.tabPreview, content: tab === "preview" && <Preview id={id} /> },
            ]}
          />
        )}
      </SpaceBetween>
    </Page>
  );
}

function Summary({ of }: { of: Whole }) {
  const t = useWords(words);
  const tags = Object.entries(of.facts.tags ?? {});
  return (
    <Container header={<Header variant="h2">{t.summary}</Header>}>
      <SpaceBetween size="m">
        <KeyValuePairs
          columns={3}
          minColumnWidth={220}
          items={[
            { label: t.messageId, value: <CopyText text={of.message_id} name={t.messageId} /> },
            { label: t.from, value: of.from },
            { label: t.accepted, value: <TimeText at={of.accepted_at} /> },
            { label: t.deadline, value: <TimeText at={of.expires_at} /> },
            {
              label: t.configurationSet,
              value: of.configuration_set ? (
                <GoLink to={`configuration-sets/${segment(of.configuration_set)}`}>{of.configuration_set}</GoLink>
              ) : (
                "-"
              ),
            },
            {
              label: t.identity,
              value: of.facts.identity ? (
                <GoLink to={`identities/${segment(of.facts.identity)}`}>{of.facts.identity}</GoLink>
              ) : (
                "-"
              ),
            },
            { label: t.cameBy, value: [of.facts.operation, of.facts.source_ip].filter(Boolean).join(", ") || "-" },
            { label: t.size, value: t.bytes(of.size.toLocaleString()) },
            { label: t.tlsPolicy, value: of.tls_policy },
            { label: t.tags, value: tags.map(([name, value]) => `${name}=${value}`).join(", ") || "-" },
            ...(of.resent_from ? [{ label: t.resentFrom, value: <MessageLink id={of.resent_from.message_id} /> }] : []),
            ...(of.resent_as.length
              ? [
                  {
                    label: t.resentAs,
                    value: (
                      <SpaceBetween size="xxs">
                        {of.resent_as.map((one) => (
                          <MessageLink key={one.message_id} id={one.message_id} />
                        ))}
                      </SpaceBetween>
                    ),
                  },
                ]
              : []),
          ]}
        />
        {of.suppressed.length > 0 && (
          <Alert type="warning" header={t.suppressedNow}>
            {of.suppressed.map((one) => (
              <div key={one.address}>{t.suppressedWhy(one.address, one.reason)}</div>
            ))}
            <GoLink to="suppression">{t.openSuppression}</GoLink>
          </Alert>
        )}
      </SpaceBetween>
    </Container>
  );
}

function MessageLink({ id }: { id: string }) {
  return <GoLink to={`messages/${segment(id)}`}>{id}</GoLink>;
}

function Recipients({ of }: { of: Recipient[] }) {
  const t = useWords(words);
  return (
    <Table<Recipient>
      wrapLines
      items={of}
      trackBy="address"
      header={
        <Header variant="h2" counter={`(${of.length})`}>
          {t.recipients}
        </Header>
      }
      columnDefinitions={[
        { id: "address", header: t.recipient, isRowHeader: true, minWidth: 180, cell: (one) => one.address },
        { id: "state", header: t.status, minWidth: 150, cell: (one) => <State of={one.state} /> },
        { id: "tries", header: t.tries, minWidth: 100, cell: (one) => one.attempts },
        { id: "next", header: t.nextTry, minWidth: 130, cell: (one) => <TimeText at={one.due_at} /> },
        {
          id: "said",
          header: t.lastSaid,
          minWidth: 240,
          cell: (one) => (one.diagnostic ? <Verbatim text={one.diagnostic.replace(/^smtp; /u, "")} /> : "-"),
        },
      ]}
    />
  );
}

function WhyWaiting({ id, known }: { id: string; known: string }) {
  const t = useWords(words);
  const language = useLanguage();
  const called = useCall(
    (signal) =>
      tayori<{ recipients: Waiting[] }>(
        "GET",
        withQuery(`/tayori/messages/${segment(id)}/why`, { language }),
        undefined,
        signal,
      ),
    [id, language, known],
  );
  if (called.failure && !called.value) return null; // it has just been done
  return (
    <Alert type="info" header={t.waiting}>
      <div aria-live="polite">
        {called.value
          ? called.value.recipients.map((one) => (
              <div key={one.recipient}>
                <strong>{one.recipient}</strong>: {one.sentence}
              </div>
            ))
          : t.waitingAsk}
      </div>
    </Alert>
  );
}

function Authentication({ of }: { of: Whole }) {
  const t = useWords(words);
  const found = of.authentication;
  const domains = [...new Set(of.recipients.map((one) => one.address.split("@").at(-1) ?? ""))];
  return (
    <SpaceBetween size="l">
      <Container
        header={
          <Header variant="h2" description={t.authenticationAbout}>
            {t.authentication}
          </Header>
        }
      >
        <KeyValuePairs
          columns={2}
          minColumnWidth={240}
          items={[
            { label: t.fromDomain, value: found.from_domain || "-" },
            {
              label: t.dmarc,
              value: (
                <StatusIndicator type={found.dmarc === "aligned" ? "success" : "warning"}>
                  {found.dmarc === "aligned" ? t.dmarcAligned : t.dmarcNot}
                </StatusIndicator>
              ),
            },
            { label: t.spf, value: <Aligned name={found.spf.domain ?? "-"} is={found.spf.aligned} /> },
            {
              label: t.dkim,
              value: found.dkim.length ? (
                <SpaceBetween size="xxs">
                  {found.dkim.map((one) => (
                    <Aligned
                      key={`${one.selector} ${one.domain}`}
                      name={`${one.domain} (${one.selector})`}
                      is={one.aligned}
                    />
                  ))}
                </SpaceBetween>
              ) : (
                t.dkimNone
              ),
            },
            { label: t.returnPath, value: of.return_path || "-" },
          ]}
        />
      </Container>
      {domains.slice(0, 10).map((domain) => (
        <RoutePanel key={domain} id={of.message_id} domain={domain} />
      ))}
    </SpaceBetween>
  );
}

function Aligned({ name, is }: { name: string; is: boolean }) {
  const t = useWords(words);
  return (
    <div>
      {name} <StatusIndicator type={is ? "success" : "warning"}>{is ? t.aligned : t.notAligned}</StatusIndicator>
    </div>
  );
}

function RoutePanel({ id, domain }: { id: string; domain: string }) {
  const t = useWords(words);
  const [found, setFound] = useState<RouteNow | null>(null);
  const action = useAction(async () => {
    setFound(await tayori<RouteNow>("GET", withQuery(`/tayori/messages/${segment(id)}/route`, { domain })));
  });
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <Button loading={action.isRunning} onClick={() => void action.run()}>
              {t.routeAsk(domain)}
            </Button>
          }
        >
          {t.routeTitle}
        </Header>
      }
    >
      <SpaceBetween size="s">
        <Failure failure={action.failure} />
        {found?.trouble && <Verbatim text={found.trouble} />}
        {found && !found.trouble && (
          <KeyValuePairs
            columns={2}
            minColumnWidth={220}
            items={[
              ...found.hosts.map((one) => ({
                label: one.host,
                value: `${one.address}${one.dnssec ? ` (${t.dnssec}: ${t.yes})` : ""}`,
              })),
              { label: t.routeAt, value: <TimeText at={found.asked_at} /> },
            ]}
          />
        )}
        {!found && <Box color="text-body-secondary">{domain}</Box>}
      </SpaceBetween>
    </Container>
  );
}

function ToldTable({ of }: { of: Told[] }) {
  const t = useWords(words);
  const by = (one: Told) =>
    one.by.map((each) => (each.kind === "identity" ? t.ofIdentity(each.name) : t.ofSet(each.name))).join(", ") || "-";
  return (
    <Table<Told>
      wrapLines
      items={of}
      header={<Header variant="h2">{t.toldTitle}</Header>}
      empty={<Empty title={t.toldNone}>{t.toldNoneText}</Empty>}
      columnDefinitions={[
        { id: "event", header: t.toldEvent, isRowHeader: true, cell: (one) => one.event },
        {
          id: "to",
          header: t.toldTo,
          minWidth: 200,
          cell: (one) => [one.protocol, one.endpoint ?? one.topic].filter(Boolean).join(" "),
        },
        { id: "by", header: t.toldBy, minWidth: 160, cell: by },
        {
          id: "state",
          header: t.toldState,
          minWidth: 160,
          cell: (one) => (
            <SpaceBetween size="xxs">
              <ToldState of={one.state} />
              {one.last_error && <Box color="text-body-secondary">{one.last_error}</Box>}
            </SpaceBetween>
          ),
        },
        { id: "when", header: t.when, minWidth: 150, cell: (one) => <TimeText at={one.changed_at ?? one.event_at} /> },
      ]}
    />
  );
}
