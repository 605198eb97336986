/* What proves an identity: the chain, its records, DKIM, MAIL FROM, DMARC and SPF, and what the administrator gets. */

import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Toggle from "@cloudscape-design/components/toggle";
import { useEffect, useState } from "react";
import { call, tayori } from "../../api/client";
import type { GetEmailIdentityResponse } from "../../api/sesv2";
import { useNotices } from "../../frame/notices";
import { segment } from "../../frame/place";
import { useText, useWords } from "../../frame/words";
import { CopyText } from "../../parts/CopyText";
import { Failure } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { Chain } from "./Chain";
import { chainOf } from "./chain";
import {
  attributesOf,
  type Dkim,
  DkimFields,
  dkimFaults,
  EASY,
  type MailFrom,
  MailFromFields,
  mailFromFault,
  originOf,
} from "./fields";
import { HandOver } from "./HandOver";
import { RecordTable } from "./Records";
import { Status } from "./Status";
import { type Advice, type Probe, pairOf, type Records } from "./types";
import { words } from "./words";

export interface Given {
  name: string;
  identity: GetEmailIdentityResponse;
  mayChange: boolean;
  reload: () => Promise<void>;
}

const LOOK_SECONDS = 20; // a look asks strangers' name servers, so not more often while something is missing

export function Authentication(given: Given) {
  const { name } = given;
  return name.includes("@") ? <OfAddress {...given} /> : <OfDomain {...given} />;
}

function OfAddress(given: Given) {
  const t = useWords(words);
  return (
    <SpaceBetween size="l">
      {given.identity.VerificationStatus === "PENDING" && <Alert type="info">{t.addressPending}</Alert>}
      <Alert type="info">{t.ofDomain}</Alert>
      <MailFromBox {...given} />
    </SpaceBetween>
  );
}

function OfDomain(given: Given) {
  const { name, identity, mayChange, reload } = given;
  const t = useWords(words);
  const base = `/tayori/domains/${segment(name)}`;
  const [isDone, setDone] = useState(false);
  // Its states, with which the looks change: whenever the verifier has found something out.
  const moved = `${identity.VerificationStatus} ${identity.DkimAttributes?.Status} ${identity.MailFromAttributes?.MailFromDomainStatus} ${identity.MailFromAttributes?.MailFromDomain} ${identity.DkimAttributes?.Tokens}`;
  const looked = useCall((signal) => tayori<Records>("GET", `${base}/records`, undefined, signal), [name, moved], {
    every: isDone ? undefined : LOOK_SECONDS,
  });
  const advice = useCall(
    (signal) => tayori<Advice>("GET", `${base}/dmarc`, undefined, signal),
    [name, moved, identity.DkimAttributes?.SigningEnabled],
  );
  const records = looked.value?.records;
  useEffect(() => setDone(records?.every((one) => one.verdict === "ok") ?? false), [records]);
  const [probe, setProbe] = useState<Probe | undefined>();
  const prove = useAction(async () => setProbe(await tayori<Probe>("POST", `${base}/probe`)));
  const check = useAction(async () => {
    setProbe(undefined);
    if (mayChange) await tayori("POST", `${base}/check`);
    await Promise.all([looked.reload(), advice.reload(), reload()]);
  });
  return (
    <SpaceBetween size="l">
      <Container
        header={
          <Header
            variant="h2"
            description={t.chainText}
            actions={
              <Button
                loading={prove.isRunning}
                disabled={!mayChange || identity.VerificationStatus !== "SUCCESS"}
                disabledReason={mayChange ? t.signaturePending : t.noRole}
                onClick={() => void prove.run()}
              >
                {t.probe}
              </Button>
            }
          >
            {t.chain}
          </Header>
        }
      >
        <SpaceBetween size="s">
          <Failure failure={prove.failure} onDismiss={prove.clear} />
          <Chain links={chainOf(name, identity, records, advice.value, probe, t)} />
        </SpaceBetween>
      </Container>
      <Failure failure={check.failure} onDismiss={check.clear} />
      <Failure failure={records ? null : looked.failure} retry={looked.reload} />
      <RecordTable
        records={records}
        isLoading={looked.isLoading}
        recheck={() => void check.run()}
        isChecking={check.isRunning}
      />
      <HandOver name={name} mayChange={mayChange} />
      <DkimBox {...given} />
      <MailFromBox {...given} />
      <AdviceBox advice={advice.value} failure={advice.failure} retry={advice.reload} />
    </SpaceBetween>
  );
}

