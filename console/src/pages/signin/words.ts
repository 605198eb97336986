import { define } from "../../frame/words";

export const words = define({
  signIn: ["Sign in", "サインイン"],
  signInTitle: ["Sign in to Tayori", "Tayori にサインイン"],
  otherLanguage: ["日本語", "English"],
  name: ["User name", "ユーザー名"],
  nameHint: ["Small letters, digits and . _ @ + -", "英小文字、数字、. _ @ + - を使用できます。"],
  nameFault: [
    "Enter 1 to 64 characters: small letters, digits and . _ @ + -, the first a letter or a digit.",
    "1～64 文字で入力してください。英小文字、数字、. _ @ + - を使用でき、先頭は英小文字または数字です。",
  ],
  nameMissing: ["Enter your user name.", "ユーザー名を入力してください。"],
  password: ["Password", "パスワード"],
  passwordHint: ["At least 12 characters. Length matters, not signs.", "12 文字以上。記号の有無よりも長さが重要です。"],
  passwordMissing: ["Enter your password.", "パスワードを入力してください。"],
  passwordFault: ["Enter 12 to 256 characters.", "12～256 文字で入力してください。"],
  refused: ["The user name or the password is wrong.", "ユーザー名またはパスワードが正しくありません。"],
  tooMany: [
    "There were too many attempts. Wait a quarter of an hour.",
    "試行回数が多すぎます。15 分ほどしてから再試行してください。",
  ],
  passkeyRefused: [
    "This passkey is not known here. Sign in with your password.",
    "このパスキーは登録されていません。パスワードでサインインしてください。",
  ],
  passkeyCancelled: [
    "The device gave no passkey: it was cancelled, took too long, or has none for this site.",
    "パスキーを取得できませんでした。キャンセルされたか、時間切れか、このサイトのパスキーがありません。",
  ],
  signInPasskey: ["Sign in with a passkey", "パスキーでサインイン"],
  signInWith: [(name: string) => `Sign in with ${name}`, (name: string) => `${name} でサインイン`],
  or: ["or", "または"],
  firstStart: [
    "Nobody can sign in yet. Follow the link that the service printed when it started; `tayori user link` makes a new one.",
    "まだユーザーがいません。サービスの起動時に表示されたリンクを開いてください。新しいリンクは `tayori user link` で作成できます。",
  ],
  fromProvider: [
    "The sign-in with the other service did not succeed. Try again.",
    "外部サービスでのサインインに失敗しました。もう一度お試しください。",
  ],
  providerRefused: [
    "The other service did not sign you in, or you cancelled it.",
    "外部サービスでのサインインが拒否されたか、キャンセルされました。",
  ],
  providerBroken: [
    "The other service cannot be reached, or what it answered does not hold. The service's log says why.",
    "外部サービスに接続できないか、応答を検証できませんでした。原因はサービスのログに記録されています。",
  ],
  providerExpired: [
    "This sign-in took longer than ten minutes, or was begun in another browser. Begin again.",
    "サインインが 10 分以内に完了しなかったか、別のブラウザーで開始されています。最初からやり直してください。",
  ],
  providerUnknown: [
    "No user here belongs to that sign-in. Ask an administrator for an invitation; if you have a user, sign in and link it on your profile page.",
    "このサインインに対応するユーザーがいません。管理者に招待を依頼してください。すでにユーザーをお持ちの場合は、サインインしてプロフィールページで関連付けてください。",
  ],
  providerTaken: [
    "That sign-in belongs to another user here.",
    "このサインインは、別のユーザーに関連付けられています。",
  ],
  providerLink: [
    "No user could be made: the invitation has been used, or the account for new users does not exist.",
    "ユーザーを作成できませんでした。招待が使用済みか、新しいユーザー用のアカウントが存在しません。",
  ],
  continueWith: [
    (name: string) => `Continue with ${name}, without a password`,
    (name: string) => `パスワードを設定せず ${name} で続行`,
  ],
  firstUser: ["Create the first user", "最初のユーザーを作成"],
  firstUserText: [
    "This user operates the installation: all accounts, all settings. The link works once.",
    "このユーザーは、すべてのアカウントと設定を管理する運用者になります。このリンクは一度だけ有効です。",
  ],
  newUser: ["Create your user", "ユーザーを作成"],
  newUserText: [
    "You were invited to this console. The link works once.",
    "このコンソールに招待されています。このリンクは一度だけ有効です。",
  ],
  reset: ["Choose a new password", "新しいパスワードを設定"],
  resetText: [
    (name: string) => `For the user ${name}. All sessions of this user end. The link works once.`,
    (name: string) =>
      `ユーザー ${name} のパスワードです。このユーザーのセッションはすべて終了します。このリンクは一度だけ有効です。`,
  ],
  create: ["Create user", "ユーザーを作成"],
  setPassword: ["Set password", "パスワードを設定"],
  gone: ["This link does not open", "このリンクは使用できません"],
  goneText: [
    "It has been used, or its time is over. Ask whoever sent it for a new one.",
    "すでに使用されたか、有効期限が切れています。送付元に新しいリンクを依頼してください。",
  ],
  alreadyIn: ["You are signed in", "サインインしています"],
  alreadyInText: [
    (name: string) => `You are signed in as ${name}. Sign out to use this link.`,
    (name: string) => `${name} としてサインインしています。このリンクを使用するには、サインアウトしてください。`,
  ],
  signOut: ["Sign out", "サインアウト"],
});
