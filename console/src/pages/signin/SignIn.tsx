import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { Navigate, useSearchParams } from "react-router";
import { tayori } from "../../api/client";
import { ApiFailure } from "../../api/failure";
import { useSessionHolder } from "../../frame/session";
import { useLanguage, useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import { Door } from "./Door";
import { NoPasskey, signInByPasskey } from "./passkey";
import { providerWord } from "./providers";
import { words } from "./words";

export function Component() {
  const t = useWords(words);
  const language = useLanguage();
  const { session, reload } = useSessionHolder();
  const [search] = useSearchParams();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [isTold, setTold] = useState(false);
  const byPassword = useAction(async () => {
    await tayori("POST", "/tayori/console/session", { name, password });
    await reload();
  });
  const byPasskey = useAction(async () => {
    await signInByPasskey();
    await reload();
  });
  if (session?.signedIn) {
    const to = search.get("to") ?? "/";
    return <Navigate to={/^\/(?![/\\])/.test(to) ? to : "/"} replace />;
  }
  const ways = session?.ways;
  const isBusy = byPassword.isRunning || byPasskey.isRunning;
  return (
    <Door title={t.signIn}>
      <Container header={<Header variant="h1">{t.signInTitle}</Header>}>
        <SpaceBetween size="l">
          {session?.firstStart && <Alert type="info">{t.firstStart}</Alert>}
          {search.has("failed") && (
            <div role="alert">
              <Alert type="error">{providerWord(t, search.get("failed"))}</Alert>
            </div>
          )}
          <Refusal failure={byPassword.failure} refused={t.refused} />
          <Refusal failure={byPasskey.failure} refused={t.passkeyRefused} />
          <form
            onSubmit={(event) => {
              event.preventDefault();
              setTold(true);
              byPasskey.clear();
              if (name.trim() && password && !isBusy) void byPassword.run();
            }}
          >
            <SpaceBetween size="l">
              <FormField label={t.name} errorText={isTold && !name.trim() ? t.nameMissing : ""}>
                <Input
                  value={name}
                  name="username"
                  autoComplete="username"
                  spellcheck={false}
                  autoFocus
                  onChange={({ detail }) => setName(detail.value)}
                />
              </FormField>
              <FormField label={t.password} errorText={isTold && !password ? t.passwordMissing : ""}>
                <Input
                  value={password}
                  name="password"
                  type="password"
                  autoComplete="current-password"
                  onChange={({ detail }) => setPassword(detail.value)}
                />
              </FormField>
              <Button variant="primary" fullWidth loading={byPassword.isRunning}>
                {t.signIn}
              </Button>
            </SpaceBetween>
          </form>
          {(ways?.passkeys || Boolean(ways?.oidc.length)) && (
            <SpaceBetween size="s">
              <Box textAlign="center" color="text-body-secondary">
                {t.or}
              </Box>
              {ways?.passkeys && (
                <Button
                  fullWidth
                  iconName="key"
                  loading={byPasskey.isRunning}
                  onClick={() => {
                    byPassword.clear();
                    if (!isBusy) void byPasskey.run();
                  }}
                >
                  {t.signInPasskey}
                </Button>
              )}
              {ways?.oidc.map((one) => (
                <Button key={one.id} fullWidth href={providerPath(one.id, search.get("to"))}>
                  {t.signInWith(language === "ja" ? one.nameJa : one.name)}
                </Button>
              ))}
            </SpaceBetween>
          )}
        </SpaceBetween>
      </Container>
    </Door>
  );
}

function providerPath(id: string, to: string | null): string {
  return `/tayori/console/oidc/${encodeURIComponent(id)}${to ? `?to=${encodeURIComponent(to)}` : ""}`;
}

/** The refusals that this page knows, in the reader's language; others as they were said. */
function Refusal({ failure, refused }: { failure: unknown; refused: string }) {
  const t = useWords(words);
  let sentence = "";
  if (failure instanceof NoPasskey) sentence = t.passkeyCancelled;
  if (failure instanceof ApiFailure && failure.status === 401) sentence = refused;
  if (failure instanceof ApiFailure && failure.status === 429) sentence = t.tooMany;
  if (!sentence) return <Failure failure={failure} />;
  return (
    <div role="alert">
      <Alert type="error">{sentence}</Alert>
    </div>
  );
}
