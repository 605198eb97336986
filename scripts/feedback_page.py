"""The page about feedback loops, from their table, in one language."""

from collections.abc import Iterator

from tayori.app import feedback_table
from tayori.cli.words import Words
from tayori.model.feedback_loops import Collector, FeedbackLoops, Loop, MailboxProvider

_TITLE = {
    "en": "# Feedback loops: who tells senders of complaints",
    "ja": "# フィードバックループ: 苦情を送信者に報告するプロバイダー",
}
_INTRO = {
    "en": """\
This page is made from the table in the code by `make reference`. What to do with it:
[hear of complaints](../howto/complaints.md).

A provider is found by the hosts that take the mail (MX), not by the address's domain. *Reported* means one report for
each complaint, to whoever is enrolled; *figures only* means numbers at a page of the provider's. *Unknown* means that
nothing was found either way: reckon with none. Sources were read as stored copies and not live. Look again before you
rely on an entry, and put what you know better into a file of your own (`inbound.feedback_loops_file`).
""",
    "ja": """\
このページはコード内の表から `make reference` で生成されています。使い方は
[苦情を知る](../howto/complaints.ja.md)をご覧ください。

プロバイダーは、アドレスのドメインではなく、メールを受け取るホスト (MX) で判別します。「報告あり」は、登録した送信者に
苦情 1 件ごとにレポートが届くこと、「集計値のみ」は、プロバイダーのページで数値だけが見られることを指します。
「不明」は有無を確認できなかったもので、届かないものとしてお考えください。出典は保存された写しで確認したもので、
最新とは限りません。利用前に再確認し、新しい情報は独自のファイル (`inbound.feedback_loops_file`) に追加してください。
""",
}
_HEADS = {
    "en": ("Provider", "Complaints", "Enrol by", "At", "Reports", "Reader's address", "MX hosts"),
    "ja": ("プロバイダー", "苦情の報告", "登録の単位", "登録先", "レポート", "申立人のアドレス", "MX ホスト"),
}
_PARTS = {
    "en": ("Collectors, who run loops for others", "Providers", "What enrolments ask for, notes and sources"),
    "ja": ("他社のループを運営する事業者", "プロバイダー", "登録に必要なもの、備考、出典"),
}


def page(language: str) -> str:
    table, words = feedback_table.load(), Words(language)
    collectors, providers, details = _PARTS[language]
    lines = [_TITLE[language], "", _INTRO[language], f"## {collectors}", ""]
    lines += _table(language, [_collector(one, words) for one in table.collectors])
    lines += ["", f"## {providers}", ""]
    lines += _table(language, [_provider(one, table, words) for one in table.providers])
    lines += ["", f"## {details}", ""]
    for one in (*table.collectors, *table.providers):
        lines += _detail(one, words)
    return "\n".join(lines).rstrip() + "\n"


def _table(language: str, rows: list[tuple[str, ...]]) -> Iterator[str]:
    heads = _HEADS[language]
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _collector(one: Collector, words: Words) -> tuple[str, ...]:
    return (f"{one.name.of(words.language)} (`{one.id}`)", "", *_how(one, words), "")


def _provider(one: MailboxProvider, table: FeedbackLoops, words: Words) -> tuple[str, ...]:
    hosts = ", ".join(f"`{host}`" for host in one.hosts)
    name, loop = f"{one.name.of(words.language)} (`{one.id}`)", words(f"loops.loop.{one.loop}")
    if one.loop in (Loop.NO, Loop.UNKNOWN):
        return name, loop, "", "", "", "", hosts
    by, at, reports, address = _how(one, words)
    collector = table.collector(one.through)
    if collector is not None:
        by = words("loops.through", name=collector.name.of(words.language))
    return name, loop, by, at, reports, address, hosts


def _how(one: MailboxProvider | Collector, words: Words) -> tuple[str, str, str, str]:
    how = one.enrolment
    by = ", ".join(words(f"loops.by.{by}") for by in how.by)
    return by, f"<{how.at}>" if how.at else "", how.sends, words(f"loops.redacts.{how.redacts}")


def _detail(one: MailboxProvider | Collector, words: Words) -> Iterator[str]:
    language, known = words.language, one.known
    said = [one.note.of(language)] if isinstance(one, MailboxProvider) else []
    if not (isinstance(one, MailboxProvider) and (one.through or one.loop in (Loop.NO, Loop.UNKNOWN))):
        said.insert(0, one.enrolment.needs.of(language))
    sources = " ".join(f"<{url}>" for url in known.source)
    facts = f"{words(f'loops.basis.{known.basis}')}, {known.as_of}"
    text = ("" if language == "ja" else " ").join(filter(None, said))
    yield f"* **{one.name.of(language)}**: {text + ' ' if text else ''}({facts}{': ' + sources if sources else ''})"
