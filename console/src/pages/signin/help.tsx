import { HelpText } from "../../frame/page";
import { define, useWords } from "../../frame/words";

const words = define({
  users: ["Users and access", "ユーザーとアクセス"],
  usersFirst: [
    "On AWS, people are users of IAM and the SES console shows what their policies allow. Here each user has one role in each account: a viewer reads, a sender may also send, an administrator may change everything of the account. An operator runs the installation and may do everything in every account. The service itself enforces the role on every call, whatever a page shows.",
    "AWS では利用者は IAM ユーザーであり、SES コンソールにはポリシーで許可された操作が表示されます。ここでは、ユーザーはアカウントごとに 1 つのロールを持ちます。閲覧者は閲覧のみ、送信者は送信も、管理者はアカウントのすべての変更ができます。運用者は環境全体を管理し、すべてのアカウントを操作できます。ロールは画面ではなくサービス側で、呼び出しごとに検査されます。",
  ],
  usersSecond: [
    "What goes wrong: people share one user, and nobody can say who changed what; invite each of them. An administrator cannot disable somebody who is in other accounts, too: remove them from this account, or ask an operator. Programs need no user: they sign with access keys.",
    "よくある問題: 1 人のユーザーを共有すると、誰が変更したかを追跡できません。利用者ごとに招待してください。ほかのアカウントにも所属するユーザーを、管理者が無効化することはできません。このアカウントから削除するか、運用者に依頼してください。プログラムにはユーザーではなくアクセスキーを使用します。",
  ],
  profile: ["Your profile", "プロフィール"],
  profileFirst: [
    "A session ends after 12 hours without use and after 7 days in any case, unless the operator has set other times. A passkey is bound to this site: it cannot be used on a page that only looks like it, which makes it better than any password.",
    "セッションは、12 時間使用しないか、7 日が経過すると終了します (運用者が変更している場合を除きます)。パスキーはこのサイト専用で、よく似た偽サイトでは使用できないため、パスワードより安全です。",
  ],
  profileSecond: [
    "What goes wrong: passkeys cannot be added while the console is open at a bare IP address; open it by its name. A password that is lost is not sent to anybody: an administrator makes a link for a new one, or the operator does on the machine with tayori user link.",
    "よくある問題: IP アドレスで開いたコンソールにはパスキーを追加できません。ホスト名で開いてください。パスワードを忘れた場合は、管理者が再設定用のリンクを作成します。運用者はマシン上の tayori user link でも作成できます。",
  ],
});

export function UsersHelp() {
  const t = useWords(words);
  return (
    <HelpText title={t.users}>
      <p>{t.usersFirst}</p>
      <p>{t.usersSecond}</p>
    </HelpText>
  );
}

export function ProfileHelp() {
  const t = useWords(words);
  return (
    <HelpText title={t.profile}>
      <p>{t.profileFirst}</p>
      <p>{t.profileSecond}</p>
    </HelpText>
  );
}
