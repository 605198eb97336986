"""What every page for people without an account says of itself to the browser.

Owns the one policy: nothing runs, nothing is loaded, nothing is kept or passed on, nobody frames it or finds it.
"""

import base64
import hashlib

NOWHERE = "'none'"
HERE = "'self'"


def headers(style: str, lang: str, *, forms_lead: str = NOWHERE) -> tuple[tuple[str, str], ...]:
    """Of an HTML answer in the language `lang` whose only style sheet is `style`, in its head."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action {forms_lead};"
        " frame-ancestors 'none'"
    )
    return (
        ("content-type", "text/html; charset=utf-8"),
        ("content-language", lang),
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-robots-tag", "noindex, nofollow"),
        ("cache-control", "no-store"),
        ("vary", "accept-language"),
    )
