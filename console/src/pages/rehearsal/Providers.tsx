import Alert from "@cloudscape-design/components/alert";
import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Modal from "@cloudscape-design/components/modal";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import { tayori } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { segment } from "../../frame/place";
import { type Spoken, useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { Help } from "./help";
import { Stage } from "./Stage";
import { words } from "./words";

interface Provider {
  domain: string;
  host: string;
  address: string;
  kind: string;
  tls: string;
  sts: string;
  has_feedback_loop: boolean;
  is_changed: boolean;
  is_fixed: boolean;
}

type T = Spoken<typeof words>;

function kinds(t: T): Record<string, string> {
  return {
    accepts: t.kindAccepts,
    "obeys-dmarc": t.kindObeysDmarc,
    "unknown-user": t.kindUnknownUser,
    full: t.kindFull,
    greylists: t.kindGreylists,
    "bounces-later": t.kindBouncesLater,
    replies: t.kindReplies,
    "feedback-loop": t.kindFeedbackLoop,
    slow: t.kindSlow,
    silent: t.kindSilent,
    "null-mx": t.kindNullMx,
  };
}

function offers(t: T): Record<string, string> {
  return { trusted: t.tlsTrusted, "self-signed": t.tlsSelfSigned, none: t.tlsNone };
}

const help = <Help of="providers" />;

export function Component() {
  const t = useWords(words);
  return (
    <Stage title={t.providersTitle} description={t.providersAbout} help={help}>
      {() => <Providers />}
    </Stage>
  );
}

function Providers() {
  const t = useWords(words);
  const { tell } = useNotices();
  const found = useCall(
    (signal) => tayori<{ providers: Provider[] }>("GET", "/tayori/rehearsal/providers", undefined, signal),
    [],
  );
  const [changing, setChanging] = useState<Provider | null>(null);
  const restore = useAction(async (domain: string) => {
    await tayori("DELETE", `/tayori/rehearsal/providers/${segment(domain)}`);
    tell("success", t.restored(domain));
    await found.reload();
  });
  return (
    <SpaceBetween size="l">
      <Failure failure={found.failure} retry={found.reload} />
      <Failure failure={restore.failure} onDismiss={restore.clear} />
      <Table
        wrapLines
        loading={found.isLoading && !found.value}
        loadingText={t.loading}
        items={found.value?.providers ?? []}
        trackBy="domain"
        header={
          <Header variant="h2" counter={found.value ? `(${found.value.providers.length})` : undefined}>
            {t.providersTitle}
          </Header>
        }
        columnDefinitions={[
          {
            id: "domain",
            header: t.domainAndHost,
            isRowHeader: true,
            minWidth: 150,
            cell: (one) => (
              <SpaceBetween size="xxs">
                <SpaceBetween direction="horizontal" size="xs">
                  <span>{one.domain}</span>
                  {one.is_changed && <Badge color="blue">{t.changed}</Badge>}
                </SpaceBetween>
                <Box color="text-body-secondary" fontSize="body-s">
                  {one.host} {one.address}
                </Box>
              </SpaceBetween>
            ),
          },
          { id: "behaviour", header: t.behaviour, minWidth: 220, cell: (one) => kinds(t)[one.kind] ?? one.kind },
          {
            id: "tls",
            header: t.tls,
            minWidth: 180,
            cell: (one) => (
              <>
                {one.is_fixed ? "-" : (offers(t)[one.tls] ?? one.tls)}
                {one.sts && <Box color="text-body-secondary">{t.sts(one.sts)}</Box>}
              </>
            ),
          },
          { id: "loop", header: t.loop, minWidth: 120, cell: (one) => (one.has_feedback_loop ? t.yes : t.no) },
          {
            id: "actions",
            header: t.actions,
            minWidth: 140,
            cell: (one) =>
              one.is_fixed ? (
                "-"
              ) : (
                <SpaceBetween direction="horizontal" size="xs">
                  <Button variant="inline-link" ariaLabel={t.changeOf(one.domain)} onClick={() => setChanging(one)}>
                    {t.change}
                  </Button>
                  {one.is_changed && (
                    <Button
                      variant="inline-link"
                      ariaLabel={t.restoreOf(one.domain)}
                      disabled={restore.isRunning}
                      onClick={() => void restore.run(one.domain)}
                    >
                      {t.restore}
                    </Button>
                  )}
                </SpaceBetween>
              ),
          },
        ]}
      />
      {changing && (
        <Change
          key={changing.domain}
          provider={changing}
          onClose={(done) => {
            setChanging(null);
            if (done) {
              tell("success", t.changedNow(changing.domain));
              void found.reload();
            }
          }}
        />
      )}
    </SpaceBetween>
  );
}

function Change({ provider, onClose }: { provider: Provider; onClose: (done: boolean) => void }) {
  const t = useWords(words);
  const [kind, setKind] = useState(provider.kind);
  const [tls, setTls] = useState(provider.tls);
  const save = useAction(() => tayori("PUT", `/tayori/rehearsal/providers/${segment(provider.domain)}`, { kind, tls }));
  const options = (of: Record<string, string>) =>
    Object.entries(of)
      .filter(([value]) => value !== "null-mx")
      .map(([value, label]) => ({ value, label }));
  const chosen = (of: Record<string, string>, value: string) => ({ value, label: of[value] ?? value });
  return (
    <Modal
      visible
      header={t.changeOf(provider.domain)}
      closeAriaLabel={t.close}
      onDismiss={() => onClose(false)}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => onClose(false)}>
              {t.cancel}
            </Button>
            <Button
              variant="primary"
              loading={save.isRunning}
              onClick={async () => {
                if (await save.run()) onClose(true);
              }}
            >
              {t.save}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <FormField label={t.behaviour}>
          <Select
            options={options(kinds(t))}
            selectedOption={chosen(kinds(t), kind)}
            onChange={({ detail }) => setKind(detail.selectedOption.value ?? kind)}
          />
        </FormField>
        <FormField label={t.tls}>
          <Select
            options={options(offers(t))}
            selectedOption={chosen(offers(t), tls)}
            onChange={({ detail }) => setTls(detail.selectedOption.value ?? tls)}
          />
        </FormField>
        {(kind === "feedback-loop") !== provider.has_feedback_loop && <Alert type="info">{t.loopNote}</Alert>}
        <Failure failure={save.failure} />
      </SpaceBetween>
    </Modal>
  );
}
