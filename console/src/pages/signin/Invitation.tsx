import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { Navigate, useParams } from "react-router";
import { tayori } from "../../api/client";
import { useSessionHolder } from "../../frame/session";
import { useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import { Door } from "./Door";
import { words } from "./words";

export function Component() {
  const t = useWords(words);
  const { token = "" } = useParams();
  const { session, reload } = useSessionHolder();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const action = useAction(async () => {
    await tayori("POST", "/tayori/console/invitation", { token, name, password });
    await reload();
  });
  if (session?.signedIn) return <Navigate to="/" replace />;
  return (
    <Door title={t.firstUser}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void action.run();
        }}
      >
        <Container
          header={
            <Header variant="h1" description={t.firstUserText}>
              {t.firstUser}
            </Header>
          }
        >
          <Form
            actions={
              <Button variant="primary" loading={action.isRunning}>
                {t.create}
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
                  autoComplete="new-password"
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
