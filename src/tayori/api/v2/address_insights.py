"""What can be said of an email address before it is written to."""

import asyncio

from tayori.api.registry import ComposeCall, Request, Response, operation
from tayori.mail.address import AddrSpec
from tayori.mail.answer import drive
from tayori.model import address_insight
from tayori.model.address_insight import History, Insight, MailRoute, Verdict
from tayori.model.errors import Invalid
from tayori.resources import address_history

_SECONDS = 5.0  # for the DNS
_LONGEST = 320


@operation("sesv2", "GetEmailAddressInsights", mode="compose")
async def get_email_address_insights(call: ComposeCall, request: Request) -> Response:
    """Nobody's mail server is asked; see `model.address_insight`."""
    text = request["EmailAddress"]
    if not text.strip() or len(text) > _LONGEST:
        raise Invalid(f"EmailAddress must have between 1 and {_LONGEST} characters.")
    address = address_insight.parse(text)
    if address is None:
        return _shown(address_insight.judge(None, MailRoute.UNKNOWN, History.UNKNOWN))
    history = await call.store.read(address_history.of_address, call.account_id, call.region, address)
    return _shown(address_insight.judge(address, await _route(call, address), history))


async def _route(call: ComposeCall, address: AddrSpec) -> MailRoute:
    try:
        async with asyncio.timeout(_SECONDS):
            return await drive(address_insight.mail_route(address.domain), call.tools.resolver)
    except TimeoutError:
        return MailRoute.UNKNOWN


def _shown(found: Insight) -> Response:
    return {
        "MailboxValidation": {
            "IsValid": _verdict(found.overall),
            "Evaluations": {
                "HasValidSyntax": _verdict(found.syntax),
                "HasValidDnsRecords": _verdict(found.records),
                "MailboxExists": _verdict(found.mailbox),
                "IsRoleAddress": _verdict(found.role),
                "IsDisposable": _verdict(found.disposable),
                "IsRandomInput": _verdict(found.random),
            },
        }
    }


def _verdict(found: Verdict) -> dict[str, str]:
    return {"ConfidenceVerdict": found}
