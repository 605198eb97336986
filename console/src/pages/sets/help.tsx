/* What SES means by configuration sets, and what goes wrong with them. */

import { HelpText } from "../../frame/page";
import { define, useWords } from "../../frame/words";

const words = define({
  sets: ["Configuration sets", "設定セット"],
  sets1: [
    "A configuration set is named by each send (in the API, by the header X-SES-CONFIGURATION-SET over SMTP), or is the default of the identity that sends. Its options then apply to the message, and its event destinations hear of it.",
    "設定セットは、送信のたびに名前で指定するか (API のパラメータ、または SMTP では X-SES-CONFIGURATION-SET ヘッダー)、送信元 ID のデフォルトとして設定します。オプションはそのメッセージに適用され、イベントは送信先に発行されます。",
  ],
  sets2: [
    "What goes wrong most often: the set is there, and no mail names it, so neither its TLS policy nor its events ever apply. The page of a message says under which set it was sent.",
    "最も多い失敗は、設定セットを作成したのに送信時に指定していないことです。その場合、TLS ポリシーもイベントの発行も適用されません。どの設定セットで送信されたかは、メッセージのページで確認できます。",
  ],
  delivery: ["TLS and the five-minute limit", "TLS と 5 分の制限"],
  delivery1: [
    "Required TLS keeps mail from ever crossing the network in the clear. A receiver that offers no TLS gets nothing: the message waits, is tried again, and bounces when its time is over. The maximum delivery time says when that is; with 300 seconds the sender learns of it after five minutes.",
    "TLS を必須にすると、メールが平文でネットワークを流れることはありません。受信側が TLS に対応していなければ配信されず、再試行ののち、時間切れでバウンスします。その時間を決めるのが最大配信時間で、300 秒なら 5 分後に送信者に分かります。",
  ],
  delivery2: [
    "Five minutes suit a code for signing in, and little else. Receivers that greylist defer the first try of a stranger, often for five minutes: such mail bounces with CustomTimeoutExceeded though nothing is wrong with the address. Give ordinary mail hours.",
    "5 分が適しているのは、サインイン用コードのようなメールだけです。グレーリストを使う受信側は、初めての送信元からの配信を 5 分ほど待たせることが多く、アドレスに問題がなくても CustomTimeoutExceeded でバウンスします。通常のメールには数時間を指定してください。",
  ],
  events: ["Event destinations", "イベント送信先"],
  events1: [
    "An event tells what became of a message: sent, delivered, bounced, complained of. A destination takes the types that are chosen for it and gets SES's own JSON: by an SNS topic to HTTP endpoints, queues or mail, by EventBridge, by Firehose to files, as counts in CloudWatch, or by a webhook.",
    "イベントは、送信、配信、バウンス、苦情など、メッセージに起きたことを伝えます。送信先は選択したタイプのイベントを SES と同じ JSON で受け取ります。SNS トピック (HTTP エンドポイント、キュー、E メール)、EventBridge、Firehose (ファイル)、CloudWatch (件数)、Webhook を使用できます。",
  ],
  events2: [
    "What goes wrong: the subscription was never confirmed, a filter policy lets nothing through, the endpoint is not reachable from here or answers an error. The test on a destination's page shows each of these with the reply. Opens and clicks change the message's HTML, so choose them only where they are wanted.",
    "よくある問題は、サブスクリプションの未確認、フィルターポリシーの不一致、エンドポイントに到達できない、エラー応答です。送信先のページのテストでは、応答とともに原因を確認できます。開封とクリックは HTML を書き換えるため、必要な場合だけ選択してください。",
  ],
});

export function Help({ of }: { of: "sets" | "delivery" | "events" }) {
  const t = useWords(words);
  return (
    <HelpText title={t[of]}>
      <p>{t[`${of}1`]}</p>
      <p>{t[`${of}2`]}</p>
    </HelpText>
  );
}
