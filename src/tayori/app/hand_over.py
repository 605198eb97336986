"""Messages on their way from the process that accepts to the one that delivers, as plain tuples.

Pickling the values themselves would take longer than accepting the message: a tuple of text, bytes and numbers crosses
in a few microseconds.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from tayori.mail.address import AddrSpec
from tayori.mail.envelope import BodyType, ReversePath
from tayori.model.message import DueRecipient, Outgoing, SigningPlan, TlsPolicy

Packed: TypeAlias = tuple[Any, ...]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def pack(outgoing: Outgoing) -> Packed:
    path = outgoing.reverse_path.address
    return (
        outgoing.message_id,
        outgoing.account_id,
        outgoing.region,
        outgoing.configuration_set,
        (path.local, path.domain) if path is not None else None,
        outgoing.content,
        outgoing.body.value,
        [(plan.domain, plan.selector, plan.key_id) for plan in outgoing.signing],
        outgoing.tls_policy.value,
        (outgoing.accepted_at - _EPOCH) // _MICROSECOND,
        (outgoing.expires_at - _EPOCH) // _MICROSECOND,
        [(one.ordinal, one.address.local, one.address.domain, one.attempts) for one in outgoing.recipients],
        outgoing.stream,
        outgoing.counts_as,
    )


def unpack(packed: Packed) -> Outgoing:
    (
        message_id,
        account_id,
        region,
        configuration_set,
        path,
        content,
        body,
        signing,
        tls_policy,
        accepted,
        expires,
        recipients,
        stream,
        counts_as,
    ) = packed
    return Outgoing(
        message_id=message_id,
        account_id=account_id,
        region=region,
        configuration_set=configuration_set,
        reverse_path=ReversePath.of(AddrSpec(*path)) if path is not None else ReversePath.NULL,
        content=content,
        body=BodyType(body),
        signing=tuple([SigningPlan(domain=domain, selector=selector, key_id=key) for domain, selector, key in signing]),
        tls_policy=TlsPolicy(tls_policy),
        accepted_at=_EPOCH + timedelta(microseconds=accepted),
        expires_at=_EPOCH + timedelta(microseconds=expires),
        recipients=tuple(
            [
                DueRecipient(ordinal=ordinal, address=AddrSpec(local, domain), attempts=attempts)
                for ordinal, local, domain, attempts in recipients
            ]
        ),
        stream=stream,
        counts_as=counts_as,
    )
