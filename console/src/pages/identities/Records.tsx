/* Each record that an identity asks for: as it shall be, as it is, what to do, and what each name server says. */

import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Cards from "@cloudscape-design/components/cards";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useEffect, useState } from "react";
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

const NARROW = "(max-width: 688px)"; // as the design system has it

/** On a telephone there is room for one column: each record is a card then. */
function useNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(() => window.matchMedia(NARROW).matches);
  useEffect(() => {
    const narrow = window.matchMedia(NARROW);
    const look = () => setNarrow(narrow.matches);
    narrow.addEventListener("change", look);
    return () => narrow.removeEventListener("change", look);
  }, []);
  return isNarrow;
}

export function RecordTable({ records, isLoading, recheck, isChecking }: RecordTableProps) {
  const t = useWords(words);
  const isNarrow = useNarrow();
  const shared = {
    loading: isLoading && !records,
    loadingText: t.loadingRecords,
    items: records ?? [],
    trackBy: (one: Looked) => `${one.type} ${one.name}`,
    header: (
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
    ),
    empty: <Empty title={t.noRecords} />,
  };
  const values = (one: Looked) => <Values of={one} />;
  const todo = (one: Looked) => <ToDo of={one} />;
  if (isNarrow)
    return (
      <Cards
        {...shared}
        ariaLabels={{ itemSelectionLabel: () => "", selectionGroupLabel: "", cardsLabel: t.records }}
        cardsPerRow={[{ cards: 1 }]}
        cardDefinition={{
          header: (one) => <Named of={one} />,
          sections: [
            { id: "values", content: values },
            { id: "todo", header: t.whatToDo, content: todo },
          ],
        }}
      />
    );
  return (
    <Table
      {...shared}
      wrapLines
      cellVerticalAlign="top"
      ariaLabels={{ tableLabel: t.records }}
      columnDefinitions={[
        { id: "record", header: t.record, isRowHeader: true, width: "30%", cell: (one) => <Named of={one} /> },
        { id: "values", header: t.expectedAndFound, width: "36%", cell: values },
        { id: "todo", header: t.whatToDo, width: "34%", cell: todo },
      ]}
    />
  );
}

function Named({ of: one }: { of: Looked }) {
  const t = useWords(words);
  return (
    <SpaceBetween size="xxs">
      <SpaceBetween direction="horizontal" size="xs">
        <Box fontWeight="bold">{one.type}</Box>
        <StatusIndicator type={TYPES[one.verdict]}>{t[one.verdict]}</StatusIndicator>
      </SpaceBetween>
      <Long>
        <CopyText text={one.name} name={t.nameOf(one.name)} />
      </Long>
    </SpaceBetween>
  );
}

function Values({ of: one }: { of: Looked }) {
  const t = useWords(words);
  return (
    <SpaceBetween size="xs">
      <div>
        <Box variant="awsui-key-label">{t.expected}</Box>
        <Long>
          <CopyText text={one.expected} name={t.valueOf(one.name)} />
        </Long>
      </div>
      <div>
        <Box variant="awsui-key-label">{t.found}</Box>
        {one.found.length ? (
          one.found.map((value) => (
            <Long key={value}>
              <Box variant="code">{value}</Box>
            </Long>
          ))
        ) : (
          <Box>{t.nothingFound}</Box>
        )}
      </div>
      <Servers of={one} />
    </SpaceBetween>
  );
}

function ToDo({ of: one }: { of: Looked }) {
  const text = useText();
  return one.advice.length ? (
    <SpaceBetween size="xs">
      {one.advice.map((advice) => (
        <Long key={advice.mistake}>{text(pairOf(advice))}</Long>
      ))}
    </SpaceBetween>
  ) : (
    "-"
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
