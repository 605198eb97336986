import { HelpText } from "../../frame/page";
import { define, useWords } from "../../frame/words";

const words = define({
  title: ["Queue", "キュー"],
  means: [
    "SES accepts a message and delivers it later; what receivers put off is kept and tried again, up to 14 hours or as long as MaxDeliverySeconds of the configuration set allows. SES never shows this queue: it only sends DeliveryDelay events. Here each destination is listed with what it waits for.",
    "SES はメッセージを受け付けた後に配信し、受信側に遅延されたものは最長 14 時間、または設定セットの MaxDeliverySeconds の範囲で再試行します。SES ではこのキューは表示されず、DeliveryDelay イベントが発行されるだけです。ここでは、宛先ごとに何を待っているかを確認できます。",
  ],
  wrong: [
    "Most queues pass by themselves: greylisting after minutes, a full mailbox after hours. Throttled means that the receiver finds it too much; sending less helps, trying at once makes it worse. When a source address is refused, no recipient is at fault: look at block lists. Dropping tells nobody, so your application never hears of those recipients; holding keeps them until the deadline.",
    "多くの待機は自然に解消します (グレイリスティングは数分、メールボックスの容量超過は数時間)。「流量制限」は受信側が多すぎると判断した状態で、送信量を減らすのが有効です。すぐに再試行すると悪化します。送信元アドレスが拒否されている場合、宛先に問題はありません。ブロックリストを確認してください。破棄は誰にも通知されないため、アプリケーションは結果を受け取れません。保留は配信期限まで維持されます。",
  ],
});

export function QueueHelp() {
  const t = useWords(words);
  return (
    <HelpText title={t.title}>
      <p>{t.means}</p>
      <p>{t.wrong}</p>
    </HelpText>
  );
}
