import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { entries, sns } from "../../api/query";
import { useNotices } from "../../frame/notices";
import { Page } from "../../frame/page";
import { segment, useGo } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Boxed, Submitted } from "./attributes";
import { Help } from "./help";
import { words } from "./words";

const help = <Help of="topics" />;

export function Component() {
  const t = useWords(words);
  const go = useGo();
  const { tell } = useNotices();
  const [name, setName] = useState("");
  const [shown, setShown] = useState("");
  const [isTold, setTold] = useState(false);
  const isGood = /^[A-Za-z0-9_-]{1,256}$/.test(name);
  const create = async () => {
    const attributes = shown.trim() ? { Attributes: entries({ DisplayName: shown.trim() }) } : {};
    const made = await sns<{ TopicArn: string }>("CreateTopic", { Name: name, ...attributes });
    tell("success", t.created(name));
    go(`topics/${segment(made.TopicArn)}`);
  };
  return (
    <Page title={t.createTopic} above={[{ text: t.topics, to: "topics" }]} help={help}>
      <Submitted
        verb={t.createTopic}
        isGood={isGood}
        onTold={() => setTold(true)}
        act={create}
        onCancel={() => go("topics")}
      >
        <Boxed title={t.summary}>
          <SpaceBetween size="l">
            <FormField label={t.name} constraintText={t.topicHint} errorText={isTold && !isGood ? t.topicFault : ""}>
              <Input value={name} spellcheck={false} onChange={({ detail }) => setName(detail.value)} />
            </FormField>
            <FormField label={t.displayName} constraintText={t.displayHint}>
              <Input value={shown} onChange={({ detail }) => setShown(detail.value.slice(0, 100))} />
            </FormField>
          </SpaceBetween>
        </Boxed>
      </Submitted>
    </Page>
  );
}
