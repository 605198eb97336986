import { define } from "../../frame/words";

export const words = define({
  signIn: ["Sign in", "サインイン"],
  signInTitle: ["Sign in to Tayori", "Tayori にサインイン"],
  name: ["User name", "ユーザー名"],
  password: ["Password", "パスワード"],
  refused: ["The user name or the password is wrong.", "ユーザー名またはパスワードが正しくありません。"],
  firstUser: ["Create the first user", "最初のユーザーを作成"],
  firstUserText: [
    "This user operates the installation: all accounts, all settings. The link works once.",
    "このユーザーは、すべてのアカウントと設定を管理する運用者になります。このリンクは一度だけ有効です。",
  ],
  create: ["Create user", "ユーザーを作成"],
});
