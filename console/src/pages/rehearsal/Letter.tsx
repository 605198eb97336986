/* One received message: the receiver's verdict, its parts, and the button that reports it as spam. */

import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import { useState } from "react";
import { useParams } from "react-router";
import { download, tayori } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { segment, useAddressed } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { Help } from "./help";
import { Stage } from "./Stage";
import { type Letter, Tls, Verdicts } from "./Verdicts";
import { words } from "./words";

interface Reading extends Letter {
  fields: { name: string; value: string }[];
  text: string;
  is_cut: boolean;
  has_html: boolean;
  files: { name: string; type: string; octets: number }[];
}

const help = <Help of="mail" />;

export function Component() {
  const t = useWords(words);
  const { id = "" } = useParams();
  const { tell } = useNotices();
  const base = `/tayori/rehearsal/messages/${segment(id)}`;
  const found = useCall((signal) => tayori<Reading>("GET", `${base}/reading`, undefined, signal), [id]);
  const letter = found.value;
  const report = useAction(async () => {
    const told = await tayori<{ provider: string; reported_to: string | null }>("POST", `${base}/report-spam`);
    if (told.reported_to) tell("success", t.toldLoop(told.provider, told.reported_to));
    else tell("warning", t.toldNobody(told.provider));
    await found.reload();
  });
  const fetching = useAction(() => download(`${base}/source`, "message.eml"));
  const title = letter ? letter.subject.slice(0, 120) || t.noSubject : t.mailTitle;
  return (
    <Stage
      title={title}
      above={[{ text: t.mailTitle, to: "rehearsal/mail" }]}
      help={help}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button loading={fetching.isRunning} onClick={() => void fetching.run()}>
            {t.source}
          </Button>
          <Button
            variant="primary"
            disabled={!letter || Boolean(letter.spam_reported_at)}
            loading={report.isRunning}
            onClick={() => void report.run()}
          >
            {letter?.spam_reported_at ? t.spamReported : t.reportSpam}
          </Button>
        </SpaceBetween>
      }
    >
      {() => (
        <SpaceBetween size="l">
          <Failure failure={found.failure} retry={found.reload} />
          <Failure failure={report.failure ?? fetching.failure} />
          <Envelope letter={letter} />
          {letter && <Content letter={letter} page={`${base}/page`} />}
        </SpaceBetween>
      )}
    </Stage>
  );
}

function Envelope({ letter }: { letter: Reading | undefined }) {
  const t = useWords(words);
  const value = (shown: (one: Reading) => React.ReactNode) => (letter ? shown(letter) : "-");
  const whole = (text: string) => <span style={{ overflowWrap: "anywhere" }}>{text || "-"}</span>;
  return (
    <Container header={<Header variant="h2">{t.verdicts}</Header>}>
      <KeyValuePairs
        columns={3}
        minColumnWidth={220}
        items={[
          { label: t.authentication, value: value((one) => <Verdicts letter={one} isFull />) },
          { label: t.tls, value: value((one) => <Tls letter={one} isFull />) },
          { label: t.received, value: value((one) => <TimeText at={one.received_at} />) },
          { label: t.mailbox, value: value((one) => whole(one.rcpt_to)) },
          { label: t.from, value: value((one) => whole(one.from.slice(0, 300))) },
          { label: t.returnPath, value: value((one) => (one.mail_from ? whole(one.mail_from) : t.nullPath)) },
          { label: t.provider, value: value((one) => one.provider) },
          { label: t.cameFrom, value: value((one) => whole(`${one.helo} [${one.client}]`)) },
          { label: t.size, value: value((one) => t.bytes(one.octets)) },
        ]}
      />
    </Container>
  );
}

function Content({ letter, page }: { letter: Reading; page: string }) {
  const t = useWords(words);
  const [tab, setTab] = useAddressed("tab", letter.has_html ? "html" : "text");
  return (
    <Tabs
      variant="container"
      activeTabId={tab}
      onChange={({ detail }) => setTab(detail.activeTabId)}
      tabs={[
        { id: "html", label: t.html, content: letter.has_html ? <Html page={page} /> : t.noHtml },
        {
          id: "text",
          label: t.text,
          content: letter.text ? (
            <SpaceBetween size="s">
              {letter.is_cut && <Alert type="info">{t.cut}</Alert>}
              <Box variant="code">
                <span style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{letter.text}</span>
              </Box>
            </SpaceBetween>
          ) : (
            t.noText
          ),
        },
        { id: "fields", label: t.fields, content: <Fields letter={letter} /> },
        ...(letter.files.length
          ? [
              {
                id: "files",
                label: t.files,
                content: (
                  <ul>
                    {letter.files.map((file) => (
                      <li key={`${file.name} ${file.octets}`}>
                        {file.name || "-"} ({file.type}, {t.bytes(file.octets)})
                      </li>
                    ))}
                  </ul>
                ),
              },
            ]
          : []),
      ]}
    />
  );
}

function Html({ page }: { page: string }) {
  const t = useWords(words);
  const [shown] = useState(page);
  return (
    <SpaceBetween size="s">
      <Box color="text-body-secondary">{t.htmlAbout}</Box>
      <iframe
        title={t.htmlFrame}
        sandbox=""
        src={shown}
        style={{ width: "100%", height: 480, border: 0, background: "#fff" }}
      />
    </SpaceBetween>
  );
}

function Fields({ letter }: { letter: Reading }) {
  const t = useWords(words);
  return (
    <Table
      variant="embedded"
      wrapLines
      items={letter.fields.map((field, at) => ({ ...field, at }))}
      trackBy={(field) => String(field.at)}
      ariaLabels={{ tableLabel: t.fields }}
      columnDefinitions={[
        { id: "name", header: t.name, isRowHeader: true, minWidth: 140, cell: (field) => field.name },
        {
          id: "value",
          header: t.value,
          minWidth: 260,
          cell: (field) => (
            <Box variant="code">
              <span style={{ overflowWrap: "anywhere" }}>{field.value}</span>
            </Box>
          ),
        },
      ]}
    />
  );
}
