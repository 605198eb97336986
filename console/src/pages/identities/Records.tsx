/* Each record that an identity asks for: as it shall be, as it is, what to do, and what each name server says. */

import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useText, useWords } from "../../frame/words";
import { CopyText } from "../../parts/CopyText";
import { Empty } from "../../parts/Empty";
import { type Looked, pairOf, type Seen } from "./types";
import { words } from "./words";

const TYPES = { ok: "success", missing: "error", wrong: "error", waiting: "pending", trouble: "warning" } as const;

export interface RecordTableProps {
  records: Looked[] | undefined;
  isLoading: boolean;
  recheck: () => void;
  isChecking: boolean;
}

export function RecordTable({ records, isLoading, recheck, isChecking }: RecordTableProps) {
  const t = useWords(words);
  const text = useText();
  return (
    <Table
      wrapLines
      loading={isLoading && !records}
      loadingText={t.loadingRecords}
      items={records ?? []}
      trackBy={(one) => `${one.type} ${one.name}`}
      ariaLabels={{ tableLabel: t.records }}
      header={
        <Header
          variant="h2"
          description={t.recordsText}
          actions={
            <Button iconName="refresh" loading={isChecking} onClick={recheck}>
              {t.recheck}
            </Button>
          }
        >
          {t.records}
        </Header>
      }
      empty={<Empty title={t.noRecords} />}
      columnDefinitions={[
        {
          id: "record",
          header: t.record,
          isRowHeader: true,
          minWidth: 200,
          cell: (one) => (
            <SpaceBetween size="xxs">
              <Box fontWeight="bold">{one.type}</Box>
              <Long>
                <CopyText text={one.name} name={t.nameOf(one.name)} />
              </Long>
            </SpaceBetween>
          ),
        },
        {
          id: "state",
          header: t.state,
          minWidth: 130,
          cell: (one) => <StatusIndicator type={TYPES[one.verdict]}>{t[one.verdict]}</StatusIndicator>,
        },
        {
          id: "expected",
          header: t.expected,
          minWidth: 200,
          cell: (one) => (
            <Long>
              <CopyText text={one.expected} name={t.valueOf(one.name)} />
            </Long>
          ),
        },
        {
          id: "found",
          header: t.found,
          minWidth: 200,
          cell: (one) => (
            <SpaceBetween size="xs">
              {one.found.length ? (
                one.found.map((value) => (
                  <Long key={value}>
                    <Box variant="code">{value}</Box>
                  </Long>
                ))
              ) : (
                <Box>{t.nothingFound}</Box>
              )}
              <Servers of={one} />
            </SpaceBetween>
          ),
        },
        {
          id: "todo",
          header: t.whatToDo,
          minWidth: 240,
          cell: (one) => (
            <SpaceBetween size="xs">
              {one.advice.map((advice) => (
                <Long key={advice.mistake}>{text(pairOf(advice))}</Long>
              ))}
            </SpaceBetween>
          ),
        },
      ]}
    />
  );
}

function Servers({ of }: { of: Looked }) {
  const t = useWords(words);
  return (
    <ExpandableSection
      variant="inline"
      headerText={t.servers(of.servers.length)}
      headerAriaLabel={`${t.servers(of.servers.length)}: ${of.type} ${of.name}`}
    >
      {of.servers.length ? (
        of.servers.map((one) => <Server key={`${one.server} ${one.address}`} seen={one} />)
      ) : (
        <Box>{t.noServers}</Box>
      )}
    </ExpandableSection>
  );
}

function Server({ seen }: { seen: Seen }) {
  const t = useWords(words);
  const named = `seen_${seen.status}` as keyof typeof t & `seen_${string}`;
  return (
    <Box padding={{ bottom: "xs" }}>
      <Long>
        <Box variant="code">
          {seen.server} {seen.address}
        </Box>
        <div>{t[named] ?? seen.status}</div>
        {[...seen.values, ...(seen.alias ? [`CNAME ${seen.alias}`] : [])].map((value) => (
          <Box key={value} variant="code">
            {value}
          </Box>
        ))}
        {seen.reason && <Box variant="code">{seen.reason}</Box>}
      </Long>
    </Box>
  );
}

/** Names and keys have no places to break at. */
function Long({ children }: { children: React.ReactNode }) {
  return <div style={{ overflowWrap: "anywhere" }}>{children}</div>;
}
