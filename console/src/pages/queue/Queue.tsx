/* All destinations for which something waits, the longest queue first; and the shape of the retries. */

import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { tayori, withQuery } from "../../api/client";
import { Page } from "../../frame/page";
import { GoLink, segment, useAddressed, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useCall } from "../../parts/useCall";
import { QueueHelp } from "./help";
import { kindText, reasonText } from "./reasons";
import { Schedule } from "./Schedule";
import type { Backlog, Destinations } from "./types";
import { words } from "./words";

const EVERY = 10;
const MOST_COUNTED = 100_000;

export function Component() {
  const t = useWords(words);
  const { may } = useRole();
  const isOperator = may("operator");
  const [accounts, setAccounts] = useAddressed("accounts", isOperator ? "all" : "own");
  const [find, setFind] = useAddressed("find");
  const seen = isOperator ? accounts : "own";
  const called = useCall(
    (signal) =>
      tayori<Destinations>("GET", withQuery("/tayori/queue/destinations", { accounts: seen }), undefined, signal),
    [seen],
    { every: EVERY },
  );
  const found = called.value;
  const wanted = find.trim().toLowerCase();
  const shown = (found?.destinations ?? []).filter((one) => one.domain.includes(wanted));
  const which = [
    { value: "own", label: t.ownAccount },
    { value: "all", label: t.allAccounts },
  ];
  return (
    <Page
      title={t.title}
      description={t.about}
      help={<QueueHelp />}
      actions={
        <Button
          iconName="refresh"
          ariaLabel={t.refresh}
          loading={called.isLoading}
          onClick={() => void called.reload()}
        />
      }
    >
      <SpaceBetween size="l">
        <Failure failure={called.failure} retry={called.reload} />
        {found && found.pauses.length > 0 && (
          <Alert type="warning" header={t.pausedHeader}>
            {found.pauses.map((one) => (
              <div key={`${one.kind} ${one.name}`}>{t.pauseOf(kindText(t, one.kind), one.name, one.reason)}</div>
            ))}
          </Alert>
        )}
        {found?.is_cut && <Alert type="info">{t.cut(MOST_COUNTED.toLocaleString())}</Alert>}
        {found && found.more > 0 && <Alert type="info">{t.more(found.more)}</Alert>}
        <Table<Backlog>
          wrapLines
          items={shown}
          trackBy="domain"
          loading={called.isLoading && !found}
          loadingText={t.loading}
          header={
            <Header variant="h2" counter={found ? `(${found.destinations.length + found.more})` : ""}>
              {t.destinations}
            </Header>
          }
          filter={
            <Grid
              gridDefinition={
                isOperator
                  ? [{ colspan: { default: 12, xs: 8 } }, { colspan: { default: 12, xs: 4 } }]
                  : [{ colspan: 12 }]
              }
            >
              <FormField label={t.find} constraintText={t.findHint} stretch>
                <Input
                  type="search"
                  value={find}
                  spellcheck={false}
                  autoComplete={false}
                  onChange={({ detail }) => setFind(detail.value)}
                />
              </FormField>
              {isOperator && (
                <FormField label={t.accounts} stretch>
                  <Select
                    options={which}
                    selectedOption={which.find((one) => one.value === seen) ?? null}
                    onChange={({ detail }) => setAccounts(detail.selectedOption.value ?? "own")}
                  />
                </FormField>
              )}
            </Grid>
          }
          empty={<Empty title={t.nothing}>{t.nothingText}</Empty>}
          columnDefinitions={[
            {
              id: "domain",
              header: t.destination,
              isRowHeader: true,
              minWidth: 130,
              cell: (one) => (
                <GoLink to={`queue/${segment(one.domain)}${isOperator ? `?accounts=${seen}` : ""}`}>
                  {one.domain}
                </GoLink>
              ),
            },
            {
              id: "waits",
              header: t.waits,
              minWidth: 90,
              cell: (one) => ((one.states.queued ?? 0) + (one.states.deferred ?? 0)).toLocaleString(),
            },
            { id: "held", header: t.held, minWidth: 90, cell: (one) => (one.states.held ?? 0).toLocaleString() },
            { id: "hand", header: t.inHand, minWidth: 110, cell: (one) => (one.states.sending ?? 0).toLocaleString() },
            {
              id: "reason",
              header: t.mainReason,
              minWidth: 220,
              cell: (one) => (
                <SpaceBetween size="xxs">
                  <div>{reasonText(t, one.reason)}</div>
                  {one.last_said && (
                    <Box color="text-body-secondary" fontSize="body-s">
                      {said(one.last_said)}
                    </Box>
                  )}
                </SpaceBetween>
              ),
            },
            { id: "oldest", header: t.oldest, minWidth: 120, cell: (one) => <TimeText at={one.oldest} /> },
            { id: "next", header: t.nextTry, minWidth: 120, cell: (one) => <TimeText at={one.next_due} /> },
          ]}
        />
        <Schedule />
      </SpaceBetween>
    </Page>
  );
}

export function said(text: string | null): string {
  return text?.replace(/^smtp; /u, "") || "-";
}
