import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useState } from "react";
import { tayori } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { Help } from "./help";
import { Stage } from "./Stage";
import { words } from "./words";

interface Time {
  now: string;
  speed: number;
}

const SPEEDS = [1, 10, 60, 600];
const help = <Help of="clock" />;

export function Component() {
  const t = useWords(words);
  return (
    <Stage title={t.clockTitle} description={t.clockAbout} help={help}>
      {() => <Clock />}
    </Stage>
  );
}

function Clock() {
  const t = useWords(words);
  const { tell } = useNotices();
  const time = useCall((signal) => tayori<Time>("GET", "/tayori/rehearsal/clock", undefined, signal), [], { every: 5 });
  const [asked, setAsked] = useState("600");
  const [fault, setFault] = useState("");
  const change = useAction(async (body: object, said: string) => {
    await tayori("PUT", "/tayori/rehearsal/clock", body);
    tell("success", said, { id: "clock" });
    await time.reload();
  });
  const advance = (seconds: number) => void change.run({ advance_seconds: seconds }, t.advanced);
  const advanceAsked = () => {
    const seconds = Number(asked);
    const isGood = asked.trim() !== "" && Number.isFinite(seconds) && seconds >= 0;
    setFault(isGood ? "" : t.secondsFault);
    if (isGood) advance(seconds);
  };
  const steps: [string, number][] = [
    [t.minute, 60],
    [t.fiveMinutes, 300],
    [t.hour, 3600],
    [t.day, 86400],
  ];
  const speed = time.value?.speed ?? 1;
  return (
    <SpaceBetween size="l">
      {time.failure !== null && <Failure failure={time.failure} retry={time.reload} />}
      <Failure failure={change.failure} onDismiss={change.clear} />
      <Container header={<Header variant="h2">{t.timeNow}</Header>}>
        <Running time={time.value} />
      </Container>
      <ColumnLayout columns={2} minColumnWidth={280}>
        <Container header={<Header variant="h2">{t.advanceHeading}</Header>}>
          <SpaceBetween size="m">
            <p>{t.advanceAbout}</p>
            <SpaceBetween direction="horizontal" size="xs">
              {steps.map(([text, seconds]) => (
                <Button key={seconds} disabled={change.isRunning} onClick={() => advance(seconds)}>
                  {text}
                </Button>
              ))}
            </SpaceBetween>
            <form
              onSubmit={(event) => {
                event.preventDefault();
                advanceAsked();
              }}
            >
              <Form
                actions={
                  <Button formAction="submit" loading={change.isRunning}>
                    {t.advance}
                  </Button>
                }
              >
                <FormField label={t.seconds} errorText={fault}>
                  <Input inputMode="decimal" value={asked} onChange={({ detail }) => setAsked(detail.value)} />
                </FormField>
              </Form>
            </form>
          </SpaceBetween>
        </Container>
        <Container header={<Header variant="h2">{t.speedHeading}</Header>}>
          <SpaceBetween size="m">
            <p>{t.speedAbout}</p>
            <SegmentedControl
              label={t.speed}
              selectedId={SPEEDS.includes(speed) ? String(speed) : null}
              options={SPEEDS.map((one) => ({ id: String(one), text: one === 1 ? t.asOutside : t.times(one) }))}
              onChange={({ detail }) => void change.run({ speed: Number(detail.selectedId) }, t.speedChanged)}
            />
          </SpaceBetween>
        </Container>
      </ColumnLayout>
    </SpaceBetween>
  );
}

/** The clock goes on between two looks at it. */
function Running({ time }: { time: Time | undefined }) {
  const t = useWords(words);
  const [seen, setSeen] = useState({ at: Date.now(), time });
  const [now, setNow] = useState(Date.now());
  useEffect(() => setSeen({ at: Date.now(), time }), [time]);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const known = seen.time;
  const service = known ? Date.parse(known.now) + Math.max(0, now - seen.at) * known.speed : null;
  const ahead = service === null ? 0 : Math.max(0, Math.round((service - now) / 1000));
  const parts = [86400, 3600, 60, 1].map((unit, at, all) =>
    Math.floor((at ? ahead % (all[at - 1] ?? 1) : ahead) / unit),
  );
  return (
    <KeyValuePairs
      columns={4}
      minColumnWidth={180}
      items={[
        { label: t.timeNow, value: service === null ? "-" : <TimeText at={new Date(service)} /> },
        { label: t.trueTime, value: <TimeText at={new Date(now)} /> },
        { label: t.ahead, value: t.duration(parts[0] ?? 0, parts[1] ?? 0, parts[2] ?? 0, parts[3] ?? 0) },
        { label: t.speed, value: known ? (known.speed === 1 ? t.asOutside : t.times(known.speed)) : "-" },
      ]}
    />
  );
}
