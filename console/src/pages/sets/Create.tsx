import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Wizard from "@cloudscape-design/components/wizard";
import { type ReactNode, useState } from "react";
import { call } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { segment, useAddressed, useGo } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import { Fields, Tags } from "./forms";
import { Help } from "./help";
import { AT_FIRST, faultsOf, type Group, type Options, requestOf } from "./options";
import { GROUPS, Shown, titleOf } from "./shown";
import { words } from "./words";

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const STEPS: Group[][] = [["sending"], ["delivery"], ["reputation", "suppression", "tracking"], ["vdm"]];
const help = <Help of="delivery" />;

export function Component() {
  const t = useWords(words);
  const go = useGo();
  const { tell } = useNotices();
  const [name, setName] = useState("");
  const [given, setGiven] = useState<Options>(AT_FIRST);
  const [isTold, setTold] = useState(false); // of faults, once one has tried to go on
  const [addressed, setStep] = useAddressed("step", "0");
  const change = (some: Partial<Options>) => setGiven((known) => ({ ...known, ...some }));
  const faults = faultsOf(given, t);
  const nameFault = NAME.test(name) ? "" : t.nameFault;
  const shown = isTold ? faults : {};
  const create = useAction(async () => {
    await call("CreateConfigurationSet", requestOf(name, given));
    tell("success", t.created(name));
    go(`configuration-sets/${segment(name)}`);
  });
  const wrong = [Boolean(nameFault), Boolean(faults.seconds), Boolean(faults.domain), Boolean(faults.tags)];
  // What was typed is gone after a reload, the address is not: then one starts again.
  const step = name || Number(addressed) === 0 ? Math.min(4, Math.max(0, Number(addressed) || 0)) : 0;
  const to = (wanted: number) => {
    const first = wrong.findIndex((isWrong, at) => isWrong && at < wanted);
    setTold(first >= 0);
    setStep(String(first >= 0 ? first : wanted));
  };
  const fields = (group: Group) => (
    <Container key={group} header={<Header variant="h2">{titleOf(group, t)}</Header>}>
      <Fields group={group} given={given} change={change} fault={shown} />
    </Container>
  );
  const contents: ReactNode[] = [
    <SpaceBetween key="name" size="l">
      <Container header={<Header variant="h2">{t.name}</Header>}>
        <FormField label={t.setName} constraintText={t.nameHint} errorText={isTold ? nameFault : ""}>
          <Input value={name} spellcheck={false} onChange={({ detail }) => setName(detail.value)} />
        </FormField>
      </Container>
      {STEPS[0]!.map(fields)}
    </SpaceBetween>,
    <SpaceBetween key="delivery" size="l">
      {STEPS[1]!.map(fields)}
    </SpaceBetween>,
    <SpaceBetween key="feedback" size="l">
      {STEPS[2]!.map(fields)}
    </SpaceBetween>,
    <SpaceBetween key="other" size="l">
      {STEPS[3]!.map(fields)}
      <Container header={<Header variant="h2">{t.tags}</Header>}>
        <Tags given={given} change={change} fault={shown} />
      </Container>
    </SpaceBetween>,
    <SpaceBetween key="review" size="l">
      <Container header={<Header variant="h2">{t.name}</Header>}>
        <KeyValuePairs items={[{ label: t.setName, value: name }]} />
      </Container>
      {GROUPS.map((group) => (
        <Container key={group} header={<Header variant="h2">{titleOf(group, t)}</Header>}>
          <Shown group={group} given={given} />
        </Container>
      ))}
      <Container header={<Header variant="h2">{t.tags}</Header>}>
        {given.tags.length ? (
          <KeyValuePairs columns={3} items={given.tags.map((one) => ({ label: one.Key, value: one.Value || "-" }))} />
        ) : (
          t.noTags
        )}
      </Container>
      <Failure failure={create.failure} />
    </SpaceBetween>,
  ];
  const titles = [t.stepGeneral, t.stepDelivery, t.stepFeedback, t.stepOther, t.stepReview];
  return (
    <Page title={t.createTitle} above={[{ text: t.title, to: "configuration-sets" }]} help={help} hasOwnHeading>
      <Wizard
        activeStepIndex={step}
        isLoadingNextStep={create.isRunning}
        submitButtonText={t.create}
        onNavigate={({ detail }) => to(detail.requestedStepIndex)}
        onCancel={() => go("configuration-sets")}
        onSubmit={() => void create.run()}
        steps={titles.map((title, at) => ({ title, content: contents[at] }))}
      />
    </Page>
  );
}
