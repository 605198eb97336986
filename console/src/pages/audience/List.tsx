/* One list: its contacts, its topics, its imports. */

import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import { useState } from "react";
import { useParams } from "react-router";
import { call, tayori, withQuery } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { useAddressed, useGo, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Destroy } from "../../parts/Destroy";
import { ExportButton } from "../../parts/ExportButton";
import { Failure } from "../../parts/Failure";
import { ImportDialog } from "../../parts/ImportDialog";
import { ImportJobs } from "../../parts/ImportJobs";
import { words as fileWords } from "../../parts/listFileWords";
import { useCall } from "../../parts/useCall";
import { Contacts } from "./Contacts";
import { Help } from "./help";
import { Topics } from "./Topics";
import { words } from "./words";

const help = <Help />;

export function Component() {
  const { name = "" } = useParams();
  const t = useWords(words);
  const files = useWords(fileWords);
  const go = useGo();
  const { tell } = useNotices();
  const mayChange = useRole().may("administrator");
  const [tab, setTab] = useAddressed("tab", "contacts");
  const [open, setOpen] = useState<"" | "import" | "delete">("");
  const [started, setStarted] = useState(0);
  const found = useCall((signal) => call("GetContactList", { ContactListName: name }, signal), [name]);
  const count = useCall(
    (signal) =>
      tayori<{ count: number; is_all: boolean }>(
        "GET",
        withQuery("/tayori/contacts/count", { list: name }),
        undefined,
        signal,
      ),
    [name],
  );
  const topics = found.value?.Topics ?? [];
  const shown = count.value;
  const label = !shown ? t.contacts : shown.is_all ? t.count(shown.count) : t.countMore(shown.count);
  return (
    <Page
      title={name}
      description={found.value?.Description}
      above={[{ text: t.title, to: "contact-lists" }]}
      help={help}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button disabled={!mayChange} disabledReason={t.noRole} onClick={() => setOpen("delete")}>
            {t.remove}
          </Button>
          <ExportButton
            path="/tayori/contacts/export"
            query={{ list: name }}
            name={name}
            disabled={!mayChange}
            disabledReason={t.noRole}
          />
          <Button disabled={!mayChange} disabledReason={t.noRole} onClick={() => setOpen("import")}>
            {files.import}
          </Button>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="m">
        <Failure failure={found.failure} retry={found.reload} />
        {found.value && (
          <Tabs
            activeTabId={tab}
            ariaLabel={name}
            onChange={({ detail }) => setTab(detail.activeTabId)}
            tabs={[
              {
                id: "contacts",
                label,
                content: <Contacts list={name} topics={topics} onChange={count.reload} />,
              },
              {
                id: "topics",
                label: t.topics,
                content: <Topics list={name} topics={topics} reload={found.reload} />,
              },
              {
                id: "imports",
                label: t.imports,
                content: <ImportJobs kind="CONTACT_LIST" started={started} onEnd={() => void count.reload()} />,
              },
            ]}
          />
        )}
      </SpaceBetween>
      {open === "import" && (
        <ImportDialog
          destination={(action) => ({
            ContactListDestination: { ContactListName: name, ContactListImportAction: action },
          })}
          onClose={(done) => {
            setOpen("");
            if (!done) return;
            setStarted(started + 1);
            setTab("imports");
          }}
        >
          {(format) => (
            <Box>
              {format === "CSV" ? t.csvLine : t.jsonLine}{" "}
              <Box variant="code">
                {format === "CSV"
                  ? `emailAddress,unsubscribeAll,attributesData${topics[0] ? `,topicPreferences.${topics[0].TopicName}` : ""}`
                  : '{"emailAddress":"name@example.com","unsubscribeAll":false}'}
              </Box>
            </Box>
          )}
        </ImportDialog>
      )}
      <Destroy
        visible={open === "delete"}
        title={t.removeTitle}
        verb={t.remove}
        names={[name]}
        confirm={name}
        act={() => call("DeleteContactList", { ContactListName: name })}
        onClose={(done) => {
          setOpen("");
          if (!done) return;
          tell("success", t.removed(name));
          go("contact-lists");
        }}
      >
        {t.removeText}
      </Destroy>
    </Page>
  );
}
