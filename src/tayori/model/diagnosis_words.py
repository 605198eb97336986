"""What to do about each mistake of `diagnosis`, in English and Japanese.

Owns the sentences: each says what was seen and what to do, to a DNS administrator who has never heard of this service.
A text has the same places ({name}) in both languages; a test holds them to it.
"""

from collections.abc import Sequence

from tayori.model.diagnosis import Advice, Diagnosis
from tayori.model.evidence import Mistake

LANGUAGES = ("en", "ja")

TEXTS: dict[Mistake, tuple[str, str]] = {
    Mistake.IN_PLACE: (
        "{name} is in place; nothing needs to be done.",
        "{name} は正しく登録されています。対応は不要です。",
    ),
    Mistake.MISSING: (
        "No such {rdtype} record stands at {name}. Register it in the zone {zone}: host {host}, type {rdtype}, "
        "value {value}.",
        "{name} に該当する {rdtype} レコードがありません。ゾーン {zone} に、ホスト名 {host}、種別 {rdtype}、"
        "値 {value} で登録してください。",
    ),
    Mistake.NAME_DOUBLED: (
        "The record stands at {place}: the DNS panel appended the domain to a name that had it already. "
        "Delete it and enter only {host} in the host field.",
        "レコードが {place} に登録されています。ドメイン名まで入力した名前の後ろに、管理画面がもう一度ドメイン名を"
        "付けたためです。これを削除し、ホスト名の欄には {host} だけを入力してください。",
    ),
    Mistake.SUBDOMAIN_DROPPED: (
        "The record stands at {place} instead of {name}: the subdomain is missing. Enter {host} in the host field.",
        "レコードが {name} ではなく {place} に登録されています。サブドメインの部分が抜けています。ホスト名の欄には "
        "{host} を入力してください。",
    ),
    Mistake.DOMAINKEY_MISSING: (
        "The record stands at {place}: the part _domainkey is missing from its name. It must stand at {name}; "
        "enter {host} in the host field.",
        "レコードが {place} に登録されており、名前に _domainkey がありません。正しい名前は {name} です。ホスト名の欄"
        "には {host} を入力してください。",
    ),
    Mistake.UNDERSCORE_REFUSED: (
        "The record stands at {place}, without the underscore. The underscore belongs to the name {name}. "
        "Where the panel refuses it, ask the DNS provider to register {host}, or move the zone to a provider that "
        "allows it.",
        "レコードが、アンダースコアのない {place} に登録されています。アンダースコアは名前 {name} の一部です。管理画面"
        "が受け付けない場合は、DNS 事業者に {host} の登録を依頼するか、対応している事業者へゾーンを移してください。",
    ),
    Mistake.VALUE_DOUBLED: (
        "The value of {name} ended up as {found}: the panel appended the domain to it. Enter the value with a final "
        "dot: {value}.",
        "{name} の値が {found} になっています。管理画面が値の後ろにドメイン名を付けたためです。値の末尾にドットを"
        "付けて「{value}.」と入力してください。",
    ),
    Mistake.TRAILING_DOT: (
        "The value of {name} is {found}: the final dot became part of it. Enter it without one: {value}",
        "{name} の値が {found} になっており、末尾のドットが値の一部になっています。末尾のドットを付けずに {value} "
        "と入力してください。",
    ),
    Mistake.FLATTENED: (
        "{name} answers with the key itself and not with a CNAME: the DNS provider flattens the alias. That breaks "
        "at the next change of the key. Switch flattening off for this name, so that a CNAME to {value} is answered.",
        "{name} は CNAME ではなく、鍵そのものを応答しています。DNS 事業者が CNAME を展開 (フラット化) しているため"
        "で、次の鍵の更新で壊れます。この名前の展開を無効にし、{value} への CNAME が応答されるようにしてください。",
    ),
    Mistake.PROXIED: (
        "{name} answers with the addresses {found} and not with a CNAME: the DNS provider's proxy hides it. Switch "
        "the proxy off for this record (DNS only), so that a CNAME to {value} is answered.",
        "{name} は CNAME ではなく、アドレス {found} を応答しています。DNS 事業者のプロキシが CNAME を隠しています。"
        "このレコードのプロキシを無効 (DNS のみ) にし、{value} への CNAME が応答されるようにしてください。",
    ),
    Mistake.TXT_QUOTED: (
        "The TXT value of {name} holds quotation marks as text: {found}. Enter it without quotes: {value}",
        "{name} の TXT の値に、引用符が文字として含まれています: {found}。引用符を付けずに入力してください: {value}",
    ),
    Mistake.TXT_ESCAPED: (
        "The TXT value of {name} holds backslashes as text: {found}. Enter it without them: {value}",
        "{name} の TXT の値に、バックスラッシュが文字として含まれています: {found}。バックスラッシュを付けずに入力"
        "してください: {value}",
    ),
    Mistake.TXT_SPACED: (
        "The TXT value of {name} has spaces where it was broken into pieces: {found}. Enter it in one piece: {value}",
        "{name} の TXT の値に、分割箇所の空白が混じっています: {found}。途中で区切らずに入力してください: {value}",
    ),
    Mistake.TXT_SPLIT: (
        "The TXT value of {name} was cut into several records. It must be one record, of several strings where it is "
        "longer than 255 characters: {value}",
        "{name} の TXT の値が、複数のレコードに分かれています。1 つのレコードにまとめてください (255 文字を超える"
        "場合は、1 つのレコードの中で文字列を分けます): {value}",
    ),
    Mistake.CNAME_IN_THE_WAY: (
        "At {name} stands a CNAME to {alias}, beside which no {rdtype} record can stand. Delete the CNAME, or choose "
        "another subdomain.",
        "{name} に {alias} への CNAME があり、{rdtype} レコードを並べて置けません。CNAME を削除するか、別のサブ"
        "ドメインを選んでください。",
    ),
    Mistake.CNAME_BESIDE_OTHERS: (
        "At {name} a CNAME stands beside records of other types ({others}), which the DNS forbids. Delete those.",
        "{name} に、CNAME とほかの種別 ({others}) のレコードが並んでいます。DNS では許されません。ほかの種別のレコード"
        "を削除してください。",
    ),
    Mistake.OLD_VALUE_CACHED: (
        "The zone is right; resolvers still remember the old value {found} of {name}, for {seconds} more seconds at "
        "the most. Only wait.",
        "ゾーンの登録は正しい状態です。リゾルバーが {name} の以前の値 {found} をまだ記憶しています (最長であと "
        "{seconds} 秒)。お待ちいただくだけで結構です。",
    ),
    Mistake.ABSENCE_CACHED: (
        "The zone is right; resolvers still remember that {name} did not exist, for {seconds} more seconds at the "
        "most. Only wait.",
        "ゾーンの登録は正しい状態です。リゾルバーが「{name} は存在しない」という以前の応答をまだ記憶しています (最長"
        "であと {seconds} 秒)。お待ちいただくだけで結構です。",
    ),
    Mistake.WRONG_ZONE: (
        "{name} belongs to the zone {zone}, which is delegated to {servers}. A record in {domain_zone} is never seen: "
        "register it at those servers, type {rdtype}, value {value}.",
        "{name} は、{servers} に委任されたゾーン {zone} に属します。{domain_zone} に登録しても参照されません。委任先"
        "のサーバーに、種別 {rdtype}、値 {value} で登録してください。",
    ),
    Mistake.IN_PARENT_ZONE: (
        "The record of {name} stands in the zone {parent}, but the name belongs to the delegated zone {zone}. "
        "Register it there.",
        "{name} のレコードがゾーン {parent} に登録されていますが、この名前は委任されたゾーン {zone} に属します。"
        "{zone} に登録してください。",
    ),
    Mistake.ZONE_LAME: (
        "No name server of the zone {zone} answers for it ({servers}). Correct the NS records at the registrar or in "
        "the parent zone {parent}, or create the zone at these servers.",
        "ゾーン {zone} のネームサーバーが、いずれもこのゾーンに応答しません ({servers})。レジストラまたは親ゾーン "
        "{parent} の NS レコードを直すか、これらのサーバーにゾーンを作成してください。",
    ),
    Mistake.SERVER_LAME: (
        "The name server {server} is named for the zone {zone} and does not answer for it ({reason}). Remove it from "
        "the delegation, or create the zone there.",
        "ネームサーバー {server} はゾーン {zone} のサーバーとされていますが、このゾーンに応答しません ({reason})。"
        "委任から外すか、そのサーバーにゾーンを作成してください。",
    ),
    Mistake.SERVER_SILENT: (
        "The name server {server} of {zone} did not answer in time. See that it runs and that UDP and TCP port 53 "
        "are open.",
        "{zone} のネームサーバー {server} から時間内に応答がありません。稼働状況と、UDP・TCP の 53 番ポートが開いて"
        "いることを確認してください。",
    ),
    Mistake.SERVER_UNREACHABLE: (
        "The name server {server} of {zone} cannot be reached ({reason}). Correct its address or the NS record.",
        "{zone} のネームサーバー {server} に到達できません ({reason})。アドレスまたは NS レコードを直してください。",
    ),
    Mistake.SERVER_BROKEN: (
        "The name server {server} of {zone} sends answers that cannot be used ({reason}). Tell its operator; where "
        "the name holds very many records, remove those that are not needed.",
        "{zone} のネームサーバー {server} の応答は利用できません ({reason})。運用者に連絡してください。レコードが"
        "極端に多い場合は、不要なものを削除してください。",
    ),
    Mistake.SERVERS_DISAGREE: (
        "The name servers disagree on {name}: it is right at {right} and not at {wrong}. Wait for the zone transfer, "
        "or see why it does not happen.",
        "{name} について、ネームサーバーの応答が一致しません。{right} では正しく、{wrong} では正しくありません。"
        "ゾーン転送を待つか、転送されない原因を確認してください。",
    ),
    Mistake.DELEGATION_DIFFERS: (
        "The zone {parent} delegates {zone} to {delegated}, while the zone itself names {listed}. Make the two equal "
        "at the registrar.",
        "ゾーン {parent} は {zone} を {delegated} に委任していますが、ゾーン自身は {listed} を挙げています。レジ"
        "ストラで両者を一致させてください。",
    ),
    Mistake.DNSSEC_BROKEN: (
        "DNSSEC of the zone {zone} is broken: validating resolvers refuse it, without validation it answers. Correct "
        "the DS record in the parent zone {parent}, or sign the zone again.",
        "ゾーン {zone} の DNSSEC が壊れています。検証するリゾルバーは応答を拒否し、検証しなければ応答があります。"
        "親ゾーン {parent} の DS レコードを直すか、ゾーンに署名し直してください。",
    ),
    Mistake.RESOLVER_FAILED: (
        "The resolver gave no usable answer for {name}. That proves nothing against the record; it is looked at again "
        "by itself. If it lasts, have the operator of this service look at the resolver.",
        "リゾルバーから {name} の有効な応答が得られませんでした。レコードの誤りを示すものではなく、自動的に再確認され"
        "ます。続く場合は、本サービスの運用者にリゾルバーの確認を依頼してください。",
    ),
    Mistake.DKIM_PARTIAL: (
        "{count} of {total} DKIM records are in place; all are needed. Missing: {missing}.",
        "DKIM のレコードは {total} 件のうち {count} 件だけが正しく登録されています。すべて必要です。不足: {missing}",
    ),
    Mistake.DKIM_SWAPPED: (
        "{name} points to {found}, which belongs to another record. It must point to {value}.",
        "{name} の値が {found} になっていますが、これは別のレコードの値です。正しい値は {value} です。",
    ),
    Mistake.SEVERAL_MX: (
        "{name} has several MX records ({found}). Exactly one may stand there: {value}. Delete the others.",
        "{name} に MX レコードが複数あります ({found})。{value} の 1 件だけを残し、ほかを削除してください。",
    ),
    Mistake.SEVERAL_SPF: (
        "{name} has several SPF records ({found}), which receivers take for an error. Merge them into one that "
        "contains the mechanisms of {value}.",
        "{name} に SPF レコードが複数あり ({found})、受信側でエラーとして扱われます。{value} の内容を含む 1 件に"
        "まとめてください。",
    ),
    Mistake.SPF_WITHOUT_US: (
        "The SPF record of {name} ({found}) does not name this service. Add the include of {value} before its last "
        "term; do not add a second record.",
        "{name} の SPF レコード ({found}) に、本サービスが含まれていません。末尾の項の前に {value} の include を"
        "追加してください。2 件目のレコードは追加しないでください。",
    ),
    Mistake.STILL_AMAZON: (
        "{name} still has the value for Amazon SES ({found}). Replace it with {value}.",
        "{name} の値が Amazon SES のもの ({found}) のままです。{value} に置き換えてください。",
    ),
    Mistake.OTHER_KEY: (
        "The public key at {name} is not that of the private key that signs. Replace the record with {value}",
        "{name} の公開鍵が、署名に使う秘密鍵と対になっていません。次の値に置き換えてください: {value}",
    ),
    Mistake.REVOKED_KEY: (
        "The key record at {name} has an empty p=, which revokes the key. Replace it with {value}",
        "{name} の鍵レコードの p= が空で、鍵が失効しています。次の値に置き換えてください: {value}",
    ),
    Mistake.SEVERAL_KEYS: (
        "{name} has several key records, of which receivers take any. Leave only this one: {value}",
        "{name} に鍵のレコードが複数あり、受信側がどれを使うか定まりません。次の 1 件だけを残してください: {value}",
    ),
    Mistake.WRONG_REGION: (
        "{name} has the value of another region or zone of the service ({found}). Replace it with {value}.",
        "{name} の値が、本サービスの別のリージョンまたはゾーンのもの ({found}) です。{value} に置き換えてください。",
    ),
    Mistake.WRONG_VALUE: (
        "{name} has another value ({found}). Replace it with {value}.",
        "{name} の値が異なります ({found})。{value} に置き換えてください。",
    ),
    Mistake.SERVER_NOT_ASKED: (
        "The name server {server} of {zone} was not asked from here: {reason}.",
        "{zone} のネームサーバー {server} には、ここからは問い合わせていません ({reason})。",
    ),
    Mistake.NOT_ALL_ASKED: (
        "{server} was not asked for {zone}, since the time or the number of questions for one look was used up. Look "
        "again later.",
        "1 回の確認に使える時間または質問数の上限に達したため、{zone} について {server} には問い合わせていません。"
        "後でもう一度確認してください。",
    ),
    Mistake.ONLY_CACHED: (
        "{name} is seen only because resolvers remember it, for {seconds} more seconds at the most: no name server of "
        "the zone has it any more. Register it again.",
        "{name} が見えているのは、リゾルバーが記憶しているためです (最長であと {seconds} 秒)。ゾーンのネームサーバー"
        "には既にありません。登録し直してください。",
    ),
}


def sentence(advice: Advice, language: str) -> str:
    return TEXTS[advice.mistake][LANGUAGES.index(language)].format(**advice.places)


def sentences(diagnosis: Diagnosis) -> dict[str, Sequence[str]]:
    """All advice of one record, by language."""
    return {language: [sentence(item, language) for item in diagnosis.advice] for language in LANGUAGES}
