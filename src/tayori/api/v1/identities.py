"""Identities in the words of v1: verified by TXT record, by DKIM or by a link; attributes for up to 100 at once."""

import contextlib
from collections.abc import Callable
from typing import Any

from tayori import ids
from tayori.api import listing
from tayori.api.identity_work import find, name_of, new_keys, send_verification_mail, tell_of_new
from tayori.api.registry import Call, ComposeCall, Request, Response, operation
from tayori.api.v1.spelling import camel, upper_snake
from tayori.model.errors import Invalid, NotFound
from tayori.model.identity import IdentityKind, IdentityName, KeyLength, MxFailureBehavior
from tayori.resources import identities
from tayori.resources.identities import Identity

_MOST = 1000


# --- verifying ---


@operation("ses", "VerifyDomainIdentity", mode="compose")
async def verify_domain_identity(call: ComposeCall, request: Request) -> Response:
    domain = IdentityName.parse(request["Domain"])
    token = await call.store.write(
        identities.verify_domain, call.account_id, call.region, domain, ids.verification_token()
    )
    await tell_of_new(call, domain.text)
    return {"VerificationToken": token}


@operation("ses", "VerifyDomainDkim", mode="compose")
async def verify_domain_dkim(call: ComposeCall, request: Request) -> Response:
    domain = IdentityName.parse(request["Domain"])
    known = await find(call, domain.text)
    needs_keys = domain.kind is IdentityKind.DOMAIN and (known is None or not known.tokens)
    keys = await new_keys(KeyLength.RSA_2048_BIT) if needs_keys else ()
    tokens = await call.store.write(identities.verify_domain_dkim, call.account_id, call.region, domain, keys)
    await tell_of_new(call, domain.text)
    return {"DkimTokens": list(tokens)}


@operation("ses", "VerifyEmailIdentity", mode="compose")
async def verify_email_identity(call: ComposeCall, request: Request) -> Response:
    await _verify_address(call, request["EmailAddress"])
    return {}


@operation("ses", "VerifyEmailAddress", mode="compose")
async def verify_email_address(call: ComposeCall, request: Request) -> Response:
    """The older name of VerifyEmailIdentity."""
    await _verify_address(call, request["EmailAddress"])
    return {}


async def _verify_address(call: ComposeCall, text: str) -> None:
    """Said again, it sends the mail again."""
    address = IdentityName.parse(text)
    mail = await call.store.write(identities.verify_address, call.account_id, call.region, address, ids.url_token())
    await send_verification_mail(call, mail)
    await tell_of_new(call, address.text)


# --- listing and deleting ---


@operation("ses", "ListIdentities")
def list_identities(call: Call, request: Request) -> Response:
    size = request.get("MaxItems", _MOST)
    if not 1 <= size <= _MOST:
        raise Invalid(f"Value {size} for parameter MaxItems is invalid. MaxItems must be between 1 and {_MOST}.")
    wanted = request.get("IdentityType")
    kind = IdentityKind(upper_snake(wanted)) if wanted else None

    def fetch(after: str, limit: int) -> list[Identity]:
        return identities.page(call.tx, call.account_id, call.region, kind=kind, after=after, limit=limit)

    found, following = listing.page(
        call, "identity", request.get("NextToken"), size, fetch, lambda identity: identity.name
    )
    return {"Identities": [identity.name for identity in found]} | ({"NextToken": following} if following else {})


@operation("ses", "ListVerifiedEmailAddresses")
def list_verified_email_addresses(call: Call, request: Request) -> Response:
    """The older operation, without pages: every verified address."""
    names: list[str] = []
    after = ""
    while found := identities.page(
        call.tx, call.account_id, call.region, kind=IdentityKind.EMAIL_ADDRESS, after=after, limit=_MOST
    ):
        names += [identity.name for identity in found if identity.is_verified]
        after = found[-1].name
    return {"VerifiedEmailAddresses": names}


@operation("ses", "DeleteIdentity")
def delete_identity(call: Call, request: Request) -> Response:
    return _delete(call, request["Identity"])


@operation("ses", "DeleteVerifiedEmailAddress")
def delete_verified_email_address(call: Call, request: Request) -> Response:
    return _delete(call, request["EmailAddress"])


def _delete(call: Call, text: str) -> Response:
    """v1 deletes what is not there without a word."""
    with contextlib.suppress(NotFound):
        identities.delete(call.tx, call.account_id, call.region, name_of(text))
    return {}


# --- attributes ---


def _each(call: Call, request: Request, show: Callable[[Identity], dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What `show` tells of each identity asked for, under the name by which it was asked; unknown ones are left out."""
    names = {text: name_of(text) for text in request["Identities"]}
    if len(names) > 100:
        raise Invalid("Up to 100 identities can be asked for at once.")
    known = identities.look(call.tx, call.account_id, call.region, list(names.values()))
    return {text: show(known[name]) for text, name in names.items() if name in known}


@operation("ses", "GetIdentityVerificationAttributes")
def get_identity_verification_attributes(call: Call, request: Request) -> Response:
    def show(identity: Identity) -> dict[str, Any]:
        attributes: dict[str, Any] = {"VerificationStatus": camel(identity.verification.status)}
        if identity.verification_token:
            attributes["VerificationToken"] = identity.verification_token
        return attributes

    return {"VerificationAttributes": _each(call, request, show)}


@operation("ses", "GetIdentityDkimAttributes")
def get_identity_dkim_attributes(call: Call, request: Request) -> Response:
    def show(identity: Identity) -> dict[str, Any]:
        source = identities.dkim_source(call.tx, identity)
        attributes: dict[str, Any] = {
            "DkimEnabled": identity.signing_enabled and source.signing_enabled and bool(source.tokens),
            "DkimVerificationStatus": camel(source.dkim.status),
        }
        if source.tokens:
            attributes["DkimTokens"] = list(source.tokens)
        return attributes

    return {"DkimAttributes": _each(call, request, show)}


@operation("ses", "GetIdentityMailFromDomainAttributes")
def get_identity_mail_from_domain_attributes(call: Call, request: Request) -> Response:
    def show(identity: Identity) -> dict[str, Any]:
        attributes: dict[str, Any] = {"BehaviorOnMXFailure": camel(identity.mail_from_behavior)}
        if identity.mail_from_domain and identity.mail_from is not None:
            attributes |= {
                "MailFromDomain": identity.mail_from_domain,
                "MailFromDomainStatus": camel(identity.mail_from.status),
            }
        return attributes

    return {"MailFromDomainAttributes": _each(call, request, show)}


@operation("ses", "SetIdentityDkimEnabled")
def set_identity_dkim_enabled(call: Call, request: Request) -> Response:
    identities.put_dkim_enabled(
        call.tx, call.account_id, call.region, name_of(request["Identity"]), enabled=request["DkimEnabled"]
    )
    return {}


@operation("ses", "SetIdentityMailFromDomain")
def set_identity_mail_from_domain(call: Call, request: Request) -> Response:
    behavior = request.get("BehaviorOnMXFailure")
    identities.put_mail_from(
        call.tx,
        call.account_id,
        call.region,
        name_of(request["Identity"]),
        request.get("MailFromDomain"),
        MxFailureBehavior(upper_snake(behavior)) if behavior else None,
    )
    return {}
