/* A dialog with a form in it: what it asks for, and what came of sending it. */

import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type ReactNode, useId } from "react";
import { define, useWords } from "../frame/words";
import { Failure } from "./Failure";

const words = define({
  cancel: ["Cancel", "キャンセル"],
  close: ["Close", "閉じる"],
});

export interface FormDialogProps {
  title: string;
  /** What it says on the button. */
  verb: string;
  /** What sending it is: see `useAction`. */
  action: { isRunning: boolean; failure: unknown };
  onSubmit: () => unknown;
  onCancel: () => void;
  children: ReactNode;
}

export function FormDialog({ title, verb, action, onSubmit, onCancel, children }: FormDialogProps) {
  const t = useWords(words);
  const id = useId();
  return (
    <Modal
      visible
      header={title}
      closeAriaLabel={t.close}
      onDismiss={onCancel}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onCancel}>
              {t.cancel}
            </Button>
            <Button variant="primary" form={id} formAction="submit" loading={action.isRunning}>
              {verb}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form
        id={id}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void onSubmit();
        }}
      >
        <SpaceBetween size="m">
          {children}
          <Failure failure={action.failure} />
        </SpaceBetween>
      </form>
    </Modal>
  );
}
