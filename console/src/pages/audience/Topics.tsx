import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { call } from "../../api/client";
import type { SubscriptionStatus, Topic } from "../../api/sesv2";
import { useNotices } from "../../frame/notices";
import { useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Destroy } from "../../parts/Destroy";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import { words } from "./words";

interface TopicsProps {
  list: string;
  topics: Topic[];
  reload: () => Promise<void>;
}

export function Topics({ list, topics, reload }: TopicsProps) {
  const t = useWords(words);
  const { tell } = useNotices();
  const mayChange = useRole().may("administrator");
  const [chosen, setChosen] = useState<Topic[]>([]);
  const [open, setOpen] = useState<"" | "add" | "edit" | "delete">("");
  const one = chosen[0];
  const name = one?.TopicName ?? "";
  const keep = (Topics: Topic[]) => call("UpdateContactList", { ContactListName: list, Topics });
  const add = (
    <Button variant="primary" disabled={!mayChange} disabledReason={t.noRole} onClick={() => setOpen("add")}>
      {t.addTopic}
    </Button>
  );
  return (
    <>
      <Table
        wrapLines
        items={topics}
        trackBy="TopicName"
        selectionType={mayChange ? "single" : undefined}
        selectedItems={chosen}
        onSelectionChange={({ detail }) => setChosen(detail.selectedItems)}
        ariaLabels={{
          tableLabel: t.topics,
          selectionGroupLabel: t.topics,
          itemSelectionLabel: (_, topic) => topic.DisplayName,
        }}
        header={
          <Header
            variant="h2"
            description={t.topicsText}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button disabled={!one} onClick={() => setOpen("delete")}>
                  {t.remove}
                </Button>
                <Button disabled={!one} onClick={() => setOpen("edit")}>
                  {t.editTopic}
                </Button>
                {add}
              </SpaceBetween>
            }
          >
            {t.topics}
          </Header>
        }
        empty={<Empty title={t.noTopics} action={add} />}
        columnDefinitions={[
          { id: "shown", header: t.displayName, isRowHeader: true, cell: (topic) => topic.DisplayName },
          { id: "name", header: t.topicName, cell: (topic) => topic.TopicName },
          { id: "default", header: t.byDefault, cell: (topic) => t[topic.DefaultSubscriptionStatus] },
          { id: "about", header: t.about, cell: (topic) => topic.Description || "-" },
        ]}
      />
      {(open === "add" || open === "edit") && (
        <Edit
          topic={open === "edit" ? one : undefined}
          others={topics.filter((topic) => open === "add" || topic.TopicName !== name)}
          act={(topic) =>
            keep(open === "add" ? [...topics, topic] : topics.map((each) => (each.TopicName === name ? topic : each)))
          }
          onClose={(done) => {
            setOpen("");
            if (!done) return;
            tell("success", t.saved);
            setChosen([]);
            void reload();
          }}
        />
      )}
      <Destroy
        visible={open === "delete"}
        title={t.removeTopic}
        verb={t.remove}
        names={[one?.DisplayName ?? ""]}
        act={() => keep(topics.filter((topic) => topic.TopicName !== name))}
        onClose={(done) => {
          setOpen("");
          if (!done) return;
          setChosen([]);
          void reload();
        }}
      >
        {t.removeTopicText}
      </Destroy>
    </>
  );
}

interface EditProps {
  topic: Topic | undefined;
  others: Topic[];
  act: (topic: Topic) => Promise<unknown>;
  onClose: (done: boolean) => void;
}

function Edit({ topic, others, act, onClose }: EditProps) {
  const t = useWords(words);
  const [name, setName] = useState(topic?.TopicName ?? "");
  const [shown, setShown] = useState(topic?.DisplayName ?? "");
  const [about, setAbout] = useState(topic?.Description ?? "");
  const [status, setStatus] = useState<SubscriptionStatus>(topic?.DefaultSubscriptionStatus ?? "OPT_OUT");
  const [isChecked, setChecked] = useState(false);
  const isTaken = others.some((one) => one.TopicName === name);
  const nameFault = isTaken ? t.taken : /^[A-Za-z0-9_-]{1,64}$/.test(name) ? "" : t.nameFault;
  const shownFault = shown.trim() ? "" : t.needed;
  const saving = useAction(() =>
    act({
      TopicName: name,
      DisplayName: shown.trim(),
      DefaultSubscriptionStatus: status,
      ...(about ? { Description: about } : {}),
    }),
  );
  const save = async () => {
    setChecked(true);
    if (!nameFault && !shownFault && (await saving.run())) onClose(true);
  };
  return (
    <Modal
      visible
      header={topic ? t.editTopic : t.addTopic}
      closeAriaLabel={t.close}
      onDismiss={() => onClose(false)}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => onClose(false)}>
              {t.cancel}
            </Button>
            <Button variant="primary" loading={saving.isRunning} onClick={() => void save()}>
              {t.save}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <FormField label={t.topicName} constraintText={t.nameHint} errorText={isChecked ? nameFault : ""}>
          <Input value={name} readOnly={Boolean(topic)} onChange={({ detail }) => setName(detail.value)} />
        </FormField>
        <FormField label={t.displayName} description={t.displayHint} errorText={isChecked ? shownFault : ""}>
          <Input value={shown} onChange={({ detail }) => setShown(detail.value.slice(0, 128))} />
        </FormField>
        <FormField label={t.about}>
          <Textarea value={about} rows={2} onChange={({ detail }) => setAbout(detail.value.slice(0, 500))} />
        </FormField>
        <FormField label={t.byDefault}>
          <RadioGroup
            value={status}
            onChange={({ detail }) => setStatus(detail.value as SubscriptionStatus)}
            items={[
              { value: "OPT_OUT", label: t.OPT_OUT },
              { value: "OPT_IN", label: t.OPT_IN },
            ]}
          />
        </FormField>
        <Failure failure={saving.failure} />
      </SpaceBetween>
    </Modal>
  );
}
