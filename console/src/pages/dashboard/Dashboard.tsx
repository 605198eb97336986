import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import MixedLineBarChart from "@cloudscape-design/components/mixed-line-bar-chart";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import { tayori, withQuery } from "../../api/client";
import { Page } from "../../frame/page";
import { GoLink, segment, useAddressed, useGo, useRole } from "../../frame/place";
import { type Language, type Spoken, useLanguage, useWords } from "../../frame/words";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { useCall } from "../../parts/useCall";
import { Health } from "./Health";
import { Help } from "./help";
import { type Overview, type Point, percent, type RateOf, shown } from "./overview";
import { words } from "./words";

type T = Spoken<typeof words>;
const RANGES = ["1", "7", "14", "30"];
const HALVES = [{ colspan: { default: 12, xs: 6 } }, { colspan: { default: 12, xs: 6 } }];
const UNJUDGED = { background: "#8c8c94" };
const help = <Help of="dashboard" />;

export function Component() {
  const t = useWords(words);
  const [days, setDays] = useAddressed("days", "7");
  const found = useCall(
    (signal) => tayori<Overview>("GET", withQuery("/tayori/overview", { days }), undefined, signal),
    [days],
    { every: 10 },
  );
  const overview = found.value;
  return (
    <Page title={t.dashboard} help={help}>
      <SpaceBetween size="l">
        <Failure failure={found.failure} retry={found.reload} />
        {!overview && !found.failure && (
          <div style={{ minHeight: "60vh" }}>
            <StatusIndicator type="loading">{t.loading}</StatusIndicator>
          </div>
        )}
        {overview && (
          <SpaceBetween size="l">
            <Standing overview={overview} t={t} />
            <Grid gridDefinition={HALVES}>
              <Usage overview={overview} t={t} />
              <Rates overview={overview} t={t} />
            </Grid>
            <Mail points={overview.series} days={days} setDays={setDays} t={t} />
            <Grid gridDefinition={HALVES}>
              <SetUp overview={overview} t={t} />
              <Health />
            </Grid>
          </SpaceBetween>
        )}
      </SpaceBetween>
    </Page>
  );
}

/* The banner that SES shows until an account may send to everybody, and what stops it afterwards. */
function Standing({ overview, t }: { overview: Overview; t: T }) {
  const go = useGo();
  const { may } = useRole();
  const { account, reputation } = overview;
  const isPending = account.review.status === "PENDING";
  const isFree = account.productionAccess && account.sendingEnabled && account.enforcementStatus === "HEALTHY";
  return isFree ? null : (
    <SpaceBetween size="m">
      {!account.sendingEnabled && (
        <Alert type="error" header={t.pausedTitle}>
          {t.pausedText}
        </Alert>
      )}
      {account.enforcementStatus === "SHUTDOWN" && (
        <Alert type="error" header={t.shutdownTitle}>
          {reputation.reason}
        </Alert>
      )}
      {account.enforcementStatus === "PROBATION" && (
        <Alert type="warning" header={t.reviewTitle}>
          {reputation.reason}
        </Alert>
      )}
      {!account.productionAccess && (
        <Alert
          type="info"
          header={t.sandboxTitle}
          action={
            <Button onClick={() => go("production-access")} disabled={!may("viewer")}>
              {isPending ? t.seeRequest : t.request}
            </Button>
          }
        >
          {t.sandboxText(shown(account.max24Hour, t.unlimited), shown(account.maxRate, t.unlimited))}
          {isPending && ` ${t.sandboxPending}`}
        </Alert>
      )}
    </SpaceBetween>
  );
}

