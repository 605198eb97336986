/* What SES means by contact lists, and what goes wrong with them. */

import { HelpText } from "../../frame/page";
import { define, useWords } from "../../frame/words";

const words = define({
  title: ["Contact lists and topics", "連絡先リストとトピック"],
  first: [
    "A send names the list and a topic (ListManagementOptions, or the header X-SES-LIST-MANAGEMENT-OPTIONS). The service leaves out who does not want it, writes List-Unsubscribe with one click (RFC 8058), and puts a link to the recipient's own page where the message has {{amazonSESUnsubscribeUrl}}.",
    "送信時にリストとトピックを指定します (ListManagementOptions、または X-SES-LIST-MANAGEMENT-OPTIONS ヘッダー)。希望しない受信者には送信されず、ワンクリックの List-Unsubscribe (RFC 8058) が付き、{{amazonSESUnsubscribeUrl}} の箇所に受信者ページへのリンクが入ります。",
  ],
  second: [
    "What goes wrong: the list is there, and no send names it, so nobody can get off it and nobody is left out. A topic whose default is subscribed reaches everybody who has not said no; in many countries that needs consent. A contact that is deleted has forgotten that he unsubscribed.",
    "よくある問題は、リストがあるのに送信時に指定していないことです。その場合、配信停止のリンクは付かず、停止した人も除外されません。デフォルトがオプトインのトピックは、拒否していない全員に届くため、多くの国では同意が必要です。連絡先を削除すると、配信停止の記録も失われます。",
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
