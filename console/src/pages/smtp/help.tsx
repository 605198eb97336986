import { HelpText } from "../../frame/page";
import { define, useWords } from "../../frame/words";

const words = define({
  title: ["SMTP settings", "SMTP 設定"],
  first: [
    "As on SES, an SMTP password is not the secret access key but is derived from it, for one Region. A password for another Region is refused with 535. Software that takes only host, user name and password uses SMTP; the AWS SDKs use the API with their endpoint set to this one.",
    "SES と同様に、SMTP パスワードはシークレットアクセスキーそのものではなく、リージョンごとに導出されます。別のリージョンのパスワードは 535 で拒否されます。ホスト、ユーザー名、パスワードのみを設定するソフトウェアでは SMTP を、AWS SDK ではエンドポイントを変更して API を使用します。",
  ],
  second: [
    "What goes wrong: a library without STARTTLS gets 530, since mail is only taken over TLS; a certificate of this installation's own authority must be trusted by the program, never waved through; and 554 with “not verified” is about the From address, not the credentials. To rotate, create the new key first, and delete the old one when its last use stands still.",
    "よくある問題: STARTTLS を使わないライブラリは 530 で拒否されます (TLS が必須)。独自の認証局の証明書は、検証を無効にせず、プログラムに信頼させてください。554 で「検証されていない」と返る場合は認証情報ではなく送信元アドレスの問題です。ローテーションでは先に新しいキーを作成し、古いキーの最終使用日時が更新されなくなってから削除してください。",
  ],
});

export function Help() {
  const t = useWords(words);
  return (
    <HelpText title={t.title}>
      <p>{t.first}</p>
      <p>{t.second}</p>
    </HelpText>
  );
}
