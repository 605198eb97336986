/* What went wrong, in the service's own words where it has any, and what to do. */

import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import { useEffect, useState } from "react";
import { ApiFailure } from "../api/failure";
import { inJapanese, leadInJapanese, prepare } from "../api/said";
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
    "サービス内部でエラーが発生しました。運用者はログで確認できます。",
  ],
  again: ["Try again", "再試行"],
  said: ["The service said:", "サービスの応答:"],
  unknown: ["The service refused it.", "サービスが次の応答を返しました。"],
});

interface Sentence {
  text: string;
  /** What the service said, where `text` is not that itself: it can be searched for. */
  original?: string;
}

function sentence(failure: unknown, language: Language): Sentence {
  const t = inLanguage(words, language);
  if (!(failure instanceof ApiFailure)) return { text: failure instanceof Error ? failure.message : String(failure) };
  if (failure.status === 0) return { text: t.unreachable };
  const said = failure.message || failure.code;
  const own = failure.isForbidden ? t.forbidden : failure.status >= 500 ? t.internal : "";
  if (language === "en") return { text: own ? `${own} ${failure.message}`.trim() : said };
  const translated = inJapanese(said);
  const text = failure.isForbidden ? translated || own : own || translated || leadInJapanese(failure.code) || t.unknown;
  return { text, original: said };
}

/** For where there is room for a text alone. What the service says names the value that is wrong, and stands by it. */
export async function sentenceOf(failure: unknown, language: Language): Promise<string> {
  if (language === "ja") await prepare();
  const { text, original } = sentence(failure, language);
  return original ? `${text} (${inLanguage(words, language).said} ${original})` : text;
}

/** Drawn anew once sentences of the service can be shown in Japanese. */
function usePrepared(language: Language, isWanted: boolean): void {
  const [, setPrepared] = useState(false);
  useEffect(() => {
    if (language === "ja" && isWanted) void prepare().then(() => setPrepared(true));
  }, [language, isWanted]);
}

/** What went wrong: in Japanese with the service's own words below, which are SES's. */
export function Told({ failure }: { failure: unknown }) {
  const language = useLanguage();
  usePrepared(language, true);
  const { text, original } = sentence(failure, language);
  return <WithOriginal text={text} original={original} />;
}

/** What the service notes in English, in a list or a log; a text that the table does not have stands as it is. */
export function Said({ text }: { text: string }) {
  const language = useLanguage();
  usePrepared(language, Boolean(text));
  const translated = language === "ja" ? inJapanese(text) : null;
  return translated ? <WithOriginal text={translated} original={text} /> : <span lang="en">{text}</span>;
}

function WithOriginal({ text, original }: Sentence) {
  const t = useWords(words);
  if (!original) return <>{text}</>;
  return (
    <>
      <div>{text}</div>
      <Box variant="small" color="inherit">
        {t.said}{" "}
        <span lang="en" translate="no">
          {original}
        </span>
      </Box>
    </>
  );
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
        <Told failure={failure} />
      </Alert>
    </div>
  );
}
