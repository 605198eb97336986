/* What SNS means by topics and subscriptions, and what goes wrong with them. */

import { HelpText } from "../../frame/page";
import { define, useWords } from "../../frame/words";

const words = define({
  topics: ["Topics and subscriptions", "トピックとサブスクリプション"],
  topics1: [
    "SES tells of events by SNS: it publishes to a topic, and the topic passes it on to each subscription. An HTTP endpoint gets it in SNS's signed envelope, with SES's JSON as a text in Message; a mail address gets a mail, a queue a message.",
    "SES はイベントを SNS で通知します。トピックに発行された内容は、各サブスクリプションに配信されます。HTTP エンドポイントには SNS の署名付きエンベロープで届き、SES の JSON は Message に文字列として入ります。メールアドレスには E メール、キューにはメッセージが届きます。",
  ],
  topics2: [
    "A subscription gets nothing before it is confirmed: the endpoint has to open the link that it is sent. Most endpoints that get nothing were never confirmed, or have a filter on message attributes, which SES's events do not have: filter by the message body.",
    "確認が完了するまで、サブスクリプションには何も届きません。エンドポイントは、送られたリンクを開く必要があります。届かない原因の多くは、未確認か、メッセージ属性に対するフィルターです。SES のイベントには属性がないため、メッセージ本文でフィルターしてください。",
  ],
  webhooks: ["Webhooks", "Webhook"],
  webhooks1: [
    "A webhook is one URL that events are posted to, with nothing to confirm. Requests are signed by the convention of Standard Webhooks, whose libraries verify them with the secret that is shown when the webhook is made. The header webhook-id stays the same for each try and replay.",
    "Webhook は、確認なしでイベントを直接送信する URL です。リクエストは Standard Webhooks の方式で署名され、作成時に表示されるシークレットを使ってライブラリで検証できます。webhook-id ヘッダーは、再試行や再送でも同じ値です。",
  ],
  webhooks2: [
    "Answer 2xx within 15 seconds. Anything else is tried again, 20 times in about three days. One that has failed for five days without a success is paused, and so is one that answers 410. Nothing is lost: resume it, and replay what it missed.",
    "15 秒以内に 2xx を返してください。それ以外は、約 3 日間に 20 回まで再試行されます。5 日間一度も成功しないか、410 を返した Webhook は一時停止します。通知は失われません。再開して、未達の通知を再送してください。",
  ],
  dead: ["Undelivered notifications", "未配信の通知"],
  dead1: [
    "SNS drops what it could not deliver, unless a subscription has a queue for it. Here it is kept, with the reason, as long as the timelines of messages are, whatever kind of destination it was for.",
    "SNS では、配信できなかった通知は (サブスクリプションにキューを設定しない限り) 破棄されます。このサービスでは、送信先の種類にかかわらず、理由とともにメッセージの履歴と同じ期間保存されます。",
  ],
  dead2: [
    "Mend the endpoint first, then replay: what fails again comes back to this list after its retries. An answer of 4xx is final at the first try, since trying again would not change it. Receivers should know what they have had already by its message id.",
    "先にエンドポイントを修復してから再送してください。再び失敗したものは、再試行の後でこの一覧に戻ります。4xx の応答は再試行しても変わらないため、1 回で断念します。受信側では、メッセージ ID で受信済みかどうかを判断してください。",
  ],
});

export function Help({ of }: { of: "topics" | "webhooks" | "dead" }) {
  const t = useWords(words);
  return (
    <HelpText title={t[of]}>
      <p>{t[`${of}1`]}</p>
      <p>{t[`${of}2`]}</p>
    </HelpText>
  );
}
