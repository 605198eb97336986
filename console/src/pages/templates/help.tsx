/* What SES means by templates, and what goes wrong with them. */

import { HelpText } from "../../frame/page";
import { define, useWords } from "../../frame/words";

const words = define({
  title: ["Email templates", "E メールテンプレート"],
  first: [
    "A template has places such as {{name}} that are filled with the data of each send. Blocks ({{#if}}, {{#each}}) and inline partials are Handlebars'. Nothing is escaped, as on SES: data that go into HTML have to be safe there.",
    "テンプレートの {{name}} のような箇所に、送信ごとのデータが差し込まれます。ブロック ({{#if}}、{{#each}}) とインラインパーシャルは Handlebars の構文です。SES と同じく値はエスケープされないため、HTML に差し込むデータは安全なものにしてください。",
  ],
  second: [
    "What goes wrong: a value that the data lack. SES then accepts the request and sends nothing; a Rendering Failure event is all that tells of it, where an event destination takes that type. So try the template with data that lack what may be missing, and put {{#if}} around it. In mail programs, dark mode changes colours that a message does not set itself.",
    "よくある問題は、データに値が欠けていることです。その場合、SES はリクエストを受け付けますが、メールは送信されません。レンダリング失敗イベントを受け取るイベント送信先がなければ気付けません。値が欠けたデータでも試し、{{#if}} で囲んでください。また、メールソフトのダークモードでは、メッセージが指定していない色が変わります。",
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
