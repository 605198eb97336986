"""Puts records into a zone through a provider of octoDNS, for DNS services with an interface of their own.

Owns the way into octoDNS: the configuration is the operator's own octoDNS file, with its secrets where octoDNS wants
them; one provider of it is used, as the target. octoDNS means to own a zone, and deletes what its source lacks. So what
it is told to bring about is the whole zone as the provider has it, with our edits in it; and before anything is applied
its plan is read: a change to any record set that is not in the edits stops it, and so does a provider that would write
the zone anew without having read it. Never decides what may be changed:
`model.zone_edit` does. octoDNS is an optional dependency, loaded when it is needed.
"""

import asyncio
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tayori.dns.publishing import PublishError
from tayori.mail.answer import Answer, AnswerStatus
from tayori.model.zone_edit import Edit

T = TypeVar("T")

_ABSENT = (
    "Publishing through octoDNS needs the extra 'octodns' and the provider's package: pip install 'tayori[octodns]'."
)


class OctoDnsProvider:
    """One provider and one zone. Also a Resolver: what it answers is what the provider has.

    Every call of octoDNS is made in a thread: it waits for the network as it pleases.
    """

    def __init__(self, config: Path, name: str) -> None:
        self._config = config
        self._name = name
        self._target: Any = None
        self._zone: Any = None  # as the provider has it

    @property
    def address(self) -> str:
        return f"{self._name} (octoDNS)"

    async def open(self, domain: str, otherwise: str) -> str:
        """Read the zone of the domain: the nearest of the configuration's zones, else `otherwise`. Returns its name.

        Raises PublishError.
        """
        return await asyncio.to_thread(self._open, domain, otherwise)

    def _open(self, domain: str, otherwise: str) -> str:
        manager, source = self._loaded()
        _, self._target = self._loaded()  # another one, which remembers nothing of what this one reads
        if not hasattr(self._target, "apply"):
            raise PublishError(f"{self._name} can be read only: octoDNS's {type(source).__name__} is a source.")
        zones = [name.rstrip(".") for name in manager.config["zones"]]
        above = [name for name in zones if name == domain or domain.endswith(f".{name}")]
        name = max(above, key=len) if above else otherwise
        self._zone = self._told(lambda: _read(manager, source, name, is_configured=bool(above)))
        return name

    def _loaded(self) -> tuple[Any, Any]:
        manager = self._manager()
        if self._name not in manager.providers:
            known = ", ".join(sorted(manager.providers)) or "none"
            raise PublishError(f"{self._config} has no provider {self._name}. It has: {known}.")
        return manager, manager.providers[self._name]

    def _manager(self) -> Any:
        try:
            from octodns.manager import Manager
        except ImportError as error:
            raise PublishError(_ABSENT) from error
        if not self._config.is_file():
            raise PublishError(f"There is no octoDNS configuration {self._config}.")
        try:
            return self._told(lambda: Manager(str(self._config)))
        except (KeyError, AttributeError, TypeError) as error:
            raise PublishError(
                f"{self._config} is not a configuration of octoDNS: it needs providers and zones."
            ) from error

    def _told(self, work: Callable[[], T]) -> T:
        """Do something of octoDNS's, whose errors are of as many kinds as there are providers."""
        try:
            with warnings.catch_warnings():  # between octoDNS and its providers; nobody here can act on them
                warnings.simplefilter("ignore", DeprecationWarning)
                return work()
        except (PublishError, KeyError, AttributeError, TypeError):
            raise
        except Exception as error:
            raise PublishError(f"{self.address} did not take part: {_words(error)}.") from error

    # -- what stands there -------------------------------------------------------------------------------------------

    async def resolve(self, name: str, rdtype: str) -> Answer:
        """What the zone holds at a name; SERVER_FAILURE for names of other zones, of which nobody knows here."""
        origin = self._zone.name.rstrip(".")
        if rdtype == "SOA" and name == origin:
            return Answer(
                name=name, rdtype=rdtype, status=AnswerStatus.FOUND, values=(origin,), ttl=1, canonical_name=name
            )
        if name != origin and not name.endswith(f".{origin}"):
            return Answer(name=name, rdtype=rdtype, status=AnswerStatus.SERVER_FAILURE)
        here = [record for record in self._zone.records if record.fqdn.rstrip(".") == name]
        record = next((record for record in here if record._type == rdtype), None)
        if record is None:
            status = AnswerStatus.NODATA if here else AnswerStatus.NXDOMAIN
            return Answer(name=name, rdtype=rdtype, status=status)
        values = tuple(_ours(rdtype, value) for value in _values(record))
        return Answer(
            name=name, rdtype=rdtype, status=AnswerStatus.FOUND, values=values, ttl=record.ttl, canonical_name=name
        )

    # -- what is changed ---------------------------------------------------------------------------------------------

    async def check(self, edits: Sequence[Edit]) -> None:
        """Have octoDNS plan the edits, and change nothing. Raises PublishError where its plan is another."""
        await asyncio.to_thread(self._plan, edits)

    async def apply(self, zone: str, edits: Sequence[Edit]) -> None:
        """Make the edits. Raises PublishError; unlike an update by RFC 2136, some of them may be made by then."""
        assert zone == self._zone.name.rstrip(".")
        await asyncio.to_thread(self._apply, edits)

    def _apply(self, edits: Sequence[Edit]) -> None:
        plan = self._plan(edits)
        if plan is None:
            return
        try:
            count = self._told(lambda: self._target.apply(plan))
        except Exception as error:
            words = _words(error.__cause__ or error)
            raise PublishError(
                f"{self.address} stopped: {words}. Some of the changes may have been made; look again."
            ) from error
        if not count:
            raise PublishError(f"{self.address} is told in its configuration to apply nothing.")

    def _plan(self, edits: Sequence[Edit]) -> Any:
        desired = self._zone.copy()
        for edit in edits:
            self._told(lambda edit=edit: desired.add_record(self._record(desired, edit), replace=True))  # type: ignore[misc]
        plan = self._told(lambda: self._target.plan(desired))
        if plan is not None:
            self._read_over(plan, {(edit.record.name, edit.record.rdtype) for edit in edits})
        return plan

    def _read_over(self, plan: Any, meant: set[tuple[str, str]]) -> None:
        """Refuse a plan that concerns anything else, or that does not know of what stands there."""
        planned = {_place(record) for record in plan.existing.records}
        lost = [place for record in self._zone.records if (place := _place(record)) not in planned and record.name]
        others = [place for change in plan.changes if (place := _place(change.record)) not in meant]
        others += [_place(change.record) for change in plan.changes if type(change).__name__ == "Delete"]
        for name, rdtype in (*lost, *others):
            raise PublishError(
                f"By octoDNS's plan {self.address} would write {name} {rdtype} anew or delete it, too, which is not "
                "this service's. Nothing was changed."
            )

    def _record(self, zone: Any, edit: Edit) -> Any:
        """The whole record set as it shall stand. Values of others stay as octoDNS has them, octet for octet."""
        from octodns.record import Record

        rdtype, host = edit.record.rdtype, zone.hostname_from_fqdn(f"{edit.record.name}.")
        here = {one._type: one for one in zone.records if one.name == host}
        known = here.pop(rdtype, None)
        if here and "CNAME" in (rdtype, *here):  # may stand beside nothing else (RFC 1034 3.6.2)
            beside = ", ".join(sorted(here))
            raise PublishError(
                f"{edit.record.name} has {beside}, beside which no {rdtype} may stand. Nothing was changed."
            )
        data: dict[str, Any] = {} if known is None else dict(known.data)
        kept = [value for value in _values(known) if _ours(rdtype, value) not in edit.removed] if known else []
        values = [*kept, *(_theirs(rdtype, value) for value in edit.added)]
        data |= {"type": rdtype, "ttl": edit.record.ttl if known is None else known.ttl}
        data.pop("value", None)
        data.pop("values", None)
        data |= {"value": values[0]} if rdtype == "CNAME" else {"values": values}
        return Record.new(zone, host, data, lenient=known is not None)


