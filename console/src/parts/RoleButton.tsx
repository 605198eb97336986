import Button, { type ButtonProps } from "@cloudscape-design/components/button";
import { useRole } from "../frame/place";
import type { Role } from "../frame/session";
import { define, useWords } from "../frame/words";

const words = define({
  sender: [
    "Your role does not allow this. It needs a sender.",
    "現在のロールでは実行できません。送信者の権限が必要です。",
  ],
  administrator: [
    "Your role does not allow this. It needs an administrator.",
    "現在のロールでは実行できません。管理者の権限が必要です。",
  ],
  operator: [
    "Your role does not allow this. It needs an operator.",
    "現在のロールでは実行できません。運用者の権限が必要です。",
  ],
});

export interface RoleButtonProps extends Omit<ButtonProps, "disabledReason"> {
  /** Default: administrator. The service enforces it; the button only says so beforehand. */
  needs?: Exclude<Role, "viewer">;
  /** Why nobody may at present, which is said as well. */
  blocked?: string | undefined;
}

/** A button for those who may; others read why they may not. */
export function RoleButton({ needs = "administrator", blocked, disabled, ...rest }: RoleButtonProps) {
  const t = useWords(words);
  const reason = useRole().may(needs) ? blocked : t[needs];
  return (
    <Button {...rest} disabled={Boolean(disabled) || Boolean(reason)} {...(reason && { disabledReason: reason })} />
  );
}
