/* What went wrong, in the service's own words where it has any, and what to do. */

import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import { ApiFailure } from "../api/failure";
import { define, inLanguage, type Language, useLanguage, useWords } from "../frame/words";

const words = define({
  header: ["This could not be done", "処理できませんでした"],
  loadHeader: ["This could not be loaded", "読み込めませんでした"],
  unreachable: [
    "The service does not answer. Nothing is known about what became of the request.",
    "サービスから応答がありません。リクエストが処理されたかどうかは不明です。",
  ],
  forbidden: [
    "Your role in this account does not allow it. An administrator of the account can change your role.",
    "このアカウントでのロールでは許可されていません。アカウントの管理者がロールを変更できます。",
  ],
  internal: [
    "The service failed on this request. The operator finds it in the log.",
    "サービス内部でエラーが発生しました。運用担当者はログで確認できます。",
  ],
  again: ["Try again", "再試行"],
});

/** One sentence; what the service says stands as it was said, since it names the value that is wrong. */
export function sentenceOf(failure: unknown, language: Language): string {
  const t = inLanguage(words, language);
  if (!(failure instanceof ApiFailure)) return failure instanceof Error ? failure.message : String(failure);
  if (failure.status === 0) return t.unreachable;
  if (failure.isForbidden) return `${t.forbidden} ${failure.message}`.trim();
  if (failure.status >= 500) return `${t.internal} ${failure.message}`.trim();
  return failure.message || failure.code;
}

export interface FailureProps {
  failure: unknown;
  retry?: (() => unknown) | undefined;
  /** What could not be done, where the page can say it better. */
  header?: string;
  onDismiss?: () => void;
}

/** Nothing where `failure` is null. */
export function Failure({ failure, retry, header, onDismiss }: FailureProps) {
  const t = useWords(words);
  const language = useLanguage();
  if (failure === null || failure === undefined) return null;
  return (
    <div role="alert">
      <Alert
        type="error"
        header={header ?? (retry ? t.loadHeader : t.header)}
        action={retry ? <Button onClick={() => void retry()}>{t.again}</Button> : undefined}
        dismissible={Boolean(onDismiss)}
        onDismiss={() => onDismiss?.()}
      >
        {sentenceOf(failure, language)}
      </Alert>
    </div>
  );
}
