"""Verifiers that are not Tayori's: DKIM by dkimpy, SPF and DMARC by a small evaluator over dnspython.

The evaluator knows what the story needs (ip4, ip6, a, mx, include, all; relaxed and strict alignment) and says
`permerror` to the rest. RFC 7208, RFC 7489.
"""

import ipaddress
import re
from dataclasses import dataclass
from email.utils import parseaddr

import dkim

from demo.lookup import Lookup
from tayori.testing import ReceivedMail

_QUALIFIERS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the independent check of one message came to."""

    signed_by: tuple[str, ...]  # domains whose DKIM signature dkimpy found good
    selectors: tuple[str, ...]
    spf: str
    spf_domain: str
    client: str
    from_domain: str
    policy: str
    aligned_by: tuple[str, ...]

    @property
    def dmarc(self) -> str:
        return "pass" if self.aligned_by else "fail"


def examine(message: ReceivedMail, lookup: Lookup) -> Verdict:
    from_domain = parseaddr(str(message.message["From"]))[1].rpartition("@")[2].lower()
    client = _client(str(message.message["Received"]))
    spf_domain = message.mail_from.rpartition("@")[2].lower()
    spf = check_spf(lookup, spf_domain, client)
    signed = good_signatures(message.raw, lookup)
    policy = _policy(lookup, from_domain)
    aligned = []
    if spf == "pass" and _is_aligned(spf_domain, from_domain, policy.get("aspf", "r")):
        aligned.append("SPF")
    if any(_is_aligned(domain, from_domain, policy.get("adkim", "r")) for domain, _ in signed):
        aligned.append("DKIM")
    return Verdict(
        signed_by=tuple(domain for domain, _ in signed),
        selectors=tuple(selector for _, selector in signed),
        spf=spf,
        spf_domain=spf_domain,
        client=client,
        from_domain=from_domain,
        policy=policy.get("p", "none"),
        aligned_by=tuple(aligned),
    )


def _client(received: str) -> str:
    """The address that the provider's Received field names (RFC 5321 4.4)."""
    found = re.search(r"\[(?:IPv6:)?([0-9a-fA-F.:]+)\]", received)
    if found is None:
        raise ValueError(f"the Received field names no client: {received!r}")
    return found[1]


# -- DKIM ----------------------------------------------------------------------------------------------------------


def good_signatures(raw: bytes, lookup: Lookup) -> list[tuple[str, str]]:
    """(domain, selector) of each signature that dkimpy finds good."""

    def txt(name: bytes, timeout: int = 5) -> bytes | None:
        values = lookup.values(name.decode("ascii").rstrip("."), "TXT")
        return values[0].encode("latin-1") if values else None

    verifier = dkim.DKIM(raw)
    count = sum(name.lower() == b"dkim-signature" for name, _ in verifier.headers)
    found = []
    for index in range(count):
        try:
            is_good = verifier.verify(index, dnsfunc=txt)
        except dkim.DKIMException:
            is_good = False
        if is_good:
            found.append((verifier.domain.decode("ascii").lower(), verifier.selector.decode("ascii")))
    return found


# -- SPF -----------------------------------------------------------------------------------------------------------


def check_spf(lookup: Lookup, domain: str, client: str, depth: int = 0) -> str:
    records = [value for value in lookup.values(domain, "TXT") if value.lower().split(" ")[0] == "v=spf1"]
    if not records:
        return "none"
    if len(records) > 1 or depth > 10:
        return "permerror"
    for term in records[0].split()[1:]:
        qualifier, mechanism = (term[0], term[1:]) if term[0] in _QUALIFIERS else ("+", term)
        matches = _matches(lookup, mechanism, domain, client, depth)
        if matches is None:
            return "permerror"
        if matches:
            return _QUALIFIERS[qualifier]
    return "neutral"


def _matches(lookup: Lookup, mechanism: str, domain: str, client: str, depth: int) -> bool | None:
    name, _, value = mechanism.partition(":")
    address = ipaddress.ip_address(client)
    match name.lower():
        case "all":
            return True
        case "ip4" | "ip6":
            network = ipaddress.ip_network(value, strict=False)
            return address.version == network.version and address in network
        case "include":
            result = check_spf(lookup, value, client, depth + 1)
            return None if result in ("none", "permerror") else result == "pass"
        case "a":
            return client in lookup.values(value or domain, "A")
        case "mx":
            hosts = [record.split()[1] for record in lookup.values(value or domain, "MX")]
            return any(client in lookup.values(host, "A") for host in hosts)
    return None


# -- DMARC ---------------------------------------------------------------------------------------------------------


def _policy(lookup: Lookup, domain: str) -> dict[str, str]:
    """The tags of the domain's record, or of its organisational domain's (in .test: the last two labels)."""
    for name in dict.fromkeys((domain, _organisation(domain))):
        for value in lookup.values(f"_dmarc.{name}", "TXT"):
            if value.startswith("v=DMARC1"):
                pairs = (part.strip().partition("=") for part in value.split(";") if "=" in part)
                return {tag.strip(): text.strip() for tag, _, text in pairs}
    return {}


def _organisation(domain: str) -> str:
    return ".".join(domain.split(".")[-2:])


def _is_aligned(identifier: str, from_domain: str, mode: str) -> bool:
    if mode == "s":
        return identifier == from_domain
    return _organisation(identifier) == _organisation(from_domain)
