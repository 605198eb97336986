import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import DatePicker from "@cloudscape-design/components/date-picker";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useSearchParams } from "react-router";
import { tayori, withQuery } from "../../api/client";
import { Page } from "../../frame/page";
import { segment, useAddressed, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useCall } from "../../parts/useCall";
import { useListing } from "../../parts/useListing";
import { Help } from "./help";
import { words } from "./words";

interface Entry {
  id: string;
  at: string;
  region: string;
  door: string;
  who: string;
  source_ip: string;
  client: string;
  service: string;
  operation: string;
  resource: string;
  outcome: string;
}

interface Whole extends Entry {
  request: unknown;
  changes: { path: string; before: unknown; after: unknown }[];
}

const help = <Help of="audit" />;

export function Component() {
  const t = useWords(words);
  const { may } = useRole();
  return (
    <Page title={t.audit} description={t.auditAbout} help={help}>
      {may("administrator") ? (
        <Log />
      ) : (
        <Alert type="info" header={t.forbiddenTitle}>
          {t.needsAdministrator}
        </Alert>
      )}
    </Page>
  );
}

/** The end of a day in the reader's own time zone, as the service takes it. */
function moment(day: string, days: number): string {
  const [year, month, date] = day.split("-").map(Number);
  if (!year || !month || !date) return "";
  return new Date(year, month - 1, date + days).toISOString();
}

function Log() {
  const t = useWords(words);
  const [who, setWho] = useAddressed("who");
  const [operation, setOperation] = useAddressed("operation");
  const [resource, setResource] = useAddressed("resource");
  const [since, setSince] = useAddressed("since");
  const [until, setUntil] = useAddressed("until");
  const [shown, show] = useAddressed("entry");
  const isFiltered = [who, operation, resource, since, until].some((one) => one !== "");
  const entries = useListing<Entry>(
    async (behind, signal) => {
      const times = { since: moment(since, 0), until: moment(until, 1) };
      const path = withQuery("/tayori/audit", { who, operation, resource, ...times, behind });
      const found = await tayori<{ entries: Entry[]; next: string | null }>("GET", path, undefined, signal);
      return { items: found.entries, next: found.next };
    },
    [who, operation, resource, since, until],
  );
  const [, setSearch] = useSearchParams();
  const clear = () => setSearch({}, { replace: true });
  return (
    <SpaceBetween size="s">
      <Failure failure={entries.failure} retry={entries.reload} />
      <Table
        wrapLines
        loading={entries.isLoading && !entries.value}
        loadingText={t.loading}
        items={entries.items}
        trackBy="id"
        pagination={entries.pagination}
        header={
          <Header
            variant="h2"
            actions={
              <Button disabled={!isFiltered} onClick={clear}>
                {t.clearFilter}
              </Button>
            }
          >
            {t.changes}
          </Header>
        }
        filter={
          <ColumnLayout columns={3} minColumnWidth={180}>
            <FormField label={t.who} constraintText={t.whoHint}>
              <Input value={who} onChange={({ detail }) => setWho(detail.value)} />
            </FormField>
            <FormField label={t.operation} constraintText="PutConfigurationSetSendingOptions">
              <Input value={operation} onChange={({ detail }) => setOperation(detail.value)} />
            </FormField>
            <FormField label={t.resource} constraintText={t.resourceHint}>
              <Input value={resource} onChange={({ detail }) => setResource(detail.value)} />
            </FormField>
            <FormField label={t.since}>
              <DatePicker value={since} placeholder="YYYY/MM/DD" onChange={({ detail }) => setSince(detail.value)} />
            </FormField>
            <FormField label={t.until}>
              <DatePicker value={until} placeholder="YYYY/MM/DD" onChange={({ detail }) => setUntil(detail.value)} />
            </FormField>
          </ColumnLayout>
        }
        empty={
          <Empty
            title={isFiltered ? t.noMatch : t.noEntries}
            action={isFiltered ? <Button onClick={clear}>{t.clearFilter}</Button> : undefined}
          >
            {isFiltered ? undefined : t.noEntriesText}
          </Empty>
        }
        columnDefinitions={[
          { id: "at", minWidth: 130, header: t.time, cell: (one) => <TimeText at={one.at} /> },
          {
            id: "operation",
            minWidth: 200,
            header: t.operation,
            isRowHeader: true,
            cell: (one) => (
              <Link
                href={`?entry=${segment(one.id)}`}
                onFollow={(event) => {
                  event.preventDefault();
                  show(one.id);
                }}
              >
                <span data-verbatim>{one.operation}</span>
              </Link>
            ),
          },
          {
            id: "resource",
            minWidth: 140,
            header: t.resource,
            cell: (one) => <span data-verbatim>{one.resource || "-"}</span>,
          },
          { id: "who", minWidth: 180, header: t.who, cell: (one) => <span data-verbatim>{one.who || "-"}</span> },
          { id: "outcome", minWidth: 110, header: t.outcome, cell: (one) => <Outcome of={one} /> },
        ]}
      />
      {shown && <Detail id={shown} onClose={() => show("")} />}
    </SpaceBetween>
  );
}