function DkimBox({ name, identity, mayChange, reload }: Given) {
  const t = useWords(words);
  const { tell } = useNotices();
  const found = identity.DkimAttributes ?? {};
  const [edited, setEdited] = useState<Dkim | null>(null);
  const [isTold, setTold] = useState(false);
  const faults = dkimFaults(edited ?? EASY, t);
  const switching = useAction(async (SigningEnabled: boolean) => {
    await call("PutEmailIdentityDkimAttributes", { EmailIdentity: name, SigningEnabled });
    await reload();
  });
  const saving = useAction(async () => {
    if (!edited) return;
    await call("PutEmailIdentityDkimSigningAttributes", {
      EmailIdentity: name,
      SigningAttributesOrigin: originOf(edited),
      ...(edited.way !== "deed" && { SigningAttributes: attributesOf(edited) }),
    });
    tell("success", t.saved);
    setEdited(null);
    await reload();
  });
  const save = () => {
    const isWrong = Object.values(faults).some(Boolean);
    setTold(isWrong);
    if (!isWrong) void saving.run();
  };
  const lengthOf = (length: typeof found.CurrentSigningKeyLength) => (length ? t[length] : "-");
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            edited ? undefined : (
              <Button
                ariaLabel={`${t.edit}: ${t.dkim}`}
                disabled={!mayChange}
                disabledReason={t.noRole}
                onClick={() => setEdited({ ...EASY, length: found.NextSigningKeyLength ?? EASY.length })}
              >
                {t.edit}
              </Button>
            )
          }
        >
          {t.dkimTitle}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <Failure failure={switching.failure ?? saving.failure} />
        <Toggle
          checked={found.SigningEnabled ?? false}
          disabled={!mayChange || switching.isRunning}
          onChange={({ detail }) => void switching.run(detail.checked)}
        >
          {t.signMail}
        </Toggle>
        {edited ? (
          <Editing save={save} isSaving={saving.isRunning} cancel={() => setEdited(null)}>
            <DkimFields
              given={edited}
              faults={isTold ? faults : null}
              change={(to) => setEdited((known) => known && { ...known, ...to })}
            />
          </Editing>
        ) : (
          <KeyValuePairs
            columns={3}
            minColumnWidth={180}
            items={[
              { label: t.state, value: <Status of={found.Status} proof /> },
              { label: t.origin, value: found.SigningAttributesOrigin ?? "-" },
              { label: t.current, value: lengthOf(found.CurrentSigningKeyLength) },
              { label: t.next, value: lengthOf(found.NextSigningKeyLength) },
              { label: t.generated, value: <TimeText at={found.LastKeyGenerationTimestamp} /> },
            ]}
          />
        )}
      </SpaceBetween>
    </Container>
  );
}

