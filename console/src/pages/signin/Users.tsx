/* Who may enter the account, and as what; links that let others in. */

import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown, { type ButtonDropdownProps } from "@cloudscape-design/components/button-dropdown";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";
import { tayori, withQuery } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { segment, useAddressed, useRole } from "../../frame/place";
import { type Role, useSession } from "../../frame/session";
import { useWords } from "../../frame/words";
import { CopyText } from "../../parts/CopyText";
import { Destroy } from "../../parts/Destroy";
import { Failure } from "../../parts/Failure";
import { FormDialog } from "../../parts/FormDialog";
import { ListTable } from "../../parts/ListTable";
import { TimeText } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useListing, useWholeList } from "../../parts/useListing";
import { words } from "./accessWords";
import { UsersHelp } from "./help";
import { isName } from "./rules";

interface User {
  name: string;
  displayName: string;
  role: Role | null;
  operator: boolean;
  disabled: boolean;
  createdAt: string;
  signedInAt: string | null;
}

interface Invitation {
  id: string;
  role: Role;
  name: string;
  createdBy: string;
  expiresAt: string;
}

type Made = Invitation & { url: string };
type Verb = "disable" | "leave" | "remove" | "promote" | "demote";

const USERS = "/tayori/users";
const INVITATIONS = "/tayori/invitations";

export function Component() {
  const t = useWords(words);
  const { may } = useRole();
  const [isInviting, setInviting] = useState(false);
  const [made, setMade] = useState<Made | null>(null);
  const [count, setCount] = useState(0);
  const mayManage = may("administrator");
  const invite = (
    <Button variant="primary" disabled={!mayManage} onClick={() => setInviting(true)}>
      {t.invite}
    </Button>
  );
  return (
    <Page title={t.users} description={t.usersAbout} actions={invite} help={<UsersHelp />} wide>
      {mayManage ? (
        <SpaceBetween size="l">
          <Users onLink={setMade} />
          <Invitations key={count} />
        </SpaceBetween>
      ) : (
        <Alert type="info">{t.forbidden}</Alert>
      )}
      {isInviting && (
        <Invite
          onClose={(link) => {
            setInviting(false);
            setMade(link);
            setCount(count + 1);
          }}
        />
      )}
      {made && <Once made={made} onClose={() => setMade(null)} />}
    </Page>
  );
}

function useRoleWords(): (role: Role | null) => string {
  const t = useWords(words);
  const names: Record<Role, string> = {
    viewer: t.viewer,
    sender: t.sender,
    administrator: t.administrator,
    operator: t.operator,
  };
  return (role) => (role ? names[role] : t.noRole);
}

