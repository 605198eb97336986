"""From a signed request, or one of the console, to the principal who sent it.

Owns the look-up of the access key, with a short memory so that a stream of calls does not cost a query each. A key
that was made inactive or deleted stays good for those seconds in processes that have seen it; a key that is new works
at once, since only keys that exist are remembered. The region
that a request is signed for is where it acts. Temporary credentials need no row: their token says what they are, and
is believed once the signature made with its secret is. The signature itself is verified in `aws.sigv4`.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tayori.api.registry import Principal
from tayori.api.sessions import SessionGate
from tayori.aws import sigv4
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest
from tayori.clock import Clock
from tayori.model import session_token
from tayori.model.grants import Grants
from tayori.model.policy import Policy
from tayori.model.role import Role
from tayori.model.session_token import Session, user_id_of
from tayori.resources import accounts, installation, principal_policies, roles
from tayori.resources.credentials import Credential
from tayori.resources.key_uses import KeyUses
from tayori.resources.sessions import Here
from tayori.store.engine import Store, Tx

REMEMBER = timedelta(seconds=5)
_MOST_REMEMBERED = 10_000
_KEY_ID = re.compile(r"\w{1,128}", re.ASCII)

Find = Callable[[Tx, str], Credential | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedKey:
    """A key that exists, and what a request says that it was signed for by it. The signature is yet to be verified."""

    claim: sigv4.Credential
    known: Credential
    session: Session | None = None  # of temporary credentials: `known` is then what they are worth


Claimed = ClaimedKey | Here


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticated:
    """`signing_name` is the service that the caller signed for: it tells SES's `POST /` from SNS's."""

    principal: Principal
    signing_name: str


class Authenticator:
    def __init__(
        self, *, store: Store, clock: Clock, regions: Sequence[str], find: Find, gate: SessionGate | None = None
    ) -> None:
        self._store = store
        self._clock = clock
        self._regions = regions
        self._uses = KeyUses(store)
        self._entered: set[tuple[str, str]] = set()
        self._find = find
        self._gate = gate
        self._remembered: dict[str, tuple[datetime, Credential]] = {}
        self._session_key: bytes | None = None
        self._role_policies: dict[str, tuple[datetime, tuple[Policy, ...]]] = {}

    async def claim(self, head: HttpRequest) -> Claimed:
        """What the request claims, and is known: asked before a body is read, which may be large. Raises ApiError."""
        token = self._gate.token_of(head) if self._gate else None
        if self._gate and token:
            return await self._gate.claim(head, token)
        return await self._claimed_key(head)

    async def __call__(self, request: HttpRequest, claimed: Claimed, services: Collection[str]) -> Authenticated:
        """Raises ApiError unless the request is of a session, or signed, for one of `services`, by an active key."""
        if isinstance(claimed, ClaimedKey):
            return await self._signed(request, claimed, services)
        assert self._gate is not None
        principal = self._gate.principal(request, claimed)
        await self._enter(principal.account_id, principal.region)
        return Authenticated(principal=principal, signing_name=self._gate.service(request, services))

    async def _signed(self, request: HttpRequest, claimed: ClaimedKey, services: Collection[str]) -> Authenticated:
        claim, known, session = claimed.claim, claimed.known, claimed.session
        secret = sigv4.Secret(
            secret_access_key=known.secret_access_key, session_token=claim.session_token if session else None
        )
        region = claim.region if claim.region in self._regions else self._regions[0]
        verified = sigv4.verify(request, claim, secret, now=self._clock.wall(), region=region, services=services)
        if session is not None and session.expires_at <= self._clock.wall().timestamp():
            raise common_error("ExpiredToken")
        await self._enter(known.account_id, region)
        self._uses.note(session.source_key if session else known.access_key_id)
        principal = Principal(
            account_id=known.account_id,
            access_key_id=known.access_key_id,
            arn=session.arn if session and session.arn else known.arn,
            operator=known.operator,
            region=region,
            role=Role.OPERATOR if known.operator else Role.ADMINISTRATOR,
            grants=known.grants,
            source_key=session.source_key if session else "",
            user_id=session.user_id if session and session.user_id else user_id_of(known.account_id, known.user_name),
        )
        return Authenticated(principal=principal, signing_name=verified.service)

    async def _claimed_key(self, head: HttpRequest) -> ClaimedKey:
        claim = sigv4.credential_of(head)
        if claim.session_token is not None:
            return await self._claimed_session(claim, claim.session_token)
        known = await self._look_up(claim.access_key_id)
        if known is None:
            raise common_error("InvalidClientTokenId")
        return ClaimedKey(claim=claim, known=known)

    async def _claimed_session(self, claim: sigv4.Credential, token: str) -> ClaimedKey:
        """Temporary credentials are worth what their token says, as long as the key that made them is active."""
        if self._session_key is None:
            self._session_key = await self._store.read(installation.note, session_token.NAME)
        key = self._session_key
        session = session_token.read(token, key) if key is not None else None
        if key is None or session is None or session.access_key_id != claim.access_key_id:
            raise common_error("InvalidClientTokenId")
        source = await self._look_up(session.source_key)
        if source is None:
            raise common_error("InvalidClientTokenId")
        known = replace(
            source,
            access_key_id=session.access_key_id,
            account_id=session.account_id,
            secret_access_key=session_token.secret_of(token, key),
            operator=False,
            grants=await self._grants_of(session, source),
        )
        return ClaimedKey(claim=claim, known=known, session=session)

    async def _grants_of(self, session: Session, source: Credential) -> Grants | None:
        if not session.role:
            return source.grants
        role_id = session.user_id.partition(":")[0]
        now = self._clock.wall()
        until, role_policies = self._role_policies.get(role_id, (now, ()))
        if until <= now:
            found = await self._store.read(roles.policies_of, session.account_id, session.role, role_id)
            if found is None:
                raise common_error("InvalidClientTokenId")  # the role is gone
            if len(self._role_policies) >= _MOST_REMEMBERED:
                self._role_policies.clear()
            role_policies = found
            self._role_policies[role_id] = (now + REMEMBER, found)
        own = principal_policies.parsed([session.policy]) if session.policy else None
        return Grants(policies=role_policies, session=own)

    async def _enter(self, account_id: str, region: str) -> None:
        """An account has been in each region that it ever signed for."""
        if (account_id, region) in self._entered:
            return
        if not await self._store.read(accounts.has_region, account_id, region):
            await self._store.write(accounts.get_anywhere, account_id, region)
        if len(self._entered) >= _MOST_REMEMBERED:
            self._entered.clear()
        self._entered.add((account_id, region))

    async def _look_up(self, access_key_id: str) -> Credential | None:
        now = self._clock.wall()
        until, remembered = self._remembered.get(access_key_id, (now, None))
        if remembered is not None and now < until:
            return remembered
        if not _KEY_ID.fullmatch(access_key_id):
            return None  # no such key was ever made, and the database need not see what it might not store
        found = await self._store.read(self._find, access_key_id)
        self._remembered.pop(access_key_id, None)
        if found is not None:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[access_key_id] = (now + REMEMBER, found)
        return found