function Usage({ overview, t }: { overview: Overview; t: T }) {
  const { max24Hour, sent24Hours, maxRate } = overview.account;
  const used = max24Hour > 0 ? Math.min(100, (sent24Hours / max24Hour) * 100) : 0;
  return (
    <Container header={<Header variant="h2">{t.usage}</Header>}>
      <SpaceBetween size="m">
        <KeyValuePairs
          columns={2}
          items={[
            { label: t.sent, value: shown(sent24Hours, t.unlimited) },
            {
              label: t.remaining,
              value: max24Hour < 0 ? t.unlimited : shown(Math.max(0, max24Hour - sent24Hours), t.unlimited),
            },
            { label: t.rate, value: maxRate < 0 ? t.unlimited : t.aSecond(shown(maxRate, t.unlimited)) },
          ]}
        />
        {max24Hour > 0 && (
          <ProgressBar value={used} label={t.quotaUsed} additionalInfo={shown(max24Hour, t.unlimited)} />
        )}
      </SpaceBetween>
    </Container>
  );
}

function Rates({ overview, t }: { overview: Overview; t: T }) {
  const { bounce, complaint, limits } = overview.reputation;
  return (
    <Container header={<Header variant="h2">{t.reputation}</Header>}>
      <SpaceBetween size="m">
        <Rate label={t.bounceRate} rate={bounce} limits={limits.bounce} t={t} />
        <Rate label={t.complaintRate} rate={complaint} limits={limits.complaint} t={t} />
      </SpaceBetween>
    </Container>
  );
}

/* A gauge that ends a little above the threshold of the pause; both thresholds are marked, and said in words. */
function Rate(given: { label: string; rate: RateOf; limits: { review: number; pause: number }; t: T }) {
  const { label, rate, limits, t } = given;
  const value = rate.rate ?? 0;
  const end = limits.pause * 1.25;
  const at = (part: number) => `${Math.min(100, (part / end) * 100)}%`;
  const said = rate.rate === null ? t.noRate : t.rateOf(percent(value), rate.count, rate.volume);
  const level = !rate.is_judged ? "none" : value >= limits.pause ? "bad" : value >= limits.review ? "high" : "good";
  return (
    <SpaceBetween size="xxs">
      <Box variant="awsui-key-label">{label}</Box>
      <Box fontSize="heading-m">{said}</Box>
      <div className="gauge" aria-hidden="true">
        <div
          className={`gauge-value gauge-${level}`}
          style={{ width: at(value), ...(level === "none" ? UNJUDGED : {}) }}
        />
        <div className="gauge-mark" style={{ left: at(limits.review) }} />
        <div className="gauge-mark" style={{ left: at(limits.pause) }} />
      </div>
      <Box color="text-body-secondary" fontSize="body-s">
        {t.limitsAt(percent(limits.review), percent(limits.pause))}
      </Box>
      <Verdict rate={rate} limits={limits} t={t} />
    </SpaceBetween>
  );
}

function Verdict({ rate, limits, t }: { rate: RateOf; limits: { review: number; pause: number }; t: T }): ReactNode {
  if (rate.rate === null || !rate.is_judged) return <StatusIndicator type="pending">{t.notJudged}</StatusIndicator>;
  if (rate.rate >= limits.pause) return <StatusIndicator type="error">{t.tooHigh}</StatusIndicator>;
  if (rate.rate >= limits.review) return <StatusIndicator type="warning">{t.underReview}</StatusIndicator>;
  return <StatusIndicator type="success">{t.healthy}</StatusIndicator>;
}

const LINES = ["sends", "deliveries", "bounces", "complaints", "opens", "clicks"] as const;
type Line = (typeof LINES)[number];

function countOf(point: Point, line: Line): number {
  return line === "bounces" ? point.permanent_bounces + point.transient_bounces : point[line];
}

