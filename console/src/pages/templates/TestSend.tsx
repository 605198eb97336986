import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { call } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { GoLink, segment } from "../../frame/place";
import { useLanguage, useWords } from "../../frame/words";
import { Failure } from "../../parts/Failure";
import { addressFault } from "../../parts/limit";
import { useAction } from "../../parts/useAction";
import type { Parts } from "./Preview";
import { words } from "./words";

export function TestSend({ parts, onClose }: { parts: Parts; onClose: () => void }) {
  const t = useWords(words);
  const language = useLanguage();
  const { tell } = useNotices();
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [set, setSet] = useState("");
  const [isChecked, setChecked] = useState(false);
  const action = useAction(async () => {
    const text = (Data: string | undefined) => (Data ? { Data, Charset: "UTF-8" } : undefined);
    const Body = { Text: text(parts.text), Html: text(parts.html) };
    const sent = await call("SendEmail", {
      FromEmailAddress: from.trim(),
      Destination: { ToAddresses: [to.trim()] },
      ConfigurationSetName: set.trim() || undefined,
      Content: { Simple: { Subject: { Data: parts.subject ?? "", Charset: "UTF-8" }, Body } },
    });
    const id = sent.MessageId ?? "";
    tell(
      "success",
      <>
        {t.sent(id)}{" "}
        <GoLink to={`messages/${segment(id)}`} color="inverted">
          {t.follow}
        </GoLink>
      </>,
    );
  });
  const faults = { from: addressFault(from, language), to: addressFault(to, language) };
  const go = async () => {
    setChecked(true);
    if (!faults.from && !faults.to && (await action.run())) onClose();
  };
  return (
    <Modal
      visible
      header={t.testSend}
      closeAriaLabel={t.close}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              {t.cancel}
            </Button>
            <Button variant="primary" loading={action.isRunning} onClick={() => void go()}>
              {t.send}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Box>{t.testSendText}</Box>
        <FormField label={t.from} description={t.fromHint} errorText={isChecked ? faults.from : ""}>
          <Input value={from} type="email" onChange={({ detail }) => setFrom(detail.value)} />
        </FormField>
        <FormField label={t.to} errorText={isChecked ? faults.to : ""}>
          <Input value={to} type="email" onChange={({ detail }) => setTo(detail.value)} />
        </FormField>
        <FormField label={t.set}>
          <Input value={set} onChange={({ detail }) => setSet(detail.value)} />
        </FormField>
        <Failure failure={action.failure} />
      </SpaceBetween>
    </Modal>
  );
}
