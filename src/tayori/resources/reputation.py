"""What is kept of an account's reputation: the states of it and of its parts, pauses, and fresh starts.

Owns those rows. A look reads the counts and computes (`look`); what follows from it is written apart (`settle`), in a
short transaction that gives way to an operator who was faster. The rules are `model.reputation`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa

from tayori.model.errors import Invalid, Kind, NotFound
from tayori.model.feedback_loops import Loop
from tayori.model.loop_coverage import EnrolmentState
from tayori.model.reputation import (
    ACCOUNT,
    LOOKED_BACK_DAYS,
    Appraisal,
    Decision,
    Hour,
    Level,
    PauseMode,
    Rules,
    State,
    Status,
    Subject,
    Who,
    appraise,
    by_part,
    counted_for,
    counted_for_account,
    culprit,
    decide,
)
from tayori.resources import feedback_enrolments, mail_counts, provider_names, tenants
from tayori.store.dialect import Hot, upsert
from tayori.store.engine import Tx
from tayori.store.reputation_tables import reputation_states
from tayori.store.tables import account_regions, configuration_sets, from_micros, storable, to_micros

TOPIC = "reputation"
MOST_MEASURED = 1000  # configuration sets of an account with metrics of their own
_LONGEST = 512  # of a reason, as SES's StatusCause
_COLUMNS = "kind, name, status, level, reason, since, fresh_start, forgiven_at, bounce_rate, complaint_rate"
_STATES = Hot(f"SELECT {_COLUMNS} FROM reputation_states WHERE account_id = ? AND region = ? ORDER BY kind, name")
_PAUSED = Hot("SELECT account_id, region, kind, name FROM reputation_states WHERE status = 'SHUTDOWN'")
_RATES = Hot(
    "UPDATE reputation_states SET bounce_rate = ?, complaint_rate = ?"
    " WHERE account_id = ? AND region = ? AND kind = ? AND name = ?"
)
_FIRST = Hot(
    "INSERT INTO reputation_states (account_id, region, kind, name, status, level, reason, since)"
    " VALUES (?, ?, ?, ?, 'HEALTHY', 0, '', ?) ON CONFLICT (account_id, region, kind, name) DO NOTHING"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The account, or one of its configuration sets or identities, with its rates and what is kept of it."""

    who: Who
    appraisal: Appraisal
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """An account at one moment."""

    account_id: str
    region: str
    account: Part
    parts: tuple[Part, ...]
    decision: Decision


def states(tx: Tx, account_id: str, region: str) -> list[State]:
    return [_state(row) for row in tx.hot_rows(_STATES, (account_id, region))]


def _state(row: Sequence[Any]) -> State:
    kind, name, status, level, reason, since, fresh_start, forgiven_at, bounce_rate, complaint_rate = row
    return State(
        who=Who(Subject(kind), name),
        status=Status(status),
        level=Level(level),
        reason=reason,
        since=from_micros(since),
        fresh_start=_moment(fresh_start),
        forgiven_at=_moment(forgiven_at),
        bounce_rate=bounce_rate,
        complaint_rate=complaint_rate,
    )


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


def state_of(tx: Tx, account_id: str, region: str, who: Who = ACCOUNT) -> State:
    return _among(states(tx, account_id, region), who)


def _among(known: Sequence[State], who: Who) -> State:
    return next((state for state in known if state.who == who), State(who=who))


def paused_parts(tx: Tx) -> Mapping[tuple[str, str], frozenset[Who]]:
    """Per (account id, region): configuration sets and identities that may send nothing."""
    found: dict[tuple[str, str], set[Who]] = {}
    for account_id, region, kind, name in tx.hot_rows(_PAUSED, ()):
        if kind != Subject.ACCOUNT:
            found.setdefault((account_id, region), set()).add(Who(Subject(kind), name))
    return {key: frozenset(parts) for key, parts in found.items()}


# --- gauges ---

_NUMBERS = Hot("SELECT enforcement_status, COUNT(*) FROM account_regions GROUP BY enforcement_status")
_UNWELL = Hot(
    "SELECT account_id, region, bounce_rate, complaint_rate FROM reputation_states"
    " WHERE status IN ('PROBATION', 'SHUTDOWN') AND kind = 'account' ORDER BY since DESC LIMIT ?"
)


def numbers(tx: Tx) -> Mapping[str, int]:
    """Accounts, once for each region, by their enforcement status."""
    return {status: int(number) for status, number in tx.hot_rows(_NUMBERS, ())}


