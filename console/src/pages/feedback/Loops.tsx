import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { call, tayori, withQuery } from "../../api/client";
import { Page } from "../../frame/page";
import { GoLink, segment, useAddressed, useRole } from "../../frame/place";
import { useLanguage, useWords } from "../../frame/words";
import { Empty } from "../../parts/Empty";
import { Failure, Said } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { Help } from "./help";
import { Enrolled, Reports } from "./LoopState";
import { type Coverage, type Entry, type Outlook, percent } from "./loops";
import { words } from "./words";

const help = <Help of="loops" />;

export function Component() {
  const t = useWords(words);
  const [tab, setTab] = useAddressed("tab", "coverage");
  return (
    <Page title={t.loops} description={t.loopsText} help={help}>
      <Tabs
        activeTabId={tab}
        ariaLabel={t.loops}
        onChange={({ detail }) => setTab(detail.activeTabId)}
        tabs={[
          { id: "coverage", label: t.coverage, content: <CoverageView /> },
          { id: "checklist", label: t.checklist, content: <Checklist /> },
          { id: "outlook", label: t.outlook, content: <OutlookView /> },
          { id: "test", label: t.test, content: <Trial /> },
        ]}
      />
    </Page>
  );
}

function CoverageView() {
  const t = useWords(words);
  const language = useLanguage();
  const [days, setDays] = useAddressed("days", "30");
  const found = useCall(
    (signal) => tayori<Coverage>("GET", withQuery("/tayori/feedback-loops/coverage", { days }), undefined, signal),
    [days],
  );
  const options = [7, 30, 90].map((n) => ({ value: String(n), label: t.lastDays(n) }));
  const value = found.value;
  return (
    <SpaceBetween size="l">
      <Failure failure={found.failure} retry={found.reload} />
      <Container
        header={
          <Header
            variant="h2"
            actions={
              <Select
                ariaLabel={t.days}
                options={options}
                selectedOption={options.find((one) => one.value === days) ?? null}
                onChange={({ detail }) => setDays(detail.selectedOption.value ?? "30")}
              />
            }
          >
            {t.coverage}
          </Header>
        }
      >
        <SpaceBetween size="m">
          <KeyValuePairs
            columns={3}
            items={[
              { label: t.recipients, value: value?.recipients ?? "-" },
              { label: t.reporting, value: value ? percent(value.reporting_share) : "-" },
              { label: t.enrolled, value: value ? percent(value.enrolled_share) : "-" },
            ]}
          />
          {value && (
            <Alert type={value.warning ? "warning" : "success"}>
              <p>{value.text[language]}</p>
              {value.instead && <p>{value.instead[language]}</p>}
            </Alert>
          )}
        </SpaceBetween>
      </Container>
      {value && <Shares coverage={value} />}
    </SpaceBetween>
  );
}

function Shares({ coverage }: { coverage: Coverage }) {
  const t = useWords(words);
  const language = useLanguage();
  return (
    <Table
      wrapLines
      items={coverage.providers}
      trackBy="id"
      ariaLabels={{ tableLabel: t.provider }}
      empty={<Empty title={t.noMail} />}
      columnDefinitions={[
        { id: "name", header: t.provider, isRowHeader: true, minWidth: 150, cell: (one) => one.name[language] },
        { id: "share", header: t.share, minWidth: 120, cell: (one) => `${one.recipients} (${percent(one.share)})` },
        {
          id: "loop",
          header: t.willReport,
          minWidth: 240,
          cell: (one) => (
            <>
              <Reports loop={one.loop} />
              <Box variant="small" color="text-body-secondary">
                {t[`${one.loop}Why`]}
              </Box>
            </>
          ),
        },
        { id: "enrolled", header: t.enrolled, minWidth: 110, cell: (one) => one.enrolled },
      ]}
    />
  );
}

