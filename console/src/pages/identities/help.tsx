/* What SES means by identities, and what goes wrong with them. */

import { HelpText } from "../../frame/page";
import { define, useWords } from "../../frame/words";

const words = define({
  list: ["Identities", "ID"],
  list1: [
    "An identity is a domain or an address that you have proved to be yours. Mail may be sent as a verified address, as any address of a verified domain, and of its subdomains. Each account and Region proves its own.",
    "ID は、所有者であることを証明したドメインまたはメールアドレスです。検証済みのアドレス、検証済みドメインとそのサブドメインのすべてのアドレスから送信できます。検証はアカウントとリージョンごとに必要です。",
  ],
  list2: [
    "What goes wrong: an address is verified where a domain is needed. Mail sent as an address alone is not signed by its domain, so receivers with DMARC refuse it or put it among the spam. Verify the domain.",
    "よくある問題は、ドメインではなくアドレスだけを検証することです。その場合ドメインの署名が付かず、DMARC を確認する受信側では拒否されたり迷惑メールになったりします。ドメインを検証してください。",
  ],
  detail: ["Authentication", "認証"],
  detail1: [
    "The DNS says which key is yours (DKIM) and which hosts send for you (SPF); DMARC asks that one of both match the domain in From. The service searches for the records for 72 hours, often at first; what was found and is gone counts for 72 hours more.",
    "DNS は、ドメインの鍵 (DKIM) と送信ホスト (SPF) を示します。DMARC は、そのどちらかが差出人のドメインと一致することを求めます。レコードは 72 時間まで繰り返し確認され、検証後に消えた場合も 72 時間は有効です。",
  ],
  detail2: [
    "What goes wrong most often: a panel appends the domain to a name that has it already, a proxy hides a CNAME, a second SPF record stands beside the first, the records are in a zone that nobody asks. Each row says which of these it is. Caches keep an old answer for as long as its TTL says.",
    "よくある失敗は、管理画面がドメインを名前の後に重ねて追加する、プロキシが CNAME を隠す、SPF レコードが 2 つある、参照されないゾーンに登録した、などです。原因は各行に表示されます。古い応答は TTL の間キャッシュに残ります。",
  ],
  test: ["Test email", "テスト E メール"],
  test1: [
    "The scenarios of the mailbox simulator show what your application will hear of a delivery, a bounce or a complaint, without a real recipient. They work in the sandbox, too.",
    "メールボックスシミュレーターのシナリオでは、実際の受信者なしで、配信、バウンス、苦情の通知を確認できます。サンドボックスでも使用できます。",
  ],
  test2: [
    "What goes wrong: in the sandbox, a custom recipient has to be a verified identity; and without a configuration set no event destination hears of the message.",
    "サンドボックスでは、カスタム受信者も検証済みの ID である必要があります。また、設定セットを指定しないとイベント送信先には通知されません。",
  ],
});

export function Help({ of }: { of: "list" | "detail" | "test" }) {
  const t = useWords(words);
  return (
    <HelpText title={t[of]}>
      <p>{t[`${of}1`]}</p>
      <p>{t[`${of}2`]}</p>
    </HelpText>
  );
}
