import { HelpText } from "../../frame/page";
import { define, useWords } from "../../frame/words";

const words = define({
  audit: ["Audit log", "監査ログ"],
  audit1: [
    "On AWS this is CloudTrail's part; here it belongs to the service. An entry is written in the transaction of the change itself, so there is no change without one. Operations with a matching reading operation carry what that operation said before and after.",
    "AWS では CloudTrail が担う機能ですが、ここではサービス自体に含まれています。API による変更の記録は変更と同じトランザクションで書き込まれるため、記録のない変更はありません。対応する読み取り操作がある場合は、その操作による変更前後の値も記録されます。",
  ],
  audit2: [
    "Sends are not listed: they are found under messages. Secrets and the content of messages and templates are never recorded; that they changed shows as “(hidden)” on both sides. Refused calls are listed with the code of their error, which helps where a program says only that it failed.",
    "送信は対象外で、メッセージのページで確認できます。シークレットとメッセージやテンプレートの本文は記録されず、変更された場合は前後とも「(hidden)」と表示されます。拒否された呼び出しもエラーコードとともに記録されるため、プログラム側のエラーの原因調査に役立ちます。",
  ],
  settings: ["Settings", "サービスの設定"],
  settings1: [
    "What the running process works with. A setting comes from the command line, what the rehearsal sets, the environment, the configuration file or its default, in this order.",
    "実行中のプロセスが使用している設定です。コマンドライン、リハーサルによる設定、環境変数、設定ファイル、デフォルトの順に優先されます。",
  ],
  settings2: [
    "A change in the file shows here after a restart. If a value is not the one you wrote, look at its source: the environment wins over the file.",
    "設定ファイルの変更は再起動後に表示されます。記述した値と異なる場合は設定元を確認してください。環境変数は設定ファイルより優先されます。",
  ],
  accounts: ["Accounts", "アカウント"],
  accounts1: [
    "An account is a customer of the installation: its identities, quotas, suppression list and reputation are its own, in each Region apart. A new one is in the sandbox, as on SES.",
    "アカウントはサービスの利用単位です。ID、クォータ、抑制リスト、評価はアカウントごと、リージョンごとに独立しています。新しいアカウントは SES と同様にサンドボックスで開始されます。",
  ],
  accounts2: [
    "Nobody but operators can enter an account before users are given access to it. Production access is granted in the operator's inbox, not here.",
    "ユーザーにアクセス権が付与されるまで、アカウントに入れるのは運用者のみです。本稼働アクセスの承認はこのページではなく、審査のページで行います。",
  ],
});

export function Help({ of }: { of: "audit" | "settings" | "accounts" }) {
  const t = useWords(words);
  return (
    <HelpText title={t[of]}>
      <p>{t[`${of}1`]}</p>
      <p>{t[`${of}2`]}</p>
    </HelpText>
  );
}
