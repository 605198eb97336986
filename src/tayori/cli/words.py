"""What Tayori's commands say, in English and Japanese.

Owns the catalogue. A text has the same places ({name}) in both languages; a test holds them to it. Words that belong
to a protocol (record types, SES's names, replies of servers) are never translated.
"""

from dataclasses import dataclass

from tayori.cli.audit_words import AUDIT_TEXTS
from tayori.cli.backup_words import BACKUP_TEXTS
from tayori.cli.feedback_words import FEEDBACK_TEXTS

LANGUAGES = ("en", "ja")

_TEXTS: dict[str, tuple[str, str]] = {
    # -- tayori --help ---------------------------------------------------------------------------------------------
    "help.usage": (
        "usage: tayori COMMAND [options]\n\nA self-hosted email sending service that speaks Amazon SES's protocols.",
        "使い方: tayori コマンド [オプション]\n\nAmazon SES のプロトコルを話す、自分で運用するメール送信サービス。",
    ),
    "help.more": (
        "tayori COMMAND --help tells more. Every command takes --data DIR, --json, --output FILE and --lang.",
        "詳しくは tayori コマンド --help。どのコマンドも --data DIR、--json、--output FILE、--lang を取ります。",
    ),
    "command.up": ("run the service in the foreground", "サービスをフォアグラウンドで動かす"),
    "command.wait": ("wait until every listener of the service answers", "すべての待ち受けが応答するまで待つ"),
    "command.env": (
        "print the environment that points AWS's tools at the service",
        "AWS のツールをこのサービスへ向ける環境変数を出力する",
    ),
    "command.doctor": (
        "check everything that stands between you and delivered mail",
        "メールが届くまでに必要なことをすべて検査する",
    ),
    "command.dns": ("the DNS records that a domain needs", "ドメインに必要な DNS レコード"),
    "command.dmarc": (
        "what receivers do with a domain's mail: policy, next step, reports",
        "ドメインのメールが受信側でどう扱われるか (ポリシー、次の段階、レポート)",
    ),
    "command.tls": (
        "how well mail is encrypted on its way: reports in, reports out, downgrades",
        "配信中の暗号化の状況 (受け取ったレポート、送ったレポート、低下の警告)",
    ),
    "command.credentials": (
        "create, list and delete access keys, and say by policies what they may do",
        "アクセスキーの作成、一覧、削除と、ポリシーによる権限の設定",
    ),
    "command.role": (
        "roles that access keys may assume for a time, by STS",
        "アクセスキーが STS で一時的に引き受けられるロール",
    ),
    "command.user": (
        "the people who use the console, and links that let them in",
        "コンソールのユーザーと、招待用のリンク",
    ),
    "command.smtp-password": (
        "the SMTP user name and password that belong to an access key",
        "アクセスキーに対応する SMTP のユーザー名とパスワード",
    ),
    "command.account": (
        "accounts, and the review of requests for production access",
        "アカウントと、本稼働アクセスの申請の審査",
    ),
    "command.message": ("find messages, and see what became of one", "メッセージの検索と、1 通ごとの経過"),
    "command.suppression": (
        "addresses that get no more mail: see, change, import and export",
        "配信を止めた宛先の一覧、変更、取り込み、書き出し",
    ),
    "command.reputation": (
        "bounce and complaint rates of accounts and their parts; pause and lift",
        "アカウントとその内訳のバウンス率・苦情率の表示、送信の停止と再開",
    ),
    "command.notification": (
        "what topics and other destinations of events could not deliver, and sending it again",
        "配信できなかったトピック等への通知の一覧と再送",
    ),
    "command.webhook": (
        "plain HTTPS destinations of events: make, test, log, replay",
        "イベントの HTTPS 送信先 (Webhook) の作成、テスト、記録、再送",
    ),
    "command.queue": (
        "waiting mail: why it waits; pause, hold, release, drop, requeue, expedite",
        "送信待ちメールの確認、待機理由、一時停止、保留、再開、破棄",
    ),
    "command.source": (
        "the addresses that mail leaves from: pools, weights, warm-up, pauses",
        "メールの送信元アドレス (プール、重み、ウォームアップ、停止)",
    ),
    "command.route": (
        "relays (smarthosts) that take the mail for some domains, or for all",
        "特定の宛先ドメイン、またはすべての宛先を任せるリレー (スマートホスト)",
    ),
    "command.rehearsal": (
        "the rehearsal internet: its DNS, mailboxes and clock",
        "リハーサル用インターネットの DNS、メールボックス、時計",
    ),
    "command.config": ("the settings in force, and a sample file", "有効な設定と、設定ファイルの見本"),
    "error.no-command": (
        "tayori: There is no command {name}; see: {program} --help",
        "tayori: {name} というコマンドはありません。一覧: {program} --help",
    ),
    # -- tayori tls ------------------------------------------------------------------------------------------------
    "tls.heading": (
        "Reports on TLS of mail to {domain}, last {days} days",
        "{domain} 宛メールの TLS に関するレポート (過去 {days} 日間)",
    ),
    "tls.none": (
        "No report has come. tayori dmarc advice says which record asks senders for them.",
        "レポートはまだ届いていません。送信側にレポートを求めるレコードは tayori dmarc advice で確認できます。",
    ),
    "tls.totals": (
        "{reports} reports from {names}: {good} sessions in order, {bad} not.",
        "{names} からのレポート {reports} 件: 正常なセッション {good} 件、問題のあるセッション {bad} 件。",
    ),
    "tls.domain": ("Domain", "ドメイン"),
    "tls.policy": ("Policy", "ポリシー"),
    "tls.good": ("In order", "正常"),
    "tls.bad": ("Not", "問題あり"),
    "tls.result": ("Result", "結果"),
    "tls.host": ("Host", "ホスト"),
    "tls.sessions": ("Sessions", "セッション数"),
    "tls.reporters": ("Reporters", "報告元の数"),
    "tls.last": ("Last seen", "最終確認"),
    "tls.more": ("… and {count} more results (see --json).", "… ほか {count} 件の結果 (--json で確認できます)"),
    "tls.best": ("Best", "最良"),
    "tls.best-at": ("When", "その時刻"),
    "tls.now": ("Now", "現在"),
    "tls.now-at": ("When", "その時刻"),
    "tls.no-downgrade": (
        "No connection is less secure than the best one to its domain was.",
        "安全性がこれまでより低下したドメインはありません。",
    ),
    "tls.unknown": ("No mail was sent to the domain.", "このドメインへの送信実績がありません。"),
    "tls.day": ("Day", "日付"),
    "tls.state": ("State", "状態"),
    "tls.attempts": ("Tries", "試行回数"),
    "tls.detail": ("Where to, or why not", "送付先、または送れなかった理由"),
    "tls.none-sent": ("Nobody has asked for a report yet.", "レポートを求めたドメインはまだありません。"),
    # -- the banner of `tayori up` ---------------------------------------------------------------------------------
    "up.ready": (
        "Tayori {version} is ready. Ctrl-C stops it.",
        "Tayori {version} の準備ができました。Ctrl-C で止まります。",
    ),
    "up.http": ("API of Amazon SES", "Amazon SES の API"),
    "up.starttls": ("SMTP submission, STARTTLS", "SMTP 送信受付 (STARTTLS)"),
    "up.tls": ("SMTP submission, TLS", "SMTP 送信受付 (TLS)"),
    "up.ca": ("  certificate authority", "  証明書の認証局"),
    "up.inbound": ("Inbound SMTP", "受信 SMTP"),
    "up.dns": ("DNS, zone {zone}", "DNS (ゾーン {zone})"),
    "up.resolver": ("Rehearsal DNS", "リハーサルの DNS"),
    "up.providers": ("Rehearsal providers", "リハーサルの受信側"),
    "up.providers-value": (
        "{domains} … ({count} in all), each on port {port} of an address of its own",
        "{domains} … (全 {count})。それぞれ固有のアドレスのポート {port}",
    ),
    "up.region": ("Region", "リージョン"),
    "up.account": ("Account", "アカウント"),
    "up.key": ("Access key ID", "アクセスキー ID"),
    "up.secret": ("Secret access key", "シークレットアクセスキー"),
    "up.smtp-user": ("SMTP user name", "SMTP ユーザー名"),
    "up.smtp-password": ("SMTP password", "SMTP パスワード"),
    "up.console": ("Console", "コンソール"),
    "up.console-first": ("Console, first user", "コンソール (最初のユーザー)"),
    "up.data": ("Data folder", "データフォルダー"),
    "up.next": ("Try next, in another terminal:", "次に、別の端末で試してください:"),
    # -- tayori dns records ----------------------------------------------------------------------------------------
    "dns.heading": ("Records for {domain}", "{domain} に必要なレコード"),
    "dns.name": ("Name", "名前"),
    "dns.type": ("Type", "種類"),
    "dns.value": ("Value", "値"),
    "dns.verdict": ("Verdict", "判定"),
    "dns.found": ("Found", "見つかった値"),
    "dns.purpose": ("For", "目的"),
    "dns.nothing": ("nothing", "なし"),
    "dns.status": (
        "Identity: {identity}. DKIM: {dkim}. MAIL FROM: {mail_from}.",
        "ID: {identity}。DKIM: {dkim}。MAIL FROM: {mail_from}。",
    ),
    "dns.none-set": ("not set", "未設定"),
    "dns.complete": ("Every record is in place.", "すべてのレコードが揃っています。"),
    "dns.incomplete": (
        "{count} to put in place. DNS administrators change them at the domain's provider.",
        "残り {count} 件。ドメインの DNS 管理者が登録します。",
    ),
    "purpose.dkim": ("DKIM signature", "DKIM 署名"),
    "purpose.dkim-ed25519": ("second DKIM signature (Ed25519); optional", "2 つ目の DKIM 署名 (Ed25519)。任意"),
    "purpose.ownership": ("proof of the domain (v1)", "ドメインの所有確認 (v1)"),
    "purpose.mail-from-mx": ("MAIL FROM: bounces come back", "MAIL FROM: バウンスの戻り先"),
    "purpose.mail-from-spf": ("MAIL FROM: SPF", "MAIL FROM: SPF"),
    "purpose.dmarc": ("DMARC policy", "DMARC ポリシー"),
    "purpose.tracking": ("links of tracked mail; optional", "計測用リンクの転送先。任意"),
    "verdict.ok": ("in place", "確認済み"),
    "verdict.missing": ("missing", "未登録"),
    "verdict.wrong": ("wrong value", "値が違う"),
    "verdict.waiting": ("right at its name servers, not yet seen everywhere", "登録済み (反映待ち)"),
    "verdict.trouble": ("the DNS did not answer", "DNS が応答しない"),
    "dns.server": ("Server", "サーバー"),
    "dns.to-do": ("To do", "対処"),
    "dns.note": ("Note", "注意"),
    "seen.found": ("found", "あり"),
    "seen.nodata": ("no record of this type", "この種類のレコードなし"),
    "seen.nxdomain": ("no such name", "この名前は存在しない"),
    "seen.alias": ("an alias (CNAME)", "別名 (CNAME)"),
    "seen.lame": ("does not answer for the zone", "このゾーンに応答しない"),
    "seen.silent": ("no answer in time", "時間内に応答なし"),
    "seen.unreachable": ("cannot be reached", "到達できない"),
    "seen.broken": ("unusable answer", "応答が不正"),
    "seen.not-asked": ("not asked", "未確認"),
    # -- tayori dns publish, share ---------------------------------------------------------------------------------
    "publish.heading": (
        "Records for {domain} in the zone {zone}, at {server}",
        "{server} のゾーン {zone} に登録する {domain} のレコード",
    ),
    "publish.foreign": (
        "left alone: {present} stands there, and it is not this service's; agree with its owner first",
        "変更しません: このサービスのものではない値 {present} が登録されています。先に管理者とご相談ください",
    ),
    "publish.not-asked": (
        "left alone: the DNS did not say what stands there",
        "変更しません: 現在の値を DNS に問い合わせられませんでした",
    ),
    "publish.in-place": ("{count} in place already.", "登録済み {count} 件。"),
    "publish.nothing": ("There is nothing to change.", "変更するものはありません。"),
    "publish.shown": (
        "{count} to change. Nothing was changed yet: say it again with --apply.",
        "変更 {count} 件。まだ何も変更していません。変更するには --apply を付けてもう一度実行してください。",
    ),
    "publish.applied": (
        "{count} changed. The verifier looks for them at its next check.",
        "{count} 件を変更しました。次の検査のときに確認されます。",
    ),
    "connect.link": (
        "{url}\nSend this link to the domain's owner. {provider} shows the records and asks for consent; it must know "
        "the template {template}.",
        "{url}\nこのリンクをドメインの所有者に送ってください。{provider} がレコードを表示し、承認を求めます。"
        "テンプレート {template} が登録されている必要があります。",
    ),
    "share.made": (
        "{url}\nOpens until {until}. Whoever has it sees the records and their state, and can change nothing.\n"
        "To end it sooner, use --revoke {id}.",
        "{url}\n有効期限は {until} です。"
        "このリンクを知っている人は、レコードとその状態を閲覧できますが、変更はできません。\n"
        "期限より前に無効にするには --revoke {id} を使ってください。",
    ),
    "share.revoked": ("The link {id} opens no more.", "リンク {id} を無効にしました。"),
    "share.none": ("There is no link that opens.", "有効なリンクはありません。"),
    "share.id": ("ID", "番号"),
    "share.made-at": ("Made", "作成"),
    "share.until": ("Opens until", "有効期限"),
    # -- tayori doctor ---------------------------------------------------------------------------------------------
    "doctor.ok": ("ok", "正常"),
    "doctor.warning": ("warning", "注意"),
    "doctor.failed": ("FAILED", "失敗"),
    "doctor.expected": ("expected", "期待"),
    "doctor.found": ("found", "結果"),
    "doctor.remedy": ("to do", "対処"),
    "doctor.all-well": ("{count} checks, all well.", "検査 {count} 件、すべて正常です。"),
    "doctor.summary": (
        "{count} checks: {failed} failed, {warnings} with a warning.",
        "検査 {count} 件: 失敗 {failed} 件、注意 {warnings} 件。",
    ),
    "doctor.looking": ("Looking …", "検査しています…"),
    "check.listener": ("{name} at {where}", "{name} ({where})"),
    "check.listener.expected": ("it answers", "応答する"),
    "check.listener.remedy": (
        "start the service with tayori up, and look at its log",
        "tayori up でサービスを起動し、ログを確認する",
    ),
    "check.workers": ("living workers", "動作中のワーカー"),
    "check.workers.expected": ("at least one process that delivers mail", "配信プロセスが 1 つ以上"),
    "check.workers.remedy": (
        "start the service with tayori up, with the role delivery on some node",
        "tayori up で起動し、いずれかのノードに delivery の役割を持たせる",
    ),
    "check.validation": ("the resolver validates DNSSEC", "リゾルバーによる DNSSEC の検証"),
    "check.validation.expected": (
        "AD for the root zone, as resolver.trust_ad supposes",
        "ルートゾーンの応答に AD ビットが付く (resolver.trust_ad の前提)",
    ),
    "check.validation.remedy": (
        "switch validation on in the resolver, or set resolver.trust_ad to false: until then DANE protects no mail",
        "リゾルバーの検証を有効にするか、resolver.trust_ad を false にする。それまでは DANE による保護が働かない",
    ),
    "check.validation-way": ("the resolver that is believed", "検証結果を信用するリゾルバーの場所"),
    "check.validation-way.expected": ("on this host", "このホスト上にある"),
    "check.validation-way.remedy": (
        "run a validating resolver on this host, or set resolver.trust_ad to false: on the way anybody could say AD",
        "検証するリゾルバーをこのホストで動かすか、resolver.trust_ad を false にする。経路上の第三者が AD を偽れるため",
    ),
    "check.space": ("free space for {folder}", "{folder} の空き容量"),
    "check.space.expected": ("1 GiB or more", "1 GiB 以上"),
    "check.space.remedy": (
        "make room, or lower retention.content_hours",
        "容量を空けるか、retention.content_hours を小さくする",
    ),
    "check.clock": ("service time", "サービスの時刻"),
    "check.clock.expected": ("time runs at its own pace", "時計が等速で進む"),
    "check.clock.remedy": (
        "set it back with: tayori rehearsal clock speed 1",
        "tayori rehearsal clock speed 1 で元に戻す",
    ),
    "check.certificate": ("the SMTP certificate is good until", "SMTP 証明書の有効期限"),
    "check.certificate.expected": ("14 days or more", "14 日以上先"),
    "check.certificate.remedy": (
        "renew it, and start the service again",
        "証明書を更新し、サービスを再起動する",
    ),
    "check.certificate-names": ("names in the SMTP certificate", "SMTP 証明書に記載の名前"),
    "check.certificate-names.expected": ("{name}, which clients connect to", "クライアントの接続先 {name}"),
    "check.certificate-names.remedy": (
        "have a certificate issued for {name}: clients that verify names refuse others",
        "{name} の証明書を発行してもらう (名前を検証するクライアントは、ほかの名前を拒否する)",
    ),
    "note.rehearsal-clock": ("a rehearsal has a clock of its own", "リハーサルは独自の時計を使う"),
    "note.ipv4-only": ("IPv4 only", "IPv4 のみ"),
    "note.no-way-by-ipv6": ("this host has no way out by IPv6", "このホストは IPv6 で外に出られない"),
    "note.ipv6-without-name": ("this host has IPv6, its name does not", "ホストに IPv6 があるが、名前に登録がない"),
    "note.not-public": ("not public, so not asked for", "公開アドレスではないため確認しない"),
    "note.not-listed": ("not listed", "掲載なし"),
    "note.no-list-answers": ("no list answers this resolver", "このリゾルバーに応答するリストがない"),
    "check.writable": ("writing to {folder}", "{folder} への書き込み"),
    "check.writable.expected": ("it can be written to", "書き込める"),
    "check.writable.remedy": (
        "see that the disk is not full or read-only, and that the service's user owns the folder",
        "ディスクの空きと読み取り専用でないこと、フォルダーの所有者がサービスのユーザーであることを確認する",
    ),
    "check.true-time": ("the machine's clock", "マシンの時計"),
    "check.true-time.expected": ("it is kept right by a time service", "時刻同期サービスで合わせられている"),
    "check.true-time.remedy": (
        "run chrony, ntpd or systemd-timesyncd: signatures and API requests carry the time",
        "chrony、ntpd、systemd-timesyncd などを動かす (署名と API 要求には時刻が含まれる)",
    ),
    "check.ipv6": ("IPv6 of the sending host", "送信ホストの IPv6"),
    "check.ipv6.expected": (
        "{name} has IPv6 addresses if and only if the host sends by IPv6",
        "IPv6 で送信する場合に限り、{name} に IPv6 アドレスがある",
    ),
    "check.ipv6.remedy": (
        "publish AAAA and PTR records for the address, or set delivery.source_address to an IPv4 address",
        "アドレスの AAAA と PTR を登録するか、delivery.source_address に IPv4 アドレスを設定する",
    ),
    "check.block-list": ("block lists on the sending addresses", "送信アドレスのブロックリスト掲載"),
    "check.block-list.expected": ("on none of {lists}", "{lists} のいずれにも掲載されていない"),
    "check.block-list.remedy": (
        "find the cause first, then ask the list to take the address off; a resolver of your own makes lists answer",
        "まず原因を取り除き、それから掲載の解除を依頼する。自前のリゾルバーを使うと、リストが応答するようになる",
    ),
    "check.zone-servers": ("name servers of {domain}", "{domain} のネームサーバー"),
    "check.zone-servers.expected": (
        "the parent zone names {server}, and each named server answers",
        "親ゾーンが {server} を指し、挙げられたサーバーがすべて応答する",
    ),
    "check.zone-servers.remedy": (
        "correct the NS records and the glue at the registrar; let UDP and TCP port 53 in",
        "レジストラで NS レコードとグルーを直し、UDP と TCP の 53 番ポートを開ける",
    ),
    "check.probe": ("a message as {domain} to the service itself", "{domain} からサービス自身へ送ったメッセージ"),
    "check.probe.expected": ("it arrives at the inbound port", "受信ポートに届く"),
    "check.probe.remedy": (
        "the receiver's words tell why; the inbound role must run, and port 25 of the feedback host lead to it",
        "受信側の応答で原因がわかる。inbound の役割が動き、feedback ホストのポート 25 がそこへ届くことを確認する",
    ),
    "check.probe-client": ("the sending host as the receiver saw it", "受信側から見た送信ホスト"),
    "check.probe-client.expected": ("the address leads back to {name}", "アドレスの逆引きが {name} になる"),
    "check.probe-client.remedy": (
        "have the owner of the address set its PTR record to {name}",
        "アドレスの管理者に PTR を {name} へ設定してもらう",
    ),
    "check.probe-spf": ("SPF as the receiver saw it", "受信側から見た SPF"),
    "check.probe-spf.expected": ("pass for {domain}", "{domain} について pass"),
    "check.probe-spf.remedy": (
        "put the sending address into the SPF record of {domain}",
        "送信元アドレスを {domain} の SPF レコードに含める",
    ),
    "check.probe-dkim": ("DKIM as the receiver saw it", "受信側から見た DKIM"),
    "check.probe-dkim.expected": ("a signature of {domain} passes", "{domain} の署名が pass"),
    "check.probe-dkim.remedy": (
        "see the DKIM records above; between their registration and a passing signature lies only the cache's time",
        "上の DKIM レコードを確認する。登録後は、キャッシュの時間だけ待てば pass になる",
    ),
    "check.probe-dmarc": ("DMARC as the receiver saw it", "受信側から見た DMARC"),
    "check.probe-dmarc.expected": ("pass for {domain}, by DKIM or SPF", "{domain} について DKIM か SPF で pass"),
    "check.probe-dmarc.remedy": (
        "without a policy, register one; where it fails, DKIM of {domain} is the way to pass",
        "ポリシーがなければ登録する。fail の場合は、{domain} の DKIM を通すのが確実",
    ),
    "check.access": ("access of account {account}", "アカウント {account} の利用区分"),
    "check.access.expected": (
        "production: in the sandbox only verified recipients get mail, 200 in 24 hours",
        "production (サンドボックスでは検証済みの宛先にだけ、24 時間に 200 通まで)",
    ),
    "check.access.remedy": (
        "ask with PutAccountDetails; the operator answers with: tayori account review --grant",
        "PutAccountDetails で申請し、運用者が tayori account review --grant で承認する",
    ),
    "check.sending": ("sending of account {account}", "アカウント {account} の送信"),
    "check.sending.expected": ("enabled", "有効"),
    "check.sending.remedy": (
        "lift the pause: aws sesv2 put-account-sending-attributes --sending-enabled",
        "停止を解除する: aws sesv2 put-account-sending-attributes --sending-enabled",
    ),
    "check.reputation": ("reputation of account {account}", "アカウント {account} のレピュテーション"),
    "check.reputation.expected": ("HEALTHY, and nothing paused", "HEALTHY で、停止中のものがない"),
    "check.reputation.remedy": (
        "look at the rates, mend the cause, then lift: tayori reputation show, tayori reputation lift",
        "割合を確認し、原因を解消してから解除する: tayori reputation show、tayori reputation lift",
    ),
    "check.quota": ("recipients in the last 24 hours", "過去 24 時間の宛先数"),
    "check.quota.expected": ("below 80 % of the quota", "上限の 80 % 未満"),
    "check.quota.remedy": (
        "the operator can raise it: tayori account review --grant --max-24-hour N",
        "運用者が上限を上げる: tayori account review --grant --max-24-hour N",
    ),
    "check.tls-levels": ("domains to which TLS has got worse", "TLS の安全性が低下した送信先ドメイン"),
    "check.tls-levels.expected": (
        "no connection less secure than the best one to its domain was",
        "これまでより安全性の低い接続がないこと",
    ),
    "check.tls-levels.remedy": (
        "Somebody may be on the way, or the receivers have changed something: tayori tls levels shows where.",
        "経路上の介入か、受信側の構成変更が考えられます。対象は tayori tls levels で確認してください。",
    ),
    "check.tls-reports": ("TLS reports sent, of those asked for", "送信した TLS レポート / 求められた数"),
    "check.tls-reports.expected": (
        "every report that was asked for is on its way",
        "求められたレポートがすべて送られていること",
    ),
    "check.tls-reports.remedy": (
        "tayori tls sent tells why. Where a key is missing, set dkim.service_signature to rsa; where nothing is to be "
        "reported, set tls_reports.send to false.",
        "理由は tayori tls sent で確認できます。鍵がない場合は dkim.service_signature を rsa に、レポートを送らない"
        "場合は tls_reports.send を false に設定してください。",
    ),
    "check.queue": ("waiting recipients", "送信待ちの宛先"),
    "check.queue.expected": ("none is overdue by more than 15 minutes", "予定から 15 分以上遅れていない"),
    "check.queue.remedy": (
        "see why with tayori queue show; is a worker with the role delivery alive?",
        "tayori queue show で理由を見る。delivery の役割のワーカーが動いているか確認する",
    ),
    "check.delegation": ("the zone {domain} as resolvers see it", "リゾルバーから見たゾーン {domain}"),
    "check.delegation.expected": ("its SOA record", "SOA レコードが引ける"),
    "check.delegation.remedy": (
        "delegate it in the parent zone: NS records to {server}, with that name's address as glue",
        "親ゾーンで委任する: {server} を指す NS レコードと、その名前のアドレス (グルー)",
    ),
    "check.service-spf": ("SPF include {name}", "SPF の include 先 {name}"),
    "check.service-spf.expected": (
        "one record v=spf1 with the sending addresses",
        "送信元アドレスを含む v=spf1 が 1 つ",
    ),
    "check.service-spf.remedy": (
        "set delivery.outgoing_addresses or dns.public_addresses, and see that the zone is delegated",
        "delivery.outgoing_addresses か dns.public_addresses を設定し、ゾーンの委任を確認する",
    ),
    "check.feedback-host": ("feedback host {name}", "バウンス受信ホスト {name}"),
    "check.feedback-host.expected": ("an address: bounces come back to it", "アドレスが引ける (バウンスの戻り先)"),
    "check.feedback-host.remedy": (
        "set dns.public_addresses, and see that the zone is delegated",
        "dns.public_addresses を設定し、ゾーンの委任を確認する",
    ),
    "check.reverse": ("name and address of the sending host", "送信ホストの名前とアドレス"),
    "check.reverse.expected": (
        "{name} → its address → {name}, as large providers ask",
        "{name} → アドレス → {name} と往復する (大手の受信側が求める)",
    ),
    "check.reverse.remedy": (
        "have the owner of the address set its PTR record to {name}, or set delivery.ehlo_name",
        "アドレスの管理者に PTR を {name} へ設定してもらうか、delivery.ehlo_name を設定する",
    ),
    "check.source-name": ("name of the source address {address}", "送信元アドレス {address} の名前"),
    "check.source-name.expected": (
        "{address} → {name} → {address}, the name it greets with",
        "{address} → {name} → {address} と往復する (挨拶で名乗る名前)",
    ),
    "check.source-name.remedy": (
        "have the owner of the address set its PTR record to {name}, and publish {name} with that address",
        "アドレスの管理者に PTR を {name} へ設定してもらい、{name} にこのアドレスを登録する",
    ),
    "check.source-rests": ("source addresses that rest", "休止中の送信元アドレス"),
    "check.source-rests.expected": (
        "no provider blocks one, and none is paused",
        "どのプロバイダーにもブロックされず、停止もしていない",
    ),
    "check.source-rests.remedy": (
        "read the provider's words and follow its way to be taken off; then: tayori source resume ADDRESS",
        "プロバイダーの応答を読み、解除の手続きをとる。その後 tayori source resume アドレス",
    ),
    "check.outbound": ("a mail host of {domain} on port {port}", "{domain} のメールホスト (ポート {port})"),
    "check.outbound.expected": ("it greets with 220", "220 で挨拶が返る"),
    "check.outbound.remedy": (
        "ask your network's provider to open port {port} outwards",
        "ネットワーク事業者に、外向きポート {port} の開放を依頼する",
    ),
    "check.identity": ("identity {domain} of account {account}", "アカウント {account} の ID {domain}"),
    "check.identity.expected": ("SUCCESS", "SUCCESS"),
    "check.identity.remedy": (
        "create it with CreateEmailIdentity, then register the records: tayori dns records {domain}",
        "CreateEmailIdentity で作成し、レコードを登録する: tayori dns records {domain}",
    ),
    "check.dkim": ("DKIM of {domain}", "{domain} の DKIM"),
    "check.dkim.expected": ("SUCCESS: mail is signed as {domain}", "SUCCESS ({domain} として署名される)"),
    "check.dkim.remedy": ("register the three CNAME records below", "下の 3 つの CNAME レコードを登録する"),
    "check.signing": ("DKIM signing of {domain}", "{domain} の DKIM 署名"),
    "check.signing.expected": ("enabled", "有効"),
    "check.signing.remedy": (
        "switch it on: aws sesv2 put-email-identity-dkim-attributes --email-identity {domain} --signing-enabled",
        "有効にする: aws sesv2 put-email-identity-dkim-attributes --email-identity {domain} --signing-enabled",
    ),
    "check.mail-from": ("MAIL FROM domain of {domain}", "{domain} の MAIL FROM ドメイン"),
    "check.mail-from.expected": (
        "a subdomain of {domain} in place, so that SPF is aligned with the author",
        "{domain} のサブドメインが有効で、SPF が差出人と整合する",
    ),
    "check.mail-from.remedy": (
        "set one with PutEmailIdentityMailFromAttributes and register its MX and TXT records",
        "PutEmailIdentityMailFromAttributes で設定し、MX と TXT のレコードを登録する",
    ),
    "check.record": ("{name} {rdtype}", "{name} {rdtype}"),
    "check.record.expected": ("{value}", "{value}"),
    "check.record.remedy": ("register it at the domain's DNS provider", "ドメインの DNS 事業者で登録する"),
    "check.policy": ("DMARC policy {name} {rdtype}", "DMARC ポリシー {name} {rdtype}"),
    "check.policy.expected": (
        "a policy: {value} to begin with, p=reject once all mail passes",
        "ポリシーがある。まず {value}、すべてのメールが通ったら p=reject",
    ),
    "check.policy.remedy": ("register it at the domain's DNS provider", "ドメインの DNS 事業者で登録する"),
    "check.mta-sts": ("MTA-STS of {domain}", "{domain} の MTA-STS"),
    "check.mta-sts.expected": (
        "a policy file that senders heed and that names every mail host",
        "送信側に採用され、すべてのメールホストを含むポリシーファイルがある",
    ),
    "check.mta-sts.remedy": (
        "correct the policy file, or delete the _mta-sts record",
        "ポリシーファイルを直すか、_mta-sts レコードを削除する",
    ),
    "check.configuration-set": ("default configuration set of {domain}", "{domain} の既定の設定セット"),
    "check.configuration-set.expected": ("it exists", "存在する"),
    "check.configuration-set.remedy": (
        "create it, or clear it with PutEmailIdentityConfigurationSetAttributes: sends that rely on it are refused",
        "作成するか、PutEmailIdentityConfigurationSetAttributes で外す (このままでは送信が拒否される)",
    ),
}


_TEXTS.update(AUDIT_TEXTS)
_TEXTS.update(BACKUP_TEXTS)
_TEXTS.update(FEEDBACK_TEXTS)


@dataclass(frozen=True, slots=True)
class Words:
    """The catalogue in one language: `words("up.ready", version="1")`."""

    language: str

    def __call__(self, key: str, **places: object) -> str:
        text = _TEXTS[key][LANGUAGES.index(self.language)]
        return text.format(**places) if places else text

    def has(self, key: str) -> bool:
        return key in _TEXTS


def catalogue() -> dict[str, tuple[str, str]]:
    """All texts, for the test that compares the languages."""
    return dict(_TEXTS)
