/* One contact: what he wants, and what is kept of him. */

import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { useParams } from "react-router";
import { call } from "../../api/client";
import type { GetContactResponse, SubscriptionStatus, Topic } from "../../api/sesv2";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { segment, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { Help } from "./help";
import { words } from "./words";

const help = <Help />;

export function Component() {
  const { name = "", address = "" } = useParams();
  const t = useWords(words);
  const found = useCall(
    async (signal) => ({
      contact: await call("GetContact", { ContactListName: name, EmailAddress: address }, signal),
      topics: (await call("GetContactList", { ContactListName: name }, signal)).Topics ?? [],
    }),
    [name, address],
  );
  return (
    <Page
      title={address}
      above={[
        { text: t.title, to: "contact-lists" },
        { text: name, to: `contact-lists/${segment(name)}` },
      ]}
      help={help}
    >
      <SpaceBetween size="l">
        <Failure failure={found.failure} retry={found.reload} />
        {!found.value && found.isLoading && <StatusIndicator type="loading">{t.loading}</StatusIndicator>}
        {found.value && (
          <SpaceBetween size="l">
            <Container header={<Header variant="h2">{t.details}</Header>}>
              <KeyValuePairs
                columns={2}
                items={[
                  { label: t.createdAt, value: <TimeText at={found.value.contact.CreatedTimestamp} /> },
                  { label: t.updated, value: <TimeText at={found.value.contact.LastUpdatedTimestamp} /> },
                ]}
              />
            </Container>
            <Preferences
              key={found.value.contact.LastUpdatedTimestamp}
              list={name}
              contact={found.value.contact}
              topics={found.value.topics}
              reload={found.reload}
            />
          </SpaceBetween>
        )}
      </SpaceBetween>
    </Page>
  );
}

interface PreferencesProps {
  list: string;
  contact: GetContactResponse;
  topics: Topic[];
  reload: () => Promise<void>;
}

function Preferences({ list, contact, topics, reload }: PreferencesProps) {
  const t = useWords(words);
  const { tell } = useNotices();
  const mayChange = useRole().may("administrator");
  const first = Object.fromEntries(
    (contact.TopicPreferences ?? []).map((one) => [one.TopicName, one.SubscriptionStatus]),
  );
  const [chosen, setChosen] = useState<Record<string, SubscriptionStatus>>(first);
  const [isOut, setOut] = useState(contact.UnsubscribeAll ?? false);
  const [attributes, setAttributes] = useState(contact.AttributesData ?? "");
  const saving = useAction(async () => {
    const TopicPreferences = topics.flatMap((one) => {
      const status = chosen[one.TopicName];
      return status ? [{ TopicName: one.TopicName, SubscriptionStatus: status }] : [];
    });
    await call("UpdateContact", {
      ContactListName: list,
      EmailAddress: contact.EmailAddress ?? "",
      TopicPreferences,
      UnsubscribeAll: isOut,
      ...(attributes ? { AttributesData: attributes } : {}),
    });
    tell("success", t.saved);
    await reload();
  });
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={t.preferencesText}
          actions={
            <Button
              variant="primary"
              disabled={!mayChange}
              disabledReason={t.noRole}
              loading={saving.isRunning}
              onClick={() => void saving.run()}
            >
              {t.save}
            </Button>
          }
        >
          {t.preferences}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <Checkbox checked={isOut} disabled={!mayChange} onChange={({ detail }) => setOut(detail.checked)}>
          {t.unsubscribeAll}
        </Checkbox>
        {topics.map((one) => {
          const options = [
            // What was chosen once stays a choice: the API knows no way back to the default.
            ...(first[one.TopicName] ? [] : [{ value: "", label: t.asDefault(t[one.DefaultSubscriptionStatus]) }]),
            { value: "OPT_IN", label: t.OPT_IN },
            { value: "OPT_OUT", label: t.OPT_OUT },
          ];
          const value = chosen[one.TopicName] ?? "";
          return (
            <FormField key={one.TopicName} label={one.DisplayName} description={one.Description}>
              <Select
                disabled={!mayChange || isOut}
                options={options}
                selectedOption={options.find((each) => each.value === value) ?? null}
                onChange={({ detail }) => {
                  const next = { ...chosen };
                  if (detail.selectedOption.value)
                    next[one.TopicName] = detail.selectedOption.value as SubscriptionStatus;
                  else delete next[one.TopicName];
                  setChosen(next);
                }}
              />
            </FormField>
          );
        })}
        <FormField label={t.attributes} description={t.attributesHint}>
          <Textarea
            value={attributes}
            disabled={!mayChange}
            rows={6}
            spellcheck={false}
            onChange={({ detail }) => setAttributes(detail.value)}
          />
        </FormField>
        <Failure failure={saving.failure} />
      </SpaceBetween>
    </Container>
  );
}