function Users({ onLink }: { onLink: (made: Made) => void }) {
  const t = useWords(words);
  const { may } = useRole();
  const { user: me } = useSession();
  const { tell } = useNotices();
  const roleWord = useRoleWords();
  const [scope, setScope] = useAddressed("scope", "account");
  const isAll = scope === "all" && may("operator");
  const [asked, setAsked] = useState<{ verb: Verb; user: User } | null>(null);
  const listing = useListing<User>(
    async (token, signal) => {
      const path = withQuery(USERS, { after: token, all: isAll ? "true" : "" });
      const page = await tayori<{ users: User[]; next?: string }>("GET", path, undefined, signal);
      return { items: page.users, next: page.next };
    },
    [isAll],
  );
  const change = useAction(async (user: User, role: Role) => {
    await tayori("PUT", `${USERS}/${segment(user.name)}`, { role });
    tell("success", t.roleChanged(user.name, roleWord(role)));
    await listing.reload();
  });
  const act = useAction(async (verb: string, user: User) => {
    const path = `${USERS}/${segment(user.name)}/${verb}`;
    const answer = await tayori("POST", path, {});
    if (verb === "link") onLink(answer as Made);
    if (verb === "sign-out") tell("success", t.signedOut(user.name));
    await listing.reload();
  });
  const follow = (verb: string, user: User) => {
    if (["disable", "leave", "remove", "promote", "demote"].includes(verb)) setAsked({ verb: verb as Verb, user });
    else void act.run(verb, user);
  };
  const actionsOf = (one: User): ButtonDropdownProps.Items => [
    { id: "link", text: t.link, disabled: one.disabled },
    { id: "sign-out", text: t.signOutUser },
    one.disabled ? { id: "enable", text: t.enable } : { id: "disable", text: t.disable },
    ...(may("operator")
      ? [one.operator ? { id: "demote", text: t.noOperator } : { id: "promote", text: t.makeOperator }]
      : []),
    ...(one.role && one.role !== "operator" ? [{ id: "leave", text: t.leave }] : []),
    { id: "remove", text: t.removeUser },
  ];
  const roles = (["viewer", "sender", "administrator"] as const).map((one) => ({ value: one, label: roleWord(one) }));
  return (
    <SpaceBetween size="s">
      <Failure failure={change.failure ?? act.failure} onDismiss={change.failure ? change.clear : act.clear} />
      {may("operator") && (
        <SegmentedControl
          selectedId={isAll ? "all" : "account"}
          label={t.scope}
          options={[
            { id: "account", text: t.usersOf },
            { id: "all", text: t.everybody },
          ]}
          onChange={({ detail }) => setScope(detail.selectedId)}
        />
      )}
      <ListTable
        title={isAll ? t.everybody : t.usersOf}
        listing={listing}
        id={(one) => one.name}
        none={{ title: t.usersNone, text: t.usersNoneText }}
        columns={[
          {
            id: "name",
            header: t.user,
            minWidth: 130,
            cell: (one) => (
              <>
                {one.name}
                {one.name === me.name && ` (${t.yourself})`}
                {one.displayName && (
                  <Box color="text-body-secondary" fontSize="body-s">
                    {one.displayName}
                  </Box>
                )}
              </>
            ),
          },
          {
            id: "role",
            header: t.role,
            minWidth: 170,
            cell: (one) =>
              one.operator ? (
                t.operator
              ) : (
                <Select
                  selectedOption={roles.find((role) => role.value === one.role) ?? null}
                  placeholder={t.noRole}
                  options={roles}
                  ariaLabel={t.roleOf(one.name)}
                  disabled={change.isRunning}
                  expandToViewport
                  onChange={({ detail }) => void change.run(one, detail.selectedOption.value as Role)}
                />
              ),
          },
          {
            id: "state",
            header: t.state,
            minWidth: 120,
            cell: (one) => (
              <StatusIndicator type={one.disabled ? "stopped" : "success"}>
                {one.disabled ? t.disabled : t.active}
              </StatusIndicator>
            ),
          },
          {
            id: "signed-in",
            header: t.signedIn,
            minWidth: 150,
            cell: (one) => (one.signedInAt ? <TimeText at={one.signedInAt} /> : t.never),
          },
          {
            id: "actions",
            header: t.actions,
            minWidth: 110,
            cell: (one) => (
              <ButtonDropdown
                variant="inline-icon"
                ariaLabel={t.actionsOf(one.name)}
                expandToViewport
                items={actionsOf(one)}
                onItemClick={({ detail }) => follow(detail.id, one)}
              />
            ),
          },
        ]}
      />
      <Asking
        asked={asked}
        onClose={() => {
          setAsked(null);
          void listing.reload();
        }}
      />
    </SpaceBetween>
  );
}

function Asking({ asked, onClose }: { asked: { verb: Verb; user: User } | null; onClose: () => void }) {
  const t = useWords(words);
  const verb = asked?.verb ?? "disable";
  const name = asked?.user.name ?? "";
  const path = `${USERS}/${segment(name)}`;
  const said: Record<Verb, { title: string; verb: string; text: string; act: () => Promise<unknown> }> = {
    disable: {
      title: t.disableTitle,
      verb: t.disable,
      text: t.disableText,
      act: () => tayori("POST", `${path}/disable`, {}),
    },
    leave: { title: t.leaveTitle, verb: t.remove, text: t.leaveText, act: () => tayori("DELETE", path) },
    remove: {
      title: t.removeUser,
      verb: t.removeUser,
      text: t.removeUserText,
      act: () => tayori("POST", `${path}/remove`, {}),
    },
    promote: {
      title: t.makeOperatorTitle,
      verb: t.makeOperator,
      text: t.makeOperatorText,
      act: () => tayori("POST", `${path}/operator`, { operator: true }),
    },
    demote: {
      title: t.noOperator,
      verb: t.noOperator,
      text: t.noOperatorText,
      act: () => tayori("POST", `${path}/operator`, { operator: false }),
    },
  };
  const one = said[verb];
  return (
    <Destroy
      visible={asked !== null}
      title={one.title}
      verb={one.verb}
      names={[name]}
      {...(verb === "remove" ? { confirm: name } : {})}
      act={one.act}
      onClose={onClose}
    >
      {one.text}
    </Destroy>
  );
}

