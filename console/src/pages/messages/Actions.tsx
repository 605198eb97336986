/* What may be done with a message: send it again, and act on what of it still waits. */

import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import FormField from "@cloudscape-design/components/form-field";
import Modal from "@cloudscape-design/components/modal";
import Multiselect from "@cloudscape-design/components/multiselect";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { tayori } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { GoLink, segment, useRole } from "../../frame/place";
import { useWords } from "../../frame/words";
import { Destroy } from "../../parts/Destroy";
import { Failure } from "../../parts/Failure";
import { useAction } from "../../parts/useAction";
import type { Timeline } from "./types";
import { words } from "./words";

const OPEN = new Set(["queued", "sending", "deferred", "held"]);

export function Actions({ of, reload }: { of: Timeline; reload: () => Promise<void> }) {
  const t = useWords(words);
  const { may } = useRole();
  const notices = useNotices();
  const [isResending, setResending] = useState(false);
  const [isDropping, setDropping] = useState(false);
  const path = `/tayori/messages/${segment(of.message_id)}`;
  const isOpen = of.recipients.some((one) => OPEN.has(one.state));
  const isHeld = of.recipients.some((one) => one.state === "held");
  const isWaiting = of.recipients.some((one) => one.state === "queued" || one.state === "deferred");
  const allowed = may("administrator");
  const why = allowed ? undefined : t.mayNot;

  const change = async (name: string) => {
    const done = await tayori<Record<string, number>>("POST", `${path}/${name}`, {});
    const count = Object.entries(done).find(([key]) => key !== "in_hand")?.[1] ?? 0;
    const left = done.in_hand ?? 0;
    notices.tell(count ? "success" : "info", count || !left ? t.done(count) : t.inHand(left));
    await reload();
  };
  const acting = useAction(change);
  const go = async (name: string) => {
    await acting.run(name);
  };
  const item = (id: string, text: string, isPossible: boolean) => ({
    id,
    text,
    disabled: !allowed || !isPossible,
    ...(why ? { disabledReason: why } : {}),
  });

  return (
    <>
      <SpaceBetween direction="horizontal" size="xs">
        <ButtonDropdown
          loading={acting.isRunning}
          items={[
            item("hold", t.hold, isWaiting),
            item("release", t.release, isHeld),
            item("expedite", t.expedite, isWaiting),
            item("requeue", t.requeue, isWaiting),
            item("drop", t.drop, isOpen),
          ]}
          onItemClick={({ detail }) => (detail.id === "drop" ? setDropping(true) : void go(detail.id))}
        >
          {t.actions}
        </ButtonDropdown>
        <Button
          variant="primary"
          disabled={!allowed || !of.has_content}
          {...(why || !of.has_content ? { disabledReason: why ?? t.gone } : {})}
          onClick={() => setResending(true)}
        >
          {t.resend}
        </Button>
      </SpaceBetween>
      <Failure failure={acting.failure} onDismiss={acting.clear} />
      {isResending && <Resend of={of} path={path} onClose={() => setResending(false)} reload={reload} />}
      <Destroy
        visible={isDropping}
        title={t.dropTitle}
        verb={t.drop}
        names={of.recipients.filter((one) => OPEN.has(one.state)).map((one) => one.address)}
        act={() => change("drop")}
        onClose={() => setDropping(false)}
      >
        {t.dropText}
      </Destroy>
    </>
  );
}

interface ResendProps {
  of: Timeline;
  path: string;
  onClose: () => void;
  reload: () => Promise<void>;
}

function Resend({ of, path, onClose, reload }: ResendProps) {
  const t = useWords(words);
  const notices = useNotices();
  const options = of.recipients.map((one) => ({ value: one.address, label: one.address }));
  const [chosen, setChosen] = useState<string[]>(options.map((one) => one.value));
  const action = useAction(async () => {
    const done = await tayori<{ message_id: string }>("POST", `${path}/resend`, { recipients: chosen });
    notices.tell(
      "success",
      <>
        {t.resent}{" "}
        <GoLink to={`messages/${segment(done.message_id)}`} color="inverted">
          {done.message_id}
        </GoLink>
      </>,
    );
    await reload();
  });
  const go = async () => {
    if (chosen.length && (await action.run())) onClose();
  };
  return (
    <Modal
      visible
      header={t.resendTitle}
      closeAriaLabel={t.close}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              {t.cancel}
            </Button>
            <Button variant="primary" loading={action.isRunning} onClick={() => void go()}>
              {t.resend}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Box>{t.resendText}</Box>
        <FormField label={t.resendChoose} errorText={chosen.length ? "" : t.resendNeeded}>
          <Multiselect
            options={options}
            selectedOptions={options.filter((one) => chosen.includes(one.value))}
            onChange={({ detail }) => setChosen(detail.selectedOptions.map((one) => one.value ?? ""))}
          />
        </FormField>
        <Failure failure={action.failure} />
      </SpaceBetween>
    </Modal>
  );
}
