/* Asks before something is destroyed, and names it. What cannot be brought back has to be typed. */

import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type ReactNode, useEffect, useState } from "react";
import { define, useWords } from "../frame/words";
import { Failure } from "./Failure";
import { useAction } from "./useAction";

const words = define({
  cancel: ["Cancel", "キャンセル"],
  close: ["Close", "閉じる"],
  label: [(word: string) => `To confirm, type ${word}`, (word: string) => `確認のため「${word}」と入力してください`],
});

export interface DestroyProps {
  visible: boolean;
  /** Such as "Delete identity". */
  title: string;
  /** What it says on the button, such as "Delete". */
  verb: string;
  /** The names of what is destroyed. */
  names: string[];
  /** What follows from it. */
  children?: ReactNode;
  /** Has to be typed before, for what cannot be brought back. */
  confirm?: string;
  act: () => Promise<unknown>;
  onClose: (done: boolean) => void;
}

export function Destroy({ visible, title, verb, names, children, confirm, act, onClose }: DestroyProps) {
  const t = useWords(words);
  const [typed, setTyped] = useState("");
  const action = useAction(act);
  useEffect(() => {
    if (visible) {
      setTyped("");
      action.clear();
    }
  }, [visible]);
  const isReady = !confirm || typed.trim() === confirm;
  const go = async () => {
    if (isReady && (await action.run())) onClose(true);
  };
  return (
    <Modal
      visible={visible}
      header={title}
      closeAriaLabel={t.close}
      onDismiss={() => onClose(false)}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => onClose(false)}>
              {t.cancel}
            </Button>
            <Button variant="primary" disabled={!isReady} loading={action.isRunning} onClick={() => void go()}>
              {verb}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <ul>
          {names.slice(0, 20).map((name) => (
            <li key={name}>
              <strong>{name}</strong>
            </li>
          ))}
          {names.length > 20 && <li>… ({names.length})</li>}
        </ul>
        {children && <Alert type="warning">{children}</Alert>}
        {confirm && (
          <FormField label={t.label(confirm)}>
            <Input
              value={typed}
              autoComplete={false}
              onChange={({ detail }) => setTyped(detail.value)}
              onKeyDown={({ detail }) => detail.key === "Enter" && void go()}
            />
          </FormField>
        )}
        <Failure failure={action.failure} />
      </SpaceBetween>
    </Modal>
  );
}
