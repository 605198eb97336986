"""Email identities: created, shown, listed, changed and deleted. Their verification is the verifier's work."""

from typing import Any

from tayori import ids
from tayori.api import listing
from tayori.api.identity_work import (
    find,
    name_of,
    send_verification_mail,
    setup_of,
    tell_of_new,
    with_bad_set,
)
from tayori.api.registry import Call, ComposeCall, Context, Request, Response, operation
from tayori.model.dkim_setup import wanted_at_birth, wanted_later
from tayori.model.errors import Invalid
from tayori.model.identity import (
    DkimOrigin,
    IdentityKind,
    IdentityName,
    MxFailureBehavior,
    VerificationStatus,
)
from tayori.resources import identities, identity_policies, tags
from tayori.resources.dkim_setup import Easy
from tayori.resources.identities import Identity, NewIdentity

_PAGE, _MOST = 25, 1000


@operation("sesv2", "CreateEmailIdentity", mode="compose")
async def create_email_identity(call: ComposeCall, request: Request) -> Response:
    name = IdentityName.parse(request["EmailIdentity"])
    asked = wanted_at_birth(request.get("DkimSigningAttributes"), name.kind)
    is_domain = name.kind is IdentityKind.DOMAIN
    known = await find(call, name.text)
    wanted = NewIdentity(
        name=name,
        dkim=await setup_of(asked, known=known) if is_domain and known is None else None,
        link_token=None if is_domain else ids.url_token(),
        configuration_set=request.get("ConfigurationSetName"),
        tags=request.get("Tags", ()),
    )
    mail = await call.store.write(lambda tx: with_bad_set(identities.create, tx, call.account_id, call.region, wanted))
    if mail is not None:
        await send_verification_mail(call, mail)
    await tell_of_new(call, name.text)
    created = await find(call, name.text)
    answer: dict[str, Any] = {"IdentityType": name.kind, "VerifiedForSendingStatus": False}
    if created is not None:
        answer["VerifiedForSendingStatus"] = created.is_verified
        if is_domain:
            source = await call.store.read(identities.dkim_source, created)
            answer["DkimAttributes"] = _dkim_attributes(call, created, source) | {"Status": _status_at_birth(created)}
    return answer


def _status_at_birth(identity: Identity) -> VerificationStatus:
    """SES answers NOT_STARTED here and PENDING from the next Get on (ses: probed)."""
    status = identity.dkim.status
    return VerificationStatus.NOT_STARTED if status is VerificationStatus.PENDING else status


@operation("sesv2", "GetEmailIdentity")
def get_email_identity(call: Call, request: Request) -> Response:
    identity = identities.get(call.tx, call.account_id, call.region, name_of(request["EmailIdentity"]))
    labels = tags.get(call.tx, call.account_id, call.region, f"identity/{identity.name}")
    answer: dict[str, Any] = {
        "IdentityType": identity.kind,
        "FeedbackForwardingStatus": identity.feedback_forwarding,
        "VerifiedForSendingStatus": identity.is_verified,
        "VerificationStatus": identity.verification.status,
        "DkimAttributes": _dkim_attributes(call, identity, identities.dkim_source(call.tx, identity)),
        "MailFromAttributes": _mail_from_attributes(identity),
        "Policies": identity_policies.texts(call.tx, call.account_id, call.region, identity.name),
        "Tags": [{"Key": key, "Value": value} for key, value in labels.items()],
    }
    if identity.configuration_set:
        answer["ConfigurationSetName"] = identity.configuration_set
    if info := _verification_info(identity):
        answer["VerificationInfo"] = info
    return answer


def _dkim_attributes(call: Context, identity: Identity, source: Identity) -> dict[str, Any]:
    """`source` is the domain whose DKIM an address shows; whether mail is signed is the identity's own to say."""
    attributes: dict[str, Any] = {
        "SigningEnabled": identity.signing_enabled and source.signing_enabled and bool(source.tokens),
        "Status": source.dkim.status,
        "Tokens": list(source.tokens),
        "SigningAttributesOrigin": source.dkim_origin,
    }
    if source.tokens and source.dkim_origin != DkimOrigin.EXTERNAL:
        attributes["SigningHostedZone"] = call.names.dkim_zone
    if source.key_length is not None:
        attributes |= {
            "NextSigningKeyLength": source.key_length,
            "CurrentSigningKeyLength": source.current_length or source.key_length,
        }
    if source.keys_made_at is not None:
        attributes["LastKeyGenerationTimestamp"] = source.keys_made_at
    return attributes


