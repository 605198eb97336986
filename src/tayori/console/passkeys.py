"""Signing in by a passkey (WebAuthn Level 3), and what a user keeps of them.

Owns the two ceremonies: each has a challenge that is used once, within five minutes, from our own origin, and the
device has to know its user by itself (a finger, a face, a PIN), so that a passkey alone suffices. A passkey is bound to
the host's name: at a bare IP address there are none.

    POST   /tayori/console/passkeys/options          what `navigator.credentials.create` is given
    POST   /tayori/console/passkeys                  {"name": …, "credential": …}
    GET    /tayori/console/passkeys
    DELETE /tayori/console/passkeys/ID
    POST   /tayori/console/passkey-session/options   what `navigator.credentials.get` is given
    POST   /tayori/console/passkey-session           {"credential": …}
"""

import ipaddress
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from tayori.api import json_page
from tayori.api.app import Access, Route
from tayori.api.registry import Principal
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.clock import Clock
from tayori.console import record
from tayori.console.record import Trace
from tayori.console.sign_in import PATH, WINDOW, SignIn, from_our_pages, refusal
from tayori.model import console_session, user
from tayori.model.errors import Invalid
from tayori.resources import passkeys, sessions, users
from tayori.resources.passkeys import Passkey
from tayori.resources.users import User
from tayori.store.engine import Store, Tx
from tayori.store.tables import storable

_OWN, _SESSION = f"{PATH}/passkeys", f"{PATH}/passkey-session"
_ADDING, _ENTERING = "passkey-adding", "passkey-entering"
_LIFE = timedelta(minutes=5)
_EACH = 60  # challenges for one address in a window
_NOT_KNOWN = "This passkey is not known here, or it was not used as asked. Sign in with your password."


