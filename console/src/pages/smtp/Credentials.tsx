import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useRef, useState } from "react";
import { save, tayori } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { segment, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { CopyText } from "../../parts/CopyText";
import { Destroy } from "../../parts/Destroy";
import { Failure } from "../../parts/Failure";
import { FormDialog } from "../../parts/FormDialog";
import { ListTable } from "../../parts/ListTable";
import { TimeText } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useWholeList } from "../../parts/useListing";
import { words } from "./words";

interface Key {
  access_key_id: string;
  user_name: string;
  operator: boolean;
  active: boolean;
  created_at: string;
  used_at: string | null;
}

interface NewKey extends Key {
  secret_access_key: string;
  smtp_username: string;
  smtp_password: string;
  region: string;
}

type Asked = { verb: "rotate" | "deactivate" | "delete"; key: Key };

const PATH = "/tayori/credentials";

export function Credentials() {
  const t = useWords(words);
  const { may } = useRole();
  const { tell } = useNotices();
  const isAdministrator = may("administrator");
  const keys = useWholeList<Key>(
    async (signal) => (await tayori<{ credentials: Key[] }>("GET", PATH, undefined, signal)).credentials,
    { every: 30, when: isAdministrator },
  );
  const [isCreating, setCreating] = useState(false);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [made, setMade] = useState<NewKey | null>(null);
  const activate = useAction((key: Key) => tayori("POST", `${PATH}/${segment(key.access_key_id)}`, { active: true }));
  const follow = async (verb: string, key: Key) => {
    if (verb !== "activate") {
      setAsked({ verb: verb as Asked["verb"], key });
    } else if (await activate.run(key)) {
      tell("success", t.activated(key.access_key_id));
      await keys.reload();
    }
  };
  if (!isAdministrator)
    return (
      <Alert type="info" header={t.credentials}>
        {t.forbidden}
      </Alert>
    );
  const create = <Button onClick={() => setCreating(true)}>{t.create}</Button>;
  return (
    <SpaceBetween size="s">
      <Failure failure={activate.failure} onDismiss={activate.clear} />
      <ListTable
        title={t.credentials}
        description={t.credentialsAbout}
        listing={keys}
        id={(one) => one.access_key_id}
        none={{ title: t.none, text: t.noneText, action: create }}
        actions={create}
        columns={[
          {
            id: "user",
            minWidth: 140,
            header: t.user,
            cell: (one) => (one.operator ? `${one.user_name} (${t.operator})` : one.user_name),
          },
          {
            id: "key",
            minWidth: 250,
            header: t.key,
            cell: (one) => <CopyText text={one.access_key_id} name={one.access_key_id} />,
          },
          { id: "created", minWidth: 130, header: t.created, cell: (one) => <TimeText at={one.created_at} /> },
          {
            id: "used",
            minWidth: 130,
            header: t.used,
            cell: (one) => (one.used_at ? <TimeText at={one.used_at} /> : t.never),
          },
          {
            id: "status",
            minWidth: 110,
            header: t.status,
            cell: (one) => (
              <StatusIndicator type={one.active ? "success" : "stopped"}>
                {one.active ? t.active : t.inactive}
              </StatusIndicator>
            ),
          },
          {
            id: "actions",
            minWidth: 110,
            header: t.actions,
            cell: (one) => (
              <ButtonDropdown
                variant="inline-icon"
                ariaLabel={t.actionsOf(one.access_key_id)}
                expandToViewport
                disabled={one.operator && !may("operator")}
                items={[
                  { id: "rotate", text: t.rotate },
                  one.active ? { id: "deactivate", text: t.deactivate } : { id: "activate", text: t.activate },
                  { id: "delete", text: t.destroy },
                ]}
                onItemClick={({ detail }) => void follow(detail.id, one)}
              />
            ),
          },
        ]}
      />
      {isCreating && (
        <Create
          onClose={(key) => {
            setCreating(false);
            if (key) {
              setMade(key);
              void keys.reload();
            }
          }}
        />
      )}
      <Asking
        asked={asked}
        onClose={(key) => {
          if (key) setMade(key);
          setAsked(null);
          void keys.reload();
        }}
      />
      {made && <Once made={made} onClose={() => setMade(null)} />}
    </SpaceBetween>
  );
}

