/* Trying out an event destination, and watching the event arrive. The test stands in the address. */

import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";
import { tayori, withQuery } from "../../api/client";
import type { EventDestination } from "../../api/sesv2";
import { segment, useAddressed, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { type Delivery, DeliveryTable, pretty, Verbatim } from "../topics/Deliveries";
import { EVENT_TYPES, kindOf } from "./targets";
import { words } from "./words";

interface Sent {
  id: string;
  event: string;
  taken: boolean;
  counts: { metric: string; dimensions: Record<string, string> }[];
}

const EVERY = 1; // second

export function Trial({ set, one }: { set: string; one: EventDestination }) {
  const t = useWords(words);
  const mayTest = useRole().may("administrator");
  const types = EVENT_TYPES.filter((type) => one.MatchingEventTypes.includes(type));
  const [type, setType] = useState(types[0]);
  const [id, setId] = useAddressed("test");
  const [sent, setSent] = useState<Sent | null>(null);
  const path = `/tayori/configuration-sets/${segment(set)}/event-destinations/${segment(one.Name)}/test`;
  const test = useAction(async () => {
    const answer = await tayori<Sent>("POST", path, { eventType: type });
    setSent(answer);
    setId(answer.id);
  });
  const isCounted = kindOf(one) === "cloudwatch";
  const known = sent?.id === id ? sent : null;
  const isWatched = Boolean(id) && !isCounted && (known?.taken ?? true);
  return (
    <Container
      header={
        <Header variant="h2" description={isCounted ? t.testCloudwatch : t.testAbout}>
          {t.testTitle}
        </Header>
      }
    >
      <SpaceBetween size="m">
        {!one.Enabled && <Alert type="info">{t.testOff}</Alert>}
        <FormField label={t.testType}>
          <Select
            selectedOption={type ? { value: type, label: t[type], description: t[`${type}Text`] } : null}
            options={types.map((each) => ({ value: each, label: t[each], description: t[`${each}Text`] }))}
            onChange={({ detail }) => setType(detail.selectedOption.value as typeof type)}
          />
        </FormField>
        <Button disabled={!mayTest} disabledReason={t.noRole} loading={test.isRunning} onClick={() => void test.run()}>
          {t.test}
        </Button>
        <Failure failure={test.failure} />
        {known && !known.taken && <Alert type="error">{t.testNotTaken}</Alert>}
        {known && isCounted && known.counts[0] && (
          <div role="status">
            <StatusIndicator>{t.testCounted(known.counts[0].metric)}</StatusIndicator>
          </div>
        )}
        {isWatched && <Watched key={id} path={withQuery(path, { id })} isFresh={Boolean(known)} />}
        {known && isCounted && (
          <ExpandableSection headerText={t.eventJson} headingTagOverride="h3" defaultExpanded>
            <Verbatim text={pretty(known.event)} name={t.eventJson} />
          </ExpandableSection>
        )}
      </SpaceBetween>
    </Container>
  );
}

function Watched({ path, isFresh }: { path: string; isFresh: boolean }) {
  const t = useWords(words);
  const [isOver, setOver] = useState(false);
  const found = useCall(
    async (signal) => {
      const answer = await tayori<{ deliveries: Delivery[] }>("GET", path, undefined, signal);
      const ended = answer.deliveries.every((one) => one.state === "done" || one.state === "dead");
      setOver(ended);
      return answer.deliveries;
    },
    [path],
    { every: isOver ? undefined : EVERY },
  );
  const deliveries = found.value;
  return (
    <SpaceBetween size="m">
      <Failure failure={found.failure} retry={found.reload} />
      <div role="status">{deliveries ? <Verdict of={deliveries} isFresh={isFresh} /> : null}</div>
      {deliveries && deliveries.length > 0 && (
        <DeliveryTable name={t.deliveries} items={deliveries} isLoading={false} />
      )}
      {deliveries?.[0] && (
        <ExpandableSection headerText={t.eventJson} headingTagOverride="h3" defaultExpanded>
          <Verbatim text={pretty(deliveries[0].content)} name={t.eventJson} />
        </ExpandableSection>
      )}
    </SpaceBetween>
  );
}

function Verdict({ of, isFresh }: { of: Delivery[]; isFresh: boolean }) {
  const t = useWords(words);
  if (of.length === 0) return <Alert type="warning">{isFresh ? t.testNobody : t.testGone}</Alert>;
  if (of.some((one) => one.state === "dead")) return <StatusIndicator type="error">{t.testFailed}</StatusIndicator>;
  if (of.every((one) => one.state === "done")) return <StatusIndicator>{t.testArrived}</StatusIndicator>;
  if (of.some((one) => one.tries > 0 && one.state !== "done"))
    return <StatusIndicator type="warning">{t.testRetry}</StatusIndicator>;
  return <StatusIndicator type="in-progress">{t.testUnderway}</StatusIndicator>;
}