def _mail_from_attributes(identity: Identity) -> dict[str, Any]:
    attributes: dict[str, Any] = {"BehaviorOnMxFailure": identity.mail_from_behavior}
    if identity.mail_from_domain and identity.mail_from is not None:
        attributes |= {
            "MailFromDomain": identity.mail_from_domain,
            "MailFromDomainStatus": identity.mail_from.status,
        }
    return attributes


def _verification_info(identity: Identity) -> dict[str, Any]:
    known = {
        "LastCheckedTimestamp": identity.last_checked_at,
        "LastSuccessTimestamp": identity.last_success_at,
        "ErrorType": identity.error_type,
        "SOARecord": identity.soa,
    }
    return {name: value for name, value in known.items() if value}


@operation("sesv2", "ListEmailIdentities")
def list_email_identities(call: Call, request: Request) -> Response:
    size = request.get("PageSize", _PAGE)
    if not 1 <= size <= _MOST:
        raise Invalid(f"Value {size} for parameter PageSize is invalid. PageSize must be between 1 and {_MOST}.")

    def fetch(after: str, limit: int) -> list[Identity]:
        return identities.page(call.tx, call.account_id, call.region, after=after, limit=limit)

    found, following = listing.page(
        call, "identity", request.get("NextToken"), size, fetch, lambda identity: identity.name
    )
    shown = [
        {
            "IdentityType": identity.kind,
            "IdentityName": identity.name,
            "SendingEnabled": identity.is_verified,
            "VerificationStatus": identity.verification.status,
        }
        for identity in found
    ]
    return {"EmailIdentities": shown} | ({"NextToken": following} if following else {})


@operation("sesv2", "DeleteEmailIdentity")
def delete_email_identity(call: Call, request: Request) -> Response:
    identities.delete(call.tx, call.account_id, call.region, name_of(request["EmailIdentity"]))
    return {}


# --- attributes ---


@operation("sesv2", "PutEmailIdentityConfigurationSetAttributes")
def put_email_identity_configuration_set_attributes(call: Call, request: Request) -> Response:
    name, wanted = name_of(request["EmailIdentity"]), request.get("ConfigurationSetName")
    with_bad_set(identities.put_configuration_set, call.tx, call.account_id, call.region, name, wanted)
    return {}


@operation("sesv2", "PutEmailIdentityDkimAttributes")
def put_email_identity_dkim_attributes(call: Call, request: Request) -> Response:
    identities.put_dkim_enabled(
        call.tx,
        call.account_id,
        call.region,
        name_of(request["EmailIdentity"]),
        enabled=bool(request.get("SigningEnabled")),
    )
    return {}


@operation("sesv2", "PutEmailIdentityDkimSigningAttributes", mode="compose")
async def put_email_identity_dkim_signing_attributes(call: ComposeCall, request: Request) -> Response:
    asked = wanted_later(request["SigningAttributesOrigin"], request.get("SigningAttributes"))
    name = name_of(request["EmailIdentity"])
    known = await find(call, name)
    # What does not exist, or is an address, is refused before any key is looked at.
    is_domain = known is not None and known.kind is IdentityKind.DOMAIN
    wanted = await setup_of(asked, known=known) if is_domain else Easy()
    changed = await call.store.write(identities.put_dkim_signing, call.account_id, call.region, name, wanted)
    answer: dict[str, Any] = {"DkimStatus": changed.dkim.status, "DkimTokens": list(changed.tokens)}
    if changed.dkim_origin != DkimOrigin.EXTERNAL:
        answer["SigningHostedZone"] = call.names.dkim_zone
    return answer


@operation("sesv2", "PutEmailIdentityFeedbackAttributes")
def put_email_identity_feedback_attributes(call: Call, request: Request) -> Response:
    identities.put_feedback(
        call.tx,
        call.account_id,
        call.region,
        name_of(request["EmailIdentity"]),
        forwarding=bool(request.get("EmailForwardingEnabled")),
    )
    return {}


@operation("sesv2", "PutEmailIdentityMailFromAttributes")
def put_email_identity_mail_from_attributes(call: Call, request: Request) -> Response:
    behavior = request.get("BehaviorOnMxFailure")
    identities.put_mail_from(
        call.tx,
        call.account_id,
        call.region,
        name_of(request["EmailIdentity"]),
        request.get("MailFromDomain"),
        MxFailureBehavior(behavior) if behavior else None,
    )
    return {}
