"""Bounce and complaint rates over a representative volume, and what follows from them.

Owns the arithmetic and the decision. Pure. SES does not look at a fixed time but at as much mail as is typical of the
sender (ses: reputation dashboard): here, going back from now, as much as he sends in a week on average, and never less
than a minimum, below which nothing is judged. Complaints are held against what was delivered to providers that tell of
complaints, since the others' readers cannot complain (ses: DELIVERY_COMPLAINT).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum

HOUR_SECONDS = 3600
LOOKED_BACK_DAYS = 90  # mail that is older says nothing about today's
_TYPICAL_WEEKS = 4
_WEEK_HOURS = 7 * 24
LEAST_COMPLAINTS = 3  # one reader's slip is no finding, however little mail he gets
_RECOVERED = 0.8  # of the threshold of a review: ends it, so that a rate at the threshold does not go in and out of it


class Subject(StrEnum):
    """Of what rates are computed."""

    ACCOUNT = "account"
    CONFIGURATION_SET = "configuration-set"
    IDENTITY = "identity"
    TENANT = "tenant"  # by its name and id
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True, order=True)
class Who:
    """An account (name ""), or one of its parts."""

    kind: Subject
    name: str = ""


ACCOUNT = Who(Subject.ACCOUNT)


class Status(StrEnum):
    """SES's words for the state of an account."""

    HEALTHY = "HEALTHY"
    PROBATION = "PROBATION"
    SHUTDOWN = "SHUTDOWN"


class Level(IntEnum):
    """How high rates are."""

    FINE = 0
    REVIEW = 1
    PAUSE = 2


class PauseMode(StrEnum):
    """Whom the operator lets a pause hit."""

    OFF = "off"
    STREAM = "stream"  # the smallest part of the account that is at fault; the account where there is none
    ACCOUNT = "account"


class Measure(StrEnum):
    BOUNCE = "bounce"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on there is a review, and a pause; parts of one."""

    review: float
    pause: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What an installation has decided."""

    bounce: Limits = Limits(0.05, 0.10)
    complaint: Limits = Limits(0.001, 0.005)
    minimum_volume: int = 1000
    mode: PauseMode = PauseMode.OFF

    def of(self, measure: Measure) -> Limits:
        return self.bounce if measure is Measure.BOUNCE else self.complaint


@dataclass(frozen=True, slots=True)
class Tally:
    """Recipients. `bounces` are permanent ones; `reporting` were delivered to providers that tell of complaints."""

    sends: int = 0
    bounces: int = 0
    reporting: int = 0
    complaints: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.sends + other.sends,
            self.bounces + other.bounces,
            self.reporting + other.reporting,
            self.complaints + other.complaints,
        )

    def of(self, measure: Measure) -> tuple[int, int]:
        """The bad ones, and all of which they are a part."""
        return (self.bounces, self.sends) if measure is Measure.BOUNCE else (self.complaints, self.reporting)


