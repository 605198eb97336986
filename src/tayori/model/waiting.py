"""Why a recipient is waiting: one reason and one sentence, in English and Japanese.

Owns the order in which causes are looked at and the words. Pure: the row's facts and, where a process knows it, the
state of the site that the mail goes to, come as values. The reasons are named after KumoMTA's InsertReason: every
recipient that waits has exactly one. A text has the same places ({until}) in both languages; a test holds them to it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tayori.model.message import DeliveryState, Reason
from tayori.model.pause import Pause, PauseKind

LANGUAGES = ("en", "ja")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingFacts:
    """What the rows say of one recipient that waits."""

    domain: str
    state: DeliveryState
    due_at: datetime
    expires_at: datetime
    attempts: int = 0
    reason: str = ""  # a Reason, of the last try or of the last time that it was put off
    diagnostic: str = ""
    is_account_paused: bool = False
    pause: Pause | None = None  # an operator's, that covers it
    ahead: int | None = None  # recipients of the same stream that are due before it


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteState:
    """What a process knows of the hosts that the mail goes to."""

    name: str
    waiting: int = 0
    connections: int = 0
    window: int = 0
    rate: float = 0.0  # messages in a second; 0.0 for no limit
    is_held_back: bool = False  # by the rate, at this moment
    rests_until: datetime | None = None
    rest_reason: str = ""


class Why(StrEnum):
    """The reason."""

    IN_HAND = "in-hand"  # a worker has it, its outcome is on the way
    HELD = "held"  # by an operator
    PAUSED = "paused"  # by an operator: the account, configuration set, destination or source
    ACCOUNT_PAUSED = "account-paused"  # accepted before; it goes on when the account may send again
    OVERDUE = "overdue"  # its time is over, its end is on the way
    RESTING = "resting"  # the hosts failed or asked for a rest, so that nothing is tried there
    SOURCE_BLOCKED = "source-blocked"  # the receiver wants nothing from our address
    NO_SOURCE = "no-source"  # all source addresses of its pool are used up, or rest
    GREYLISTED = "greylisted"
    THROTTLED = "throttled"  # the receiver says that we send too much
    RATE_LIMITED = "rate-limited"  # by ourselves, as the table of providers says
    NAME_SERVERS = "name-servers"  # of the domain, or our resolver
    UNREACHABLE = "unreachable"  # no connection, or it was lost
    TLS = "tls"  # what the policy asks for is not to be had
    LOCAL = "local"  # trouble of our own
    REFUSED_FOR_NOW = "refused-for-now"  # the receiver said so, by a reply of its own
    BEHIND_OTHERS = "behind-others"  # its turn has not come
    DUE = "due"  # nothing is in its way
    UNTRIED = "untried"  # put off before it was ever tried, for no reason on record


_BY_REASON: dict[str, Why] = {
    Reason.SOURCE_BLOCKED: Why.SOURCE_BLOCKED,
    Reason.NO_SOURCE: Why.NO_SOURCE,
    Reason.GREYLISTED: Why.GREYLISTED,
    Reason.THROTTLED: Why.THROTTLED,
    Reason.DNS_FAILURE: Why.NAME_SERVERS,
    Reason.CONNECTION_REFUSED: Why.UNREACHABLE,
    Reason.CONNECTION_TIMEOUT: Why.UNREACHABLE,
    Reason.CONNECTION_LOST: Why.UNREACHABLE,
    Reason.PROTOCOL_ERROR: Why.UNREACHABLE,
    Reason.TLS_REQUIRED: Why.TLS,
    Reason.TLS_FAILED: Why.TLS,
    Reason.TLS_POLICY: Why.TLS,
    Reason.LOCAL_TROUBLE: Why.LOCAL,
}

TEXTS: dict[Why, tuple[str, str]] = {
    Why.IN_HAND: (
        "It is being sent to {domain} at this moment.",
        "現在 {domain} へ送信中です。",
    ),
    Why.HELD: (
        "An operator holds it; it waits until it is released, at the latest until its deadline at {expires}.",
        "運用者が保留しています。解除されるまで (遅くとも期限の {expires} まで) 待機します。",
    ),
    Why.PAUSED: (
        "An operator has paused the {paused}; it goes on {ends}, and its deadline at {expires} runs on. {words}",
        "運用者が{paused} の配信を一時停止しています。{ends}再開します (配信期限は {expires} のままです)。{words}",
    ),
    Why.ACCOUNT_PAUSED: (
        "Sending is paused for the account; it goes on when the account may send again.",
        "アカウントの送信が停止されています。再開されると配信が続きます。",
    ),
    Why.OVERDUE: (
        "Its deadline was {expires}; its end is about to be recorded.",
        "配信期限の {expires} を過ぎました。まもなく配信終了として記録されます。",
    ),
    Why.RESTING: (
        "Nothing is tried at {site} before {until}, since it failed or asked for a rest: {words}",
        "{site} は {until} まで配信を休止しています。理由: {words}",
    ),
    Why.SOURCE_BLOCKED: (
        "The receiver refuses our sending address, not the recipient; the next try is at {until}. It said: {words}",
        "宛先ではなく、こちらの送信元アドレスが受信側に拒否されています。次の試行は {until} です。"
        "受信側の応答: {words}",
    ),
    Why.NO_SOURCE: (
        "Every source address of its pool has sent what it may to {domain} for now, or rests; the next try is at "
        "{until}.",
        "プール内の送信元アドレスがすべて、{domain} への送信上限に達したか休止中です。次の試行は {until} です。",
    ),
    Why.GREYLISTED: (
        "The receiver greylists: it wants to see the message again, and gets it at {until}. It said: {words}",
        "受信側のグレイリスティングにより、再送を求められています。{until} に再送します。受信側の応答: {words}",
    ),
    Why.THROTTLED: (
        "The receiver says that we send too much; we send less, and try again at {until}. It said: {words}",
        "送信量が多すぎると受信側に制限されています。送信を抑え、{until} に再試行します。受信側の応答: {words}",
    ),
    Why.RATE_LIMITED: (
        "{site} gets no more than {rate} messages a second from us; {ahead} wait for it here.",
        "{site} への送信は毎秒 {rate} 通までに抑えています。現在 {ahead} 通が順番を待っています。",
    ),
    Why.NAME_SERVERS: (
        "The name servers for {domain} give no usable answer; the next try is at {until}. {words}",
        "{domain} のネームサーバーから有効な応答がありません。次の試行は {until} です。{words}",
    ),
    Why.UNREACHABLE: (
        "The mail hosts of {domain} cannot be reached; the next try is at {until}. The last said: {words}",
        "{domain} のメールサーバーに接続できません。次の試行は {until} です。最後の結果: {words}",
    ),
    Why.TLS: (
        "The mail hosts of {domain} do not offer the TLS that is asked for; the next try is at {until}. {words}",
        "{domain} のメールサーバーが、求められている TLS に対応していません。次の試行は {until} です。{words}",
    ),
    Why.LOCAL: (
        "Trouble in this service holds it up, and no try is counted; the next is at {until}. {words}",
        "このサービス側の問題で待機しています (試行回数には数えません)。次の試行は {until} です。{words}",
    ),
    Why.REFUSED_FOR_NOW: (
        "The receiver refused it for now, in try {attempts}; the next is at {until}. It said: {words}",
        "受信側が一時的に受け取りを断りました ({attempts} 回目の試行)。次の試行は {until} です。受信側の応答: {words}",
    ),
    Why.BEHIND_OTHERS: (
        "It is due, and {ahead} others are before it.",
        "送信待ちです。前に {ahead} 通あります。",
    ),
    Why.DUE: (
        "It is due, and is taken with the next batch.",
        "送信待ちです。まもなく送信します。",
    ),
    Why.UNTRIED: (
        "It is due at {until}.",
        "{until} に送信します。",
    ),
}


def why(facts: WaitingFacts, now: datetime, site: SiteState | None = None) -> Why:
    """The first cause that holds, from what nobody can change to what passes by itself."""
    if facts.state is DeliveryState.SENDING:
        return Why.RATE_LIMITED if site is not None and site.is_held_back else Why.IN_HAND
    if facts.state is DeliveryState.HELD:
        return Why.HELD
    if now >= facts.expires_at:
        return Why.OVERDUE
    if facts.pause is not None:
        return Why.PAUSED
    if facts.is_account_paused:
        return Why.ACCOUNT_PAUSED
    if site is not None and site.rests_until is not None and now < site.rests_until:
        return Why.SOURCE_BLOCKED if facts.reason == Reason.SOURCE_BLOCKED else Why.RESTING
    if facts.due_at > now:
        return _of_last_try(facts)
    if site is not None and site.is_held_back:
        return Why.RATE_LIMITED
    return Why.BEHIND_OTHERS if facts.ahead else Why.DUE


def _of_last_try(facts: WaitingFacts) -> Why:
    found = _BY_REASON.get(facts.reason)
    if found is not None:
        return found
    return Why.REFUSED_FOR_NOW if facts.attempts else Why.UNTRIED


def sentence(facts: WaitingFacts, now: datetime, site: SiteState | None = None, *, language: str = "en") -> str:
    """The reason in one sentence."""
    reason = why(facts, now, site)
    rests_until = site.rests_until if site is not None and reason is Why.RESTING else None
    until = max(facts.due_at, rests_until) if rests_until is not None else facts.due_at
    words = site.rest_reason if site is not None and reason is Why.RESTING else facts.diagnostic
    if reason is Why.PAUSED and facts.pause is not None:
        words = facts.pause.reason
    ahead = site.waiting if site is not None and reason is Why.RATE_LIMITED else facts.ahead
    return (
        TEXTS[reason][LANGUAGES.index(language)]
        .format(
            domain=facts.domain,
            site=site.name if site is not None else facts.domain,
            until=_clock(until),
            expires=_clock(facts.expires_at),
            attempts=facts.attempts,
            rate=f"{site.rate:g}" if site is not None else "0",
            ahead=ahead or 0,
            paused=_paused(facts.pause, language),
            ends=_ends(facts.pause, language),
            words=words.removeprefix("smtp; ") or "-",
        )
        .removesuffix(" -")
    )


_KINDS: dict[PauseKind, tuple[str, str]] = {
    PauseKind.ACCOUNT: ("account", "アカウント"),
    PauseKind.CONFIGURATION_SET: ("configuration set", "設定セット"),
    PauseKind.DESTINATION: ("destination", "宛先"),
    PauseKind.SOURCE: ("source", "送信元"),
}


def _paused(pause: Pause | None, language: str) -> str:
    return f"{_KINDS[pause.kind][LANGUAGES.index(language)]} {pause.name}" if pause is not None else ""


def _ends(pause: Pause | None, language: str) -> str:
    if pause is None or pause.until is None:
        return ("when that is resumed", "一時停止が解除されると")[LANGUAGES.index(language)]
    return (f"at {_clock(pause.until)}", f"{_clock(pause.until)} に")[LANGUAGES.index(language)]


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
