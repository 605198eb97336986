/* Whoever follows a one-time link: a new user, the first one, or somebody who has lost the password. */

import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { Navigate, useParams } from "react-router";
import { tayori } from "../../api/client";
import { ApiFailure } from "../../api/failure";
import { segment } from "../../frame/place";
import { useSessionHolder } from "../../frame/session";
import { useLanguage, useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import { useCall } from "../../parts/useCall";
import { Door } from "./Door";
import { isName, isPassword } from "./rules";
import { words } from "./words";

interface Invitation {
  name: string;
  isReset: boolean;
  operator: boolean;
}

export function Component() {
  const t = useWords(words);
  const { token = "" } = useParams();
  const { session, signOut } = useSessionHolder();
  const [isDone, setDone] = useState(false);
  const isIn = session?.signedIn === true;
  const path = `/tayori/console/invitation/${segment(token)}`;
  const found = useCall((signal) => tayori<Invitation>("GET", path, undefined, signal), [token], { when: !isIn });
  if (isIn && isDone) return <Navigate to="/" replace />;
  if (session?.signedIn)
    return (
      <Door title={t.alreadyIn}>
        <Container header={<Header variant="h1">{t.alreadyIn}</Header>}>
          <SpaceBetween size="l">
            <div>{t.alreadyInText(session.user.name)}</div>
            <Button onClick={() => void signOut()}>{t.signOut}</Button>
          </SpaceBetween>
        </Container>
      </Door>
    );
  if (found.value) return <Form token={token} invitation={found.value} onDone={() => setDone(true)} />;
  if (found.failure instanceof ApiFailure && found.failure.status === 404)
    return (
      <Door title={t.gone}>
        <Container header={<Header variant="h1">{t.gone}</Header>}>
          <Alert type="warning">{t.goneText}</Alert>
        </Container>
      </Door>
    );
  return (
    <Door title={t.newUser}>
      <Failure failure={found.failure} retry={found.reload} />
    </Door>
  );
}

/** The other services by which one can come in instead of setting a password. */
function Others({ token }: { token: string }) {
  const t = useWords(words);
  const language = useLanguage();
  const { session } = useSessionHolder();
  const action = useAction(async (id: string) => {
    const path = `/tayori/console/oidc/${segment(id)}/invitation`;
    const { url } = await tayori<{ url: string }>("POST", path, { token });
    window.location.assign(url);
  });
  const others = session?.signedIn === false ? session.ways.oidc : [];
  if (others.length === 0) return null;
  return (
    <SpaceBetween size="s">
      <Failure failure={action.failure} />
      {others.map((one) => (
        <Button
          key={one.id}
          formAction="none"
          fullWidth
          loading={action.isRunning}
          onClick={() => void action.run(one.id)}
        >
          {t.continueWith(language === "ja" ? one.nameJa : one.name)}
        </Button>
      ))}
    </SpaceBetween>
  );
}

function Form({ token, invitation, onDone }: { token: string; invitation: Invitation; onDone: () => void }) {
  const t = useWords(words);
  const { reload } = useSessionHolder();
  const [name, setName] = useState(invitation.name);
  const [password, setPassword] = useState("");
  const [isTold, setTold] = useState(false);
  const isReady = (invitation.isReset || isName(name)) && isPassword(password);
  const action = useAction(async () => {
    await tayori("POST", "/tayori/console/invitation", { token, name: name.trim(), password });
    onDone();
    await reload();
  });
  const newUser = invitation.operator ? t.firstUser : t.newUser;
  const title = invitation.isReset ? t.reset : newUser;
  const newText = invitation.operator ? t.firstUserText : t.newUserText;
  return (
    <Door title={title}>
      <Container
        header={
          <Header variant="h1" description={invitation.isReset ? t.resetText(invitation.name) : newText}>
            {title}
          </Header>
        }
      >
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setTold(true);
            if (isReady) void action.run();
          }}
        >
          <SpaceBetween size="l">
            <Failure failure={action.failure} />
            <FormField
              label={t.name}
              constraintText={invitation.isReset ? "" : t.nameHint}
              errorText={isTold && !invitation.isReset && !isName(name) ? t.nameFault : ""}
            >
              <Input
                value={name}
                name="username"
                autoComplete="username"
                spellcheck={false}
                readOnly={invitation.isReset}
                autoFocus={!invitation.isReset}
                onChange={({ detail }) => setName(detail.value)}
              />
            </FormField>
            <FormField
              label={t.password}
              constraintText={t.passwordHint}
              errorText={isTold && !isPassword(password) ? t.passwordFault : ""}
            >
              <Input
                value={password}
                name="password"
                type="password"
                autoComplete="new-password"
                autoFocus={invitation.isReset}
                onChange={({ detail }) => setPassword(detail.value)}
              />
            </FormField>
            <Button variant="primary" fullWidth loading={action.isRunning}>
              {invitation.isReset ? t.setPassword : t.create}
            </Button>
            {!invitation.isReset && <Others token={token} />}
          </SpaceBetween>
        </form>
      </Container>
    </Door>
  );
}
