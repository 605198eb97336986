import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useState } from "react";
import { call, tayori, withQuery } from "../../api/client";
import type { GetAccountResponse, SuppressionListReason } from "../../api/sesv2";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { useRole } from "../../frame/place";
import { useLanguage, useWords } from "../../frame/words";
import { ExportButton } from "../../parts/ExportButton";
import { Failure } from "../../parts/Failure";
import { FormDialog } from "../../parts/FormDialog";
import { ImportDialog } from "../../parts/ImportDialog";
import { ImportJobs } from "../../parts/ImportJobs";
import { ListTable } from "../../parts/ListTable";
import { addressFault } from "../../parts/limit";
import { words as fileWords } from "../../parts/listFileWords";
import { RoleButton } from "../../parts/RoleButton";
import { TimeText } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { useFilters } from "../../parts/useFilters";
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
  const [open, setOpen] = useState<"" | "add" | "import">("");
  const [started, setStarted] = useState(0);
  const reasons = [
    { value: "", label: t.anyReason },
    { value: "BOUNCE", label: t.BOUNCE },
    { value: "COMPLAINT", label: t.COMPLAINT },
  ];
  const filters = useFilters([
    { name: "prefix", label: t.find },
    { name: "reason", label: t.reason, options: reasons },
  ]);
  const { prefix, reason } = filters.values;
  const list = useListing<Entry>(
    async (token, signal) => {
      const path = withQuery("/tayori/suppression", { prefix, reason, from: token, limit: 50 });
      const found = await tayori<{ entries: Entry[]; next: string | null }>("GET", path, undefined, signal);
      return { items: found.entries, next: found.next };
    },
    [prefix, reason],
  );
  const isSandbox = account.value?.ProductionAccessEnabled === false;
  const blocked = isSandbox ? t.sandbox : undefined;
  const add = (
    <RoleButton blocked={blocked} onClick={() => setOpen("add")}>
      {t.add}
    </RoleButton>
  );
  return (
    <Page title={t.suppression} description={t.suppressionText} help={help} wide>
      <SpaceBetween size="l">
        {isSandbox && <Alert type="info">{t.sandbox}</Alert>}
        <Failure failure={account.failure} retry={account.reload} />
        <Settings account={account.value} mayChange={mayChange} onSaved={account.reload} />
        <ListTable
          title={t.list}
          listing={list}
          id={(one) => one.address}
          filters={filters}
          none={{ title: t.none, text: t.noneText, action: add }}
          noneFound={t.noneFound}
          actions={
            <>
              <ExportButton
                path="/tayori/suppression/export"
                name="suppression-list"
                disabled={!mayChange}
                disabledReason={t.noRole}
              />
              <RoleButton blocked={blocked} onClick={() => setOpen("import")}>
                {files.import}
              </RoleButton>
              {add}
            </>
          }
          destroy={{
            verb: t.remove,
            title: t.removeTitle,
            text: t.removeText,
            blocked,
            act: (one) => call("DeleteSuppressedDestination", { EmailAddress: one.address }),
            told: (names) => t.removed(names.length),
          }}
          columns={[
            { id: "address", header: t.address, cell: (one) => one.address },
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
            <RoleButton disabled={!account} loading={saving.isRunning} onClick={() => void saving.run()}>
              {t.save}
            </RoleButton>
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
    <FormDialog title={t.add} verb={t.save} action={adding} onSubmit={add} onCancel={() => onClose("")}>
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
    </FormDialog>
  );
}