class Origins:
    """Where the console may be opened for passkeys: at its public address and, on this machine, at localhost."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        local = _is_loopback(host)
        self._known = {} if _is_address(host) else {f"{parts.scheme}://{parts.netloc}".lower(): host}
        if local:
            port = f":{parts.port}" if parts.port else ""
            self._known[f"{parts.scheme}://localhost{port}"] = "localhost"

    def of(self, request: HttpRequest) -> tuple[str, str] | None:
        """(origin, name) where the request was made from one of them."""
        host = (request.headers.get("host") or "").lower()
        return next(((origin, name) for origin, name in self._known.items() if origin.endswith(f"://{host}")), None)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


class Passkeys:
    """The routes."""

    def __init__(self, sign_in: SignIn, *, store: Store, clock: Clock, origins: Origins) -> None:
        self._sign_in = sign_in
        self._store = store
        self._clock = clock
        self._origins = origins

    def table(self) -> list[Route]:
        everybody = Access.EVERYBODY
        return [
            Route(method="POST", prefix=f"{_OWN}/options", handler=self.adding, access=everybody),
            Route(method="POST", prefix=_OWN, handler=self.add, access=everybody),
            Route(method="GET", prefix=_OWN, handler=self.show, access=everybody),
            Route(method="DELETE", prefix=_OWN, handler=self.remove, access=everybody),
            Route(method="POST", prefix=f"{_SESSION}/options", handler=self.entering, access=everybody),
            Route(method="POST", prefix=_SESSION, handler=self.enter, access=everybody),
        ]

    # -- one's own -------------------------------------------------------------------------------------------------

    async def adding(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        _, (_, who) = await self._sign_in.mine(request)
        _, name = self._here(request)
        known = await self._store.read(passkeys.of_user, who.user_id)
        options = webauthn.generate_registration_options(
            rp_id=name,
            rp_name="Tayori",
            user_name=who.name,
            user_id=who.user_id.encode(),
            user_display_name=who.display_name or who.name,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential_id)) for one in known
            ],
        )
        await self._remember(options.challenge, _ADDING, {"user": who.user_id})
        return json_page.answer(200, json.loads(webauthn.options_to_json(options)))

    async def add(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        _, (_, who) = await self._sign_in.mine(request)
        origin, host = self._here(request)
        given = json_page.document(request)
        name = user.display_name(given.get("name") or "") or "Passkey"
        credential = _credential(given)
        challenge, step = await self._recall(credential, _ADDING)
        if step is None or step["user"] != who.user_id:
            raise Invalid("The time for this is over. Begin again.")
        try:
            verified = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=host,
                expected_origin=origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise Invalid("What the device answered is no passkey of this host.") from error
        made = Passkey(
            credential_id=bytes_to_base64url(verified.credential_id),
            user_id=who.user_id,
            name=name,
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            transports=_transports(credential),
            created_at=self._clock.wall(),
        )
        await self._store.write(_add, made, who, self._sign_in.trace(request))
        return json_page.answer(201, _shown(made))

    async def show(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        _, (_, who) = await self._sign_in.mine(request)
        found = await self._store.read(passkeys.of_user, who.user_id)
        possible = self._origins.of(request) is not None
        return json_page.answer(200, {"possible": possible, "passkeys": [_shown(one) for one in found]})

    async def remove(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        _, (_, who) = await self._sign_in.mine(request)
        credential_id = storable(unquote(request.path.removeprefix(_OWN))).strip("/")
        await self._store.write(_remove, who, credential_id, self._sign_in.trace(request))
        return json_page.answer(200, {})

    # -- signing in ------------------------------------------------------------------------------------------------

    async def entering(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        from_our_pages(request)
        _, name = self._here(request)
        counted = ((f"passkey@{request.source_ip}", _EACH),)
        if not await self._store.write(sessions.attempt, counted, self._clock.wall(), WINDOW):
            return refusal(429, "There were too many attempts. Wait a quarter of an hour.")
        options = webauthn.generate_authentication_options(
            rp_id=name, user_verification=UserVerificationRequirement.REQUIRED
        )
        await self._remember(options.challenge, _ENTERING, {})
        return json_page.answer(200, json.loads(webauthn.options_to_json(options)))

    async def enter(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        given = from_our_pages(request)
        origin, host = self._here(request)
        credential = _credential(given)
        challenge, step = await self._recall(credential, _ENTERING)
        said = credential.get("id")
        known = await self._store.read(passkeys.find, storable(said[:1400])) if isinstance(said, str) else None
        if known is None or step is None:
            return await self._refused(request, None)
        try:
            verified = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=host,
                expected_origin=origin,
                credential_public_key=known.public_key,
                credential_current_sign_count=known.sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            return await self._refused(request, None)
        whose = await self._store.read(users.by_id, known.user_id)
        if whose is None or whose.disabled:
            return await self._refused(request, whose)
        await self._store.write(_used, known.credential_id, verified.new_sign_count, self._clock)
        return await self._sign_in.begin(request, whose, "passkey")

    # -- inside ----------------------------------------------------------------------------------------------------

    async def _refused(self, request: HttpRequest, whose: User | None) -> HttpResponse:
        name = whose.name if whose else ""
        await self._store.write(record.note_refused, self._sign_in.trace(request), "passkey", name, whose)
        return refusal(401, _NOT_KNOWN)

    def _here(self, request: HttpRequest) -> tuple[str, str]:
        """(origin, the name that passkeys are bound to). Raises Invalid where there is none."""
        found = self._origins.of(request)
        if found is None:
            raise Invalid("Passkeys need a host with a name: open the console at its public address, or at localhost.")
        return found

    async def _remember(self, challenge: bytes, kind: str, content: Mapping[str, str]) -> None:
        now, digest = self._clock.wall(), console_session.digest(bytes_to_base64url(challenge))
        await self._store.write(sessions.put_step, digest, kind, dict(content), now, now + _LIFE)

    async def _recall(self, credential: Mapping[str, Any], kind: str) -> tuple[bytes, Any | None]:
        """The challenge that the device has signed, and what it was given out for: None where it was not."""
        challenge = _challenge(credential)
        digest = console_session.digest(bytes_to_base64url(challenge))
        return challenge, await self._store.write(sessions.take_step, digest, kind, self._clock.wall())


def _add(tx: Tx, made: Passkey, who: User, trace: Trace) -> None:
    passkeys.add(tx, made)
    record.note(tx, trace, who, "AddPasskey", resource=made.name, said={"credential_id": made.credential_id})


def _remove(tx: Tx, who: User, credential_id: str, trace: Trace) -> None:
    passkeys.remove(tx, who.user_id, credential_id)
    record.note(tx, trace, who, "RemovePasskey", said={"credential_id": credential_id})


def _used(tx: Tx, credential_id: str, sign_count: int, clock: Clock) -> None:
    passkeys.used(tx, credential_id, sign_count, clock.wall())


def _credential(given: Mapping[str, Any]) -> dict[str, Any]:
    credential = given.get("credential")
    if not isinstance(credential, dict) or not isinstance(credential.get("response"), dict):
        raise Invalid("credential must be what the browser answered.")
    return credential


def _challenge(credential: Mapping[str, Any]) -> bytes:
    try:
        said = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        return base64url_to_bytes(said["challenge"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Invalid("credential must be what the browser answered.") from error


def _transports(credential: Mapping[str, Any]) -> list[str]:
    said = credential["response"].get("transports")
    known = {"usb", "nfc", "ble", "smart-card", "hybrid", "internal"}
    return sorted(known.intersection(one for one in said if isinstance(one, str))) if isinstance(said, list) else []


def _shown(one: Passkey) -> dict[str, Any]:
    return {
        "id": one.credential_id,
        "name": one.name,
        "createdAt": one.created_at.isoformat(),
        "usedAt": one.used_at.isoformat() if one.used_at else None,
    }
