"""The page on which a recipient chooses what he gets: its words, in English and Japanese, and its HTML.

No script, nothing loaded from elsewhere, no cookie; it reads well aloud and on a telephone. What the sender has written
(topics) is escaped. Never knows how a choice is kept.
"""

from collections.abc import Iterable, Mapping
from html import escape

from tayori.app import public_page
from tayori.model.contact_list import Status, Topic
from tayori.resources.subscription_choices import Choice

LANGUAGES = ("en", "ja")
TOPIC_FIELD, ACTION_FIELD = "topic", "action"
SAVE, LEAVE, RETURN = "save", "leave", "return"

_TEXTS: Mapping[str, tuple[str, str]] = {
    "title": ("Your email preferences", "メール配信の設定"),
    "for": ("To: {address}", "宛先: {address}"),
    "sender": ("From: {sender}", "送信元: {sender}"),
    "choose": ("Which emails would you like to receive?", "受け取るメールをお選びください"),
    "save": ("Save", "設定を保存する"),
    "all": ("No more emails", "すべての配信の停止"),
    "all-about": (
        "You will receive none of these emails, and none on topics that are added later.",
        "上記のメールも、今後追加される種類のメールも届かなくなります。",
    ),
    "leave": ("Unsubscribe from everything", "すべての配信を停止する"),
    "single": ("You receive emails from this list.", "このリストのメールを受け取る設定になっています。"),
    "left": ("You are unsubscribed from everything.", "すべての配信を停止しています。"),
    "left-topics": (
        "To receive some of these emails again, choose them and save.",
        "再び受け取るには、メールを選んで保存してください。",
    ),
    "return": ("Subscribe again", "配信を再開する"),
    "saved": ("Your choice is saved.", "設定を保存しました。"),
    "done": ("You are unsubscribed.", "配信を停止しました。"),
    "language": ("日本語", "English"),
    "invalid": (
        "This link does not work. It may have been cut off on its way; please use the link in the email itself.",
        "このリンクは無効です。途中で切れている可能性があります。メール内のリンクを直接開いてください。",
    ),
    "gone": (
        "The list of this email is no longer there. You will receive nothing more from it.",
        "このメールの配信リストは廃止されました。今後このリストからメールが届くことはありません。",
    ),
    "busy": ("Please try again in a minute.", "1 分ほどしてから、もう一度お試しください。"),
}

_STYLE = """
:root{color-scheme:light dark}
body{font:1.0625rem/1.7 system-ui,"Hiragino Sans","Noto Sans JP",sans-serif;margin:0 auto;max-width:36rem;
padding:1rem 1.25rem 3rem;color:#16191f;background:#fff}
h1{font-size:1.5rem;line-height:1.3;margin:.5rem 0 .25rem}
h2{font-size:1.0625rem;margin:0}
nav{text-align:right}
p{margin:.25rem 0}
.who{color:#4a5561;overflow-wrap:anywhere}
.note{margin-top:1.25rem}
[role=status]{background:#e6f4ea;color:#0b4d20;border-left:.3rem solid #137333;padding:.6rem .9rem;margin:1rem 0}
fieldset{border:0;padding:0;margin:1.5rem 0 1rem}
legend{font-weight:600;padding:0;margin-bottom:.5rem}
.topic{display:flex;gap:.8rem;padding:.8rem 0;border-top:1px solid #d5dae0}
.topic label{flex:1;overflow-wrap:anywhere}
.topic span{display:block;color:#4a5561;font-size:.9375rem}
input{width:1.4rem;height:1.4rem;flex:none;margin:.2rem 0 0;accent-color:#0b57d0}
button{font:inherit;font-weight:600;padding:.6rem 1.4rem;min-height:2.75rem;border-radius:.4rem;cursor:pointer;
border:1px solid #0b57d0;background:#0b57d0;color:#fff}
button.plain{background:transparent;color:#a50e0e;border-color:#a50e0e}
button:focus-visible,input:focus-visible,a:focus-visible{outline:3px solid #f29900;outline-offset:2px}
section{margin-top:2.5rem;padding-top:1.25rem;border-top:1px solid #d5dae0}
section button{margin-top:.75rem}
a{color:#0b57d0}
@media(max-width:30rem){button{width:100%}}
@media(prefers-color-scheme:dark){body{color:#e8eaed;background:#17191c}.who,.topic span{color:#a9b2bc}
.topic,section{border-color:#3c4248}a{color:#a8c7fa}button{background:#a8c7fa;border-color:#a8c7fa;color:#062e6f}
button.plain{color:#f2b8b5;border-color:#f2b8b5}
[role=status]{background:#0f2d1a;color:#c4eed0;border-color:#6dd58c}}
"""


