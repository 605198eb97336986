"""Names and values as a master file writes them (RFC 1035 5.1): what every form is made from.

Owns quoting, the splitting of long texts, and names relative to a zone. Values come as in `mail.answer.Answer`: host
names without a final dot, texts joined and decoded as Latin-1.
"""

from collections.abc import Iterator

from tayori.model.domain_plan import DomainPlan, PlannedRecord

_MAX_STRING = 255  # RFC 1035 3.3: the length of a character-string is one octet


def relative(name: str, zone: str) -> str:
    """`name` as written in the zone: "@" is the zone itself; a name outside of it ends in a dot."""
    if name == zone:
        return "@"
    return name.removesuffix(f".{zone}") if name.endswith(f".{zone}") else f"{name}."


def strings(value: str) -> list[str]:
    """A text in pieces that fit a character-string each."""
    return [value[at : at + _MAX_STRING] for at in range(0, len(value), _MAX_STRING)] or [""]


def quoted(value: str) -> str:
    """A text as character-strings in quotes; octets that are not printable as \\DDD."""
    return " ".join('"' + "".join(_escaped(character) for character in string) + '"' for string in strings(value))


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if " " <= character <= "~" else f"\\{ord(character):03d}"


def mx_parts(value: str) -> tuple[int, str]:
    """Preference and host of an MX value."""
    preference, _, host = value.partition(" ")
    return int(preference), host


def rdata(rdtype: str, value: str) -> str:
    """The right side of a record, with every name absolute."""
    if rdtype == "TXT":
        return quoted(value)
    return value if value.endswith(".") else f"{value}."


def heading(plan: DomainPlan) -> Iterator[str]:
    """What stands at the top of each form, line by line, for its reader."""
    yield f"Records of {plan.domain} in the zone {plan.zone}, for mail sent by {plan.service_domain}"
    yield f"(account {plan.account_id}, region {plan.region}), beside the DNS of {plan.made_at:%Y-%m-%d %H:%M} UTC."


def note(record: PlannedRecord) -> str:
    """One line on a record: what for, how needed, what to do."""
    return f"{record.purpose}, {record.necessity}: {record.change}"


def label(record: PlannedRecord, zone: str) -> str:
    """A word for a record that configuration languages take as a name."""
    host = relative(record.name, zone).rstrip(".")
    words = "".join(character if character.isalnum() else "_" for character in ("apex" if host == "@" else host))
    return f"tayori_{words.lower()}_{record.rdtype.lower()}"