function Outcome({ of }: { of: Entry }) {
  const t = useWords(words);
  return of.outcome === "done" ? (
    <StatusIndicator type="success">{t.done}</StatusIndicator>
  ) : (
    <StatusIndicator type="error">{of.outcome}</StatusIndicator>
  );
}

function Detail({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useWords(words);
  const entry = useCall((signal) => tayori<Whole>("GET", `/tayori/audit/${segment(id)}`, undefined, signal), [id]);
  const doors: Record<string, string> = {
    key: t.doorKey,
    user: t.doorUser,
    link: t.doorLink,
    command: t.doorCommand,
  };
  const one = entry.value;
  return (
    <Modal
      visible
      size="max"
      header={one ? <span data-verbatim>{one.operation}</span> : t.loading}
      closeAriaLabel={t.close}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <Button variant="primary" onClick={onClose}>
            {t.close}
          </Button>
        </Box>
      }
    >
      <SpaceBetween size="l">
        <Failure failure={entry.failure} retry={entry.reload} />
        {one && (
          <>
            <KeyValuePairs
              columns={4}
              minColumnWidth={160}
              items={[
                { label: t.time, value: <TimeText at={one.at} /> },
                { label: t.who, value: <span data-verbatim>{one.who || "-"}</span> },
                { label: t.door, value: doors[one.door] ?? one.door },
                { label: t.outcome, value: <Outcome of={one} /> },
                { label: t.resource, value: <span data-verbatim>{one.resource || "-"}</span> },
                { label: t.region, value: one.region || "-" },
                { label: t.address, value: one.source_ip || "-" },
                { label: t.client, value: <Box variant="code">{one.client || "-"}</Box> },
              ]}
            />
            <Table
              wrapLines
              variant="embedded"
              items={one.changes}
              trackBy="path"
              header={<Header variant="h2">{t.changes}</Header>}
              empty={<Empty title={t.noChanges}>{t.noChangesText}</Empty>}
              columnDefinitions={[
                {
                  id: "path",
                  minWidth: 160,
                  header: t.what,
                  isRowHeader: true,
                  cell: (change) => change.path || one.resource,
                },
                { id: "before", minWidth: 240, header: t.before, cell: (change) => <Value of={change.before} /> },
                { id: "after", minWidth: 240, header: t.after, cell: (change) => <Value of={change.after} /> },
              ]}
            />
            <div>
              <Header variant="h2" description={t.requestAbout}>
                {t.request}
              </Header>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard */}
              <section aria-label={t.request} tabIndex={0} style={{ overflowX: "auto" }}>
                <Box variant="code">
                  <pre style={{ margin: 0 }}>{JSON.stringify(one.request, null, 2)}</pre>
                </Box>
              </section>
            </div>
          </>
        )}
      </SpaceBetween>
    </Modal>
  );
}

function Value({ of }: { of: unknown }) {
  if (of === null || of === undefined) return <>-</>;
  return <Box variant="code">{typeof of === "string" ? of : JSON.stringify(of)}</Box>;
}
