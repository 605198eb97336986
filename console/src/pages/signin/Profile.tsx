/* What a user changes of their own: name, language, password, passkeys, sessions. */

import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import { useLocation, useSearchParams } from "react-router";
import { tayori } from "../../api/client";
import { ApiFailure } from "../../api/failure";
import { type Theme, useAppearance } from "../../frame/appearance";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { segment } from "../../frame/place";
import { useSession, useSessionHolder } from "../../frame/session";
import { type Language, useLanguage, useWords } from "../../frame/words";
import { Destroy } from "../../parts/Destroy";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { TimeText } from "../../parts/TimeText";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { words } from "./accessWords";
import { ProfileHelp } from "./help";
import { addPasskey, NoPasskey } from "./passkey";
import { providerWord } from "./providers";
import { isPassword } from "./rules";
import { words as signInWords } from "./words";

export function Component() {
  const t = useWords(words);
  return (
    <Page title={t.profile} description={t.profileAbout} help={<ProfileHelp />}>
      <SpaceBetween size="l">
        <Settings />
        <Password />
        <Passkeys />
        <External />
        <Sessions />
      </SpaceBetween>
    </Page>
  );
}

const LANGUAGES = [
  { value: "en", label: "English", lang: "en" },
  { value: "ja", label: "日本語", lang: "ja" },
];

function Settings() {
  const t = useWords(words);
  const { user } = useSession();
  const { reload } = useSessionHolder();
  const { tell } = useNotices();
  const { language, theme, choose } = useAppearance();
  const [name, setName] = useState(user.displayName);
  const isGood = [...name.trim()].length <= 100;
  const action = useAction(async () => {
    await tayori("PATCH", "/tayori/console/user", { displayName: name });
    await reload();
    tell("success", t.saved);
  });
  const themes = [
    { value: "system", label: t.system },
    { value: "light", label: t.light },
    { value: "dark", label: t.dark },
  ];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isGood) void action.run();
      }}
    >
      <Container
        header={<Header variant="h2">{t.settings}</Header>}
        footer={
          <Box float="right">
            <Button variant="primary" loading={action.isRunning}>
              {t.save}
            </Button>
          </Box>
        }
      >
        <SpaceBetween size="m">
          <Failure failure={action.failure} />
          <FormField label={t.displayName} errorText={isGood ? "" : t.displayNameFault}>
            <Input value={name} autoComplete="name" onChange={({ detail }) => setName(detail.value)} />
          </FormField>
          <FormField label={t.language}>
            <Select
              selectedOption={LANGUAGES.find((one) => one.value === language) ?? null}
              options={LANGUAGES}
              onChange={({ detail }) => choose({ language: detail.selectedOption.value as Language })}
            />
          </FormField>
          <FormField label={t.theme}>
            <Select
              selectedOption={themes.find((one) => one.value === theme) ?? null}
              options={themes}
              onChange={({ detail }) => choose({ theme: detail.selectedOption.value as Theme })}
            />
          </FormField>
        </SpaceBetween>
      </Container>
    </form>
  );
}

function Password() {
  const t = useWords(words);
  const { user } = useSession();
  const { reload } = useSessionHolder();
  const { tell } = useNotices();
  const [present, setPresent] = useState("");
  const [fresh, setFresh] = useState("");
  const [isTold, setTold] = useState(false);
  const action = useAction(async () => {
    await tayori("POST", "/tayori/console/password", { old: present, new: fresh });
    setPresent("");
    setFresh("");
    setTold(false);
    await reload(); // the session has a new token
    tell("success", t.changed);
  });
  const isWrong = action.failure instanceof ApiFailure && action.failure.message.startsWith("The present password");
  let presentFault = isTold && !present ? t.presentMissing : "";
  if (isWrong) presentFault = t.presentWrong;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setTold(true);
        if (present && isPassword(fresh)) void action.run();
      }}
    >
      <Container
        header={
          <Header variant="h2" description={t.passwordAbout}>
            {t.password}
          </Header>
        }
        footer={
          <Box float="right">
            <Button loading={action.isRunning}>{t.change}</Button>
          </Box>
        }
      >
        <SpaceBetween size="m">
          {!isWrong && <Failure failure={action.failure} />}
          <input type="text" name="username" autoComplete="username" value={user.name} readOnly hidden />
          <FormField label={t.present} errorText={presentFault}>
            <Input
              value={present}
              type="password"
              autoComplete="current-password"
              onChange={({ detail }) => {
                setPresent(detail.value);
                action.clear();
              }}
            />
          </FormField>
          <FormField
            label={t.fresh}
            constraintText={t.freshHint}
            errorText={isTold && !isPassword(fresh) ? t.freshFault : ""}
          >
            <Input
              value={fresh}
              type="password"
              autoComplete="new-password"
              onChange={({ detail }) => setFresh(detail.value)}
            />
          </FormField>
        </SpaceBetween>
      </Container>
    </form>
  );
}

