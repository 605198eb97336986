"""What an operator may pause: an account, a configuration set, a destination or a source; and what that covers.

Owns the names and the matching. Pure. A destination is a recipient domain, or a provider or site as `tayori queue
sites` calls it; a configuration set is named alone (of every account) or as ACCOUNT/NAME; a source by the address that
is registered, or "default" for the one of the settings. Nothing here keeps mail from being accepted.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

PARKED = "paused"


class PauseKind(StrEnum):
    """Of what."""

    ACCOUNT = "account"
    CONFIGURATION_SET = "configuration-set"
    DESTINATION = "destination"
    SOURCE = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """One of them. `until` None: until an operator resumes it."""

    kind: PauseKind
    name: str
    reason: str = ""
    since: datetime
    until: datetime | None = None

    @property
    def parked_as(self) -> str:
        """Whose the recipients are that wait for its end."""
        return parked_as(self.kind, self.name)


def parked_as(kind: PauseKind, name: str) -> str:
    return f"{PARKED} {kind} {name}"


class Pauses:
    """Those that hold at one moment."""

    __slots__ = ("_all", "_by_key")

    def __init__(self, pauses: Iterable[Pause] = ()) -> None:
        self._all = tuple(pauses)
        self._by_key = {(pause.kind, pause.name): pause for pause in self._all}

    def __bool__(self) -> bool:
        return bool(self._all)

    def __iter__(self) -> Iterator[Pause]:
        return iter(self._all)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pauses) and other._all == self._all

    def __hash__(self) -> int:
        return hash(self._all)

    def of_mail(self, account_id: str, configuration_set: str | None, domain: str) -> Pause | None:
        """What the rows of a recipient tell by themselves."""
        if not self._all:
            return None
        found = self._by_key.get((PauseKind.ACCOUNT, account_id))
        if found is None and configuration_set:
            found = self._by_key.get((PauseKind.CONFIGURATION_SET, configuration_set))
            if found is None:
                found = self._by_key.get((PauseKind.CONFIGURATION_SET, f"{account_id}/{configuration_set}"))
        return found or self._by_key.get((PauseKind.DESTINATION, domain))

    def of_way(self, source: str, sites: Iterable[str]) -> Pause | None:
        """What is known once a message has its way out: the source, and the names of the site."""
        if not self._all:
            return None
        found = self._by_key.get((PauseKind.SOURCE, source))
        for name in sites:
            found = found or self._by_key.get((PauseKind.DESTINATION, name))
        return found
