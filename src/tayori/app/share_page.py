"""The page behind a shared link: a domain's records and whether each is in place, for its DNS administrator.

Owns the page's words, in English and Japanese, and its HTML: no script, nothing loaded from elsewhere, a content
security policy that names the one style by its hash. Whatever comes from the DNS is escaped. Never asks the DNS.
"""

from collections.abc import Mapping, Sequence
from html import escape

from tayori.app import public_page
from tayori.model.domain_plan import Change, DomainPlan, PlannedRecord
from tayori.zoneforms.forms import Form
from tayori.zoneforms.presentation import mx_parts, relative

SHARE_PATH = "/tayori/share"
LANGUAGES = ("en", "ja")

_TEXTS: Mapping[str, tuple[str, str]] = {
    "title": ("DNS records for {domain}", "{domain} の DNS レコード"),
    "about": (
        "These records let mail of {domain} be sent and signed by {service}. They do not change where mail to {domain} "
        "is received.",
        "{domain} のメールを {service} から送信し、署名するために必要なレコードです。"
        "{domain} 宛てのメールの受信先は変わりません。",
    ),
    "looked": ("Looked up at {moment} UTC.", "{moment} UTC に DNS を確認しました。"),
    "looked-before": (
        "Looked up at {moment} UTC; the next look is possible in {seconds} seconds.",
        "{moment} UTC に DNS を確認しました。次の確認は {seconds} 秒後に可能です。",
    ),
    "complete": ("Every record is in place. Thank you.", "すべてのレコードが登録されています。ありがとうございます。"),
    "incomplete": (
        "{count} to be registered or changed. Reload this page to look again.",
        "登録または変更が必要なレコードが {count} 件あります。再読み込みすると、もう一度確認します。",
    ),
    "purpose": ("For", "目的"),
    "host": ("Host in the zone {zone}", "ホスト名(ゾーン {zone} 内)"),
    "name": ("Full name", "完全な名前"),
    "type": ("Type", "種類"),
    "value": ("Value", "値"),
    "ttl": ("TTL", "TTL"),
    "present": ("Stands there now", "現在の値"),
    "state": ("State", "状態"),
    "nothing": ("nothing", "なし"),
    "required": ("required", "必須"),
    "recommended": ("recommended", "推奨"),
    "optional": ("optional", "任意"),
    "dkim": ("DKIM signature", "DKIM 署名"),
    "dkim-ed25519": ("second DKIM signature (Ed25519)", "2 つ目の DKIM 署名 (Ed25519)"),
    "ownership": ("proof of the domain", "ドメインの所有確認"),
    "mail-from-mx": ("return path of bounces (MX)", "バウンスの戻り先 (MX)"),
    "mail-from-spf": ("SPF of the return path", "戻り先ドメインの SPF"),
    "dmarc": ("DMARC policy", "DMARC ポリシー"),
    "tracking": ("links of tracked mail", "計測用リンクの転送先"),
    "add": ("to be added", "未登録です。追加してください"),
    "replace": (
        "another value stands there: to be replaced, once whoever uses it agrees",
        "別の値があります。利用者に確認のうえ、置き換えてください",
    ),
    "priority": ("priority {number}", "優先度 {number}"),
    "merge": ("keep what stands there, as shown under Value", "現在の値を残したまま、「値」欄のとおりにしてください"),
    "none": ("in place", "登録済み"),
    "unknown": ("the DNS did not answer", "DNS が応答しませんでした"),
    "downloads": ("For programs", "プログラム用の形式"),
    "document": ("The whole explanation, to print or to pass on:", "印刷や回覧のための詳しい説明資料:"),
    "language": ("日本語", "English"),
    "until": ("This page opens until {moment} UTC.", "このページの有効期限は {moment} UTC です。"),
    "gone": (
        "This link does not open. It may have been revoked, or its time is over; ask whoever sent it for a new one.",
        "このリンクは開けません。無効にされたか、有効期限が過ぎています。送付元に新しいリンクをご依頼ください。",
    ),
    "busy": (
        "Many people look at the moment. Please reload this page in a minute.",
        "現在アクセスが集中しています。1 分ほどしてから再読み込みしてください。",
    ),
}

_STYLE = """
body{font:16px/1.6 system-ui,"Hiragino Sans","Noto Sans JP",sans-serif;margin:2em auto;max-width:76em;padding:0 1em;
color:#16191f;background:#fff}
table{border-collapse:collapse;width:100%;font-size:.9em}
th,td{border:1px solid #c6c6cd;padding:.5em;text-align:left;vertical-align:top}
th{background:#f2f3f3}
code{font-family:ui-monospace,monospace;overflow-wrap:anywhere}
td:nth-child(4),td:nth-child(6){white-space:nowrap}
td:nth-child(4) code{overflow-wrap:normal}
.none{color:#037f0c}.add,.replace,.merge{color:#b5450a;font-weight:600}.unknown{color:#5f6b7a}
nav{text-align:right}small{color:#5f6b7a}
"""


