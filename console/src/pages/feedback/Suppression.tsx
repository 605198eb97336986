import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useEffect, useState } from "react";
import { call, tayori, withQuery } from "../../api/client";
import type { GetAccountResponse, SuppressionListReason } from "../../api/sesv2";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { useAddressed, useRole } from "../../frame/place";
import { useLanguage, useWords } from "../../frame/words";
import { Destroy } from "../../parts/Destroy";
import { Empty } from "../../parts/Empty";
import { ExportButton } from "../../parts/ExportButton";
import { Failure } from "../../parts/Failure";
import { ImportDialog } from "../../parts/ImportDialog";
import { ImportJobs } from "../../parts/ImportJobs";
import { addressFault } from "../../parts/limit";
import { words as fileWords } from "../../parts/listFileWords";
import { TimeText } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { useListing } from "../../parts/useListing";
import { Help } from "./help";
import { words } from "./words";

interface Entry {
  address: string;
  reason: SuppressionListReason;
  updated: string;
}

const help = <Help of="suppression" />;

export function Component() {
  const t = useWords(words);
  const files = useWords(fileWords);
  const { tell } = useNotices();
  const mayChange = useRole().may("administrator");
  const account = useCall((signal) => call("GetAccount", {}, signal), []);
  const [prefix, setPrefix] = useAddressed("prefix");
  const [reason, setReason] = useAddressed("reason");
  const [chosen, setChosen] = useState<Entry[]>([]);
  const [open, setOpen] = useState<"" | "add" | "remove" | "import">("");
  const [started, setStarted] = useState(0);
  const list = useListing<Entry>(
    async (token, signal) => {
      const path = withQuery("/tayori/suppression", { prefix, reason, from: token, limit: 50 });
      const found = await tayori<{ entries: Entry[]; next: string | null }>("GET", path, undefined, signal);
      return { items: found.entries, next: found.next };
    },
    [prefix, reason],
  );
  const isSandbox = account.value?.ProductionAccessEnabled === false;
  const locked = !mayChange || isSandbox;
  const why = !mayChange ? t.noRole : isSandbox ? t.sandbox : undefined;
  const add = (
    <Button disabled={locked} disabledReason={why} onClick={() => setOpen("add")}>
      {t.add}
    </Button>
  );
  const reasons = [
    { value: "", label: t.anyReason },
    { value: "BOUNCE", label: t.BOUNCE },
    { value: "COMPLAINT", label: t.COMPLAINT },
  ];
  return (
    <Page title={t.suppression} description={t.suppressionText} help={help}>
      <SpaceBetween size="l">
        {isSandbox && <Alert type="info">{t.sandbox}</Alert>}
        <Failure failure={account.failure} retry={account.reload} />
        <Settings account={account.value} mayChange={mayChange} onSaved={account.reload} />
        <Failure failure={list.failure} retry={list.reload} />
        <Table
          wrapLines
          loading={list.isLoading && !list.value}
          loadingText={t.loading}
          items={list.items}
          trackBy="address"
          selectionType={locked ? undefined : "multi"}
          selectedItems={chosen}
          onSelectionChange={({ detail }) => setChosen(detail.selectedItems)}
          pagination={list.pagination}
          ariaLabels={{
            tableLabel: t.list,
            selectionGroupLabel: t.list,
            allItemsSelectionLabel: () => t.list,
            itemSelectionLabel: (_, one) => one.address,
          }}
          header={
            <Header
              variant="h2"
              actions={
                <SpaceBetween direction="horizontal" size="xs">
                  <Button
                    disabled={locked || chosen.length === 0}
                    disabledReason={why}
                    onClick={() => setOpen("remove")}
                  >
                    {t.remove}
                  </Button>
                  <ExportButton
                    path="/tayori/suppression/export"
                    name="suppression-list"
                    disabled={!mayChange}
                    disabledReason={t.noRole}
                  />
                  <Button disabled={locked} disabledReason={why} onClick={() => setOpen("import")}>
                    {files.import}
                  </Button>
                  {add}
                </SpaceBetween>
              }
            >
              {t.list}
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
                ariaLabel={t.reason}
                selectedOption={reasons.find((one) => one.value === reason) ?? null}
                options={reasons}
                onChange={({ detail }) => setReason(detail.selectedOption.value ?? "")}
              />
            </SpaceBetween>
          }
          empty={
            prefix || reason ? (
              <Empty
                title={t.noneFound}
                action={
                  <Button
                    onClick={() => {
                      setPrefix("");
                      setReason("");
                    }}
                  >
                    {t.clear}
                  </Button>
                }
              />
            ) : (
              <Empty title={t.none} action={add}>
                {t.noneText}
              </Empty>
            )
          }
          columnDefinitions={[
            { id: "address", header: t.address, isRowHeader: true, cell: (one) => one.address },
            { id: "reason", header: t.reason, cell: (one) => t[one.reason] },
            { id: "updated", header: t.updated, cell: (one) => <TimeText at={one.updated} /> },
          ]}
        />
        <Container>
          <ImportJobs kind="SUPPRESSION_LIST" started={started} onEnd={() => void list.reload()} />
        </Container>
      </SpaceBetween>
      {open === "add" && (
        <Add
          onClose={(address) => {
            setOpen("");
            if (!address) return;
            tell("success", t.added(address));
            void list.reload();
          }}
        />
      )}
      {open === "import" && (
        <ImportDialog
          destination={(action) => ({ SuppressionListDestination: { SuppressionListImportAction: action } })}
          onClose={(done) => {
            setOpen("");
            if (done) setStarted(started + 1);
          }}
        >
          {(format) => (
            <Box>
              {format === "CSV" ? t.csvLine : t.jsonLine}{" "}
              <Box variant="code">
                {format === "CSV" ? "name@example.com,BOUNCE" : '{"emailAddress":"name@example.com","reason":"BOUNCE"}'}
              </Box>
            </Box>
          )}
        </ImportDialog>
      )}
      <Destroy
        visible={open === "remove"}
        title={t.removeTitle}
        verb={t.remove}
        names={chosen.map((one) => one.address)}
        act={async () => {
          for (const one of chosen) await call("DeleteSuppressedDestination", { EmailAddress: one.address });
        }}
        onClose={(done) => {
          setOpen("");
          if (done) {
            tell("success", t.removed(chosen.length));
            setChosen([]);
          }
          void list.reload();
        }}
      >
        {t.removeText}
      </Destroy>
    </Page>
  );
}