function momentIn(language: Language, at: string, isHour: boolean): string {
  const how: Intl.DateTimeFormatOptions = isHour
    ? { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" }
    : { month: "numeric", day: "numeric", timeZone: "UTC" };
  return new Date(at).toLocaleString(language === "ja" ? "ja-JP" : "en-GB", how);
}

function Mail(given: { points: Point[]; days: string; setDays: (days: string) => void; t: T }) {
  const { points, days, setDays, t } = given;
  const language = useLanguage();
  const ranges = RANGES.map((one) => ({ value: one, label: one === "1" ? t.last24 : t.lastDays(Number(one)) }));
  const at = points.map((point) => momentIn(language, point.at, days === "1"));
  const total = (line: Line) => points.reduce((sum, point) => sum + countOf(point, line), 0);
  const isEmpty = LINES.every((line) => total(line) === 0);
  const most = Math.max(4, ...points.flatMap((point) => LINES.map((line) => countOf(point, line))));
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <Select
              ariaLabel={t.range}
              selectedOption={ranges.find((one) => one.value === days) ?? ranges[1] ?? null}
              options={ranges}
              onChange={({ detail }) => setDays(detail.selectedOption.value ?? "7")}
            />
          }
        >
          {t.mail}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <MixedLineBarChart
          series={LINES.map((line) => ({
            type: "line",
            title: t[line],
            data: points.map((point, n) => ({ x: at[n] ?? "", y: countOf(point, line) })),
          }))}
          xDomain={at}
          yDomain={[0, most]}
          xScaleType="categorical"
          xTitle={t.time}
          yTitle={t.emails}
          height={220}
          hideFilter
          ariaLabel={t.mail}
          empty={<Empty title={t.noMail}>{t.noMailText}</Empty>}
        />
        {isEmpty && (
          <Box color="text-body-secondary">
            {t.noMail}. {t.noMailText}
          </Box>
        )}
        <ExpandableSection headerText={t.asTable}>
          <Table
            variant="embedded"
            items={points.map((point, n) => ({ point, at: at[n] ?? "" }))}
            columnDefinitions={[
              { id: "at", header: t.time, cell: (one: { at: string; point: Point }) => one.at, isRowHeader: true },
              ...LINES.map((line) => ({
                id: line,
                header: `${t[line]} (${total(line)})`,
                cell: (one: { at: string; point: Point }) => countOf(one.point, line),
              })),
            ]}
          />
        </ExpandableSection>
      </SpaceBetween>
    </Container>
  );
}

function SetUp({ overview, t }: { overview: Overview; t: T }) {
  const { setUp, account } = overview;
  const identity = setUp.name ? `identities/${segment(setUp.name)}` : "identities";
  const steps = [
    { text: t.stepIdentity, more: t.stepIdentityText, done: setUp.identity, to: "identities/-/create" },
    { text: t.stepVerified, more: t.stepVerifiedText, done: setUp.verified, to: identity },
    { text: t.stepDkim, more: t.stepDkimText, done: setUp.dkim, to: identity },
    { text: t.stepMailFrom, more: t.stepMailFromText, done: setUp.mail_from, to: identity },
    { text: t.stepDmarc, more: t.stepDmarcText, done: setUp.dmarc, to: identity },
    { text: t.stepSet, more: t.stepSetText, done: setUp.configuration_set, to: "configuration-sets" },
    { text: t.stepTold, more: t.stepToldText, done: setUp.told, to: "configuration-sets" },
    { text: t.stepSent, more: t.stepSentText, done: setUp.sent, to: identity },
    { text: t.stepAccess, more: t.stepAccessText, done: account.productionAccess, to: "production-access" },
  ];
  const done = steps.filter((step) => step.done).length;
  return (
    <Container
      header={
        <Header variant="h2" description={t.setUpAbout} counter={`(${t.stepsDone(done, steps.length)})`}>
          {t.setUp}
        </Header>
      }
    >
      <ol style={{ listStyle: "none", margin: 0, padding: 0 }}>
        {steps.map((step) => (
          <li key={step.text} style={{ padding: "4px 0" }}>
            <StatusIndicator
              type={step.done ? "success" : "pending"}
              iconAriaLabel={step.done ? t.done : t.open}
              colorOverride={step.done ? undefined : "grey"}
            >
              <GoLink to={step.to} fontSize="body-m">
                {step.text}
              </GoLink>
            </StatusIndicator>
            {!step.done && (
              <Box color="text-body-secondary" fontSize="body-s" padding={{ left: "l" }}>
                {step.more}
              </Box>
            )}
          </li>
        ))}
      </ol>
    </Container>
  );
}
