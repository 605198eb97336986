"""What v1 and v2 do alike for identities outside of a transaction: keys, verification mails, word of new ones.

A key pair takes a tenth of a second of a processor, so keys are made in a thread, and not at all where the identity
turns out to exist.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from tayori import ids
from tayori.api.registry import ComposeCall
from tayori.api.tools import VERIFY_PATH, Tools
from tayori.mail.address import AddrSpec, Mailbox
from tayori.mail.compose import Body, Content, SimpleContent
from tayori.model import verification_mail
from tayori.model.dkim_setup import EasyDkim, OwnKey, Replica, WantedDkim
from tayori.model.errors import Invalid, Kind, NotFound
from tayori.model.identity import DkimOrigin, IdentityName, KeyLength
from tayori.model.message import Caller, Operation
from tayori.model.submission import Handed, from_simple
from tayori.model.verification_mail import VerificationMail
from tayori.resources import dkim_keys, identities
from tayori.resources.dkim_keys import DkimKey
from tayori.resources.dkim_setup import Easy, Follow, Own, Setup
from tayori.resources.identities import Identity
from tayori.store.engine import Tx


def name_of(text: str) -> str:
    """The name under which an identity would be kept; what can be no identity stays as it is, and is not found."""
    try:
        return IdentityName.parse(text).text
    except Invalid:
        return "".join(character if character.isprintable() else "\ufffd" for character in text)


async def find(call: ComposeCall, name: str) -> Identity | None:
    found = await call.store.read(identities.look, call.account_id, call.region, [name])
    return found.get(name)


async def new_keys(length: KeyLength) -> tuple[DkimKey, ...]:
    return await asyncio.to_thread(dkim_keys.generate, length)


async def setup_of(wanted: WantedDkim, *, known: Identity | None) -> Setup:
    """What is asked for, with the keys that it takes. `known` is the identity where there is one."""
    match wanted:
        case OwnKey(selector=selector, private_key=text):
            return Own(key=await asyncio.to_thread(dkim_keys.read_own_key, selector, text))
        case Replica(region=region):
            return Follow(region=region)
        case EasyDkim(length=length):
            has_keys = known is not None and known.dkim_origin == DkimOrigin.AWS_SES and bool(known.tokens)
            keys = () if has_keys else await new_keys(length or KeyLength.RSA_2048_BIT)
            return Easy(keys=keys, length=length)


def with_bad_set(work: Callable[..., Any], tx: Tx, *arguments: Any) -> Any:
    """Run `work`; a configuration set that it misses is a fault of the request here, not a missing resource (ses)."""
    try:
        return work(tx, *arguments)
    except NotFound as error:
        if error.kind is Kind.CONFIGURATION_SET:
            raise Invalid(error.message) from error
        raise


async def tell_of_new(call: ComposeCall, name: str) -> None:
    tools: Tools = call.tools
    if tools.identity_created is not None:
        await tools.identity_created(call.account_id, name)


async def send_verification_mail(call: ComposeCall, mail: VerificationMail) -> None:
    """Ask whoever reads the address. Sent by the service itself: no quota, no sandbox."""
    tools: Tools = call.tools
    text = verification_mail.compose(mail, f"{tools.public_url}{VERIFY_PATH}/{mail.token}")
    now = call.now
    handed = Handed(
        message_id=ids.message_id(call.region, now),
        caller=Caller(
            account_id=call.account_id,
            region=call.region,
            arn=call.caller_arn,
            source_ip=call.source_ip,
            operation=Operation.SERVICE,
        ),
        now=now,
        names=call.names,
        destinations=[mail.address],
    )
    content = SimpleContent(
        sender=Mailbox("", AddrSpec.parse(call.names.postmaster)),
        to=[Mailbox("", AddrSpec.parse(mail.address))],
        subject=Content(data=text.subject),
        body=Body(text=Content(data=text.text)),
        headers=(("Auto-Submitted", "auto-generated"),),  # RFC 3834 5: nobody's out-of-office shall answer
    )
    await tools.sending.submit(from_simple(content, handed, boundary=ids.url_token()))
