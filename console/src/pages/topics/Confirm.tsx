import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { sns } from "../../api/query";
import { useNotices } from "../../frame/notices";
import { usePlace } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import { words } from "./words";

/** The token, by itself or in the link that the endpoint was sent. */
export function tokenOf(text: string): string {
  const given = text.trim();
  const inLink = /[?&]Token=([^&\s]+)/.exec(given);
  return inLink?.[1] ? decodeURIComponent(inLink[1]) : given;
}

export interface ConfirmProps {
  visible: boolean;
  topic?: string;
  onClose: (arn?: string) => void;
}

export function Confirm({ visible, topic, onClose }: ConfirmProps) {
  const t = useWords(words);
  const { tell } = useNotices();
  const { account, region } = usePlace();
  const [text, setText] = useState("");
  const [isTold, setTold] = useState(false);
  const isGood = /^\S{10,600}$/.test(tokenOf(text));
  const confirming = useAction(async () => {
    const linked = /[?&]TopicArn=([^&\s]+)/.exec(text)?.[1];
    // The token decides; only the region of the topic's ARN has to be right.
    const TopicArn = topic ?? (linked ? decodeURIComponent(linked) : `arn:aws:sns:${region}:${account}:any`);
    const answer = await sns<{ SubscriptionArn: string }>("ConfirmSubscription", { TopicArn, Token: tokenOf(text) });
    tell("success", t.confirmedNow);
    setText("");
    setTold(false);
    onClose(answer.SubscriptionArn);
  });
  const go = () => {
    setTold(true);
    if (isGood) void confirming.run();
  };
  return (
    <Modal
      visible={visible}
      header={t.confirm}
      closeAriaLabel={t.close}
      onDismiss={() => onClose()}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => onClose()}>
              {t.cancel}
            </Button>
            <Button variant="primary" loading={confirming.isRunning} onClick={go}>
              {t.confirm}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Box variant="p">{t.confirmText}</Box>
        <FormField label={t.token} errorText={isTold && !isGood ? t.tokenFault : ""} stretch>
          <Textarea value={text} rows={4} spellcheck={false} onChange={({ detail }) => setText(detail.value)} />
        </FormField>
        <Failure failure={confirming.failure} />
      </SpaceBetween>
    </Modal>
  );
}
