import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { call, tayori } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { useRole } from "../../frame/place";
import { type Spoken, useLanguage, useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { addressFault, fault } from "../../parts/limit";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { History } from "./History";
import { Help } from "./help";
import type { Overview } from "./overview";
import { words } from "./words";

type T = Spoken<typeof words>;
const help = <Help of="access" />;

export function stateOf(status: string | null, t: T): { type: StatusIndicatorProps.Type; text: string } {
  switch (status) {
    case "PENDING":
      return { type: "pending", text: t.statePending };
    case "GRANTED":
      return { type: "success", text: t.stateGranted };
    case "DENIED":
      return { type: "error", text: t.stateDenied };
    case "FAILED":
      return { type: "error", text: t.stateFailed };
    default:
      return { type: "stopped", text: t.stateNone };
  }
}

export function Component() {
  const t = useWords(words);
  const found = useCall((signal) => tayori<Overview>("GET", "/tayori/overview?days=1", undefined, signal), [], {
    every: 5,
  });
  const account = found.value?.account;
  const isAsking = account && !account.productionAccess && account.review.status !== "PENDING";
  return (
    <Page title={t.access} description={t.accessAbout} help={help}>
      <SpaceBetween size="l">
        <Failure failure={found.failure} retry={found.reload} />
        {!account && !found.failure && <StatusIndicator type="loading">{t.loading}</StatusIndicator>}
        {account && <State account={account} t={t} />}
        {isAsking && <Request details={account.details} done={found.reload} t={t} />}
        <History />
      </SpaceBetween>
    </Page>
  );
}

function State({ account, t }: { account: Overview["account"]; t: T }) {
  const state = account.productionAccess ? stateOf("GRANTED", t) : stateOf(account.review.status, t);
  const next = { pending: t.afterPending, success: t.afterGranted, error: t.afterDenied }[state.type as "pending"];
  return (
    <Container header={<Header variant="h2">{t.state}</Header>}>
      <SpaceBetween size="m">
        <KeyValuePairs
          columns={3}
          items={[
            { label: t.status, value: <StatusIndicator type={state.type}>{state.text}</StatusIndicator> },
            { label: t.case, value: account.review.case ?? "-" },
            ...(account.review.reason ? [{ label: t.reasonGiven, value: account.review.reason }] : []),
          ]}
        />
        {next && <Box color="text-body-secondary">{next}</Box>}
      </SpaceBetween>
    </Container>
  );
}

function Request({ details, done, t }: { details: Overview["account"]["details"]; done: () => unknown; t: T }) {
  const language = useLanguage();
  const { tell } = useNotices();
  const { may } = useRole();
  const [type, setType] = useState(details?.MailType ?? "TRANSACTIONAL");
  const [website, setWebsite] = useState(details?.WebsiteURL ?? "");
  const [useCase, setUseCase] = useState(details?.UseCaseDescription ?? "");
  const [contacts, setContacts] = useState((details?.AdditionalContactEmailAddresses ?? []).join(", "));
  const [contactLanguage, setContactLanguage] = useState(details?.ContactLanguage ?? (language === "ja" ? "JA" : "EN"));
  const [isMeant, setMeant] = useState(false);
  const [isTried, setTried] = useState(false);
  const addresses = contacts
    .split(/[,\s]+/u)
    .map((one) => one.trim())
    .filter(Boolean);
  const faults = {
    website:
      fault(website, "WebsiteURL", language) && !/^https?:\/\/\S+$/u.test(website)
        ? t.https
        : fault(website, "WebsiteURL", language),
    useCase: useCase ? fault(useCase, "UseCaseDescription", language) : "",
    contacts:
      addresses.length > 4 ? t.tooMany : (addresses.map((one) => addressFault(one, language)).find(Boolean) ?? ""),
    meant: isMeant ? "" : t.acknowledgeFault,
  };
  const action = useAction(async () => {
    await call("PutAccountDetails", {
      MailType: type as "MARKETING" | "TRANSACTIONAL",
      WebsiteURL: website,
      UseCaseDescription: useCase,
      ContactLanguage: contactLanguage as "EN" | "JA",
      ProductionAccessEnabled: true,
      ...(addresses.length ? { AdditionalContactEmailAddresses: addresses } : {}),
    });
    tell("success", t.submitted);
    await done();
  });
  const shownFault = (one: string) => (isTried ? one : "");
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (Object.values(faults).every((one) => !one)) void action.run();
      }}
    >
      <Form
        actions={
          <Button variant="primary" loading={action.isRunning} disabled={!may("administrator")}>
            {t.submit}
          </Button>
        }
      >
        <Container header={<Header variant="h2">{t.request}</Header>}>
          <SpaceBetween size="l">
            {!may("administrator") && <Alert type="info">{t.needsAdministrator}</Alert>}
            <Failure failure={action.failure} />
            <FormField label={t.mailType}>
              <RadioGroup
                value={type}
                onChange={({ detail }) => setType(detail.value)}
                items={[
                  { value: "MARKETING", label: t.marketing, description: t.marketingText },
                  { value: "TRANSACTIONAL", label: t.transactional, description: t.transactionalText },
                ]}
              />
            </FormField>
            <FormField label={t.website} description={t.website1} errorText={shownFault(faults.website)}>
              <Input
                value={website}
                type="url"
                placeholder={t.websiteHint}
                onChange={({ detail }) => setWebsite(detail.value)}
              />
            </FormField>
            <FormField label={t.useCase} description={t.useCaseText} errorText={shownFault(faults.useCase)}>
              <Textarea value={useCase} rows={6} onChange={({ detail }) => setUseCase(detail.value)} />
            </FormField>
            <FormField label={t.contacts} description={t.contactsText} errorText={shownFault(faults.contacts)}>
              <Input value={contacts} onChange={({ detail }) => setContacts(detail.value)} />
            </FormField>
            <FormField label={t.language}>
              <RadioGroup
                value={contactLanguage}
                onChange={({ detail }) => setContactLanguage(detail.value)}
                items={[
                  { value: "EN", label: t.english },
                  { value: "JA", label: t.japanese },
                ]}
              />
            </FormField>
            <FormField label={t.acknowledge} errorText={shownFault(faults.meant)}>
              <Checkbox checked={isMeant} onChange={({ detail }) => setMeant(detail.checked)}>
                {t.acknowledgeText}
              </Checkbox>
            </FormField>
          </SpaceBetween>
        </Container>
      </Form>
    </form>
  );
}