def unwell(tx: Tx, limit: int) -> list[tuple[Any, ...]]:
    """(account id, region, bounce rate, complaint rate) of accounts that are under review or paused."""
    return tx.hot_rows(_UNWELL, (limit,))


def measured(tx: Tx, limit: int, account_id: str = "", region: str = "") -> list[tuple[str, str, str]]:
    """(account id, region, name) of configuration sets that publish their reputation's metrics; of one account, or of
    all.
    """
    table = configuration_sets.c
    statement = sa.select(table.account_id, table.region, table.name, table.reputation_options)
    statement = statement.where(table.reputation_options.is_not(None)).order_by(table.account_id, table.name)
    if account_id:
        statement = statement.where(table.account_id == account_id, table.region == region)
    wanted = (row for row in tx.execute(statement) if (row.reputation_options or {}).get("ReputationMetricsEnabled"))
    return [(row.account_id, row.region, row.name) for row in islice(wanted, limit)]


def measured_rates(tx: Tx, limit: int) -> list[tuple[Any, ...]]:
    """(account id, region, bounce rate, complaint rate, name) of those that were looked at."""
    found = []
    for account_id, region, name in measured(tx, limit):
        state = state_of(tx, account_id, region, Who(Subject.CONFIGURATION_SET, name))
        found.append((account_id, region, state.bounce_rate, state.complaint_rate, name))
    return found


# --- looking ---


def look(tx: Tx, account_id: str, region: str, rules: Rules) -> Look:
    """The rates as they are now, and what the rules make of them. Changes nothing."""
    since = tx.now - timedelta(days=LOOKED_BACK_DAYS)
    hours = mail_counts.of_account(tx, account_id, region, since, reporting(tx))
    known = states(tx, account_id, region)
    of_tenants = _of_tenants(tx, account_id, region, hours)
    counted = counted_for_account(hours, [*known, *of_tenants])
    appraisal = appraise(counted, rules, tx.now)
    is_high = appraisal.level is Level.PAUSE and rules.mode is PauseMode.STREAM
    guilty = culprit(counted, rules, appraisal) if is_high else None
    state = _among(known, ACCOUNT)
    return Look(
        account_id=account_id,
        region=region,
        account=Part(who=ACCOUNT, appraisal=appraisal, state=state),
        parts=tuple(_parts(tx, hours, [*known, *of_tenants], rules)),
        decision=decide(state, appraisal, rules.mode, guilty),
    )


def _of_tenants(tx: Tx, account_id: str, region: str, hours: Sequence[Hour]) -> list[State]:
    """Of those that have sent: what is paused, and what was forgiven when one was reinstated, counts for nobody."""
    if not any(one.tenant for one in hours):
        return []
    return [
        State(
            who=Who(Subject.TENANT, tenant.path),
            status=Status.SHUTDOWN if tenant.is_paused else Status.HEALTHY,
            reason=tenant.cause,
            since=tenant.status_at,
            forgiven_at=tenant.judged_from,
        )
        for tenant in tenants.page(tx, account_id, region, limit=tenants.MOST)
    ]


def _parts(tx: Tx, hours: Sequence[Hour], known: Sequence[State], rules: Rules) -> list[Part]:
    parts = by_part(hours)
    by_who = {state.who: state for state in known}
    found = []
    for who in sorted((parts.keys() | by_who.keys()) - {ACCOUNT}):
        if who.kind is Subject.TENANT and who not in by_who:
            continue  # it was deleted
        state = by_who.get(who, State(who=who))
        appraisal = appraise(counted_for(state, parts.get(who, ())), rules, tx.now)
        found.append(Part(who=who, appraisal=appraisal, state=state))
    return found


def reporting(tx: Tx) -> frozenset[str]:
    """Providers that tell us of complaints: those with a loop that the operator has noted as enrolled; where he keeps
    no notes, all that have one.
    """
    loops = [one for one in provider_names.table().providers if one.loop is Loop.YES]
    active = {name for (name, _), one in feedback_enrolments.all_of(tx).items() if one.state is EnrolmentState.ACTIVE}
    return frozenset(one.id for one in loops if not active or one.enrolled_as in active)


# --- changing ---


