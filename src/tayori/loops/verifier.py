"""The verifier: looks in the DNS for the records of identities, and keeps looking.

Owns the questions to the DNS and their order. Never decides what an answer means for an identity:
`model.proof` judges each record, `resources.identity_checks` what follows. It is handed a Resolver; one that
cannot answer makes a look come to nothing, and never takes away what was found before.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from tayori import ids
from tayori.mail.answer import Answer, Resolver
from tayori.model.identity import ErrorType, Verdict
from tayori.model.names import ServiceNames
from tayori.model.proof import (
    ExpectedRecord,
    Finding,
    Hint,
    Purpose,
    doubled,
    judge,
)
from tayori.resources import identity_checks
from tayori.resources.identities import Identity
from tayori.resources.identity_checks import Checked, StatusChange
from tayori.store.engine import Store

_LOG = logging.getLogger(__name__)

_AT_ONCE = 100  # identities of one round
_IN_PARALLEL = 20  # identities at a time
_SOA_ATTEMPTS = 4  # the name itself and its parents: a zone rarely begins higher


class ForgetfulResolver(Resolver, Protocol):
    """A Resolver that can be told to ask anew: whoever has just corrected a record wants the new answer."""

    def forget(self, name: str) -> None: ...


class Notify(Protocol):
    """Told of each look that changed something, after it was written down; it must not raise."""

    def __call__(self, checked: Checked, changes: Sequence[StatusChange]) -> Awaitable[None]: ...


class Verifier:
    """A Loop. `names` gives the host names of a region."""

    name = "verifier"
    # Another process creates identities, and a wake-up does not cross to this one: look often, it is one small query.
    every = 1.0

    def __init__(
        self,
        store: Store,
        resolver: ForgetfulResolver,
        names: Callable[[str], ServiceNames],
        notify: Notify | None = None,
    ) -> None:
        self._store = store
        self._notify = notify
        self._resolver = resolver
        self._names = names
        self._slots = asyncio.Semaphore(_IN_PARALLEL)

    async def tick(self) -> float | None:
        due = await self._store.read(identity_checks.due, _AT_ONCE)
        await asyncio.gather(*(self._see_to(identity) for identity in due))
        following = await self._store.read(identity_checks.next_due)
        return self.every if following is None else min(self.every, following.total_seconds())

    async def _see_to(self, identity: Identity) -> None:
        async with self._slots:
            try:
                checked = await self.look(identity)
            except Exception:  # one identity that cannot be looked at must not keep the others waiting
                _LOG.exception("identity_check_failed", extra={"identity": identity.name})
                checked = Checked(identity=identity, findings=(), error=ErrorType.SERVICE_ERROR)
            changes = await self._store.write(identity_checks.record, checked, ids.jitter())
        for change in changes:
            facts = {"identity": identity.name, "account_id": identity.account_id, "what": change.what}
            _LOG.info("identity_status", extra=facts | {"before": change.before, "after": change.after})
        if changes and self._notify is not None:
            await self._notify(checked, changes)

    async def look(self, identity: Identity) -> Checked:
        """Ask for every record that the identity wants, all at the same time."""
        expected = identity_checks.expected_records(identity, self._names(identity.region))
        is_searching = any(track.is_searching for track in identity.tracks)
        for record in expected:
            if is_searching or record.purpose is Purpose.DKIM_ED25519:  # the latter has no status that would tell
                self._resolver.forget(record.name)
        findings = await asyncio.gather(*(self._look_for(record) for record in expected))
        soa = await self._soa(identity.domain) if expected else None
        return Checked(identity=identity, findings=tuple(findings), soa=soa)

    async def _look_for(self, expected: ExpectedRecord) -> Finding:
        finding = judge(expected, await self._resolver.resolve(expected.name, expected.rdtype))
        if finding.error is not ErrorType.HOST_NOT_FOUND:
            return finding
        return await self._look_where_providers_put_it(finding)

    async def _look_where_providers_put_it(self, finding: Finding) -> Finding:
        """Many a DNS provider appends the domain to a name that has it already; say so instead of "not
        found".
        """
        misplaced = doubled(finding.expected)
        answer = await self._resolver.resolve(misplaced.name, misplaced.rdtype)
        if judge(misplaced, answer).verdict is not Verdict.MATCHED:
            return finding
        return Finding(
            expected=finding.expected,
            verdict=finding.verdict,
            found=answer.values,
            error=finding.error,
            hint=Hint.NAME_DOUBLED,
        )

    async def _soa(self, domain: str) -> dict[str, Any] | None:
        """The SOA record of the zone that a domain is in: tells a customer which name servers were asked."""
        labels = domain.split(".")
        for start in range(min(_SOA_ATTEMPTS, len(labels) - 1)):
            answer = await self._resolver.resolve(".".join(labels[start:]), "SOA")
            if answer.exists:
                return _soa_facts(answer)
        return None


def _soa_facts(answer: Answer) -> dict[str, Any]:
    primary, admin, serial, *_ = answer.values[0].split(" ")
    return {"PrimaryNameServer": primary, "AdminEmail": admin, "SerialNumber": int(serial)}
