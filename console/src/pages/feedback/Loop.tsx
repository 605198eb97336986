/* One provider or collector: whether it reports, and the steps of an enrolment with what this installation fills in. */

import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { useParams } from "react-router";
import { tayori } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { GoLink, segment, useRole } from "../../frame/place";
import { useLanguage, useWords } from "../../frame/words";
import { CopyText } from "../../parts/CopyText";
import { Failure } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { Help } from "./help";
import { Enrolled, Reports } from "./LoopState";
import type { Entry } from "./loops";
import { words } from "./words";

const help = <Help of="loops" />;

export function Component() {
  const { id = "" } = useParams();
  const t = useWords(words);
  const language = useLanguage();
  const path = `/tayori/feedback-loops/${segment(id)}`;
  const found = useCall((signal) => tayori<Entry>("GET", path, undefined, signal), [path]);
  const entry = found.value;
  const loop = entry?.loop ?? "yes";
  const canEnrol = entry && !entry.through && loop !== "no";
  return (
    <Page
      title={entry?.name[language] ?? id}
      above={[{ text: t.loops, to: "feedback-loops?tab=checklist" }]}
      help={help}
    >
      <SpaceBetween size="l">
        <Failure failure={found.failure} retry={found.reload} />
        {!entry && found.isLoading && <StatusIndicator type="loading">{t.loading}</StatusIndicator>}
        {entry && (
          <Container header={<Header variant="h2">{t.willReport}</Header>}>
            <SpaceBetween size="s">
              <Reports loop={loop} />
              <Box>{t[`${loop}Why`]}</Box>
              {entry.note && <Box>{entry.note[language]}</Box>}
              {entry.through && (
                <GoLink to={`feedback-loops/${segment(entry.through)}`}>{t.enrolledThrough(entry.through)}</GoLink>
              )}
              <Box color="text-body-secondary">
                {t.basis} ({t.asOf(entry.as_of)})
              </Box>
              {entry.source.map((url) => (
                <Link key={url} href={url} external externalIconAriaLabel={t.basis}>
                  {url}
                </Link>
              ))}
            </SpaceBetween>
          </Container>
        )}
        {canEnrol && <Steps entry={entry} path={path} reload={found.reload} />}
      </SpaceBetween>
    </Page>
  );
}

function Steps({ entry, path, reload }: { entry: Entry; path: string; reload: () => Promise<void> }) {
  const t = useWords(words);
  const language = useLanguage();
  const { at, needs } = entry.enrol;
  const here = entry.here;
  const copied = (texts: string[]) =>
    texts.length ? texts.map((one) => <CopyText key={one} text={one} name={one} />) : "-";
  return (
    <Container header={<Header variant="h2">{t.steps}</Header>}>
      <SpaceBetween size="l">
        <div>
          <Box variant="h3">{t.step1}</Box>
          {at ? (
            <Link href={at} external externalIconAriaLabel={t.step1}>
              {at}
            </Link>
          ) : (
            "-"
          )}
        </div>
        <SpaceBetween size="s">
          <Box variant="h3">{t.step2}</Box>
          {needs && <Box>{needs[language]}</Box>}
          {here && (
            <KeyValuePairs
              columns={2}
              items={[
                { label: t.reports, value: copied([here.reports]) },
                ...(here.addresses ? [{ label: t.addresses, value: copied(here.addresses) }] : []),
                ...(here.domains ? [{ label: t.dkimDomains, value: copied(here.domains) }] : []),
              ]}
            />
          )}
        </SpaceBetween>
        <SpaceBetween size="s">
          <Box variant="h3">{t.step3}</Box>
          <Box>{t.step3Text}</Box>
          {here && <Box variant="code">{here.confirmation}</Box>}
        </SpaceBetween>
        <SpaceBetween size="s">
          <Box variant="h3">{t.step4}</Box>
          <Enrolled noted={entry.enrolments} />
          {entry.enrolments.map((one) => (
            <Box key={one.domain ?? ""}>
              {one.domain ? `${one.domain}: ` : ""}
              {t[one.state]} ({t.since} {one.since}) {one.note}
            </Box>
          ))}
          <Noting path={path} reload={reload} />
        </SpaceBetween>
      </SpaceBetween>
    </Container>
  );
}

function Noting({ path, reload }: { path: string; reload: () => Promise<void> }) {
  const t = useWords(words);
  const { tell } = useNotices();
  const mayNote = useRole().may("operator");
  const [state, setState] = useState("requested");
  const [domain, setDomain] = useState("");
  const [note, setNote] = useState("");
  const noting = useAction(async () => {
    await tayori("PUT", path, { state, domain: domain.trim(), ...(note ? { note } : {}) });
    tell("success", t.recorded);
    await reload();
  });
  if (!mayNote) return <Alert type="info">{t.noOperator}</Alert>;
  return (
    <SpaceBetween size="m">
      <FormField label={t.state}>
        <RadioGroup
          value={state}
          onChange={({ detail }) => setState(detail.value)}
          items={[
            { value: "requested", label: t.requested },
            { value: "active", label: t.active },
            { value: "none", label: t.takeBack },
          ]}
        />
      </FormField>
      <FormField label={t.forDomain} description={t.forDomainHint}>
        <Input value={domain} onChange={({ detail }) => setDomain(detail.value)} />
      </FormField>
      <FormField label={t.note}>
        <Textarea value={note} rows={2} onChange={({ detail }) => setNote(detail.value)} />
      </FormField>
      <Failure failure={noting.failure} />
      <Button loading={noting.isRunning} onClick={() => void noting.run()}>
        {t.record}
      </Button>
    </SpaceBetween>
  );
}