def settle(tx: Tx, found: Look) -> bool:
    """Write down what a look came to; false where somebody else has changed the account's state meanwhile."""
    key, decision, before = (found.account_id, found.region), found.decision, found.account.state
    if state_of(tx, *key) != before:
        return False
    if decision.pause is not None and decision.pause != ACCOUNT:
        _put(tx, key, decision.pause, status=Status.SHUTDOWN, reason=found.account.appraisal.worst, since=tx.now)
    if (decision.status, decision.level) != (before.status, before.level):
        reason = found.account.appraisal.worst if decision.status is not Status.HEALTHY else ""
        _put(tx, key, ACCOUNT, status=decision.status, level=int(decision.level), reason=reason, since=tx.now)
        _enforce(tx, key, decision.status)
    _put_rates(tx, key, (found.account, *found.parts))
    return True


def _put_rates(tx: Tx, key: tuple[str, str], parts: Sequence[Part]) -> None:
    """For gauges and for SES's words. No setting: nobody's cache need be emptied for it."""
    account = parts[0]
    published = [Who(Subject.CONFIGURATION_SET, name) for _, _, name in measured(tx, MOST_MEASURED, *key)]
    if account.appraisal.bounce.volume:
        tx.hot(_FIRST, [(*key, who.kind, who.name, to_micros(tx.now)) for who in (ACCOUNT, *published)])
    rows = []
    for part in parts:
        rates = part.appraisal.bounce, part.appraisal.complaint
        shown = tuple(rate.value if rate.is_judged else None for rate in rates)
        if shown != (part.state.bounce_rate, part.state.complaint_rate):
            rows.append((*shown, *key, part.who.kind, part.who.name))
    tx.hot(_RATES, rows)


def pause(tx: Tx, account_id: str, region: str, who: Who, *, reason: str) -> State:
    """By an operator: nothing is accepted any more of `who`. Raises Invalid."""
    _check(who)
    key = account_id, region
    _put(tx, key, who, status=Status.SHUTDOWN, reason=storable(reason)[:_LONGEST], since=tx.now)
    if who == ACCOUNT:
        _enforce(tx, key, Status.SHUTDOWN)
    return state_of(tx, *key, who)


def lift(tx: Tx, account_id: str, region: str, who: Who) -> State:
    """By an operator: end a pause or a review. What was counted until now is held against nobody any more. Raises
    NotFound.
    """
    key = account_id, region
    if state_of(tx, *key, who).status is Status.HEALTHY:
        raise NotFound(f"{_name(who)} is neither paused nor under review.", Kind.PAUSE)
    _put(tx, key, who, status=Status.HEALTHY, level=0, reason="", since=tx.now, forgiven_at=tx.now)
    if who == ACCOUNT:
        _enforce(tx, key, Status.HEALTHY)
    return state_of(tx, *key, who)


def start_afresh(tx: Tx, account_id: str, region: str, who: Who) -> None:
    """The rates of `who` alone begin anew, as those of a configuration set whose sending is enabled again (ses)."""
    _put(tx, (account_id, region), who, fresh_start=tx.now)


def fresh_start(tx: Tx, account_id: str, region: str, configuration_set: str) -> datetime | None:
    """When the rates of a configuration set last began anew; None: never."""
    return state_of(tx, account_id, region, Who(Subject.CONFIGURATION_SET, configuration_set)).own_start


def forget(tx: Tx, account_id: str, region: str, who: Who) -> None:
    """It is deleted: what comes by the same name later is another. Counts stay, and so does an operator's pause."""
    table = reputation_states.c
    key = (table.account_id == account_id, table.region == region, table.kind == who.kind, table.name == who.name)
    tx.execute(reputation_states.delete().where(*key, table.status != Status.SHUTDOWN))


def _check(who: Who) -> None:
    if who.kind is Subject.PROVIDER or (who == ACCOUNT) != (not who.name):
        raise Invalid("Say which configuration set or identity is meant, or that the account is.")


def _name(who: Who) -> str:
    return "The account" if who == ACCOUNT else f"The {who.kind.replace('-', ' ')} {who.name}"


def _put(tx: Tx, key: tuple[str, str], who: Who, **changes: Any) -> None:
    values = {"status": Status.HEALTHY, "level": 0, "reason": "", "since": tx.now} | changes
    statement = upsert(tx.engine, reputation_states, changes=list(changes))
    tx.execute(statement.values(account_id=key[0], region=key[1], kind=who.kind, name=who.name, **values))


def _enforce(tx: Tx, key: tuple[str, str], status: Status) -> None:
    table = account_regions.c
    where = table.account_id == key[0], table.region == key[1]
    tx.execute(account_regions.update().where(*where).values(enforcement_status=status))
