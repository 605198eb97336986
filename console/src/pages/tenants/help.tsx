/* What SES means by tenants, and what goes wrong with them. */

import { HelpText } from "../../frame/page";
import { define, useWords } from "../../frame/words";

const words = define({
  title: ["Tenants", "テナント"],
  first: [
    "A send that names a tenant (TenantName, or the header X-SES-TENANT) is accepted where its identity, its configuration set and its stored template are associated with the tenant. Its bounces and complaints count for the tenant, and the policy decides when it is paused. Who has been paused sends again once he is reinstated; what was counted before is then no longer held against him.",
    "テナントを指定した送信 (TenantName または X-SES-TENANT ヘッダー) は、使用する ID、設定セット、保存済みテンプレートがテナントに関連付けられている場合に受け付けられます。バウンスと苦情はテナントごとに集計され、ポリシーに従って送信が停止されます。送信を再開すると、それまでの集計はレピュテーションの判定に使用されなくなります。",
  ],
  second: [
    "What goes wrong: the identity is associated, and the default configuration set of the identity is not; the request is then refused as well. A resource cannot be deleted while a tenant has it.",
    "よくある問題は、ID は関連付けたのに、その ID のデフォルト設定セットを関連付けていないことです。この場合も送信は拒否されます。また、テナントに関連付けられているリソースは削除できません。",
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