def text(key: str, lang: str, **places: object) -> str:
    return _TEXTS[key][LANGUAGES.index(lang)].format(**places)


def headers(lang: str) -> tuple[tuple[str, str], ...]:
    return public_page.headers(_STYLE, lang, forms_lead=public_page.HERE)


def notice(key: str, lang: str) -> str:
    """A page of one sentence."""
    return _document(lang, [f"<main><p>{escape(text(key, lang))}</p></main>"])


def page(choice: Choice, lang: str, *, is_saved: bool) -> str:
    """The whole page. Its forms lead to where it stands."""
    topics = choice.contact_list.topics
    sender = [f"<p class=who>{escape(text('sender', lang, sender=choice.sender))}</p>"] if choice.sender else []
    body = [
        _switch(lang),
        "<main>",
        f"<h1>{text('title', lang)}</h1>",
        f"<p class=who>{escape(text('for', lang, address=choice.address))}</p>",
        *sender,
        *([f"<p role=status>{text('saved', lang)}</p>"] if is_saved else []),
        *(_left(lang, has_topics=bool(topics)) if choice.wants.unsubscribed else []),
        *(_form(choice, lang) if topics else []),
        *([] if choice.wants.unsubscribed else _leave(lang, has_topics=bool(topics))),
        "</main>",
    ]
    return _document(lang, body)


def _switch(lang: str) -> str:
    other = "en" if lang == "ja" else "ja"
    return f'<nav><a href="?lang={other}" hreflang="{other}" lang="{other}">{text("language", lang)}</a></nav>'


def _left(lang: str, *, has_topics: bool) -> Iterable[str]:
    yield f"<p class=note><strong>{text('left', lang)}</strong></p>"
    if has_topics:
        yield f"<p>{text('left-topics', lang)}</p>"
    else:
        yield f'<form method=post action="?lang={lang}">{_button(RETURN, lang)}</form>'


def _form(choice: Choice, lang: str) -> list[str]:
    wants = choice.wants
    return [
        f'<form method=post action="?lang={lang}">',
        f"<fieldset><legend>{text('choose', lang)}</legend>",
        *(
            _topic(number, topic, is_on=not wants.unsubscribed and wants.of(topic) is Status.OPT_IN)
            for number, topic in enumerate(choice.contact_list.topics)
        ),
        f"</fieldset>{_button(SAVE, lang)}</form>",
    ]


def _topic(number: int, topic: Topic, *, is_on: bool) -> str:
    about = f"<span>{escape(topic.description)}</span>" if topic.description else ""
    checked = " checked" if is_on else ""
    return (
        f'<div class=topic><input type=checkbox id=t{number} name={TOPIC_FIELD} value="{escape(topic.name)}"{checked}>'
        f"<label for=t{number}>{escape(topic.display_name)}{about}</label></div>"
    )


def _leave(lang: str, *, has_topics: bool) -> list[str]:
    about = f"<h2>{text('all', lang)}</h2><p>{text('all-about', lang)}</p>" if has_topics else ""
    single = "" if has_topics else f"<p>{text('single', lang)}</p>"
    button = _button(LEAVE, lang, kind=" class=plain")
    return [f'<section>{about}{single}<form method=post action="?lang={lang}">{button}</form></section>']


def _button(action: str, lang: str, kind: str = "") -> str:
    return f"<button name={ACTION_FIELD} value={action}{kind}>{text(action, lang)}</button>"


def _document(lang: str, body: Iterable[str]) -> str:
    return "\n".join(
        (
            f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{text('title', lang)}</title><style>{_STYLE}</style></head><body>",
            *body,
            "</body></html>",
            "",
        )
    )
