import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { call } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { GoLink, segment, useGo } from "../../frame/place";
import { useWords } from "../../frame/words";
import { FormDialog } from "../../parts/FormDialog";
import { ListTable } from "../../parts/ListTable";
import { RoleButton } from "../../parts/RoleButton";
import { TimeText } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useWholeList } from "../../parts/useListing";
import { Help } from "./help";
import { words } from "./words";

const help = <Help />;

export function Component() {
  const t = useWords(words);
  const go = useGo();
  const { tell } = useNotices();
  const [isCreating, setCreating] = useState(false);
  const lists = useWholeList(async (signal) => (await call("ListContactLists", {}, signal)).ContactLists);
  const create = (
    <RoleButton variant="primary" onClick={() => setCreating(true)}>
      {t.create}
    </RoleButton>
  );
  return (
    <Page title={t.title} description={t.description} help={help} wide>
      <ListTable
        title={t.lists}
        listing={lists}
        id={(one) => one.ContactListName ?? ""}
        none={{ title: t.none, text: t.noneText, action: create }}
        // An account has one, as SES has it.
        actions={lists.value && lists.items.length === 0 ? create : undefined}
        columns={[
          {
            id: "name",
            header: t.name,
            cell: (one) => (
              <GoLink to={`contact-lists/${segment(one.ContactListName ?? "")}`}>{one.ContactListName}</GoLink>
            ),
          },
          { id: "updated", header: t.updated, cell: (one) => <TimeText at={one.LastUpdatedTimestamp} /> },
        ]}
      />
      {isCreating && (
        <Create
          onClose={(name) => {
            setCreating(false);
            if (!name) return;
            tell("success", t.created(name));
            go(`contact-lists/${segment(name)}`);
          }}
        />
      )}
    </Page>
  );
}

function Create({ onClose }: { onClose: (name: string) => void }) {
  const t = useWords(words);
  const [name, setName] = useState("");
  const [about, setAbout] = useState("");
  const [isChecked, setChecked] = useState(false);
  const fault = /^[A-Za-z0-9_-]{1,64}$/.test(name) ? "" : t.nameFault;
  const creating = useAction(() =>
    call("CreateContactList", { ContactListName: name, ...(about ? { Description: about } : {}) }),
  );
  const create = async () => {
    setChecked(true);
    if (!fault && (await creating.run())) onClose(name);
  };
  return (
    <FormDialog title={t.create} verb={t.save} action={creating} onSubmit={create} onCancel={() => onClose("")}>
      <FormField label={t.listName} constraintText={t.nameHint} errorText={isChecked ? fault : ""}>
        <Input value={name} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
      <FormField label={t.about}>
        <Textarea value={about} rows={2} onChange={({ detail }) => setAbout(detail.value.slice(0, 500))} />
      </FormField>
    </FormDialog>
  );
}
