/* What is shown where no page can be: an address that leads nowhere, a service that does not answer, a fault of ours. */

import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import { isRouteErrorResponse, useRouteError } from "react-router";
import { BASE } from "./place";
import { define, useWords } from "./words";

const words = define({
  missing: ["There is no such page", "ページが見つかりません"],
  missingText: [
    "The address may be incomplete, or what it led to no longer exists.",
    "アドレスが不完全か、対象がすでに存在しない可能性があります。",
  ],
  start: ["Go to the dashboard", "ダッシュボードへ移動"],
  broken: ["This page has failed", "ページを表示できません"],
  brokenText: [
    "That is a fault of the console, not of yours. Nothing was changed by it. Load the page again; if it fails again, tell the operator what you did and the line below.",
    "コンソール側の不具合であり、操作の誤りではありません。これによる変更はありません。ページを再読み込みしてください。再び発生する場合は、操作内容と次の行を運用者に連絡してください。",
  ],
  unreachable: ["The service does not answer", "サービスから応答がありません"],
  unreachableText: [
    "Check that Tayori runs and that this machine reaches it.",
    "Tayori が起動していること、この端末から接続できることを確認してください。",
  ],
  again: ["Load again", "再読み込み"],
});

export function Missing() {
  const t = useWords(words);
  return (
    <ContentLayout header={<Header variant="h1">{t.missing}</Header>}>
      <Alert type="warning" action={<Button href={`${BASE}/`}>{t.start}</Button>}>
        {t.missingText}
      </Alert>
    </ContentLayout>
  );
}

/** Of the router: a fault in a page, or a file of the console that is no longer there after an update. */
export function Broken() {
  const error = useRouteError();
  const t = useWords(words);
  const what = isRouteErrorResponse(error) ? `${error.status} ${error.statusText}` : String(error);
  return (
    <ContentLayout header={<Header variant="h1">{t.broken}</Header>}>
      <Alert type="error" action={<Button onClick={() => location.reload()}>{t.again}</Button>}>
        <p>{t.brokenText}</p>
        <Box variant="code">{what.slice(0, 300)}</Box>
      </Alert>
    </ContentLayout>
  );
}

export function Unreachable({ failure, retry }: { failure: unknown; retry: () => Promise<void> }) {
  const t = useWords(words);
  const what = failure instanceof Error ? failure.message : "";
  return (
    <Box padding="xxl">
      <Alert type="error" header={t.unreachable} action={<Button onClick={() => void retry()}>{t.again}</Button>}>
        <p>{t.unreachableText}</p>
        {what && <Box variant="code">{what}</Box>}
      </Alert>
    </Box>
  );
}
