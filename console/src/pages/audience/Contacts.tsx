import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useState } from "react";
import { call, tayori, withQuery } from "../../api/client";
import type { SubscriptionStatus, Topic } from "../../api/sesv2";
import { useNotices } from "../../frame/notices";
import { GoLink, segment, useAddressed, useRole } from "../../frame/place";
import { useLanguage, useWords } from "../../frame/words";
import { Destroy } from "../../parts/Destroy";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { addressFault } from "../../parts/limit";
import { TimeText } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useListing } from "../../parts/useListing";
import { words } from "./words";

interface Contact {
  address: string;
  unsubscribed: boolean;
  topics: Record<string, SubscriptionStatus>;
  updated: string;
}

export function Contacts({ list, topics, onChange }: { list: string; topics: Topic[]; onChange: () => Promise<void> }) {
  const t = useWords(words);
  const { tell } = useNotices();
  const mayChange = useRole().may("administrator");
  const [prefix, setPrefix] = useAddressed("prefix");
  const [status, setStatus] = useAddressed("status");
  const [topic, setTopic] = useAddressed("topic");
  const [chosen, setChosen] = useState<Contact[]>([]);
  const [open, setOpen] = useState<"" | "add" | "delete">("");
  const contacts = useListing<Contact>(
    async (token, signal) => {
      const path = withQuery("/tayori/contacts", { list, prefix, status, topic, from: token, limit: 50 });
      const found = await tayori<{ contacts: Contact[]; next: string | null }>("GET", path, undefined, signal);
      return { items: found.contacts, next: found.next };
    },
    [list, prefix, status, topic],
  );
  const add = (
    <Button variant="primary" disabled={!mayChange} disabledReason={t.noRole} onClick={() => setOpen("add")}>
      {t.addContact}
    </Button>
  );
  const statuses = [
    { value: "", label: t.anyStatus },
    { value: "OPT_IN", label: t.OPT_IN },
    { value: "OPT_OUT", label: t.OPT_OUT },
  ];
  const kinds = [
    { value: "", label: t.noTopic },
    ...topics.map((one) => ({ value: one.TopicName, label: one.DisplayName })),
  ];
  const clear = () => {
    setPrefix("");
    setStatus("");
    setTopic("");
  };
  return (
    <SpaceBetween size="m">
      <Failure failure={contacts.failure} retry={contacts.reload} />
      <Table
        wrapLines
        loading={contacts.isLoading && !contacts.value}
        loadingText={t.loading}
        items={contacts.items}
        trackBy="address"
        selectionType={mayChange ? "multi" : undefined}
        selectedItems={chosen}
        onSelectionChange={({ detail }) => setChosen(detail.selectedItems)}
        pagination={contacts.pagination}
        ariaLabels={{
          tableLabel: t.contacts,
          selectionGroupLabel: t.contacts,
          allItemsSelectionLabel: () => t.contacts,
          itemSelectionLabel: (_, one) => one.address,
        }}
        header={
          <Header
            variant="h2"
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button disabled={!mayChange || chosen.length === 0} onClick={() => setOpen("delete")}>
                  {t.remove}
                </Button>
                {add}
              </SpaceBetween>
            }
          >
            {t.contacts}
          </Header>
        }
        filter={
          <SpaceBetween direction="horizontal" size="xs">
            <TextFilter
              filteringText={prefix}
              filteringAriaLabel={t.find}
              filteringPlaceholder={t.find}
              onChange={({ detail }) => setPrefix(detail.filteringText)}
            />
            <Select
              ariaLabel={t.topic}
              options={kinds}
              selectedOption={kinds.find((one) => one.value === topic) ?? null}
              onChange={({ detail }) => setTopic(detail.selectedOption.value ?? "")}
            />
            <Select
              ariaLabel={t.status}
              options={statuses}
              selectedOption={statuses.find((one) => one.value === status) ?? null}
              onChange={({ detail }) => setStatus(detail.selectedOption.value ?? "")}
            />
          </SpaceBetween>
        }
        empty={
          prefix || status || topic ? (
            <Empty title={t.noneFound} action={<Button onClick={clear}>{t.clear}</Button>} />
          ) : (
            <Empty title={t.noContacts} action={add}>
              {t.noContactsText}
            </Empty>
          )
        }
        columnDefinitions={[
          {
            id: "address",
            header: t.address,
            isRowHeader: true,
            cell: (one) => (
              <GoLink to={`contact-lists/${segment(list)}/contacts/${segment(one.address)}`}>{one.address}</GoLink>
            ),
          },
          {
            id: "status",
            header: t.status,
            cell: (one) =>
              one.unsubscribed ? (
                <StatusIndicator type="stopped">{t.optOutAll}</StatusIndicator>
              ) : (
                <StatusIndicator>{t.OPT_IN}</StatusIndicator>
              ),
          },
          {
            id: "topics",
            header: t.topics,
            cell: (one) =>
              one.unsubscribed
                ? "-"
                : topics
                    .filter((each) => one.topics[each.TopicName] === "OPT_IN")
                    .map((each) => each.DisplayName)
                    .join(", ") || "-",
          },
          { id: "updated", header: t.updated, cell: (one) => <TimeText at={one.updated} /> },
        ]}
      />
      {open === "add" && (
        <Add
          list={list}
          onClose={(address) => {
            setOpen("");
            if (!address) return;
            tell("success", t.added(address));
            void contacts.reload();
            void onChange();
          }}
        />
      )}
      <Destroy
        visible={open === "delete"}
        title={t.removeContacts}
        verb={t.remove}
        names={chosen.map((one) => one.address)}
        act={async () => {
          for (const one of chosen) await call("DeleteContact", { ContactListName: list, EmailAddress: one.address });
        }}
        onClose={(done) => {
          setOpen("");
          if (done) {
            tell("success", t.removedContacts(chosen.length));
            setChosen([]);
          }
          void contacts.reload();
          void onChange();
        }}
      >
        {t.removeContactsText}
      </Destroy>
    </SpaceBetween>
  );
}

function Add({ list, onClose }: { list: string; onClose: (address: string) => void }) {
  const t = useWords(words);
  const language = useLanguage();
  const [address, setAddress] = useState("");
  const [isChecked, setChecked] = useState(false);
  const fault = addressFault(address, language);
  const adding = useAction(() => call("CreateContact", { ContactListName: list, EmailAddress: address.trim() }));
  const add = async () => {
    setChecked(true);
    if (!fault && (await adding.run())) onClose(address.trim());
  };
  return (
    <Modal
      visible
      header={t.addContact}
      closeAriaLabel={t.close}
      onDismiss={() => onClose("")}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => onClose("")}>
              {t.cancel}
            </Button>
            <Button variant="primary" loading={adding.isRunning} onClick={() => void add()}>
              {t.save}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <FormField label={t.address} errorText={isChecked ? fault : ""}>
          <Input value={address} type="email" onChange={({ detail }) => setAddress(detail.value)} />
        </FormField>
        <Failure failure={adding.failure} />
      </SpaceBetween>
    </Modal>
  );
}