def _read(manager: Any, source: Any, name: str, *, is_configured: bool) -> Any:
    """Read as a source: some providers, asked as targets, say that nothing is there."""
    from octodns.zone import Zone

    zone = manager.get_zone(f"{name}.") if is_configured else Zone(f"{name}.", [])
    source.populate(zone, lenient=True)
    return zone


def _place(record: Any) -> tuple[str, str]:
    return record.fqdn.rstrip("."), record._type


def _values(record: Any) -> list[Any]:
    return list(record.values) if hasattr(record, "values") else [record.value]


def _ours(rdtype: str, value: Any) -> str:
    """A value of octoDNS as in Answer.values."""
    if rdtype == "TXT":
        return str(value).replace("\\;", ";")
    if rdtype == "MX":
        return f"{value.preference} {value.exchange.rstrip('.').lower()}"
    return str(value).rstrip(".").lower()


def _theirs(rdtype: str, value: str) -> Any:
    if rdtype == "TXT":
        return value.replace(";", "\\;")
    if rdtype == "MX":
        preference, _, host = value.partition(" ")
        return {"preference": int(preference), "exchange": f"{host.rstrip('.')}."}
    return f"{value.rstrip('.')}."


def _words(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (" ".join(lines[:3])[:300] or type(error).__name__).rstrip(".")
