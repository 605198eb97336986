import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import Modal from "@cloudscape-design/components/modal";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import { tayori, withQuery } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { GoLink, segment, useAddressed, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Empty } from "../../parts/Empty";
import { Failure, Said } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { useListing } from "../../parts/useListing";
import { nameOf, protocolName } from "./attributes";
import { pretty, Verbatim } from "./Deliveries";
import { Help } from "./help";
import { words } from "./words";

interface Letter {
  id: string;
  kind: string;
  topic: string | null;
  destination: string;
  protocol: string;
  endpoint: string;
  tries: number;
  diedAt: string;
  reason: string;
}

const PROTOCOLS = ["https", "http", "email", "email-json", "sqs", "webhook", "eventbridge", "firehose"];
const SHOWN = 50;
const help = <Help of="dead" />;

export function Component() {
  const t = useWords(words);
  const { tell } = useNotices();
  const mayReplay = useRole().may("administrator");
  const [protocol, setProtocol] = useAddressed("protocol");
  const [topic, setTopic] = useAddressed("topic");
  const [chosen, setChosen] = useState<Letter[]>([]);
  const [isAsking, setAsking] = useState(false);
  const letters = useListing<Letter>(
    async (behind, signal) => {
      const path = withQuery("/tayori/notifications", { protocol, topic, behind, limit: SHOWN });
      const found = await tayori<{ notifications: Letter[]; next: string | null }>("GET", path, undefined, signal);
      return { items: found.notifications, next: found.next };
    },
    [protocol, topic],
    { every: 5 },
  );
  const replay = useAction(async (body: Record<string, unknown>) => {
    const { replayed } = await tayori<{ replayed: number }>("POST", "/tayori/notifications/replay", body);
    tell(replayed ? "success" : "info", replayed ? t.replayed(replayed) : t.replayedNone);
    setChosen([]);
    setAsking(false);
    await letters.reload();
  });
  const isFiltered = Boolean(protocol || topic);
  const options = [
    { value: "", label: t.anyProtocol },
    ...PROTOCOLS.map((one) => ({ value: one, label: protocolName(one, t) })),
  ];
  const clear = () => {
    setProtocol("");
    setTopic("");
  };
  return (
    <Page title={t.dead} description={t.deadAbout} help={help}>
      <SpaceBetween size="m">
        <Failure failure={letters.failure} retry={letters.reload} />
        {!isAsking && <Failure failure={replay.failure} onDismiss={replay.clear} />}
        <Table
          wrapLines
          loading={letters.isLoading && !letters.value}
          loadingText={t.loading}
          items={letters.items}
          trackBy="id"
          selectionType={mayReplay ? "multi" : undefined}
          selectedItems={chosen}
          onSelectionChange={({ detail }) => setChosen(detail.selectedItems)}
          pagination={letters.pagination}
          ariaLabels={{
            tableLabel: t.dead,
            selectionGroupLabel: t.dead,
            allItemsSelectionLabel: () => t.dead,
            itemSelectionLabel: (_, one) => one.id,
          }}
          header={
            <Header
              variant="h2"
              actions={
                <SpaceBetween direction="horizontal" size="xs">
                  <Button
                    disabled={!mayReplay || chosen.length === 0}
                    disabledReason={mayReplay ? undefined : t.noRole}
                    loading={replay.isRunning && !isAsking}
                    onClick={() => void replay.run({ notifications: chosen.map((one) => one.id) })}
                  >
                    {t.replay}
                  </Button>
                  <Button
                    disabled={!mayReplay || letters.items.length === 0}
                    disabledReason={mayReplay ? undefined : t.noRole}
                    onClick={() => setAsking(true)}
                  >
                    {t.replayAll}
                  </Button>
                </SpaceBetween>
              }
            >
              {t.dead}
            </Header>
          }
          filter={
            <SpaceBetween direction="horizontal" size="xs">
              <Select
                ariaLabel={t.protocolFilter}
                selectedOption={options.find((one) => one.value === protocol) ?? options[0]!}
                options={options}
                onChange={({ detail }) => setProtocol(detail.selectedOption.value ?? "")}
              />
              {isFiltered && <Button onClick={clear}>{t.clearFilter}</Button>}
            </SpaceBetween>
          }
          empty={
            <Empty title={t.noDead} action={isFiltered ? <Button onClick={clear}>{t.clearFilter}</Button> : undefined}>
              {isFiltered ? undefined : t.noDeadText}
            </Empty>
          }
          columnDefinitions={[
            {
              id: "at",
              header: t.diedAt,
              isRowHeader: true,
              minWidth: 120,
              cell: (one) => <TimeText at={one.diedAt} />,
            },
            {
              id: "endpoint",
              header: t.endpoint,
              minWidth: 160,
              cell: (one) => (
                <SpaceBetween size="xxs">
                  <span>{one.endpoint}</span>
                  <Box variant="small">{protocolName(one.protocol, t)}</Box>
                </SpaceBetween>
              ),
            },
            { id: "destination", header: t.destination, cell: (one) => <Destination of={one} />, minWidth: 120 },
            { id: "tries", header: t.tries, cell: (one) => one.tries, minWidth: 80 },
            {
              id: "reason",
              header: t.reason,
              minWidth: 220,
              cell: (one) => (
                <SpaceBetween size="xxs">
                  <div>
                    <Said text={one.reason} />
                  </div>
                  <Content id={one.id} />
                </SpaceBetween>
              ),
            },
          ]}
        />
      </SpaceBetween>
      <Modal
        visible={isAsking}
        header={t.replayAll}
        closeAriaLabel={t.close}
        onDismiss={() => setAsking(false)}
        footer={
          <Box float="right">
            <SpaceBetween direction="horizontal" size="xs">
              <Button variant="link" onClick={() => setAsking(false)}>
                {t.cancel}
              </Button>
              <Button
                variant="primary"
                loading={replay.isRunning}
                onClick={() => void replay.run({ ...(protocol ? { protocol } : {}), ...(topic ? { topic } : {}) })}
              >
                {t.replayAll}
              </Button>
            </SpaceBetween>
          </Box>
        }
      >
        <SpaceBetween size="m">
          <Alert type="info">{t.replayAllText}</Alert>
          <Failure failure={replay.failure} />
        </SpaceBetween>
      </Modal>
    </Page>
  );
}

function Destination({ of }: { of: Letter }) {
  if (of.topic) return <GoLink to={`topics/${segment(of.topic)}`}>{nameOf(of.topic)}</GoLink>;
  if (of.protocol === "webhook") return <GoLink to={`webhooks/${segment(of.destination)}`}>{of.destination}</GoLink>;
  return <>{of.destination}</>;
}

/** Asked for when one opens it. */
function Content({ id }: { id: string }) {
  const t = useWords(words);
  const [isOpen, setOpen] = useState(false);
  const found = useCall(
    (signal) => tayori<{ content: string }>("GET", `/tayori/notifications/${segment(id)}`, undefined, signal),
    [id],
    { when: isOpen },
  );
  return (
    <ExpandableSection
      headerText={t.content}
      headingTagOverride="h3"
      expanded={isOpen}
      onChange={({ detail }) => setOpen(detail.expanded)}
    >
      <Failure failure={found.failure} retry={found.reload} />
      {found.value ? <Verbatim text={pretty(found.value.content)} name={t.contentOf(id)} /> : <Spinner />}
    </ExpandableSection>
  );
}