function Checklist() {
  const t = useWords(words);
  const language = useLanguage();
  const found = useCall(
    (signal) => tayori<{ entries: Entry[] }>("GET", "/tayori/feedback-loops", undefined, signal),
    [],
  );
  const entries = found.value?.entries ?? [];
  const nameOf = (id: string) => entries.find((one) => one.id === id)?.name[language] ?? id;
  const isSilent = (one: Entry) => one.kind === "provider" && (one.loop === "no" || one.loop === "unknown");
  const name = (one: Entry) => <GoLink to={`feedback-loops/${segment(one.id)}`}>{one.name[language]}</GoLink>;
  return (
    <SpaceBetween size="l">
      <Failure failure={found.failure} retry={found.reload} />
      <Table
        wrapLines
        loading={found.isLoading && !found.value}
        loadingText={t.loading}
        items={entries.filter((one) => !isSilent(one))}
        trackBy="id"
        ariaLabels={{ tableLabel: t.checklist }}
        header={
          <Header variant="h2" description={t.checklistText}>
            {t.checklist}
          </Header>
        }
        columnDefinitions={[
          { id: "name", header: t.provider, isRowHeader: true, cell: name },
          { id: "loop", header: t.willReport, cell: (one) => <Reports loop={one.loop ?? "yes"} /> },
          {
            id: "state",
            header: t.state,
            cell: (one) => (
              <>
                <Enrolled noted={one.enrolments} />
                {one.through && (
                  <Box variant="small" color="text-body-secondary">
                    {t.enrolledThrough(nameOf(one.through))}
                  </Box>
                )}
              </>
            ),
          },
        ]}
      />
      <Table
        wrapLines
        loading={found.isLoading && !found.value}
        loadingText={t.loading}
        items={entries.filter(isSilent)}
        trackBy="id"
        ariaLabels={{ tableLabel: t.silent }}
        header={<Header variant="h2">{t.silent}</Header>}
        columnDefinitions={[
          { id: "name", header: t.provider, isRowHeader: true, cell: name },
          { id: "loop", header: t.willReport, cell: (one) => <Reports loop={one.loop ?? "unknown"} /> },
          { id: "why", header: t.note, cell: (one) => one.note?.[language] || t[`${one.loop ?? "unknown"}Why`] },
        ]}
      />
    </SpaceBetween>
  );
}

function OutlookView() {
  const t = useWords(words);
  const language = useLanguage();
  const [text, setText] = useState("");
  const [found, setFound] = useState<Outlook | null>(null);
  const looking = useAction(async () => {
    const domains = text.split(/[\s,]+/).filter(Boolean);
    setFound(await tayori<Outlook>("POST", "/tayori/feedback-loops/lookup", { domains }));
  });
  return (
    <SpaceBetween size="l">
      <Container
        header={
          <Header variant="h2" description={t.outlookText}>
            {t.outlook}
          </Header>
        }
      >
        <SpaceBetween size="m">
          <FormField label={t.domains}>
            <Textarea value={text} rows={4} onChange={({ detail }) => setText(detail.value)} />
          </FormField>
          <Button disabled={!text.trim()} loading={looking.isRunning} onClick={() => void looking.run()}>
            {t.look}
          </Button>
          <Failure failure={looking.failure} />
          {found && <Alert type={found.coverage.warning ? "warning" : "info"}>{found.coverage.text[language]}</Alert>}
        </SpaceBetween>
      </Container>
      {found && (
        <Table
          wrapLines
          items={found.domains}
          trackBy="domain"
          ariaLabels={{ tableLabel: t.outlook }}
          columnDefinitions={[
            { id: "domain", header: t.domain, isRowHeader: true, cell: (one) => one.domain },
            { id: "provider", header: t.provider, cell: (one) => one.name?.[language] ?? one.trouble ?? "-" },
            { id: "loop", header: t.willReport, cell: (one) => <Reports loop={one.loop} /> },
          ]}
        />
      )}
    </SpaceBetween>
  );
}

interface Told {
  passes: boolean;
  seconds: number;
  trouble: string | null;
  reply: string | null;
}

function Trial() {
  const t = useWords(words);
  const mayChange = useRole().may("administrator");
  const [identity, setIdentity] = useState("");
  const [told, setTold] = useState<Told | null>(null);
  const identities = useCall((signal) => call("ListEmailIdentities", { PageSize: 100 }, signal), []);
  const options = (identities.value?.EmailIdentities ?? [])
    .filter((one) => one.SendingEnabled)
    .map((one) => ({ value: one.IdentityName ?? "", label: one.IdentityName ?? "" }));
  const trying = useAction(async () => {
    setTold(null);
    setTold(await tayori<Told>("POST", "/tayori/feedback-loops/test", { identity }));
  });
  return (
    <Container
      header={
        <Header variant="h2" description={t.testText}>
          {t.test}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <Failure failure={identities.failure} retry={identities.reload} />
        <FormField label={t.identity}>
          <Select
            options={options}
            placeholder={t.identity}
            empty="-"
            selectedOption={options.find((one) => one.value === identity) ?? null}
            onChange={({ detail }) => setIdentity(detail.selectedOption.value ?? "")}
          />
        </FormField>
        <Button
          disabled={!identity || !mayChange}
          disabledReason={mayChange ? undefined : t.noRole}
          loading={trying.isRunning}
          onClick={() => void trying.run()}
        >
          {t.run}
        </Button>
        <Failure failure={trying.failure} />
        {told && (
          <div role="status">
            <Alert type={told.passes ? "success" : "error"} header={told.passes ? t.passes(told.seconds) : t.fails}>
              {told.trouble ? <Said text={told.trouble} /> : <span lang="en">{told.reply}</span>}
            </Alert>
          </div>
        )}
      </SpaceBetween>
    </Container>
  );
}
