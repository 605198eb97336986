import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useEffect, useState } from "react";
import { useParams } from "react-router";
import { tayori } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { GoLink, segment, useGo, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { CopyText } from "../../parts/CopyText";
import { Destroy } from "../../parts/Destroy";
import { Failure, Said } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import type { Webhook } from "../sets/targets";
import { words as setWords } from "../sets/words";
import { Boxed } from "./attributes";
import { pretty, Verbatim } from "./Deliveries";
import { Help } from "./help";
import { forgetSecret, freshSecret, showSecret } from "./secret";
import { changeWebhook, WebhookForm } from "./WebhookFields";
import { WebhookState } from "./WebhookState";
import { words } from "./words";

interface Attempt {
  at: string;
  delivery: string;
  kind: string;
  try: number;
  status: number | null;
  milliseconds: number;
  request: string;
  reply: string;
  error: string;
}

const help = <Help of="webhooks" />;

export function Component() {
  const t = useWords(words);
  const types = useWords(setWords);
  const { id = "" } = useParams();
  const go = useGo();
  const { tell } = useNotices();
  const mayChange = useRole().may("administrator");
  const [isDeleting, setDeleting] = useState(false);
  const [isEditing, setEditing] = useState(false);
  const [isAsking, setAsking] = useState(false); // whether a new secret is wanted
  const [secret, setSecret] = useState(freshSecret(id));
  const path = `/tayori/webhooks/${segment(id)}`;
  const found = useCall((signal) => tayori<Webhook>("GET", path, undefined, signal), [path], { every: 5 });
  const log = useCall(
    (signal) => tayori<{ deliveries: Attempt[] }>("GET", `${path}/deliveries`, undefined, signal),
    [path],
    { every: 3 },
  );
  const hook = found.value;
  useEffect(() => () => forgetSecret(id), [id]);
  const test = useAction(async () => {
    await tayori("POST", `${path}/test`, {});
    tell("success", t.testSent);
    await log.reload();
  });
  const resume = useAction(async () => {
    await tayori("POST", `${path}/resume`, {});
    tell("success", t.resumed);
    await found.reload();
  });
  const pause = useAction(async () => {
    await tayori("POST", `${path}/pause`, {});
    tell("success", t.isPausedNow);
    await found.reload();
  });
  const replay = useAction(async (deliveries: string[]) => {
    const body = deliveries.length ? { deliveries } : {};
    const { replayed } = await tayori<{ replayed: number }>("POST", `${path}/replay`, body);
    tell(replayed ? "success" : "info", replayed ? t.replayed(replayed) : t.replayedNone);
    await log.reload();
  });
  const renew = useAction(async () => {
    const made = await tayori<{ secret: string }>("POST", `${path}/secret`, {});
    showSecret(id, made.secret);
    setSecret(made.secret);
    setAsking(false);
  });
  const change = { disabled: !mayChange || !hook, disabledReason: mayChange ? undefined : t.noRole };
  return (
    <Page
      title={hook?.url ?? id}
      above={[{ text: t.webhooks, to: "webhooks" }]}
      help={help}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          {hook?.state !== "paused" && (
            <Button {...change} loading={pause.isRunning} onClick={() => void pause.run()}>
              {t.pause}
            </Button>
          )}
          <Button {...change} onClick={() => setDeleting(true)}>
            {t.remove}
          </Button>
          <Button {...change} onClick={() => setAsking(true)}>
            {t.newSecret}
          </Button>
          <Button {...change} onClick={() => setEditing(true)}>
            {t.edit}
          </Button>
          <Button {...change} loading={test.isRunning} onClick={() => void test.run()}>
            {t.sendTest}
          </Button>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        <Failure failure={found.failure} retry={found.reload} />
        {[test, pause, resume, replay].map((one, at) => (
          <Failure key={at} failure={one.failure} onDismiss={one.clear} />
        ))}
        {secret && (
          <Alert type="success" header={t.secret}>
            <SpaceBetween size="xs">
              <span>{t.secretText}</span>
              <CopyText text={secret} name={t.secret} />
            </SpaceBetween>
          </Alert>
        )}
        {hook?.state === "paused" && (
          <Alert
            type="warning"
            header={t.paused}
            action={
              <Button {...change} loading={resume.isRunning} onClick={() => void resume.run()}>
                {t.resume}
              </Button>
            }
          >
            {t.pausedText}
          </Alert>
        )}
        {hook && isEditing && (
          <WebhookForm
            title={t.settings}
            verb={t.save}
            first={hook}
            onCancel={() => setEditing(false)}
            save={async (draft) => {
              await changeWebhook(id, draft);
              await found.reload();
              tell("success", t.saved);
              setEditing(false);
            }}
          />
        )}
        {(hook || !found.failure) && !isEditing && (
          <Boxed title={t.summary}>
            {hook ? (
              <KeyValuePairs
                columns={3}
                minColumnWidth={200}
                items={[
                  { label: t.url, value: hook.url },
                  { label: t.status, value: <WebhookState of={hook} /> },
                  {
                    label: t.set,
                    value: hook.configurationSet ? (
                      <GoLink to={`configuration-sets/${segment(hook.configurationSet)}?tab=destinations`}>
                        {hook.configurationSet}
                      </GoLink>
                    ) : (
                      t.allMail
                    ),
                  },
                  { label: t.kinds, value: hook.kinds.map((kind) => types[kind]).join(", ") },
                  { label: t.createdAt, value: <TimeText at={hook.createdAt} /> },
                  { label: t.failingSince, value: <TimeText at={hook.failingSince} /> },
                ]}
              />
            ) : (
              <Spinner />
            )}
          </Boxed>
        )}
        <Failure failure={log.failure} retry={log.reload} />
        <Log
          attempts={log.value?.deliveries}
          mayReplay={mayChange}
          isReplaying={replay.isRunning}
          replay={(deliveries) => void replay.run(deliveries)}
        />
      </SpaceBetween>
      <Modal
        visible={isAsking}
        header={t.newSecret}
        closeAriaLabel={t.close}
        onDismiss={() => setAsking(false)}
        footer={
          <Box float="right">
            <SpaceBetween direction="horizontal" size="xs">
              <Button variant="link" onClick={() => setAsking(false)}>
                {t.cancel}
              </Button>
              <Button variant="primary" loading={renew.isRunning} onClick={() => void renew.run()}>
                {t.make}
              </Button>
            </SpaceBetween>
          </Box>
        }
      >
        <SpaceBetween size="m">
          <Alert type="warning">{t.newSecretText}</Alert>
          <Failure failure={renew.failure} />
        </SpaceBetween>
      </Modal>
      <Destroy
        visible={isDeleting}
        title={t.deleteWebhook}
        verb={t.remove}
        names={[hook?.url ?? id]}
        act={() => tayori("DELETE", path)}
        onClose={(done) => {
          setDeleting(false);
          if (done) {
            tell("success", t.removed(hook?.url ?? id));
            go("webhooks");
          }
        }}
      >
        {t.deleteWebhookText}
      </Destroy>
    </Page>
  );
}

interface LogProps {
  attempts: Attempt[] | undefined;
  mayReplay: boolean;
  isReplaying: boolean;
  replay: (deliveries: string[]) => void;
}

function Log({ attempts, mayReplay, isReplaying, replay }: LogProps) {
  const t = useWords(words);
  const [chosen, setChosen] = useState<Attempt[]>([]);
  const deliveries = [...new Set(chosen.map((one) => one.delivery))];
  return (
    <Table
      wrapLines
      loading={!attempts}
      loadingText={t.loading}
      items={attempts ?? []}
      trackBy={(one) => `${one.at} ${one.delivery}`}
      selectionType={mayReplay ? "multi" : undefined}
      selectedItems={chosen}
      onSelectionChange={({ detail }) => setChosen(detail.selectedItems)}
      ariaLabels={{
        tableLabel: t.attempts,
        selectionGroupLabel: t.attempts,
        allItemsSelectionLabel: () => t.attempts,
        itemSelectionLabel: (_, one) => t.attemptOf(one.at),
      }}
      header={
        <Header
          variant="h2"
          description={t.attemptsAbout}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button
                disabled={!mayReplay || deliveries.length === 0}
                disabledReason={mayReplay ? undefined : t.noRole}
                loading={isReplaying && deliveries.length > 0}
                onClick={() => {
                  replay(deliveries);
                  setChosen([]);
                }}
              >
                {t.replay}
              </Button>
              <Button disabled={!mayReplay} disabledReason={t.noRole} onClick={() => replay([])}>
                {t.replayMissed}
              </Button>
            </SpaceBetween>
          }
        >
          {t.attempts}
        </Header>
      }
      empty={<Box textAlign="center">{t.noAttempts}</Box>}
      columnDefinitions={[
        { id: "at", header: t.at, isRowHeader: true, minWidth: 120, cell: (one) => <TimeText at={one.at} /> },
        { id: "kind", header: t.type, cell: (one) => one.kind },
        { id: "try", header: t.try, cell: (one) => one.try },
        {
          id: "status",
          header: t.status,
          minWidth: 110,
          cell: (one) => (
            <StatusIndicator type={one.error ? "error" : "success"}>
              {one.status ? t.httpStatus(one.status) : t.noAnswer}
            </StatusIndicator>
          ),
        },
        { id: "took", header: t.took, cell: (one) => t.milliseconds(one.milliseconds) },
        {
          id: "exchange",
          header: t.exchange,
          minWidth: 220,
          cell: (one) => (
            <SpaceBetween size="xxs">
              {one.error && (
                <Box variant="small">
                  <Said text={one.error} />
                </Box>
              )}
              <ExpandableSection headerText={t.exchange} headingTagOverride="h3">
                <SpaceBetween size="s">
                  <div>
                    <Box variant="awsui-key-label">{t.sent}</Box>
                    <Verbatim text={pretty(one.request)} name={t.sent} />
                  </div>
                  <div>
                    <Box variant="awsui-key-label">{t.reply}</Box>
                    <Verbatim text={one.reply || t.empty} name={t.reply} />
                  </div>
                </SpaceBetween>
              </ExpandableSection>
            </SpaceBetween>
          ),
        },
      ]}
    />
  );
}
