/* The retries of a message that is always deferred, as a chart: the earliest and the latest moment of each try. */

import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import LineChart from "@cloudscape-design/components/line-chart";
import Select from "@cloudscape-design/components/select";
import Skeleton from "@cloudscape-design/components/skeleton";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { tayori, withQuery } from "../../api/client";
import { useAddressed } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { useCall } from "../../parts/useCall";
import type { Shape } from "./types";
import { words } from "./words";

const LONGEST = "50400";
const HEIGHT = 260;

export function Schedule() {
  const t = useWords(words);
  const [seconds, setSeconds] = useAddressed("lifetime", LONGEST);
  const called = useCall(
    (signal) => tayori<Shape>("GET", withQuery("/tayori/queue/schedule", { seconds }), undefined, signal),
    [seconds],
  );
  const shape = called.value;
  const unit = Number(seconds) > 7200 ? 3600 : 60;
  const points = (times: number[]) => times.map((one, at) => ({ x: at + 1, y: Math.round((one / unit) * 100) / 100 }));
  const lifetimes = [
    { value: "300", label: t.fiveMinutes },
    { value: "3600", label: t.oneHour },
    { value: "14400", label: t.fourHours },
    { value: LONGEST, label: t.fourteenHours },
  ];
  const most = shape ? Math.max(shape.earliest.length, shape.latest.length) : 1;
  return (
    <Container
      header={
        <Header variant="h2" description={t.shapeAbout}>
          {t.shape}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <FormField label={t.lifetime}>
          <Select
            options={lifetimes}
            selectedOption={lifetimes.find((one) => one.value === seconds) ?? { value: seconds, label: seconds }}
            onChange={({ detail }) => setSeconds(detail.selectedOption.value ?? LONGEST)}
          />
        </FormField>
        <Failure failure={called.failure} retry={called.reload} />
        {shape ? (
          <LineChart
            hideFilter
            ariaLabel={t.chart}
            height={HEIGHT}
            xScaleType="linear"
            xTitle={t.number}
            yTitle={unit === 3600 ? t.hours : t.minutes}
            xDomain={[1, Math.max(2, most)]}
            yDomain={[0, shape.seconds / unit]}
            series={[
              {
                title: `${t.earliest} (${t.tries2(shape.earliest.length)})`,
                type: "line",
                data: points(shape.earliest),
              },
              { title: `${t.latest} (${t.tries2(shape.latest.length)})`, type: "line", data: points(shape.latest) },
            ]}
          />
        ) : (
          <Skeleton height={`${HEIGHT}px`} />
        )}
      </SpaceBetween>
    </Container>
  );
}
