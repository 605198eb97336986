"""What `spf_advice`, `dmarc_advice` and `policy_check` have to say, in English and Japanese.

Owns the sentences, for a DNS administrator who has never heard of this service. A text has the same places ({name}) in
both languages; a test holds them to it.
"""

from collections.abc import Mapping

LANGUAGES = ("en", "ja")

TEXTS: dict[str, tuple[str, str]] = {
    # -- SPF -------------------------------------------------------------------------------------------------------
    "spf.several-records": (
        "There is more than one SPF record, so receivers heed none of them (RFC 7208 4.5). The proposed record "
        "holds the mechanisms of all; check it, register it, and delete the others.",
        "SPF レコードが複数あります。この場合、受信側はどれも採用しません (RFC 7208 4.5)。提案するレコードはすべて"
        "の内容を 1 件にまとめたものです。内容を確認のうえ登録し、ほかの SPF レコードは削除してください。",
    ),
    "spf.unreadable": (
        "The SPF record has terms that cannot be read, so receivers reject it as a whole. The proposed record "
        "leaves them out; put right what was meant before you register it.",
        "SPF レコードに解釈できない語があり、受信側はレコード全体を無効とみなします。提案するレコードではその語を除"
        "いています。本来の意図を確認し、正しい形に直してから登録してください。",
    ),
    "spf.modifier-twice": (
        "redirect= or exp= appears twice, so receivers reject the record as a whole. Keep one.",
        "redirect= または exp= が 2 回現れるため、受信側はレコード全体を無効とみなします。1 つだけにしてください。",
    ),
    "spf.type-99": (
        "There is a record of the type SPF (99) as well. The type is no longer in use (RFC 7208 3.1); delete it, "
        "so that nobody edits the wrong one.",
        "種別 SPF (99) のレコードも登録されています。この種別は廃止されています (RFC 7208 3.1)。取り違えを防ぐため、"
        "削除してください。",
    ),
    "spf.plus-all": (
        "The record ends in +all: it allows every host in the world to send as this domain. Use ~all or -all.",
        "レコードの末尾が +all です。世界中のどのサーバーにもこのドメインを名乗った送信を許しています。~all または "
        "-all にしてください。",
    ),
    "spf.ptr": (
        "The record uses ptr, which is slow, unreliable and not to be used (RFC 7208 5.5). Name the addresses with "
        "ip4: or ip6: instead.",
        "ptr が使われています。遅く不確実なため、使うべきでないとされています (RFC 7208 5.5)。ip4: や ip6: でアドレ"
        "スを指定してください。",
    ),
    "spf.macro": (
        "The record uses macros: what it allows depends on each client, and its look-ups cannot all be counted.",
        "マクロが使われています。許可される範囲は接続元ごとに変わり、問い合わせ回数を正確には数えられません。",
    ),
    "spf.redirect": (
        "The record hands the decision on by redirect=. Ours is placed before it; the record that it leads to "
        "stays as it is.",
        "redirect= で別のレコードに判定を委ねています。当サービスの指定はその手前に置きます。参照先のレコードは変更"
        "しません。",
    ),
    "spf.redirect-ignored": (
        "redirect= has no effect beside all (RFC 7208 6.1).",
        "all があるため、redirect= は無視されます (RFC 7208 6.1)。",
    ),
    "spf.after-all": (
        "Mechanisms stand behind all, where nobody looks at them. Move them before it if they are meant.",
        "all より後ろに機構があり、評価されません。必要なものであれば all の前に移してください。",
    ),
    "spf.no-all": (
        "The record does not say what holds for everybody else. Consider ~all at its end.",
        "それ以外の送信元をどう扱うかが書かれていません。末尾に ~all を置くことをご検討ください。",
    ),
    "spf.ours-not-passing": (
        "Our include stands where it cannot say pass; it is moved to where it can.",
        "当サービスの include が pass を返せない位置または形で書かれています。正しい位置に置き直します。",
    ),
    "spf.long": (
        "The record is longer than 450 octets; some resolvers have trouble with such answers (RFC 7208 3.4).",
        "レコードが 450 オクテットを超えています。受け取りに失敗するリゾルバーがあります (RFC 7208 3.4)。",
    ),
    "spf.too-many-lookups": (
        "The record needs more than 10 DNS look-ups, so receivers reject it as a whole (RFC 7208 4.6.4). Remove "
        "includes that are no longer used, or send with a MAIL FROM domain of its own.",
        "DNS の問い合わせが 10 回を超えるため、受信側はレコード全体を無効とみなします (RFC 7208 4.6.4)。使っていな"
        "い include を減らすか、専用の MAIL FROM ドメインで送信してください。",
    ),
    "spf.too-many-voids": (
        "More than 2 of the record's look-ups find nothing, so receivers may reject it as a whole (RFC 7208 "
        "4.6.4). Remove names that no longer exist.",
        "結果のない DNS の問い合わせが 2 回を超えるため、受信側がレコード全体を無効とみなすことがあります (RFC "
        "7208 4.6.4)。存在しない名前の指定を削除してください。",
    ),
    "spf.broken": (
        "The record leads to one that does not exist or cannot be read, so receivers reject it as a whole.",
        "参照先のレコードが存在しないか、解釈できません。受信側はレコード全体を無効とみなします。",
    ),
    "spf.unanswered": (
        "The DNS did not answer every question, so the count of look-ups may be too low.",
        "一部の DNS 問い合わせに応答がありませんでした。問い合わせ回数は実際より少ない可能性があります。",
    ),
    # -- DMARC: what was found -------------------------------------------------------------------------------------
    "dmarc.found.none": (
        "{domain} publishes no DMARC policy: receivers decide for themselves what to do with mail that imitates it.",
        "{domain} には DMARC ポリシーがありません。なりすましメールをどう扱うかは受信側の判断に任されています。",
    ),
    "dmarc.found.temperror": (
        "The DNS did not answer, so nothing can be said about the DMARC policy of {domain}. Look again later.",
        "DNS が応答しないため、{domain} の DMARC ポリシーを確認できません。後でもう一度確認してください。",
    ),
    "dmarc.found.permerror": (
        "The DMARC record of {domain} cannot be used: there are several, or its p= is missing or unknown. "
        "Receivers behave as if there were none.",
        "{domain} の DMARC レコードは無効です。複数あるか、p= がないか、p= の値が正しくありません。受信側はレコード"
        "がないものとして扱います。",
    ),
    "dmarc.inherited": (
        "{domain} has no DMARC record of its own; that of {above} holds for it.",
        "{domain} 自身の DMARC レコードはなく、上位の {above} のレコードが適用されます。",
    ),
    "dmarc.policy.none": (
        "p=none: receivers deliver mail that fails as before, and only report it. Nobody is kept from imitating "
        "{domain}.",
        "p=none: 認証に失敗したメールも従来どおり配信され、報告だけが行われます。{domain} のなりすましは防げません。",
    ),
    "dmarc.policy.quarantine": (
        "p=quarantine: receivers are asked to put mail from {domain} that fails into the spam folder.",
        "p=quarantine: {domain} を名乗り認証に失敗したメールを、迷惑メールとして隔離するよう受信側に求めています。",
    ),
    "dmarc.policy.reject": (
        "p=reject: receivers are asked to refuse mail from {domain} that fails.",
        "p=reject: {domain} を名乗り認証に失敗したメールを、受信拒否するよう受信側に求めています。",
    ),
    "dmarc.subdomains.none": ("sp=none: subdomains are not protected.", "sp=none: サブドメインは保護されていません。"),
    "dmarc.subdomains.quarantine": (
        "sp=quarantine: failing mail from subdomains goes to the spam folder.",
        "sp=quarantine: サブドメインを名乗り認証に失敗したメールは迷惑メールとして隔離されます。",
    ),
    "dmarc.subdomains.reject": (
        "sp=reject: failing mail from subdomains is refused.",
        "sp=reject: サブドメインを名乗り認証に失敗したメールは受信拒否されます。",
    ),
    "dmarc.nonexistent.none": (
        "np=none: mail from subdomains that do not exist is not held back, by receivers that follow RFC 9989.",
        "np=none: RFC 9989 に従う受信側でも、存在しないサブドメインを名乗るメールは制限されません。",
    ),
    "dmarc.nonexistent.quarantine": (
        "np=quarantine: mail from subdomains that do not exist goes to the spam folder, with receivers that follow "
        "RFC 9989.",
        "np=quarantine: RFC 9989 に従う受信側では、存在しないサブドメインを名乗るメールは迷惑メールとして隔離されま"
        "す。",
    ),
    "dmarc.nonexistent.reject": (
        "np=reject: mail from subdomains that do not exist is refused, by receivers that follow RFC 9989.",
        "np=reject: RFC 9989 に従う受信側では、存在しないサブドメインを名乗るメールは受信拒否されます。",
    ),
    "dmarc.percent": (
        "pct={percent}: the policy is asked for {percent} of 100 failing messages; the next milder one holds for "
        "the rest.",
        "pct={percent}: 認証に失敗したメール 100 通あたり {percent} 通にポリシーを適用し、残りには 1 段階緩いポリシ"
        "ーを適用するよう求めています。",
    ),
    "dmarc.percent-gone": (
        "Receivers that follow RFC 9989 ignore pct={percent} and apply the policy to all mail.",
        "RFC 9989 に従う受信側は pct={percent} を無視し、すべてのメールにポリシーを適用します。",
    ),
    "dmarc.testing": (
        "t=y: the owner is testing; receivers that follow RFC 9989 apply the next milder policy.",
        "t=y: 試験運用中です。RFC 9989 に従う受信側は 1 段階緩いポリシーを適用します。",
    ),
    "dmarc.dkim-alignment.r": (
        "adkim=r: a DKIM signature counts if its domain belongs to the same organisation as the author's.",
        "adkim=r: DKIM 署名のドメインが差出人のドメインと同じ組織ドメインに属していれば有効です。",
    ),
    "dmarc.dkim-alignment.s": (
        "adkim=s: a DKIM signature counts only if its domain is the very domain of the author.",
        "adkim=s: DKIM 署名のドメインが差出人のドメインと完全に一致する場合だけ有効です。",
    ),
    "dmarc.spf-alignment.r": (
        "aspf=r: SPF counts if the MAIL FROM domain belongs to the same organisation as the author's domain.",
        "aspf=r: MAIL FROM のドメインが差出人のドメインと同じ組織ドメインに属していれば SPF が有効です。",
    ),
    "dmarc.spf-alignment.s": (
        "aspf=s: SPF counts only if the MAIL FROM domain is the very domain of the author.",
        "aspf=s: MAIL FROM のドメインが差出人のドメインと完全に一致する場合だけ SPF が有効です。",
    ),
    "dmarc.rua": ("Aggregate reports go to {addresses}.", "集計レポートの送付先: {addresses}"),
    "dmarc.ruf": ("Reports on single messages go to {addresses}.", "個別の失敗レポートの送付先: {addresses}"),
    "dmarc.no-rua": (
        "Nobody gets aggregate reports, so nobody sees who sends as the domain.",
        "集計レポートの送付先がないため、誰がこのドメインを名乗って送信しているかを把握できません。",
    ),
    "dmarc.not-authorised": (
        "{destination} does not say that it takes the reports, so receivers do not send them there (RFC 7489 7.1). "
        "It must publish the TXT record {name} with the value v=DMARC1.",
        "{destination} が受け取りを承認していないため、レポートは送られません (RFC 7489 7.1)。{destination} 側で、"
        "{name} に値 v=DMARC1 の TXT レコードを公開する必要があります。",
    ),
    "dmarc.walk-differs": (
        "Receivers that follow RFC 7489 find the policy at {old}, those that follow RFC 9989 at {new}. Publish a "
        "record at the domain itself to have both agree.",
        "ポリシーの参照先が、RFC 7489 に従う受信側では {old}、RFC 9989 に従う受信側では {new} になります。両者を一"
        "致させるには、ドメイン自身にレコードを公開してください。",
    ),
    # -- DMARC: our own mail ---------------------------------------------------------------------------------------
    "passing.passes": ("passes", "合格"),
    "passing.not-aligned": (
        "does not count: its domain belongs to another organisation than the author's",
        "無効: 差出人と異なる組織ドメインです",
    ),
    "passing.strict": (
        "does not count: strict alignment asks for the very domain of the author",
        "無効: 厳格な整合 (s) のため、差出人と完全に一致するドメインが必要です",
    ),
    "passing.not-ready": ("will pass once its DNS records are verified", "DNS レコードの確認が済むと合格します"),
    "passing.not-used": ("is not used", "使われていません"),
    # -- DMARC: the next step --------------------------------------------------------------------------------------
    "dmarc.step.begin": (
        "Publish a first policy: it changes nothing about delivery and brings reports.",
        "最初のポリシーを公開します。配信には影響せず、レポートが届くようになります。",
    ),
    "dmarc.step.repair": (
        "Replace what stands there by one valid record.",
        "現在のレコードを、有効な 1 件のレコードに置き換えます。",
    ),
    "dmarc.step.reports": (
        "Ask for aggregate reports before the policy becomes stricter.",
        "ポリシーを強める前に、集計レポートを受け取れるようにします。",
    ),
    "dmarc.step.above": (
        "This is the record of {above}, which holds for {domain} as well: change that one, and register no second "
        "record at {domain}. It concerns all mail of {above}, so ask whoever answers for it.",
        "これは {domain} にも適用されている {above} のレコードです。このレコードを変更し、{domain} に 2 つ目の"
        "レコードは登録しないでください。{above} のメール全体に影響するため、管理者とご相談ください。",
    ),
    "dmarc.step.end-test": ("End the test: remove t=y.", "試験運用を終えます (t=y を削除)。"),
    "dmarc.step.quarantine": (
        "Ask for quarantine, for {percent} of 100 failing messages.",
        "認証に失敗したメール 100 通あたり {percent} 通の隔離を求めます。",
    ),
    "dmarc.step.reject": (
        "Ask for rejection, for {percent} of 100 failing messages.",
        "認証に失敗したメール 100 通あたり {percent} 通の受信拒否を求めます。",
    ),
    "dmarc.step.done": ("The policy is as strict as it can be.", "ポリシーは最も厳しい段階に達しています。"),
    "readiness.ready": ("The step can be taken now.", "今すぐ実施できます。"),
    "readiness.no-reports": (
        "Wait: no aggregate report has come yet, so nobody knows what else sends as the domain.",
        "お待ちください。集計レポートがまだ届いていないため、ほかの送信元を確認できません。",
    ),
    "readiness.too-few-days": (
        "Wait: reports should cover at least 14 days.",
        "お待ちください。少なくとも 14 日分のレポートが必要です。",
    ),
    "readiness.not-aligned": (
        "Wait: the reports show mail that fails and would be lost. See to its senders first.",
        "お待ちください。レポートに、認証に失敗し届かなくなるメールが含まれています。先にその送信元を整備してくださ"
        "い。",
    ),
    "readiness.ours-fails": (
        "Wait: mail sent from here would fail. Register the records of the domain first.",
        "お待ちください。このサービスから送るメールが認証に失敗します。先にドメインのレコードを登録してください。",
    ),
    # -- MTA-STS, TLS-RPT, BIMI ------------------------------------------------------------------------------------
    "policy.mta-sts": (
        "MTA-STS: mail to the domain only by verified TLS",
        "MTA-STS: ドメイン宛メールを検証済み TLS に限定",
    ),
    "policy.tls-rpt": (
        "TLS-RPT: reports on TLS of mail to the domain",
        "TLS-RPT: ドメイン宛メールの TLS に関するレポート",
    ),
    "policy.bimi": ("BIMI: a logo beside the domain's mail", "BIMI: メールに表示するロゴ"),
    "policy-verdict.absent": ("not published (not needed to send)", "未公開 (送信には不要)"),
    "policy-verdict.ok": ("in order", "正常"),
    "policy-verdict.broken": ("receivers will not heed it", "受信側に採用されません"),
    "policy-verdict.unknown": ("not known: no answer came", "応答がなく、確認できません"),
    "policy-note.unrelated": (
        "The name holds other TXT records only.",
        "この名前には無関係な TXT レコードだけがあります。",
    ),
    "policy-note.several": ("There must be exactly one record.", "レコードは 1 件だけにしてください。"),
    "policy-note.bad-id": (
        "id= must be 1 to 32 letters and digits, and change with the policy.",
        "id= は 1〜32 文字の英数字とし、ポリシーの変更のたびに変えてください。",
    ),
    "policy-note.bad-rua": (
        "rua= must name mailto: or https: addresses.",
        "rua= には mailto: または https: の宛先を指定してください。",
    ),
    "policy-note.tls-rpt-proposed": (
        "If the domain receives mail: with this record senders report here when its hosts cannot be reached by TLS "
        "(tayori tls report): {record}",
        "ドメインでメールを受信している場合、次のレコードを登録すると、TLS で接続できない問題が送信側からここに報告さ"
        "れます (tayori tls report で確認できます): {record}",
    ),
    "policy-note.tls-rpt-elsewhere": (
        "The reports go elsewhere. To have them here, too: {record}",
        "レポートは別の宛先に送られています。ここでも受け取るには、次のように変更してください: {record}",
    ),
    "policy-note.no-location": ("l= is missing.", "l= がありません。"),
    "policy-note.bad-location": (
        "l= and a= must be https: addresses.",
        "l= と a= には https: の URL を指定してください。",
    ),
    "policy-note.declined": ("The domain declines to have a logo.", "ロゴを表示しないことを宣言しています。"),
    "policy-note.no-certificate": (
        "Without a= (a mark certificate) most receivers show no logo.",
        "a= (マーク証明書) がないため、多くの受信側ではロゴが表示されません。",
    ),
    "policy-note.certificate-not-checked": (
        "The mark certificate (a=) is not looked at here.",
        "マーク証明書 (a=) の内容は、ここでは確認していません。",
    ),
    "policy-note.logo-not-fetched": (
        "Only the DNS was looked at; the logo itself was not fetched.",
        "確認したのは DNS のみです。ロゴ自体は取得していません。",
    ),
    "policy-note.logo-in-order": (
        "The logo is an SVG of the profile that receivers ask for.",
        "ロゴは、受信側が求める形式の SVG です。",
    ),
    "policy-note.logo-unreached": (
        "The logo could not be fetched from here ({detail}). See that its address answers from outside.",
        "ロゴをここから取得できませんでした ({detail})。外部から取得できることを確認してください。",
    ),
    "policy-note.logo-redirected": (
        "The logo's address redirects ({detail}), which was not followed. Name the final address in l=.",
        "ロゴの URL がリダイレクト ({detail}) を返しました。リダイレクト先は確認していません。l= には最終的な URL を"
        "指定してください。",
    ),
    "policy-note.logo-not-found": (
        "There is no logo at the address in l= (HTTP status {detail}).",
        "l= の URL にロゴがありません (HTTP ステータス {detail})。",
    ),
    "policy-note.logo-not-svg": (
        "The logo is sent as {detail}. Its content type must be image/svg+xml.",
        "ロゴの Content-Type が {detail} になっています。image/svg+xml にしてください。",
    ),
    "policy-note.logo-too-large": (
        "The logo is larger than 64 KiB. Keep it below 32 KiB.",
        "ロゴが 64 KiB を超えています。32 KiB 未満にしてください。",
    ),
    "policy-note.svg-malformed": (
        "The logo is no well-formed SVG.",
        "ロゴが正しい形式の SVG ではありません。",
    ),
    "policy-note.svg-none": (
        "The logo's file is XML, and no SVG.",
        "ロゴのファイルは XML ですが、SVG ではありません。",
    ),
    "policy-note.svg-doctype": (
        "The logo has a document type (<!DOCTYPE>); remove it.",
        "ロゴに文書型宣言 (<!DOCTYPE>) があります。削除してください。",
    ),
    "policy-note.svg-profile": (
        'The logo must say version="1.2" and baseProfile="tiny-ps": it has to be SVG Tiny Portable/Secure.',
        'ロゴには version="1.2" と baseProfile="tiny-ps" の指定が必要です (SVG Tiny Portable/Secure)。',
    ),
    "policy-note.svg-no-title": (
        "The logo needs a <title>, such as the company's name.",
        "ロゴには会社名などを記した <title> が必要です。",
    ),
    "policy-note.svg-position": (
        "The logo's root element must have neither x nor y.",
        "ロゴのルート要素に x や y を指定しないでください。",
    ),
    "policy-note.svg-active": (
        "The logo has scripts, animations, links or embedded images, which the profile forbids.",
        "ロゴにスクリプト、アニメーション、リンク、埋め込み画像のいずれかがあり、形式の規定に反しています。",
    ),
    "policy-note.svg-external": (
        "The logo refers to something outside of its file, which the profile forbids.",
        "ロゴがファイル外の資源を参照しており、形式の規定に反しています。",
    ),
    "policy-note.svg-large": (
        "The logo is larger than 32 KiB; some receivers show no logo of that size.",
        "ロゴが 32 KiB を超えています。受信側によっては表示されません。",
    ),
    "policy-note.svg-not-square": (
        "The logo's viewBox is not square; receivers crop logos to squares and circles.",
        "ロゴの viewBox が正方形ではありません。受信側では正方形や円形に切り抜かれます。",
    ),
    "policy-note.dmarc-not-enforced": (
        "BIMI asks for a DMARC policy of quarantine or reject for all mail, subdomains included.",
        "BIMI には、サブドメインを含むすべてのメールに対する DMARC の quarantine または reject が必要です。",
    ),
    "policy-note.no-policy-host": (
        "The host mta-sts. below the domain, from which the policy is fetched, has no address.",
        "ポリシーの取得先となる、ドメイン直下の mta-sts. ホストにアドレスがありません。",
    ),
    "policy-note.file-not-fetched": (
        "Only the DNS was looked at; the policy file itself was not fetched.",
        "確認したのは DNS のみです。ポリシーファイル自体は取得していません。",
    ),
    "policy-note.file-no-address": (
        "The policy file cannot be fetched: its host mta-sts. below the domain has no address.",
        "ポリシーファイルを取得できません。ドメイン直下の mta-sts. ホストにアドレスがありません。",
    ),
    "policy-note.file-not-public": (
        "The policy file was not fetched: its host has no public address ({detail}), so senders cannot reach it "
        "either.",
        "ポリシーファイルを取得しませんでした。ホストのアドレス ({detail}) が公開アドレスではなく、送信側からも"
        "到達できません。",
    ),
    "policy-note.file-unreachable": (
        "The host of the policy file cannot be reached from here ({detail}, port 443). See that it answers from "
        "outside.",
        "ポリシーファイルのホストに、ここからは到達できません ({detail}、ポート 443)。外部から接続できることを確認して"
        "ください。",
    ),
    "policy-note.file-too-slow": (
        "The host of the policy file did not answer within ten seconds.",
        "ポリシーファイルのホストから 10 秒以内に応答がありませんでした。",
    ),
    "policy-note.file-bad-certificate": (
        "The certificate of the policy file's host is not valid for it ({detail}). Senders ignore the policy until "
        "it is.",
        "ポリシーファイルのホストの証明書が有効ではありません ({detail})。有効になるまで、送信側はポリシーを無視"
        "します。",
    ),
    "policy-note.file-redirected": (
        "The host of the policy file redirects ({detail}). Senders follow no redirect: answer with the file itself.",
        "ポリシーファイルのホストがリダイレクト ({detail}) を返しています。送信側はリダイレクトに従いません。ファイル"
        "自体を返してください。",
    ),
    "policy-note.file-not-found": (
        "There is no policy file at /.well-known/mta-sts.txt of its host (HTTP status {detail}). Put it there.",
        "ホストの /.well-known/mta-sts.txt にポリシーファイルがありません (HTTP ステータス {detail})。配置して"
        "ください。",
    ),
    "policy-note.file-not-text": (
        "The policy file is sent as {detail}. Its content type must be text/plain.",
        "ポリシーファイルの Content-Type が {detail} になっています。text/plain にしてください。",
    ),
    "policy-note.file-too-large": (
        "The policy file is larger than 64 KiB; senders read no more.",
        "ポリシーファイルが 64 KiB を超えています。送信側はそれ以上を読み取りません。",
    ),
    "policy-note.file-broken": (
        "The host of the policy file answered with what cannot be used ({detail}).",
        "ポリシーファイルのホストの応答を利用できません ({detail})。",
    ),
    "policy-note.policy-bad-version": (
        "The policy file does not say version: STSv1.",
        "ポリシーファイルに version: STSv1 がありません。",
    ),
    "policy-note.policy-bad-mode": (
        "The policy file must say mode: enforce, testing or none.",
        "ポリシーファイルの mode: には enforce、testing、none のいずれかを指定してください。",
    ),
    "policy-note.policy-bad-max-age": (
        "The policy file must say max_age: with 0 to 31557600 seconds.",
        "ポリシーファイルの max_age: には 0〜31557600 秒を指定してください。",
    ),
    "policy-note.policy-no-mx": (
        "The policy file names no mx: host, so no host may take the domain's mail.",
        "ポリシーファイルに mx: がなく、どのホストもメールを受け取れません。",
    ),
    "policy-note.policy-bad-mx": (
        "An mx: line of the policy file is no host name. A star may only stand for the first label: *.example.com.",
        "ポリシーファイルの mx: にホスト名ではないものがあります。* は先頭のラベルにだけ使えます (*.example.com)。",
    ),
    "policy-note.policy-mode-enforce": (
        "The policy file says enforce: senders deliver by verified TLS to the named hosts or not at all.",
        "ポリシーファイルは enforce です。送信側は、指定されたホストに検証済み TLS で配信できない場合、配信しません。",
    ),
    "policy-note.policy-mode-testing": (
        "The policy file says testing: senders report trouble and deliver all the same.",
        "ポリシーファイルは testing です。送信側は問題を報告し、配信は行います。",
    ),
    "policy-note.policy-mode-none": (
        "The policy file says none: the domain has no MTA-STS policy.",
        "ポリシーファイルは none です。MTA-STS のポリシーはありません。",
    ),
    "policy-note.policy-short-max-age": (
        "max_age: of less than a day protects little: senders forget the policy. Weeks are usual.",
        "max_age: が 1 日未満では、送信側がすぐにポリシーを忘れ、保護の効果がほとんどありません。数週間が一般的です。",
    ),
    "policy-note.policy-mx-not-covered": (
        "These hosts take the domain's mail and are not in the policy file: {hosts}. Add an mx: line for each, or "
        "senders will not deliver to them.",
        "次のホストはドメイン宛メールを受け取りますが、ポリシーファイルにありません: {hosts}。それぞれの mx: 行を追加"
        "してください。追加しない場合、送信側はこれらに配信しません。",
    ),
    # -- tayori dmarc ----------------------------------------------------------------------------------------------
    "dmarc.step.unknown": ("Nothing can be proposed until the DNS answers.", "DNS が応答するまで提案できません。"),
    "look.policy": ("DMARC policy of {domain}", "{domain} の DMARC ポリシー"),
    "look.organisation": (
        "Organisational domain: {organisation} (by the Public Suffix List)",
        "組織ドメイン: {organisation} (公開サフィックス一覧による)",
    ),
    "look.own-mail": ("Mail sent from here, as a receiver judges it", "このサービスから送るメールの判定"),
    "look.step": ("Next step", "次の段階"),
    "look.policies": ("Other policies of the domain", "ドメインのその他のポリシー"),
    "look.spf": ("SPF record of the MAIL FROM domain {domain}", "MAIL FROM ドメイン {domain} の SPF レコード"),
    "look.spf-default": (
        "SPF: the default MAIL FROM domain is in use; no record of the domain is needed for it.",
        "SPF: 既定の MAIL FROM ドメインを使用しています。ドメイン側のレコードは不要です。",
    ),
    "look.present": ("Present", "現在の値"),
    "look.wanted": ("Change to", "変更後の値"),
    "look.spf-in-place": ("It is in place.", "正しく登録されています。"),
    "look.cost": (
        "DNS look-ups: {terms} of {term_limit}; without result: {voids} of {void_limit}",
        "DNS の問い合わせ: {terms} 回 (上限 {term_limit})、うち結果なし: {voids} 回 (上限 {void_limit})",
    ),
    "report.heading": ("DMARC reports on {domain}, last {days} days", "{domain} の DMARC レポート (過去 {days} 日間)"),
    "report.none": (
        "No report has come. Receivers send them once a day, to the address in rua= of the DMARC record.",
        "レポートはまだ届いていません。受信側は、DMARC レコードの rua= の宛先へ 1 日 1 回送信します。",
    ),
    "report.totals": (
        "Reports: {reports} ({names}). Messages: {messages}, of which {share} % pass.",
        "{names} から {reports} 件。メール {messages} 通のうち {share} % が合格",
    ),
    "report.source": ("Source", "送信元"),
    "report.messages": ("Messages", "通数"),
    "report.aligned": ("Pass", "合格"),
    "report.dkim": ("By DKIM", "DKIM による合格"),
    "report.spf": ("By SPF", "SPF による合格"),
    "report.quarantined": ("Quarantined", "隔離"),
    "report.rejected": ("Rejected", "拒否"),
    "report.last": ("Last seen", "最終確認"),
    "report.more": ("… and {count} more sources (see --json).", "… ほか {count} 件の送信元 (--json で確認できます)"),
}


def sentence(key: str, language: str, places: Mapping[str, str] | None = None) -> str:
    return TEXTS[key][LANGUAGES.index(language)].format(**(places or {}))