interface Passkey {
  id: string;
  name: string;
  createdAt: string;
  usedAt: string | null;
}

function Passkeys() {
  const t = useWords(words);
  const path = "/tayori/console/passkeys";
  const keys = useCall(
    (signal) => tayori<{ possible: boolean; passkeys: Passkey[] }>("GET", path, undefined, signal),
    [],
  );
  const [isAdding, setAdding] = useState(false);
  const [gone, setGone] = useState<Passkey | null>(null);
  const isPossible = keys.value?.possible ?? false;
  const add = (
    <Button disabled={!isPossible} onClick={() => setAdding(true)}>
      {t.addPasskey}
    </Button>
  );
  return (
    <SpaceBetween size="s">
      <Failure failure={keys.failure} retry={keys.reload} />
      <Table
        wrapLines
        loading={keys.isLoading && !keys.value}
        loadingText={t.loading}
        items={keys.value?.passkeys ?? []}
        trackBy="id"
        header={
          <Header variant="h2" description={t.passkeysAbout} actions={add}>
            {t.passkeys}
          </Header>
        }
        empty={<Empty title={t.passkeysNone}>{isPossible ? undefined : t.passkeysImpossible}</Empty>}
        columnDefinitions={[
          { id: "name", header: t.passkeyName, minWidth: 130, isRowHeader: true, cell: (one) => one.name },
          { id: "created", header: t.added, minWidth: 150, cell: (one) => <TimeText at={one.createdAt} /> },
          {
            id: "used",
            header: t.used,
            minWidth: 150,
            cell: (one) => (one.usedAt ? <TimeText at={one.usedAt} /> : t.never),
          },
          {
            id: "remove",
            header: t.actions,
            minWidth: 110,
            cell: (one) => (
              <Button variant="inline-link" ariaLabel={t.removeOf(one.name)} onClick={() => setGone(one)}>
                {t.remove}
              </Button>
            ),
          },
        ]}
      />
      {isAdding && (
        <AddPasskey
          onClose={() => {
            setAdding(false);
            void keys.reload();
          }}
        />
      )}
      <Destroy
        visible={gone !== null}
        title={t.removePasskey}
        verb={t.remove}
        names={[gone?.name ?? ""]}
        act={() => tayori("DELETE", `${path}/${segment(gone?.id ?? "")}`)}
        onClose={() => {
          setGone(null);
          void keys.reload();
        }}
      >
        {t.removePasskeyText}
      </Destroy>
    </SpaceBetween>
  );
}

interface External {
  id: string;
  name: string;
  nameJa: string;
  linkedAt: string | null;
}

/** Other services by which one signs in; nothing where there is none. */
function External() {
  const t = useWords(words);
  const outcome = useWords(signInWords);
  const language = useLanguage();
  const path = "/tayori/console/external-users";
  const [search] = useSearchParams();
  const { pathname } = useLocation();
  const found = useCall((signal) => tayori<{ providers: External[] }>("GET", path, undefined, signal), []);
  const [gone, setGone] = useState<External | null>(null);
  const link = useAction(async (one: External) => {
    const { url } = await tayori<{ url: string }>("POST", `/tayori/console/oidc/${segment(one.id)}/link`, {
      to: pathname,
    });
    window.location.assign(url);
  });
  const named = (one: External) => (language === "ja" ? one.nameJa : one.name);
  const failed = search.get("failed");
  const providers = found.value?.providers ?? [];
  if (providers.length === 0) return <Failure failure={found.failure} retry={found.reload} />;
  return (
    <SpaceBetween size="s">
      {failed !== null && (
        <div role="alert">
          <Alert type="error">{providerWord(outcome, failed)}</Alert>
        </div>
      )}
      <Failure failure={link.failure} onDismiss={link.clear} />
      <Table
        wrapLines
        items={providers}
        trackBy="id"
        header={
          <Header variant="h2" description={t.externalAbout}>
            {t.external}
          </Header>
        }
        columnDefinitions={[
          { id: "name", header: t.externalName, minWidth: 130, isRowHeader: true, cell: named },
          {
            id: "linked",
            header: t.linked,
            minWidth: 150,
            cell: (one) => (one.linkedAt ? <TimeText at={one.linkedAt} /> : t.notLinked),
          },
          {
            id: "actions",
            header: t.actions,
            minWidth: 110,
            cell: (one) =>
              one.linkedAt ? (
                <Button variant="inline-link" ariaLabel={t.unlinkOf(named(one))} onClick={() => setGone(one)}>
                  {t.unlink}
                </Button>
              ) : (
                <Button variant="inline-link" ariaLabel={t.linkOf(named(one))} onClick={() => void link.run(one)}>
                  {t.linkSignIn}
                </Button>
              ),
          },
        ]}
      />
      <Destroy
        visible={gone !== null}
        title={t.unlink}
        verb={t.unlink}
        names={[gone ? named(gone) : ""]}
        act={() => tayori("DELETE", `${path}/${segment(gone?.id ?? "")}`)}
        onClose={() => {
          setGone(null);
          void found.reload();
        }}
      >
        {t.unlinkText}
      </Destroy>
    </SpaceBetween>
  );
}