function MailFromBox({ name, identity, mayChange, reload }: Given) {
  const t = useWords(words);
  const { tell } = useNotices();
  const found = identity.MailFromAttributes;
  const domain = name.split("@").at(-1) ?? "";
  const [edited, setEdited] = useState<(MailFrom & { isUsed: boolean }) | null>(null);
  const [isTold, setTold] = useState(false);
  const fault = edited?.isUsed ? mailFromFault(edited.domain, domain, t) : "";
  const saving = useAction(async () => {
    if (!edited) return;
    await call("PutEmailIdentityMailFromAttributes", {
      EmailIdentity: name,
      MailFromDomain: edited.isUsed ? edited.domain.trim() : "",
      BehaviorOnMxFailure: edited.behavior,
    });
    tell("success", t.saved);
    setEdited(null);
    await reload();
  });
  const begin = () =>
    setEdited({
      isUsed: Boolean(found?.MailFromDomain),
      domain: found?.MailFromDomain ?? "",
      behavior: found?.BehaviorOnMxFailure ?? "USE_DEFAULT_VALUE",
    });
  const save = () => {
    setTold(Boolean(fault));
    if (!fault) void saving.run();
  };
  const change = (to: Partial<MailFrom & { isUsed: boolean }>) => setEdited((known) => known && { ...known, ...to });
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            edited ? undefined : (
              <Button
                ariaLabel={`${t.edit}: ${t.mailFrom}`}
                disabled={!mayChange}
                disabledReason={t.noRole}
                onClick={begin}
              >
                {t.edit}
              </Button>
            )
          }
        >
          {t.mailFromTitle}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <Failure failure={saving.failure} />
        {edited ? (
          <Editing save={save} isSaving={saving.isRunning} cancel={() => setEdited(null)}>
            <Checkbox
              checked={edited.isUsed}
              description={t.useMailFromText}
              onChange={({ detail }) => change({ isUsed: detail.checked })}
            >
              {t.useMailFrom}
            </Checkbox>
            {edited.isUsed && (
              <MailFromFields given={edited} domain={domain} fault={isTold ? fault : ""} change={change} />
            )}
          </Editing>
        ) : found?.MailFromDomain ? (
          <KeyValuePairs
            columns={3}
            minColumnWidth={180}
            items={[
              { label: t.mailFromDomain, value: found.MailFromDomain },
              { label: t.state, value: <Status of={found.MailFromDomainStatus} proof /> },
              { label: t.mxFailure, value: t[found.BehaviorOnMxFailure] },
            ]}
          />
        ) : (
          <Box>{t.mailFromNone}</Box>
        )}
      </SpaceBetween>
    </Container>
  );
}

export function Editing(props: { save: () => void; isSaving: boolean; cancel: () => void; children: React.ReactNode }) {
  const t = useWords(words);
  return (
    <SpaceBetween size="l">
      {props.children}
      <SpaceBetween direction="horizontal" size="xs">
        <Button variant="primary" loading={props.isSaving} onClick={props.save}>
          {t.save}
        </Button>
        <Button onClick={props.cancel}>{t.cancel}</Button>
      </SpaceBetween>
    </SpaceBetween>
  );
}

function AdviceBox(props: { advice: Advice | undefined; failure: unknown; retry: () => Promise<void> }) {
  const { advice, failure, retry } = props;
  const t = useWords(words);
  const text = useText();
  const step = advice?.dmarc.next_step;
  const spf = advice?.spf;
  const sentences = advice?.dmarc.explanation ?? [];
  return (
    <Container header={<Header variant="h2">{t.dmarcTitle}</Header>}>
      <SpaceBetween size="m">
        {!advice && <Failure failure={failure} retry={retry} />}
        {!advice && !failure && <StatusIndicator type="loading">{t.loadingRecords}</StatusIndicator>}
        {advice && (
          <>
            <KeyValuePairs
              items={[
                {
                  label: t.dmarcRecord,
                  value: <Box variant="code">{advice.dmarc.record ?? t.nothingFound}</Box>,
                },
              ]}
            />
            {sentences.map((one) => (
              <Box key={one.key}>{text(pairOf(one.text))}</Box>
            ))}
          </>
        )}
        {step && (
          <Alert type="info" header={t.nextStep}>
            <SpaceBetween size="xs">
              <Box>{text(pairOf(step.why.text))}</Box>
              <CopyText text={step.name} name={t.nameOf(step.name)} />
              <CopyText text={step.value} name={t.valueOf(step.name)} />
              {step.where && <Box>{text(pairOf(step.where.text))}</Box>}
            </SpaceBetween>
          </Alert>
        )}
        {spf && (
          <KeyValuePairs
            items={[
              {
                label: t.spfRecord,
                value: <Box variant="code">{spf.before.join(" | ") || t.nothingFound}</Box>,
              },
              ...(spf.in_place
                ? []
                : [{ label: t.spfAfter, value: <CopyText text={spf.after} name={t.valueOf(spf.name)} /> }]),
            ]}
          />
        )}
        {spf?.notes.map((one) => (
          <Box key={one.key}>{text(pairOf(one.text))}</Box>
        ))}
      </SpaceBetween>
    </Container>
  );
}