function Create({ onClose }: { onClose: (made: NewKey | null) => void }) {
  const t = useWords(words);
  const { may } = useRole();
  const [name, setName] = useState("");
  const [isOperator, setOperator] = useState(false);
  const [fault, setFault] = useState("");
  const action = useAction(async () => {
    const body = { user_name: name.trim(), ...(isOperator ? { operator: true } : {}) };
    onClose(await tayori<NewKey>("POST", PATH, body));
  });
  const go = () => {
    const isGood = /^[\w+=,.@-]{1,64}$/.test(name.trim());
    setFault(isGood ? "" : t.userFault);
    if (isGood) void action.run();
  };
  return (
    <FormDialog title={t.create} verb={t.create} action={action} onSubmit={go} onCancel={() => onClose(null)}>
      <FormField label={t.user} constraintText={t.userHint} errorText={fault}>
        <Input value={name} autoComplete={false} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
      {may("operator") && (
        <Checkbox
          checked={isOperator}
          description={t.operatorHint}
          onChange={({ detail }) => setOperator(detail.checked)}
        >
          {t.operator}
        </Checkbox>
      )}
    </FormDialog>
  );
}

/** Before something is ended or replaced. */
function Asking({ asked, onClose }: { asked: Asked | null; onClose: (made: NewKey | null) => void }) {
  const t = useWords(words);
  const { tell } = useNotices();
  const rotated = useRef<NewKey | null>(null); // what was made just before the dialog closes
  const id = asked?.key.access_key_id ?? "";
  const path = `${PATH}/${segment(id)}`;
  const titles = { rotate: t.rotateTitle, deactivate: t.deactivateTitle, delete: t.deleteTitle };
  const verbs = { rotate: t.rotate, deactivate: t.deactivate, delete: t.destroy };
  const texts = { rotate: t.rotateText(id), deactivate: t.deactivateText, delete: t.deleteText };
  const verb = asked?.verb ?? "delete";
  const act = async () => {
    if (verb === "rotate") rotated.current = await tayori<NewKey>("POST", `${path}/rotate`, {});
    else if (verb === "deactivate") await tayori("POST", path, { active: false });
    else await tayori("DELETE", path);
  };
  return (
    <Destroy
      visible={asked !== null}
      title={titles[verb]}
      verb={verbs[verb]}
      names={[`${asked?.key.user_name ?? ""}: ${id}`]}
      {...(verb === "delete" && asked ? { confirm: asked.key.user_name } : {})}
      act={act}
      onClose={(isDone) => {
        if (isDone && verb === "deactivate") tell("success", t.deactivated(id));
        if (isDone && verb === "delete") tell("success", t.deleted(id));
        onClose(isDone ? rotated.current : null);
        rotated.current = null;
      }}
    >
      {texts[verb]}
    </Destroy>
  );
}

/** The new secrets, this once. */
function Once({ made, onClose }: { made: NewKey; onClose: () => void }) {
  const t = useWords(words);
  const csv = () => {
    // As SES's file of SMTP credentials has it, with the key for the API beside it.
    const heads = "User name,SMTP user name,SMTP password,Access key ID,Secret access key";
    const name = made.user_name.replace(/^(?=[=+@-])/, "'"); // or a spreadsheet would take it for a formula
    const row = [name, made.smtp_username, made.smtp_password, made.access_key_id, made.secret_access_key];
    save(`${heads}\r\n${row.map((one) => `"${one}"`).join(",")}\r\n`, "credentials.csv", "text/csv");
  };
  return (
    <Modal
      visible
      size="large"
      header={t.madeTitle}
      closeAriaLabel={t.close}
      onDismiss={({ detail }) => {
        if (detail.reason !== "overlay") onClose(); // a click beside it would lose what cannot be seen again
      }}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button iconName="download" onClick={csv}>
              {t.downloadCsv}
            </Button>
            <Button variant="primary" onClick={onClose}>
              {t.done}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Alert type="warning">{t.madeText}</Alert>
        <KeyValuePairs
          columns={2}
          minColumnWidth={200}
          items={[
            { label: t.smtpUser, value: <CopyText text={made.smtp_username} name={t.smtpUser} /> },
            { label: t.smtpPassword, value: <CopyText text={made.smtp_password} name={t.smtpPassword} /> },
            { label: t.accessKey, value: <CopyText text={made.access_key_id} name={t.accessKey} /> },
            { label: t.secretKey, value: <CopyText text={made.secret_access_key} name={t.secretKey} /> },
          ]}
        />
        <Box variant="small">{t.passwordRegion(made.region)}</Box>
      </SpaceBetween>
    </Modal>
  );
}
