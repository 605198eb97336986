"""What a receiver's authentication can rest on for one message: its return path for SPF, its signatures for DKIM, and
whether either counts for the From domain (RFC 7489 3.1, relaxed, as receivers do unless the domain's policy says
otherwise). Pure; it says what was sent, not what a receiver made of it.
"""

from collections.abc import Iterable
from typing import Any

from tayori.mail.dmarc import Alignment, is_aligned


def of_message(from_address: str, return_path: str, signatures: Iterable[str]) -> dict[str, Any]:
    """`signatures` are names of key records, `<selector>._domainkey.<domain>`, as attempts record them."""
    domain = from_address.rpartition("@")[2].lower()
    spf_domain = return_path.rpartition("@")[2].lower()
    dkim = [_signature(name, domain) for name in dict.fromkeys(signatures)]
    spf_aligned = _is_aligned(spf_domain, domain)
    return {
        "from_domain": domain,
        "spf": {"domain": spf_domain or None, "aligned": spf_aligned},
        "dkim": dkim,
        "dmarc": "aligned" if spf_aligned or any(one["aligned"] for one in dkim) else "not-aligned",
    }


def _signature(name: str, domain: str) -> dict[str, Any]:
    selector, _, signing = name.partition("._domainkey.")
    return {"selector": selector, "domain": signing, "aligned": _is_aligned(signing, domain)}


def _is_aligned(identifier: str, domain: str) -> bool:
    return bool(identifier and domain) and is_aligned(identifier, domain, Alignment.RELAXED)