@dataclass(frozen=True, slots=True)
class Hour:
    """What was counted in an hour (epoch seconds // 3600) of one configuration set and identity."""

    hour: int
    configuration_set: str
    identity: str
    tally: Tally
    tenant: str = ""

    def is_of(self, who: Who) -> bool:
        match who.kind:
            case Subject.CONFIGURATION_SET:
                return self.configuration_set == who.name
            case Subject.IDENTITY:
                return self.identity == who.name
            case Subject.TENANT:
                return self.tenant == who.name
        return who.kind is Subject.ACCOUNT


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Over the volume that was looked at, which begins with the hour `since`."""

    bad: int = 0
    volume: int = 0
    since: int = 0
    is_judged: bool = False  # there was enough mail

    @property
    def value(self) -> float:
        return self.bad / self.volume if self.volume else 0.0

    @property
    def began_at(self) -> datetime:
        return datetime.fromtimestamp(self.since * HOUR_SECONDS, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Appraisal:
    """Both rates, and what they amount to."""

    bounce: Rate = Rate()
    complaint: Rate = Rate()
    bounce_level: Level = Level.FINE
    complaint_level: Level = Level.FINE
    level: Level = Level.FINE  # the higher of the two
    has_recovered: bool = True  # both are well below a review
    worst: Measure = Measure.BOUNCE

    def of(self, measure: Measure) -> Rate:
        return self.bounce if measure is Measure.BOUNCE else self.complaint

    def level_of(self, measure: Measure) -> Level:
        return self.bounce_level if measure is Measure.BOUNCE else self.complaint_level


def hour_of(moment: datetime) -> int:
    return int(moment.timestamp()) // HOUR_SECONDS


def appraise(hours: Iterable[Hour], rules: Rules, now: datetime) -> Appraisal:
    """The rates of all of `hours` together."""
    totals: dict[int, Tally] = {}
    for one in hours:
        totals[one.hour] = totals.get(one.hour, Tally()) + one.tally
    rates = {measure: _rate(totals, measure, rules.minimum_volume, hour_of(now)) for measure in Measure}
    levels = {measure: _level(rates[measure], measure, rules.of(measure)) for measure in Measure}
    worst = max(Measure, key=lambda measure: (levels[measure], rates[measure].value / rules.of(measure).pause))
    return Appraisal(
        bounce=rates[Measure.BOUNCE],
        complaint=rates[Measure.COMPLAINT],
        bounce_level=levels[Measure.BOUNCE],
        complaint_level=levels[Measure.COMPLAINT],
        level=max(levels.values()),
        has_recovered=all(
            levels[measure] is Level.FINE and rates[measure].value < _RECOVERED * rules.of(measure).review
            for measure in Measure
            if rates[measure].is_judged
        ),
        worst=worst,
    )


def _rate(totals: Mapping[int, Tally], measure: Measure, minimum: int, now: int) -> Rate:
    volumes = {hour: tally.of(measure)[1] for hour, tally in totals.items()}
    typical = sum(volume for hour, volume in volumes.items() if hour > now - _TYPICAL_WEEKS * _WEEK_HOURS)
    wanted = max(minimum, typical // _TYPICAL_WEEKS)
    bad = volume = 0
    since = now
    for since in sorted(totals, reverse=True):
        more_bad, more = totals[since].of(measure)
        bad, volume = bad + more_bad, volume + more
        if volume >= wanted:
            break
    return Rate(bad=bad, volume=volume, since=since, is_judged=volume >= minimum)


def _level(rate: Rate, measure: Measure, limits: Limits) -> Level:
    if not rate.is_judged or (measure is Measure.COMPLAINT and rate.bad < LEAST_COMPLAINTS):
        return Level.FINE
    if rate.value >= limits.pause:
        return Level.PAUSE
    return Level.REVIEW if rate.value >= limits.review else Level.FINE


# --- who is at fault ---


def culprit(hours: Sequence[Hour], rules: Rules, appraisal: Appraisal) -> Who | None:
    """The smallest part of the account that is above the threshold of a pause, and without which the rest is below it;
    None where there is no such part. Tenants are paused by policies of their own.
    """
    measure = appraisal.worst
    limit, since = rules.of(measure).pause, appraisal.of(measure).since
    window = [one for one in hours if one.hour >= since]
    bad, volume = _total(window).of(measure)
    guilty: list[tuple[int, Who]] = []
    parts = {who: its_hours for who, its_hours in by_part(window).items() if who.kind is not Subject.TENANT}
    for who, its_hours in parts.items():
        its_bad, its_volume = _total(its_hours).of(measure)
        rest = volume - its_volume
        if its_volume and rest and its_bad / its_volume >= limit and (bad - its_bad) / rest < limit:
            guilty.append((its_volume, who))
    # Of two that are the same mail, it is the configuration set, whose owner can see it paused: it sorts first.
    return min(guilty)[1] if guilty else None


def by_part(hours: Iterable[Hour]) -> dict[Who, list[Hour]]:
    """Each hour under its identity, and under its configuration set and its tenant where it has them."""
    found: dict[Who, list[Hour]] = {}
    for one in hours:
        found.setdefault(Who(Subject.IDENTITY, one.identity), []).append(one)
        if one.configuration_set:
            found.setdefault(Who(Subject.CONFIGURATION_SET, one.configuration_set), []).append(one)
        if one.tenant:
            found.setdefault(Who(Subject.TENANT, one.tenant), []).append(one)
    return found


def _total(hours: Iterable[Hour]) -> Tally:
    return sum((one.tally for one in hours), Tally())


# --- what follows ---


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is kept of an account or of a part of it. `level` is the last that its owner was told of."""

    who: Who = ACCOUNT
    status: Status = Status.HEALTHY
    level: Level = Level.FINE
    reason: str = ""
    since: datetime | None = None
    fresh_start: datetime | None = None
    forgiven_at: datetime | None = None
    bounce_rate: float | None = None
    complaint_rate: float | None = None

    @property
    def is_paused(self) -> bool:
        return self.status is Status.SHUTDOWN

    @property
    def own_start(self) -> datetime | None:
        """Its own rates begin here."""
        return max((at for at in (self.fresh_start, self.forgiven_at) if at is not None), default=None)


