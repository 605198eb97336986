/* What SES means by the account's state, and what goes wrong. */

import { HelpText } from "../../frame/page";
import { define, useWords } from "../../frame/words";

const words = define({
  dashboard: ["Account dashboard", "アカウントダッシュボード"],
  dashboard1: [
    "A new account is in the sandbox: it sends only to verified identities and to the mailbox simulator, 200 recipients in 24 hours, one a second. Bounce and complaint rates are those of a typical volume of your mail, as SES reckons them; from 5 % bounces or 0.1 % complaints an account is reviewed, from 10 % or 0.5 % its sending is paused.",
    "新しいアカウントはサンドボックスにあり、送信先は検証済み ID とメールボックスシミュレーターのみ、上限は 24 時間あたり 200 件、1 秒あたり 1 件です。バウンス率と苦情率は SES と同じく代表的な送信量に対して計算されます。バウンス 5 %、苦情 0.1 % で審査の対象となり、10 %、0.5 % で送信が停止されます。",
  ],
  dashboard2: [
    "A complaint rate of zero is no proof that nobody complains: only providers with a feedback loop report. The page “Feedback loops” says which of your recipients can be heard at all.",
    "苦情率が 0 でも、苦情がないとは限りません。通知するのはフィードバックループのあるプロバイダーだけです。どの受信者の苦情が届くかは「フィードバックループ」ページで確認できます。",
  ],
  access: ["Production access", "本稼働アクセス"],
  access1: [
    "Until production access is granted, every recipient has to be verified. On SES a team of AWS decides, usually within a day; here it is the operator of this installation.",
    "本稼働アクセスが承認されるまで、受信者もすべて検証が必要です。SES では AWS の担当チームが通常 1 日以内に審査します。ここではこのシステムの運用者が審査します。",
  ],
  access2: [
    "Requests are refused most often because they do not say how addresses are collected and how bounces and complaints are handled. Ask before the launch, not on its day; the sandbox belongs to one region, and so does the grant.",
    "拒否の主な理由は、宛先の取得方法やバウンス・苦情への対応が書かれていないことです。公開当日ではなく事前に申請してください。サンドボックスも承認もリージョンごとです。",
  ],
  reviews: ["Access reviews", "本稼働アクセスの審査"],
  reviews1: [
    "You decide for the whole installation: whoever sends badly spoils the addresses that all accounts send from.",
    "システム全体のための判断です。1 つのアカウントの不適切な送信は、全アカウントが使う送信元アドレスの評価を損ないます。",
  ],
  reviews2: [
    "Begin with a low quota and raise it with the volume. A denial puts the account back into the sandbox, and its reason is read by the account's owner.",
    "最初は低いクォータとし、送信量に応じて引き上げてください。拒否するとアカウントはサンドボックスに戻り、理由は所有者に表示されます。",
  ],
});

export function Help({ of }: { of: "dashboard" | "access" | "reviews" }) {
  const t = useWords(words);
  return (
    <HelpText title={t[of]}>
      <p>{t[`${of}1`]}</p>
      <p>{t[`${of}2`]}</p>
    </HelpText>
  );
}
