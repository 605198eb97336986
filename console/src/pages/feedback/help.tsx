/* What SES means by suppression and by complaints, and what goes wrong. */

import { HelpText } from "../../frame/page";
import { define, useWords } from "../../frame/words";

const words = define({
  suppression: ["Suppression list", "抑制リスト"],
  suppression1: [
    "Each account has a list of its own in each region. An address comes onto it when mail to it bounces for good or its reader complains, and mail to it is then accepted and not attempted: a Bounce event says that it was suppressed.",
    "抑制リストは、アカウントとリージョンごとにあります。ハードバウンスまたは苦情が発生したアドレスが追加され、以後のメールは受け付けられますが送信されません。抑制されたことはバウンスイベントで分かります。",
  ],
  suppression2: [
    "What goes wrong: a receiver said in error that an address does not exist, and the customer gets nothing any more. Remove the address, and send once. A search goes by the beginning of an address; before the @, upper and lower case are told apart.",
    "よくある問題は、受信側が誤って「存在しない」と応答し、その顧客に届かなくなることです。アドレスを削除してから送信してください。検索はアドレスの先頭一致で、@ の前は大文字と小文字が区別されます。",
  ],
  loops: ["Feedback loops", "フィードバックループ"],
  loops1: [
    "A complaint is a reader's click on the spam button. It becomes a Complaint event only if his provider runs a feedback loop and the sender is enrolled in it. AWS did that for all customers of SES; here each installation enrols for itself.",
    "苦情とは、受信者が迷惑メール報告のボタンを押すことです。苦情イベントになるのは、プロバイダーがフィードバックループを運用し、送信者が登録している場合だけです。SES では AWS が登録を行っていましたが、ここではインストールごとに登録が必要です。",
  ],
  loops2: [
    "What goes wrong: a complaint rate of zero is taken for content readers. Look at the coverage first: of mail to Gmail and most companies no complaint is ever reported. There, offer one-click unsubscribe, and watch the providers' own figures.",
    "よくある誤解は、苦情率 0 % を問題なしと考えることです。まず対応状況を確認してください。Gmail や多くの企業宛のメールでは、苦情は報告されません。ワンクリック登録解除を用意し、プロバイダーの集計値を確認してください。",
  ],
});

export function Help({ of }: { of: "suppression" | "loops" }) {
  const t = useWords(words);
  return (
    <HelpText title={t[of]}>
      <p>{t[`${of}1`]}</p>
      <p>{t[`${of}2`]}</p>
    </HelpText>
  );
}