function Invitations() {
  const t = useWords(words);
  const { tell } = useNotices();
  const roleWord = useRoleWords();
  const found = useWholeList<Invitation>(
    async (signal) => (await tayori<{ invitations: Invitation[] }>("GET", INVITATIONS, undefined, signal)).invitations,
    { every: 30 },
  );
  const withdraw = useAction(async (one: Invitation) => {
    await tayori("DELETE", `${INVITATIONS}/${segment(one.id)}`);
    tell("success", t.withdrawn);
    await found.reload();
  });
  return (
    <SpaceBetween size="s">
      <Failure failure={withdraw.failure} onDismiss={withdraw.clear} />
      <ListTable
        title={t.invitations}
        listing={found}
        id={(one) => one.id}
        none={{ title: t.invitationsNone }}
        columns={[
          { id: "name", header: t.user, minWidth: 130, cell: (one) => one.name || t.anyName },
          { id: "role", header: t.role, minWidth: 110, cell: (one) => roleWord(one.role) },
          { id: "by", header: t.by, minWidth: 120, cell: (one) => one.createdBy || "-" },
          { id: "until", header: t.until, minWidth: 150, cell: (one) => <TimeText at={one.expiresAt} /> },
          {
            id: "withdraw",
            header: t.actions,
            minWidth: 110,
            cell: (one) => (
              <Button
                variant="inline-link"
                ariaLabel={t.withdrawOf(`${one.name || t.anyName}, ${roleWord(one.role)}`)}
                onClick={() => void withdraw.run(one)}
              >
                {t.withdraw}
              </Button>
            ),
          },
        ]}
      />
    </SpaceBetween>
  );
}

function Invite({ onClose }: { onClose: (made: Made | null) => void }) {
  const t = useWords(words);
  const [role, setRole] = useState<string>("viewer");
  const [name, setName] = useState("");
  const isGood = !name.trim() || isName(name);
  const action = useAction(async () =>
    onClose(await tayori<Made>("POST", INVITATIONS, { role, ...(name.trim() ? { name: name.trim() } : {}) })),
  );
  const go = () => {
    if (isGood) void action.run();
  };
  return (
    <FormDialog title={t.invite} verb={t.createLink} action={action} onSubmit={go} onCancel={() => onClose(null)}>
      <Box variant="p">{t.inviteText}</Box>
      <FormField label={t.role}>
        <RadioGroup
          value={role}
          items={[
            { value: "viewer", label: t.viewer, description: t.viewerText },
            { value: "sender", label: t.sender, description: t.senderText },
            { value: "administrator", label: t.administrator, description: t.administratorText },
          ]}
          onChange={({ detail }) => setRole(detail.value)}
        />
      </FormField>
      <FormField label={t.proposed} errorText={isGood ? "" : t.nameFault}>
        <Input value={name} autoComplete={false} spellcheck={false} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
    </FormDialog>
  );
}

/** The link, this once. */
function Once({ made, onClose }: { made: Made; onClose: () => void }) {
  const t = useWords(words);
  return (
    <Modal
      visible
      header={t.linkMade}
      closeAriaLabel={t.close}
      onDismiss={({ detail }) => {
        if (detail.reason !== "overlay") onClose();
      }}
      footer={
        <Box float="right">
          <Button variant="primary" onClick={onClose}>
            {t.done}
          </Button>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Alert type="warning">{t.linkMadeText}</Alert>
        <CopyText text={made.url} name={t.linkMade} />
      </SpaceBetween>
    </Modal>
  );
}
