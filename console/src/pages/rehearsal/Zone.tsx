/* One zone, as a registrar's panel shows it: a form for one record, and the records that are there. */

import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import { useParams } from "react-router";
import { tayori, withQuery } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { segment } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Destroy } from "../../parts/Destroy";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { useListing } from "../../parts/useListing";
import { Help } from "./help";
import { PanelChoice, usePanel } from "./Panel";
import { BLANK, type Line, RecordForm } from "./RecordForm";
import { Stage } from "./Stage";
import { words } from "./words";

const help = <Help of="dns" />;

export function Component() {
  const t = useWords(words);
  const { domain = "" } = useParams();
  return (
    <Stage title={domain} heading={t.zoneTitle(domain)} above={[{ text: t.dnsTitle, to: "rehearsal/dns" }]} help={help}>
      {() => <Zone key={domain} domain={domain} />}
    </Stage>
  );
}

function Zone({ domain }: { domain: string }) {
  const t = useWords(words);
  const { tell } = useNotices();
  const panel = usePanel();
  const [editing, setEditing] = useState<Line | null>(null);
  const [deleting, setDeleting] = useState<Line | null>(null);
  const [added, setAdded] = useState(0);
  const base = `/tayori/rehearsal/registrar/zones/${segment(domain)}`;
  const lines = useListing<Line>(
    async (after, signal) => {
      const found = await tayori<{ records: Line[]; next?: string }>(
        "GET",
        withQuery(base, { after }),
        undefined,
        signal,
      );
      return { items: found.records, next: found.next };
    },
    [domain],
  );
  const registered = (line: Line) => {
    tell("success", t.added(`${line.type} ${line.name}`), { id: "record" });
    void lines.reload();
  };
  return (
    <SpaceBetween size="l">
      <PanelChoice panel={panel} />
      <Container header={<Header variant="h2">{t.addRecord}</Header>}>
        <RecordForm
          key={added}
          domain={domain}
          panel={panel}
          line={BLANK}
          verb={t.addRecord}
          send={(body) => tayori<Line>("POST", `${base}/records`, body)}
          onDone={(line) => {
            registered(line);
            setAdded(added + 1);
          }}
        />
      </Container>
      <Failure failure={lines.failure} retry={lines.reload} />
      <Table
        wrapLines
        loading={lines.isLoading && !lines.value}
        loadingText={t.loading}
        items={lines.items}
        trackBy="id"
        pagination={lines.pagination}
        header={<Header variant="h2">{t.records}</Header>}
        empty={<Empty title={t.noRecords}>{t.noRecordsText}</Empty>}
        columnDefinitions={[
          {
            id: "host",
            header: t.host,
            isRowHeader: true,
            minWidth: 160,
            cell: (line) => (
              <>
                <span style={{ overflowWrap: "anywhere" }}>{line.host}</span>
                <Box variant="small" display="block">
                  <span style={{ overflowWrap: "anywhere" }}>{line.name}</span>
                </Box>
              </>
            ),
          },
          { id: "type", header: t.type, minWidth: 90, cell: (line) => line.type },
          {
            id: "value",
            header: t.value,
            minWidth: 240,
            cell: (line) => (
              <Box variant="code">
                <span style={{ overflowWrap: "anywhere" }}>
                  {line.priority === null ? line.value : `${line.priority} ${line.value}`}
                </span>
              </Box>
            ),
          },
          { id: "ttl", header: t.ttl, minWidth: 110, cell: (line) => line.ttl },
          {
            id: "actions",
            header: t.actions,
            minWidth: 150,
            cell: (line) =>
              line.is_fixed ? (
                t.fixed
              ) : (
                <SpaceBetween direction="horizontal" size="xs">
                  <Button
                    variant="inline-link"
                    ariaLabel={t.editOf(`${line.type} ${line.name}`)}
                    onClick={() => setEditing(line)}
                  >
                    {t.edit}
                  </Button>
                  <Button
                    variant="inline-link"
                    ariaLabel={t.deleteOf(`${line.type} ${line.name}`)}
                    onClick={() => setDeleting(line)}
                  >
                    {t.del}
                  </Button>
                </SpaceBetween>
              ),
          },
        ]}
      />
      {editing && (
        <Modal visible header={t.editRecord} closeAriaLabel={t.close} onDismiss={() => setEditing(null)}>
          <RecordForm
            domain={domain}
            panel={panel}
            line={editing}
            verb={t.save}
            send={(body) => tayori<Line>("PUT", `${base}/records/${editing.id}`, body)}
            onCancel={() => setEditing(null)}
            onDone={(line) => {
              setEditing(null);
              registered(line);
            }}
          />
        </Modal>
      )}
      {deleting && (
        <Destroy
          visible
          title={t.deleteRecord}
          verb={t.del}
          names={[`${deleting.type} ${deleting.name}: ${deleting.value}`]}
          act={() => tayori("DELETE", `${base}/records/${deleting.id}`)}
          onClose={(done) => {
            if (done) {
              tell("success", t.deleted(`${deleting.type} ${deleting.name}`), { id: "record" });
              void lines.reload();
            }
            setDeleting(null);
          }}
        >
          {t.deleteText}
        </Destroy>
      )}
    </SpaceBetween>
  );
}
