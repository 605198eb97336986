import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { Navigate, useSearchParams } from "react-router";
import { tayori } from "../../api/client";
import { useSessionHolder } from "../../frame/session";
import { useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import { Door } from "./Door";
import { words } from "./words";

export function Component() {
  const t = useWords(words);
  const { session, reload } = useSessionHolder();
  const [search] = useSearchParams();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const action = useAction(async () => {
    await tayori("POST", "/tayori/console/session", { name, password });
    await reload();
  });
  if (session?.signedIn) {
    const to = search.get("to") ?? "/";
    return <Navigate to={to.startsWith("/") && !to.startsWith("//") ? to : "/"} replace />;
  }
  return (
    <Door title={t.signIn}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void action.run();
        }}
      >
        <Container header={<Header variant="h1">{t.signInTitle}</Header>}>
          <Form
            actions={
              <Button variant="primary" loading={action.isRunning}>
                {t.signIn}
              </Button>
            }
          >
            <SpaceBetween size="l">
              <Failure failure={action.failure} />
              <FormField label={t.name}>
                <Input
                  value={name}
                  name="username"
                  autoComplete="username"
                  autoFocus
                  onChange={({ detail }) => setName(detail.value)}
                />
              </FormField>
              <FormField label={t.password}>
                <Input
                  value={password}
                  name="password"
                  type="password"
                  autoComplete="current-password"
                  onChange={({ detail }) => setPassword(detail.value)}
                />
              </FormField>
            </SpaceBetween>
          </Form>
        </Container>
      </form>
    </Door>
  );
}
