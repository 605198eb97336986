import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";
import { call, tayori, withQuery } from "../../api/client";
import type { SubscriptionStatus, Topic } from "../../api/sesv2";
import { useNotices } from "../../frame/notices";
import { GoLink, segment } from "../../frame/place";
import { useLanguage, useWords } from "../../frame/words";
import { FormDialog } from "../../parts/FormDialog";
import { ListTable } from "../../parts/ListTable";
import { addressFault } from "../../parts/limit";
import { RoleButton } from "../../parts/RoleButton";
import { TimeText } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useFilters } from "../../parts/useFilters";
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
  const [isAdding, setAdding] = useState(false);
  const statuses = [
    { value: "", label: t.anyStatus },
    { value: "OPT_IN", label: t.OPT_IN },
    { value: "OPT_OUT", label: t.OPT_OUT },
  ];
  const kinds = [
    { value: "", label: t.noTopic },
    ...topics.map((one) => ({ value: one.TopicName, label: one.DisplayName })),
  ];
  const filters = useFilters([
    { name: "prefix", label: t.find },
    { name: "topic", label: t.topic, options: kinds },
    { name: "status", label: t.status, options: statuses },
  ]);
  const { prefix, status, topic } = filters.values;
  const contacts = useListing<Contact>(
    async (token, signal) => {
      const path = withQuery("/tayori/contacts", { list, prefix, status, topic, from: token, limit: 50 });
      const found = await tayori<{ contacts: Contact[]; next: string | null }>("GET", path, undefined, signal);
      return { items: found.contacts, next: found.next };
    },
    [list, prefix, status, topic],
  );
  const add = (
    <RoleButton variant="primary" onClick={() => setAdding(true)}>
      {t.addContact}
    </RoleButton>
  );
  return (
    <>
      <ListTable
        title={t.contacts}
        listing={contacts}
        id={(one) => one.address}
        filters={filters}
        none={{ title: t.noContacts, text: t.noContactsText, action: add }}
        noneFound={t.noneFound}
        actions={add}
        destroy={{
          verb: t.remove,
          title: t.removeContacts,
          text: t.removeContactsText,
          act: (one) => call("DeleteContact", { ContactListName: list, EmailAddress: one.address }),
          told: (names) => t.removedContacts(names.length),
          onDone: () => void onChange(),
        }}
        columns={[
          {
            id: "address",
            header: t.address,
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
      {isAdding && (
        <Add
          list={list}
          onClose={(address) => {
            setAdding(false);
            if (!address) return;
            tell("success", t.added(address));
            void contacts.reload();
            void onChange();
          }}
        />
      )}
    </>
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
    <FormDialog title={t.addContact} verb={t.save} action={adding} onSubmit={add} onCancel={() => onClose("")}>
      <FormField label={t.address} errorText={isChecked ? fault : ""}>
        <Input value={address} type="email" onChange={({ detail }) => setAddress(detail.value)} />
      </FormField>
    </FormDialog>
  );
}
