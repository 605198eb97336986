/* All messages of the account, found as one types. Everything that is searched for stands in the address. */

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
import { useEffect, useState } from "react";
import { tayori } from "../../api/client";
import { Page } from "../../frame/page";
import { GoLink, segment, useAddressed } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useListing } from "../../parts/useListing";
import { MessagesHelp } from "./help";
import { asked } from "./query";
import { STATUSES, State } from "./states";
import type { Found, FoundPage } from "./types";
import { words } from "./words";

const PAUSE = 250; // milliseconds after the last key
// The most frequent ones; all others by `provider:name`.
const PROVIDERS: [string, string][] = [
  ["gmail", "Gmail"],
  ["google-workspace", "Google Workspace"],
  ["outlook", "Outlook.com"],
  ["microsoft365", "Microsoft 365"],
  ["yahoo", "Yahoo Mail"],
  ["icloud", "iCloud"],
  ["yahoo-japan", "Yahoo! JAPAN"],
  ["docomo", "docomo"],
  ["au", "au"],
  ["softbank", "SoftBank"],
];

export function Component() {
  const t = useWords(words);
  const [text, setText] = useAddressed("q");
  const [status, setStatus] = useAddressed("status");
  const [provider, setProvider] = useAddressed("provider");
  const [since, setSince] = useAddressed("since");
  const [typed, setTyped] = useState(text);
  useEffect(() => {
    if (typed === text) return;
    const timer = setTimeout(() => setText(typed), PAUSE);
    return () => clearTimeout(timer);
  }, [typed, text, setText]);
  const wanted = asked(text);
  const isFiltered = Boolean(text || status || provider || since);
  const [isCut, setCut] = useState(false);

  const listing = useListing<Found>(
    async (page, signal) => {
      const query = new URLSearchParams(asked(text).pairs);
      if (status) query.append("status", status);
      if (provider) query.append("provider", provider);
      if (since && !query.has("since")) query.set("since", since);
      if (page) query.set("page", page);
      const found = await tayori<FoundPage>("GET", `/tayori/messages?${query}`, undefined, signal);
      setCut(found.is_cut);
      return { items: found.messages, next: found.next };
    },
    [text, status, provider, since],
    { every: 15 },
  );
  const clear = () => {
    setTyped("");
    setText("");
    setStatus("");
    setProvider("");
    setSince("");
  };

  const statuses = [{ value: "", label: t.any }, ...STATUSES.map((one) => ({ value: one, label: t[one] }))];
  const providers = [
    { value: "", label: t.anyProvider },
    ...PROVIDERS.map(([value, label]) => ({ value, label })),
    { value: "other", label: t.otherProvider },
  ];
  const times = [
    { value: "", label: t.anyTime },
    { value: "1h", label: t.lastHour },
    { value: "24h", label: t.lastDay },
    { value: "7d", label: t.lastWeek },
  ];
  const of = <T extends { value: string; label: string }>(all: T[], value: string) =>
    all.find((one) => one.value === value) ?? { value, label: value };

  return (
    <Page
      title={t.title}
      description={t.about}
      help={<MessagesHelp />}
      actions={
        <Button
          iconName="refresh"
          ariaLabel={t.refresh}
          loading={listing.isLoading}
          onClick={() => void listing.reload()}
        />
      }
    >
      <Table<Found>
        variant="full-page"
        wrapLines
        trackBy="message_id"
        items={listing.items}
        loading={listing.isLoading && !listing.value}
        loadingText={t.loading}
        header={<Header variant="h2">{t.results}</Header>}
        pagination={listing.pagination}
        filter={
          <SpaceBetween size="s">
            <FormField label={t.search} constraintText={t.searchHint} stretch>
              <Input
                type="search"
                value={typed}
                spellcheck={false}
                autoComplete={false}
                onChange={({ detail }) => setTyped(detail.value)}
              />
            </FormField>
            <Grid
              gridDefinition={[
                { colspan: { default: 12, xs: 4 } },
                { colspan: { default: 12, xs: 4 } },
                { colspan: { default: 12, xs: 4 } },
              ]}
            >
              <FormField label={t.status} stretch>
                <Select
                  options={statuses}
                  selectedOption={of(statuses, status)}
                  onChange={({ detail }) => setStatus(detail.selectedOption.value ?? "")}
                />
              </FormField>
              <FormField label={t.provider} stretch>
                <Select
                  options={providers}
                  selectedOption={of(providers, provider)}
                  onChange={({ detail }) => setProvider(detail.selectedOption.value ?? "")}
                />
              </FormField>
              <FormField label={t.time} stretch>
                <Select
                  options={times}
                  selectedOption={of(times, since)}
                  onChange={({ detail }) => setSince(detail.selectedOption.value ?? "")}
                />
              </FormField>
            </Grid>
            {wanted.short.length > 0 && <Box color="text-status-inactive">{t.tooShort(wanted.short.join(" "))}</Box>}
            <Failure failure={listing.failure} retry={listing.reload} />
            {isCut && <Alert type="info">{t.cut}</Alert>}
          </SpaceBetween>
        }
        empty={
          <Empty title={t.none} action={isFiltered ? <Button onClick={clear}>{t.clear}</Button> : undefined}>
            {t.noneYet}
          </Empty>
        }
        columnDefinitions={[
          {
            id: "subject",
            header: t.subject,
            isRowHeader: true,
            minWidth: 180,
            cell: (one) => <GoLink to={`messages/${segment(one.message_id)}`}>{one.subject || t.noSubject}</GoLink>,
          },
          { id: "recipients", header: t.recipients, minWidth: 200, cell: (one) => <Recipients of={one} /> },
          { id: "from", header: t.from, minWidth: 160, cell: (one) => one.from },
          { id: "time", header: t.time, minWidth: 150, cell: (one) => <TimeText at={one.accepted_at} /> },
        ]}
      />
    </Page>
  );
}

function Recipients({ of }: { of: Found }) {
  const t = useWords(words);
  const shown = of.recipients.slice(0, 3);
  return (
    <SpaceBetween size="xxs">
      {shown.map((one) => (
        <div key={one.address}>
          <div>{one.address}</div>
          <State of={one.status} />
        </div>
      ))}
      {of.recipients.length > shown.length && (
        <Box color="text-body-secondary">{t.andMore(of.recipients.length - shown.length)}</Box>
      )}
    </SpaceBetween>
  );
}
