import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { useParams } from "react-router";
import { call } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { GoLink, segment, useAddressed, useRole } from "../../frame/place";
import { useLanguage, useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { addressFault } from "../../parts/limit";
import { useAction } from "../../parts/useAction";
import { SetChoice } from "./fields";
import { Help } from "./help";
import { words } from "./words";

const SCENARIOS = ["success", "bounce", "ooto", "complaint", "suppressionlist", "custom"] as const;
const SIMULATOR = "simulator.amazonses.com";
const help = <Help of="test" />;

export function Component() {
  const { name = "" } = useParams();
  const t = useWords(words);
  const language = useLanguage();
  const { tell } = useNotices();
  const maySend = useRole().may("sender");
  const isDomain = !name.includes("@");
  const [local, setLocal] = useState("");
  const [addressed, setScenario] = useAddressed("scenario", "success");
  const scenario = SCENARIOS.find((one) => one === addressed) ?? "success";
  const [custom, setCustom] = useState("");
  const [subject, setSubject] = useState<string>(t.sampleSubject);
  const [body, setBody] = useState<string>(t.sampleBody);
  const [set, setSet] = useState("");
  const [isTold, setTold] = useState(false);
  const from = isDomain ? `${local.trim()}@${name}` : name;
  const to = scenario === "custom" ? custom.trim() : `${scenario}@${SIMULATOR}`;
  const faults = {
    from: addressFault(from, language) && t.fromFault(name),
    to: scenario === "custom" ? addressFault(custom, language) : "",
    subject: subject.trim() ? "" : t.subjectFault,
  };
  const send = useAction(async () => {
    const answer = await call("SendEmail", {
      FromEmailAddress: from,
      Destination: { ToAddresses: [to] },
      Content: {
        Simple: {
          Subject: { Data: subject, Charset: "UTF-8" },
          Body: { Text: { Data: body || " ", Charset: "UTF-8" } },
        },
      },
      ...(set && { ConfigurationSetName: set }),
    });
    const link = <GoLink to={`messages/${segment(answer.MessageId ?? "")}`}>{t.showMessage}</GoLink>;
    tell("success", link, { header: t.sent });
  });
  const options = SCENARIOS.map((value) => ({ value, label: t[value] }));
  return (
    <Page
      title={t.sendTest}
      above={[
        { text: t.title, to: "identities" },
        { text: name, to: `identities/${segment(name)}` },
      ]}
      help={help}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const isWrong = Object.values(faults).some(Boolean);
          setTold(isWrong);
          if (!isWrong) void send.run();
        }}
      >
        <Form
          actions={
            <Button variant="primary" loading={send.isRunning} disabled={!maySend} disabledReason={t.noRole}>
              {t.send}
            </Button>
          }
        >
          <Container header={<Header variant="h2">{name}</Header>}>
            <SpaceBetween size="l">
              <Failure failure={send.failure} />
              {isDomain ? (
                <FormField label={t.from} constraintText={`@${name}`} errorText={isTold ? faults.from : ""}>
                  <Input value={local} spellcheck={false} onChange={({ detail }) => setLocal(detail.value)} />
                </FormField>
              ) : (
                <FormField label={t.from}>
                  <Input value={name} readOnly onChange={() => {}} />
                </FormField>
              )}
              <FormField label={t.scenario} constraintText={scenario === "custom" ? undefined : t.scenarioText}>
                <Select
                  options={options}
                  selectedOption={options.find((one) => one.value === scenario) ?? null}
                  onChange={({ detail }) => setScenario(detail.selectedOption.value ?? "success")}
                />
              </FormField>
              {scenario === "custom" && (
                <FormField label={t.recipient} errorText={isTold ? faults.to : ""}>
                  <Input
                    value={custom}
                    type="email"
                    spellcheck={false}
                    onChange={({ detail }) => setCustom(detail.value)}
                  />
                </FormField>
              )}
              <FormField label={t.subject} errorText={isTold ? faults.subject : ""}>
                <Input value={subject} onChange={({ detail }) => setSubject(detail.value)} />
              </FormField>
              <FormField label={t.body}>
                <Textarea value={body} rows={5} onChange={({ detail }) => setBody(detail.value)} />
              </FormField>
              <SetChoice given={set} change={setSet} isDefault={false} />
            </SpaceBetween>
          </Container>
        </Form>
      </form>
    </Page>
  );
}