def text(key: str, lang: str, **places: object) -> str:
    return _TEXTS[key][LANGUAGES.index(lang)].format(**places)


def language_of(accepted: str, asked: str = "") -> str:
    """`ja` or `en`: the one asked for, else the one that Accept-Language (RFC 9110 12.5.4) weighs more."""
    if asked in LANGUAGES:
        return asked
    weights = {"en": 0.0, "ja": 0.0}
    for part in accepted[:1000].split(","):
        tag, *parameters = (piece.strip().lower() for piece in part.split(";"))
        primary = tag.partition("-")[0]
        if primary in weights:
            weights[primary] = max(weights[primary], _weight(parameters))
    return "ja" if weights["ja"] > weights["en"] else "en"


def _weight(parameters: Sequence[str]) -> float:
    given = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
    try:
        return min(1.0, max(0.0, float(given)))
    except ValueError:
        return 0.0


def headers(lang: str) -> tuple[tuple[str, str], ...]:
    return public_page.headers(_STYLE, lang)


def notice(key: str, lang: str) -> str:
    """A page of one sentence."""
    return _document(lang, "Tayori", [f"<p>{escape(text(key, lang))}</p>"])


def page(
    plan: DomainPlan, lang: str, *, path: str, until: str, fresh_in: int, documents: Sequence[tuple[str, str]] = ()
) -> str:
    """The whole page. `path` is its own; `documents` are (name, path) of what explains more."""
    title = text("title", lang, domain=plan.domain)
    open_count = sum(record.change is not Change.NONE for record in plan.records)
    moment = f"{plan.made_at:%Y-%m-%d %H:%M:%S}"
    looked = text("looked-before" if fresh_in else "looked", lang, moment=moment, seconds=fresh_in)
    state = text("incomplete", lang, count=open_count) if open_count else text("complete", lang)
    other = "en" if lang == "ja" else "ja"
    switch = f'href="{escape(path)}?lang={other}" hreflang="{other}" lang="{other}"'
    body = [
        f"<nav><a {switch}>{text('language', lang)}</a></nav>",
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(text('about', lang, domain=plan.domain, service=plan.service_domain))}</p>",
        f"<p><strong>{escape(state)}</strong><br><small>{escape(looked)}</small></p>",
        *_table(plan, lang),
        *_links(lang, path, documents),
        f"<p><small>{escape(text('until', lang, moment=until))}</small></p>",
    ]
    return _document(lang, title, body)


def _table(plan: DomainPlan, lang: str) -> list[str]:
    heads = [
        text(key, lang, zone=plan.zone)
        for key in ("purpose", "host", "name", "type", "value", "ttl", "present", "state")
    ]
    return [
        "<table><thead><tr>",
        *(f"<th scope=col>{escape(head)}</th>" for head in heads),
        "</tr></thead><tbody>",
        *(_row(record, plan.zone, lang) for record in plan.records),
        "</tbody></table>",
    ]


def _row(record: PlannedRecord, zone: str, lang: str) -> str:
    necessity = text(record.necessity, lang)
    purpose = text(record.purpose, lang) if record.purpose in _TEXTS else str(record.purpose)
    cells = [
        f"{escape(purpose)}<br><small>{escape(necessity)}</small>",
        _code(relative(record.name, zone)),
        _code(record.name),
        _code(record.rdtype),
        "<br>".join(_value(record, value, lang) for value in record.wanted),
        str(record.ttl),
        "<br>".join(_code(value) for value in record.present) or escape(text("nothing", lang)),
        f'<span class="{record.change}">{escape(text(record.change, lang))}</span>',
    ]
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _value(record: PlannedRecord, value: str, lang: str) -> str:
    """As panels ask for it: the priority of an MX has a field of its own in most."""
    if record.rdtype != "MX":
        return _code(value)
    preference, host = mx_parts(value)
    return f"{_code(host)}<br><small>{escape(text('priority', lang, number=preference))}</small>"


def _code(value: str) -> str:
    return f"<code>{escape(value)}</code>"


def _links(lang: str, path: str, documents: Sequence[tuple[str, str]]) -> list[str]:
    forms = ", ".join(f'<a href="{escape(path)}/zone?format={form}">{form}</a>' for form in Form)
    lines = [f"<h2>{escape(text('downloads', lang))}</h2>", f"<p>{forms}</p>"]
    if documents:
        links = ", ".join(f'<a href="{escape(link)}">{escape(name)}</a>' for name, link in documents)
        lines.append(f"<p>{escape(text('document', lang))} {links}</p>")
    return lines


def _document(lang: str, title: str, body: Sequence[str]) -> str:
    return "\n".join(
        (
            f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
            *body,
            "</body></html>",
            "",
        )
    )
