import { HelpText } from "../../frame/page";
import { define, useWords } from "../../frame/words";

const words = define({
  title: ["Messages", "メッセージ"],
  means: [
    "SES answers with a message ID once a message is accepted; whether it arrives is known later, for each recipient apart. SES itself shows single messages only to those who bought the Virtual Deliverability Manager. Here every message of the account can be found, with each attempt, the receiver's reply word by word, and who was told.",
    "SES は、メッセージを受け付けた時点でメッセージ ID を返します。届いたかどうかは、後から受信者ごとに分かります。SES でメッセージを個別に確認できるのは Virtual Deliverability Manager の利用者だけですが、ここではアカウントのすべてのメッセージについて、試行ごとの記録、受信側の応答の全文、通知先を確認できます。",
  ],
  wrong: [
    "Delivered means that the receiving host took it, which is not yet the inbox. A bounce with 5.1.1 is a wrong address; 5.7.x is about you: authentication, reputation or content, so look at the panel Authentication first. Delayed mail is tried again for up to 14 hours, or as long as the configuration set says; with five minutes there, greylisting alone can use it up. What is on the suppression list is accepted and not sent.",
    "「配信済み」は受信側のサーバーが受け取ったことを示し、受信トレイに入ったことまでは示しません。5.1.1 のバウンスは宛先の誤り、5.7.x は認証・評価・内容など送信側の問題です。まず「認証」を確認してください。遅延したメールは最長 14 時間 (設定セットで指定した場合はその時間) 再試行されます。5 分に設定すると、グレイリスティングだけで期限切れになることがあります。抑制リストにある宛先は、受け付けられますが送信されません。",
  ],
  tailTitle: ["Live tail", "ライブテール"],
  tailMeans: [
    "SES publishes events to topics and streams; to watch them one builds a consumer first. This page shows the same events, Send, Delivery, Bounce, Complaint, Open, Click, as they are written.",
    "SES ではイベントがトピックやストリームに発行されるため、確認するには受信側の構築が必要です。このページでは、送信・配信・バウンス・苦情・開封・クリックなど、同じイベントが記録と同時に表示されます。",
  ],
  tailWrong: [
    "Open and click events come only with a configuration set that tracks them. Complaints come only from providers whose feedback loop you are enrolled in, and often hours later. When nothing appears at all, nothing was accepted: look at the sandbox and at the reply to your request.",
    "開封とクリックのイベントは、追跡を有効にした設定セットを使用した場合だけ発生します。苦情は、フィードバックループに登録済みのプロバイダーからのみ、多くの場合数時間後に届きます。何も表示されない場合は、メールが受け付けられていません。サンドボックスの状態と、送信リクエストへの応答を確認してください。",
  ],
});

export function MessagesHelp() {
  const t = useWords(words);
  return (
    <HelpText title={t.title}>
      <p>{t.means}</p>
      <p>{t.wrong}</p>
    </HelpText>
  );
}

export function TailHelp() {
  const t = useWords(words);
  return (
    <HelpText title={t.tailTitle}>
      <p>{t.tailMeans}</p>
      <p>{t.tailWrong}</p>
    </HelpText>
  );
}
