"""Why each record: what DKIM, MAIL FROM with SPF, DMARC and the proof of the domain are, each with its figure."""

from tayori.dossier import figures
from tayori.dossier.blocks import Block, Bullets, Heading, Paragraph, Tone
from tayori.dossier.opening import heading
from tayori.dossier.request import Writing
from tayori.dossier.schedule import policy_of
from tayori.model.domain_plan import Change


def reasons(on: Writing) -> list[Block]:
    """Only what the plan's records need is explained."""
    found: list[Block] = [heading(on, "why")]
    parts = (_dkim(on), _mail_from(on), _dmarc(on), _ownership(on), _reports(on))
    for number, (name, blocks) in enumerate((part for part in parts if part[1]), start=1):
        title = on.texts(f"heading.{name}")
        found.append(Heading(level=2, number=f"{on.section('why')}.{number}", text=title, anchor=f"why-{name}"))
        found += blocks
    return found


def _paragraph(on: Writing, key: str, **places: object) -> Paragraph:
    return Paragraph(line=on.texts.line(key, **places))


def _dkim(on: Writing) -> tuple[str, list[Block]]:
    pointers, keys, second = on.having("dkim"), on.having("dkim-key"), on.having("dkim-ed25519")
    if not (pointers or keys or second):
        return "dkim", []
    domain = on.plan.domain
    selector = (pointers or keys or second)[0].record.name.partition("._domainkey")[0]
    found: list[Block] = [
        _paragraph(on, "why.dkim.intro", domain=domain),
        figures.dkim(on.texts, domain, selector, is_pointer=not keys),
    ]
    if pointers:
        found.append(_paragraph(on, "why.dkim.cname"))
    if keys:
        found.append(_paragraph(on, "why.dkim.key"))
    if second:
        found.append(_paragraph(on, "why.dkim.ed25519"))
    return "dkim", found


def _mail_from(on: Writing) -> tuple[str, list[Block]]:
    records = on.having("mail-from-mx", "mail-from-spf", "spf")
    if not records:
        return "mail-from", []
    name = on.plan.mail_from_domain or records[0].record.name
    items = (
        on.texts.line("why.mail-from.spf", spf_include=on.names.spf_include),
        on.texts.line("why.mail-from.mx"),
    )
    return "mail-from", [
        _paragraph(on, "why.mail-from.intro"),
        _paragraph(on, "why.mail-from.name", mail_from=name),
        figures.mail_from(on.texts, on.plan.domain, name),
        Bullets(items=items),
    ]


def _dmarc(on: Writing) -> tuple[str, list[Block]]:
    """A domain that is covered already has the explanation too: its administrator is asked to keep the policy."""
    records = on.having("dmarc")
    in_place = all(typed.record.change is Change.NONE for typed in records)
    name = on.plan.mail_from_domain or on.names.mail_from_domain
    found: list[Block] = [_paragraph(on, "why.dmarc.intro"), figures.dmarc(on.texts, on.plan.domain, name)]
    if in_place:
        return "dmarc", [*found, Paragraph(line=on.texts.line("why.dmarc.present"), tone=Tone.NOTE)]
    found += [_paragraph(on, "why.dmarc.start") for typed in records if policy_of(typed.record) == "none"]
    if not any("rua=" in value for typed in records for value in typed.record.wanted):
        found.append(Paragraph(line=on.texts.line("why.dmarc.no-reports"), tone=Tone.NOTE))
    return "dmarc", found


def _ownership(on: Writing) -> tuple[str, list[Block]]:
    if not on.having("ownership"):
        return "ownership", []
    return "ownership", [
        _paragraph(on, "why.ownership.intro", domain=on.plan.domain),
        figures.ownership(on.texts, on.plan.domain),
    ]


def _reports(on: Writing) -> tuple[str, list[Block]]:
    if not on.having("mta-sts", "tls-rpt", "bimi"):
        return "reports", []
    return "reports", [_paragraph(on, "why.reports.intro")]