function AddPasskey({ onClose }: { onClose: () => void }) {
  const t = useWords(words);
  const { tell } = useNotices();
  const [name, setName] = useState("");
  const action = useAction(async () => {
    const shown = name.trim() || t.passkey;
    await addPasskey(shown);
    tell("success", t.passkeyAdded(shown));
    onClose();
  });
  return (
    <Modal
      visible
      header={t.addPasskey}
      closeAriaLabel={t.close}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              {t.cancel}
            </Button>
            <Button variant="primary" loading={action.isRunning} onClick={() => void action.run()}>
              {t.addPasskey}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void action.run();
        }}
      >
        <SpaceBetween size="m">
          <FormField label={t.passkeyName} constraintText={t.passkeyNameHint}>
            <Input value={name} autoComplete={false} onChange={({ detail }) => setName(detail.value.slice(0, 100))} />
          </FormField>
          {action.failure instanceof NoPasskey ? (
            <Box color="text-status-error">
              <div role="alert">{t.passkeyCancelled}</div>
            </Box>
          ) : (
            <Failure failure={action.failure} />
          )}
        </SpaceBetween>
      </form>
    </Modal>
  );
}

interface Session {
  id: string;
  way: string;
  sourceIp: string;
  agent: string;
  createdAt: string;
  seenAt: string;
  isThis: boolean;
}

function Sessions() {
  const t = useWords(words);
  const { tell } = useNotices();
  const path = "/tayori/console/sessions";
  const found = useCall((signal) => tayori<{ sessions: Session[] }>("GET", path, undefined, signal), [], { every: 30 });
  const end = useAction(async (id: string) => {
    await tayori("DELETE", id ? `${path}/${segment(id)}` : path);
    tell("success", t.ended);
    await found.reload();
  });
  const ways: Record<string, string> = {
    password: t.byPassword,
    passkey: t.byPasskey,
    link: t.byLink,
    oidc: t.byOidc,
  };
  const items = found.value?.sessions ?? [];
  return (
    <SpaceBetween size="s">
      <Failure failure={found.failure} retry={found.reload} />
      <Failure failure={end.failure} onDismiss={end.clear} />
      <Table
        wrapLines
        loading={found.isLoading && !found.value}
        loadingText={t.loading}
        items={items}
        trackBy="id"
        header={
          <Header
            variant="h2"
            description={t.sessionsAbout}
            actions={
              <Button disabled={items.length < 2} loading={end.isRunning} onClick={() => void end.run("")}>
                {t.endOthers}
              </Button>
            }
          >
            {t.sessions}
          </Header>
        }
        columnDefinitions={[
          { id: "agent", header: t.device, isRowHeader: true, cell: (one) => browserOf(one.agent), minWidth: 120 },
          { id: "address", header: t.address, minWidth: 130, cell: (one) => one.sourceIp },
          { id: "way", header: t.way, minWidth: 130, cell: (one) => ways[one.way] ?? one.way },
          { id: "began", header: t.began, minWidth: 150, cell: (one) => <TimeText at={one.createdAt} /> },
          { id: "seen", header: t.seen, minWidth: 150, cell: (one) => <TimeText at={one.seenAt} /> },
          {
            id: "end",
            header: t.actions,
            minWidth: 110,
            cell: (one) =>
              one.isThis ? (
                t.thisOne
              ) : (
                <Button
                  variant="inline-link"
                  ariaLabel={t.endOf(`${browserOf(one.agent)}, ${one.sourceIp}`)}
                  onClick={() => void end.run(one.id)}
                >
                  {t.end}
                </Button>
              ),
          },
        ]}
      />
    </SpaceBetween>
  );
}

/** What a person calls a browser, out of what it calls itself. */
function browserOf(agent: string): string {
  const known = [
    [/Edg\//, "Edge"],
    [/Firefox\//, "Firefox"],
    [/Chrome\//, "Chrome"],
    [/Safari\//, "Safari"],
  ] as const;
  const systems = [
    [/Android/, "Android"],
    [/iPhone|iPad/, "iOS"],
    [/Windows/, "Windows"],
    [/Mac OS X/, "macOS"],
    [/Linux/, "Linux"],
  ] as const;
  const browser = known.find(([pattern]) => pattern.test(agent))?.[1];
  const system = systems.find(([pattern]) => pattern.test(agent))?.[1];
  return browser ? [browser, system].filter(Boolean).join(", ") : agent || "-";
}
