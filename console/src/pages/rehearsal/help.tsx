/* What the pages of the rehearsal are for, and what goes wrong outside of it. */

import { HelpText } from "../../frame/page";
import { define, useWords } from "../../frame/words";

const words = define({
  dns: ["DNS panel", "DNS パネル"],
  dns1: [
    "SES verifies a domain by records that its administrator types somewhere else: in the panel of a registrar or a DNS service. This page is that panel. What you register is what the service, and every receiver of the rehearsal, finds in the DNS.",
    "SES は、ドメイン管理者がレジストラや DNS サービスの画面で登録したレコードによってドメインを検証します。このページはその管理画面の役割をします。登録したレコードは、サービスとリハーサル内のすべての受信側が DNS で参照します。",
  ],
  dns2: [
    "Most failures are made here: the domain typed twice, quotation marks in the value, a missing final dot. Choose a panel with habits, type a record wrongly, and look at what the identity's page says about it.",
    "失敗の多くはここで起こります。ドメイン名の二重入力、値に含まれる引用符、末尾のドットの抜けなどです。癖のある管理画面を選び、誤って入力したときに ID のページがどう説明するかを確認してください。",
  ],
  mail: ["Received mail", "受信メール"],
  mail1: [
    "Here you are the reader. Each message carries the receiver's verdict: whether SPF, DKIM and DMARC passed, and whether it came over TLS. SES never shows this; to see it there, one has to send to a mailbox of one's own.",
    "ここではメールの受信者になります。各メッセージには受信側の判定 (SPF、DKIM、DMARC の結果と TLS の有無) が付いています。SES では表示されないため、通常は自分のメールボックスに送って確認するしかありません。",
  ],
  mail2: [
    '"Report spam" does what the button at a provider does. Only a provider with a feedback loop tells the sender, so a complaint at nofbl.test changes nothing here: the reader is not suppressed, and the rate stays as it is.',
    "「迷惑メールとして報告」は、プロバイダーのボタンと同じ動作をします。送信者に伝わるのはフィードバックループのあるプロバイダーだけです。nofbl.test での苦情は伝わらず、受信者は抑制リストに入らず、苦情率も変わりません。",
  ],
  providers: ["Mail providers", "メールプロバイダー"],
  providers1: [
    "Each provider plays one behavior that senders meet: unknown users, full mailboxes, greylisting, bounces that come later, missing TLS. Addresses need not be made: every local part exists.",
    "各プロバイダーは、送信時によくある動作を 1 つずつ再現します。宛先不明、容量超過、グレーリスト、後から届くバウンス、TLS なしなどです。アドレスの作成は不要で、任意のローカルパートを使用できます。",
  ],
  providers2: [
    "Where a configuration set requires TLS, mail to a provider without it waits and is given up after the set's maximum delivery time. Nothing is ever sent in the clear, and the bounce says why.",
    "設定セットで TLS が必須の場合、TLS のないプロバイダー宛てのメールは待機し、最大配信時間を過ぎるとバウンスします。平文で送信されることはなく、バウンスに理由が示されます。",
  ],
  clock: ["Clock", "時計"],
  clock1: [
    "The service and its receivers share one clock, which can be advanced or run faster. So the end of a five-minute limit, the next retry, or a new day's quota show at once instead of being waited for.",
    "サービスと受信側は 1 つの時計を共有しており、進めたり速くしたりできます。5 分の制限の終わり、次の再試行、翌日のクォータなどを待たずに確認できます。",
  ],
  clock2: [
    "Network time-outs and the lifetime of certificates keep to true time. Signed requests of AWS's SDKs do so too: they are checked against the machine's clock, so they stay valid.",
    "ネットワークのタイムアウトと証明書の有効期間は実際の時刻に従います。AWS SDK の署名付きリクエストもマシンの時計で検証されるため、そのまま使用できます。",
  ],
});

export function Help({ of }: { of: "dns" | "mail" | "providers" | "clock" }) {
  const t = useWords(words);
  return (
    <HelpText title={t[of]}>
      <p>{t[`${of}1`]}</p>
      <p>{t[`${of}2`]}</p>
    </HelpText>
  );
}
