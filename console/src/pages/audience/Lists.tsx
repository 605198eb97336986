import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { call } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { GoLink, segment, useGo, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { Help } from "./help";
import { words } from "./words";

const help = <Help />;

export function Component() {
  const t = useWords(words);
  const go = useGo();
  const { tell } = useNotices();
  const mayChange = useRole().may("administrator");
  const [isCreating, setCreating] = useState(false);
  const lists = useCall(async (signal) => (await call("ListContactLists", {}, signal)).ContactLists ?? [], []);
  const create = (
    <Button variant="primary" disabled={!mayChange} disabledReason={t.noRole} onClick={() => setCreating(true)}>
      {t.create}
    </Button>
  );
  const found = lists.value ?? [];
  return (
    <Page title={t.title} description={t.description} help={help}>
      <SpaceBetween size="m">
        <Failure failure={lists.failure} retry={lists.reload} />
        <Table
          wrapLines
          loading={lists.isLoading && !lists.value}
          loadingText={t.loading}
          items={found}
          trackBy={(one) => one.ContactListName ?? ""}
          ariaLabels={{ tableLabel: t.lists }}
          header={
            <Header variant="h2" actions={lists.value && found.length === 0 ? create : undefined}>
              {t.lists}
            </Header>
          }
          empty={
            <Empty title={t.none} action={create}>
              {t.noneText}
            </Empty>
          }
          columnDefinitions={[
            {
              id: "name",
              header: t.name,
              isRowHeader: true,
              cell: (one) => (
                <GoLink to={`contact-lists/${segment(one.ContactListName ?? "")}`}>{one.ContactListName}</GoLink>
              ),
            },
            { id: "updated", header: t.updated, cell: (one) => <TimeText at={one.LastUpdatedTimestamp} /> },
          ]}
        />
      </SpaceBetween>
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
    <Modal
      visible
      header={t.create}
      closeAriaLabel={t.close}
      onDismiss={() => onClose("")}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => onClose("")}>
              {t.cancel}
            </Button>
            <Button variant="primary" loading={creating.isRunning} onClick={() => void create()}>
              {t.save}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <FormField label={t.listName} constraintText={t.nameHint} errorText={isChecked ? fault : ""}>
          <Input value={name} onChange={({ detail }) => setName(detail.value)} />
        </FormField>
        <FormField label={t.about}>
          <Textarea value={about} rows={2} onChange={({ detail }) => setAbout(detail.value.slice(0, 500))} />
        </FormField>
        <Failure failure={creating.failure} />
      </SpaceBetween>
    </Modal>
  );
}