class Notice(StrEnum):
    """What an account is told by mail."""

    REVIEW = "review"
    ENDANGERED = "endangered"  # above the threshold of a pause, but this installation pauses nobody
    PART_PAUSED = "part-paused"
    PAUSED = "paused"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be changed; `pause` is to be paused."""

    status: Status
    level: Level
    pause: Who | None = None
    notice: Notice | None = None


def decide(state: State, appraisal: Appraisal, mode: PauseMode, guilty: Who | None) -> Decision:
    """What becomes of an account. A pause ends by an operator's word alone, a review by better rates."""
    if state.is_paused:
        return Decision(status=Status.SHUTDOWN, level=state.level)
    level = appraisal.level
    if level is Level.PAUSE and mode is PauseMode.STREAM and guilty is not None:
        # The account itself is judged at the next look, by what is left.
        return Decision(status=state.status, level=state.level, pause=guilty, notice=Notice.PART_PAUSED)
    if level is Level.PAUSE and mode is not PauseMode.OFF:
        return Decision(status=Status.SHUTDOWN, level=level, pause=ACCOUNT, notice=Notice.PAUSED)
    if level is Level.FINE and not appraisal.has_recovered and state.level > Level.FINE:
        return Decision(status=Status.PROBATION, level=state.level)
    if level > state.level:
        notice = Notice.ENDANGERED if level is Level.PAUSE else Notice.REVIEW
        return Decision(status=Status.PROBATION, level=level, notice=notice)
    if level is Level.FINE:
        return Decision(
            status=Status.HEALTHY, level=level, notice=Notice.RECOVERED if state.level > Level.FINE else None
        )
    return Decision(status=Status.PROBATION, level=state.level)


def counted_for_account(hours: Iterable[Hour], states: Collection[State]) -> list[Hour]:
    """Without what is paused, which has had its answer, and without what was forgiven."""
    paused = [state.who for state in states if state.is_paused and state.who != ACCOUNT]
    forgiven = [(state.who, _first_hour(state.forgiven_at)) for state in states if state.forgiven_at is not None]
    start = next((_first_hour(state.own_start) for state in states if state.who == ACCOUNT), 0)
    return [
        one
        for one in hours
        if one.hour >= start
        and not any(one.is_of(who) for who in paused)
        and not any(one.hour < hour and one.is_of(who) for who, hour in forgiven)
    ]


def counted_for(state: State, hours: Iterable[Hour]) -> list[Hour]:
    """Of the hours of one part, those since its own start."""
    start = _first_hour(state.own_start)
    return [one for one in hours if one.hour >= start]


def _first_hour(start: datetime | None) -> int:
    """The first whole hour after a start: what came before it in the same hour cannot be told apart."""
    return hour_of(start) + 1 if start is not None else 0
