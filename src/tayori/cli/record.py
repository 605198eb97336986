"""What a command that changes something leaves in the audit log, in the transaction of its change.

Owns the entry. Who ran it is the user of the operating system.
"""

import getpass
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from tayori import ids
from tayori.app.endpoints import Endpoints
from tayori.cli.running import RUNNING, Running
from tayori.model import audit as model
from tayori.model.audit import DONE, Entry
from tayori.resources import accounts, audit
from tayori.store.engine import Tx

P = ParamSpec("P")
T = TypeVar("T")

_SHARED = frozenset(("action", "data", "json", "output", "lang", "region_in_question", "account"))
_NAMES = ("access_key_id", "name", "identity", "domain", "address", "topic", "message_id", "webhook", "url", "source")
_MARKS_NOTHING = frozenset(("queue",))  # its statements are hot ones, which do not mark the settings as changed


def recorded(service: Endpoints, fn: Callable[Concatenate[Tx, P], T]) -> Callable[Concatenate[Tx, P], T]:
    """`fn` with an entry where it changed something."""
    running = RUNNING.get()
    if running is None:
        return fn
    unique, user = ids.request_id(), _user()

    def run(tx: Tx, /, *args: P.args, **kwargs: P.kwargs) -> T:
        result = fn(tx, *args, **kwargs)
        if tx.settings_changed or running.command in _MARKS_NOTHING:
            _put(tx, service, running, unique, user)
        return result

    return run


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        return "unknown"


def _put(tx: Tx, service: Endpoints, running: Running, unique: str, user: str) -> None:
    given = {name: value for name, value in vars(running.options).items() if value not in (None, False, "", [])}
    known = [account_id for account_id, _ in accounts.all_accounts(tx)]
    named = given.get("account")
    plain = {name: value for name, value in given.items() if name not in _SHARED and not callable(value)}
    request, _ = model.as_kept(model.cleaned(plain), ())
    action = getattr(given.get("action"), "__name__", "").strip("_").replace("_", "-")
    entry = Entry(
        account_id=named if named in known else known[0] if known else "",
        entry_id=audit.entry_id(tx.now, unique),
        at=tx.now,
        region=service.region,
        door="command",
        actor=user,
        source_ip="",
        agent="tayori",
        service="tayori",
        operation=" ".join(word for word in ("tayori", running.command, action) if word),
        resource=next((str(given[name]) for name in _NAMES if isinstance(given.get(name), str)), ""),
        request=request,
        outcome=DONE,
        changes=[],
    )
    audit.put(tx, entry)
