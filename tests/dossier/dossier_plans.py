"""A plan of one realistic domain, with every kind of change; and how the golden texts are made from it.

`python tests/dossier/dossier_plans.py` writes them anew, after a change that is meant.
"""

from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

from tayori.dossier.forms import Form, render
from tayori.dossier.request import Request
from tayori.model.domain_plan import Change, DomainPlan, Necessity, PlannedRecord
from tayori.model.proof import Purpose

GOLDEN = Path(__file__).parent / "golden"
DOMAIN = "example.co.jp"
SERVICE = "mail.example.net"
TOKENS = ("4hzwn5lmznmmjyl2pqf2agr3uzzzzxyz", "o25mqk5iffcfzgc3wo2zjhkohcyjzsoq", "gdwg2y3kokkkj5a55z2ilkup5wp5hhxx")
OTHER_SPF = "v=spf1 ip4:192.0.2.0/24 include:_spf.other.example ~all"
MERGED_SPF = f"v=spf1 ip4:192.0.2.0/24 include:_spf.other.example include:spf.{SERVICE} ~all"
LONG_KEY = "v=DKIM1; k=rsa; p=" + "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA" * 9


def record(
    purpose: Purpose,
    name: str,
    rdtype: str,
    own: str,
    *,
    present: tuple[str, ...] = (),
    wanted: tuple[str, ...] | None = None,
    change: Change = Change.ADD,
    necessity: Necessity = Necessity.REQUIRED,
    notes: tuple[str, ...] = (),
) -> PlannedRecord:
    return PlannedRecord(
        purpose=purpose,
        name=name,
        rdtype=rdtype,
        own=own,
        wanted=(own,) if wanted is None else wanted,
        present=present,
        change=change,
        necessity=necessity,
        notes=notes,
    )


def dkim(token: str, *, present: tuple[str, ...] = (), change: Change = Change.ADD) -> PlannedRecord:
    name, value = f"{token}._domainkey.{DOMAIN}", f"{token}.dkim.{SERVICE}"
    return record(Purpose.DKIM, name, "CNAME", value, present=present, change=change)


RECORDS = (
    dkim(TOKENS[0], present=(f"{TOKENS[0]}.dkim.{SERVICE}.{DOMAIN}",), change=Change.REPLACE),
    dkim(TOKENS[1]),
    dkim(TOKENS[2]),
    record(
        Purpose.OWNERSHIP,
        f"_amazonses.{DOMAIN}",
        "TXT",
        "pmBGN/7MjnfhTKUZ06Enqq1PeGUaOkw8lGhcfwefcHU=",
        present=("pmBGN/7MjnfhTKUZ06Enqq1PeGUaOkw8lGhcfwefcHU=",),
        change=Change.NONE,
    ),
    record(Purpose.MAIL_FROM_MX, f"bounce.{DOMAIN}", "MX", f"10 feedback-smtp.us-east-1.{SERVICE}"),
    record(
        Purpose.MAIL_FROM_SPF,
        f"bounce.{DOMAIN}",
        "TXT",
        f"v=spf1 include:spf.{SERVICE} ~all",
        present=(OTHER_SPF, "site-verification=4f9d"),
        wanted=(MERGED_SPF, "site-verification=4f9d"),
        change=Change.MERGE,
        necessity=Necessity.RECOMMENDED,
    ),
    record(Purpose.DMARC, f"_dmarc.{DOMAIN}", "TXT", "v=DMARC1; p=none", necessity=Necessity.RECOMMENDED),
)


def plan(*records: PlannedRecord, zone: str = DOMAIN, domain: str = DOMAIN) -> DomainPlan:
    return DomainPlan(
        domain=domain,
        zone=zone,
        account_id="123456789012",
        region="us-east-1",
        service_domain=SERVICE,
        mail_from_domain=f"bounce.{domain}",
        records=records or RECORDS,
        made_at=datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
    )


# 髙 and 﨑 are in names of people, ① and ㈱ in those of companies: what simple fonts and encodings lack.
PEOPLE = {
    "en": ("Takasaki Trading Co., Ltd., Sales Planning", "Hanako Yamazaki, hanako@example.co.jp, +81 3 0000 0000", ""),
    "ja": (
        "㈱髙﨑商店 第①営業企画部",
        "山﨑 花子 / hanako@example.co.jp / 03-0000-0000",
        "株式会社サンプル 情報システム部 御中",
    ),
}


def request(language: str = "en", *, panel: str | None = None) -> Request:
    requester, contact, recipient = PEOPLE[language]
    return Request(
        language=language,
        requester=requester,
        contact=contact,
        recipient=recipient,
        start=date(2026, 12, 25),
        panel=panel,
    )


class _Text(HTMLParser):
    """What a reader sees of a page, one line for each block."""

    _BLOCKS = frozenset("p li td th h1 h2 h3 h4 figcaption div text footer pre br".split())

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = [""]
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag == "style"
        if tag in self._BLOCKS:
            self.lines.append("")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag == "style"
        if tag in self._BLOCKS:
            self.lines.append("")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.lines[-1] += data


def seen(page: str) -> str:
    reader = _Text()
    reader.feed(page)
    return "\n".join(line for text in reader.lines for line in map(str.strip, text.splitlines()) if line) + "\n"


def golden_texts() -> dict[str, str]:
    """File name → what stands in it."""
    found: dict[str, str] = {}
    for language in ("en", "ja"):
        found[f"{language}.md"] = render(plan(), request(language), Form.MARKDOWN).decode()
        found[f"{language}.html.txt"] = seen(render(plan(), request(language), Form.HTML).decode())
    return found


if __name__ == "__main__":
    for name, text in golden_texts().items():
        (GOLDEN / name).write_text(text, "utf-8")