function Settings({
  account,
  mayChange,
  onSaved,
}: {
  account: GetAccountResponse | undefined;
  mayChange: boolean;
  onSaved: () => Promise<void>;
}) {
  const t = useWords(words);
  const { tell } = useNotices();
  const [on, setOn] = useState<SuppressionListReason[]>([]);
  const known = JSON.stringify(account?.SuppressionAttributes?.SuppressedReasons ?? []);
  useEffect(() => setOn(JSON.parse(known)), [known]);
  const saving = useAction(async () => {
    await call("PutAccountSuppressionAttributes", { SuppressedReasons: on });
    await onSaved();
    tell("success", t.saved);
  });
  const check = (reason: SuppressionListReason) => (
    <Checkbox
      checked={on.includes(reason)}
      disabled={!mayChange || !account}
      onChange={({ detail }) => setOn(detail.checked ? [...on, reason] : on.filter((one) => one !== reason))}
    >
      {reason === "BOUNCE" ? t.bounces : t.complaints}
    </Checkbox>
  );
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={t.settingsText}
          actions={
            <Button
              disabled={!mayChange || !account}
              disabledReason={mayChange ? undefined : t.noRole}
              loading={saving.isRunning}
              onClick={() => void saving.run()}
            >
              {t.save}
            </Button>
          }
        >
          {t.settings}
        </Header>
      }
    >
      <SpaceBetween size="s">
        <SpaceBetween direction="horizontal" size="l">
          {check("BOUNCE")}
          {check("COMPLAINT")}
        </SpaceBetween>
        <Failure failure={saving.failure} />
      </SpaceBetween>
    </Container>
  );
}

function Add({ onClose }: { onClose: (address: string) => void }) {
  const t = useWords(words);
  const language = useLanguage();
  const [address, setAddress] = useState("");
  const [reason, setReason] = useState<SuppressionListReason>("BOUNCE");
  const [isChecked, setChecked] = useState(false);
  const fault = addressFault(address, language);
  const adding = useAction(() => call("PutSuppressedDestination", { EmailAddress: address.trim(), Reason: reason }));
  const add = async () => {
    setChecked(true);
    if (!fault && (await adding.run())) onClose(address.trim());
  };
  return (
    <Modal
      visible
      header={t.add}
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
        <FormField label={t.reason}>
          <RadioGroup
            value={reason}
            onChange={({ detail }) => setReason(detail.value as SuppressionListReason)}
            items={[
              { value: "BOUNCE", label: t.BOUNCE },
              { value: "COMPLAINT", label: t.COMPLAINT },
            ]}
          />
        </FormField>
        <Failure failure={adding.failure} />
      </SpaceBetween>
    </Modal>
  );
}
