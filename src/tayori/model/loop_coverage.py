"""How much of a sender's mail goes to providers that would tell of a complaint: the shares, and the words for them.

Owns the sums, when they are worth a warning, and the sentences in English and Japanese. Pure: who counts and who has
enrolled is handed in. What is unknown is reckoned as silent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tayori.model.feedback_loops import FeedbackLoops, Loop, MailboxProvider, Words

OTHERS = Words("hosts that the table does not name", "表にないホスト")
_FIGURES_ONLY = Words("figures only", "集計値のみ")
_UNKNOWN = Words("unknown", "不明")
_MOST_NAMED = 8
ENOUGH = 100  # recipients
LITTLE = 0.5  # of the mail: less than this under a loop is worth a warning


class EnrolmentState(StrEnum):
    """How far an operator has come with one enrolment."""

    REQUESTED = "requested"
    ACTIVE = "active"


class Enrolments:
    """What operators have noted: by provider or collector, and by domain; the domain "" stands for all."""

    def __init__(self, states: Mapping[tuple[str, str], EnrolmentState]) -> None:
        self._states = states
        self.is_any_active = EnrolmentState.ACTIVE in states.values()

    def of(self, provider: MailboxProvider, domain: str) -> EnrolmentState | None:
        """For mail that `domain` signs: its own, or that of a domain above it, or everybody's."""
        found = self._states.get((provider.enrolled_as, ""))
        while domain and found is not EnrolmentState.ACTIVE:
            found = self._states.get((provider.enrolled_as, domain)) or found
            _, _, domain = domain.partition(".")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The recipients at one provider, None for hosts that the table does not name."""

    provider: MailboxProvider | None
    recipients: int
    enrolled: int = 0  # of them, those of mail that an active enrolment covers

    @property
    def loop(self) -> Loop:
        return self.provider.loop if self.provider else Loop.UNKNOWN

    def name(self, language: str) -> str:
        return (self.provider.name if self.provider else OTHERS).of(language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """All shares, the greatest first."""

    shares: tuple[Share, ...] = ()
    is_any_active: bool = False  # some enrolment of the installation, for whatever mail

    @property
    def recipients(self) -> int:
        return sum(share.recipients for share in self.shares)

    @property
    def reporting(self) -> int:
        return sum(share.recipients for share in self.shares if share.loop is Loop.YES)

    @property
    def enrolled(self) -> int:
        return sum(share.enrolled for share in self.shares if share.loop is Loop.YES)

    @property
    def is_thin(self) -> bool:
        """Worth a warning: whoever waits for complaints would wait in vain for most of them."""
        return self.reporting < LITTLE * self.recipients

    @property
    def is_unheard(self) -> bool:
        """No active enrolment covers any of it: no complaint will come, whoever would report one."""
        return not (self.enrolled if self.recipients else self.is_any_active)

    @property
    def is_telling(self) -> bool:
        """Of so much mail that what it shows will last."""
        return self.recipients >= ENOUGH

    def part(self, count: int) -> float:
        return count / self.recipients if self.recipients else 0.0


def coverage(counts: Mapping[tuple[str, str], int], table: FeedbackLoops, enrolments: Enrolments) -> Coverage:
    """`counts` are recipients by provider id and the domain that the mail was sent as."""
    sums: dict[str, list[int]] = {}
    known = {provider.id: provider for provider in table.providers}
    for (name, domain), recipients in counts.items():
        provider = known.get(name)
        sums.setdefault(name if provider else "", [0, 0])[0] += recipients
        if provider is not None and enrolments.of(provider, domain) is EnrolmentState.ACTIVE:
            sums[name][1] += recipients
    shares = [
        Share(provider=known.get(name), recipients=recipients, enrolled=enrolled)
        for name, (recipients, enrolled) in sums.items()
        if recipients
    ]
    return Coverage(shares=tuple(sorted(shares, key=_by_size)), is_any_active=enrolments.is_any_active)


def outlook(recipients: Iterable[tuple[MailboxProvider | None, int, str]], enrolments: Enrolments) -> Coverage:
    """Of mail that is still to be sent: (a recipient domain's provider, recipients there, the domain that signs)."""
    sums: dict[MailboxProvider | None, list[int]] = {}
    for provider, count, domain in recipients:
        both = sums.setdefault(provider, [0, 0])
        both[0] += count
        if provider is not None and enrolments.of(provider, domain) is EnrolmentState.ACTIVE:
            both[1] += count
    shares = [Share(provider=one, recipients=count, enrolled=enrolled) for one, (count, enrolled) in sums.items()]
    return Coverage(shares=tuple(sorted(shares, key=_by_size)), is_any_active=enrolments.is_any_active)


def _by_size(share: Share) -> tuple[int, str]:
    return -share.recipients, share.name("en")


# -- words -------------------------------------------------------------------------------------------------------------

_NOTHING = Words(
    "No mail was delivered in this time, so nothing is known of the recipients' providers. None reports complaints by"
    " itself; ask before you send: tayori feedback-loops lookup.",
    "この期間に配信されたメールがないため、宛先のプロバイダーについては何も分かりません。登録なしに苦情を報告するプロバイダーは"
    "ありません。送信前の確認: tayori feedback-loops lookup",
)
_REPORTING = Words(
    "{reporting} % of your mail goes to providers that report complaints; enrolments cover {enrolled} %.",
    "メールの {reporting} % は苦情を報告するプロバイダー宛です。登録済みの分は {enrolled} % です。",
)
_UNHEARD = Words(
    "{reporting} % of your mail goes to providers that report complaints, to whoever is enrolled; no active enrolment"
    " is noted.",
    "メールの {reporting} % は、登録した送信者に苦情を報告するプロバイダー宛です。有効な登録は記録されていません。",
)
_NOBODY = Words(
    "None of your mail goes to providers that report complaints.",
    "苦情を報告するプロバイダー宛のメールはありません。",
)
_SILENT = Words("These do not: {names}.", "次の宛先からは苦情の報告がありません: {names}。")
_REST = Words("and {count} more", "ほか {count} 件")
INSTEAD = Words(
    "Readers there have another way out that works with every provider: offer one-click unsubscribe (RFC 8058), and"
    " an angry reader uses it instead of the spam button.",
    "どのプロバイダーの受信者にも使えるもう一つの方法として、ワンクリック登録解除 (RFC 8058) を用意してください。"
    "迷惑メール報告の代わりに登録解除が使われるようになります。",
)


def sentence(found: Coverage, language: str) -> str:
    if not found.recipients:
        return _NOTHING.of(language)
    reporting, enrolled = (_percent(found.part(count)) for count in (found.reporting, found.enrolled))
    words = _NOBODY if not found.reporting else _UNHEARD if found.is_unheard else _REPORTING
    said = words.of(language).format(reporting=reporting, enrolled=enrolled)
    silent = [share for share in found.shares if share.loop is not Loop.YES]
    if not silent:
        return said
    joint = "" if language == "ja" else " "
    return f"{said}{joint}{_SILENT.of(language).format(names=_names(found, silent, language))}"


def _names(found: Coverage, silent: Sequence[Share], language: str) -> str:
    said = [_named(found, share, language) for share in silent[:_MOST_NAMED]]
    if len(silent) > _MOST_NAMED:
        said.append(_REST.of(language).format(count=len(silent) - _MOST_NAMED))
    return ("、" if language == "ja" else ", ").join(said)


def _named(found: Coverage, share: Share, language: str) -> str:
    facts = [f"{_percent(found.part(share.recipients))} %"]
    if share.loop is Loop.AGGREGATE:
        facts.append(_FIGURES_ONLY.of(language))
    elif share.loop is Loop.UNKNOWN and share.provider is not None:
        facts.append(_UNKNOWN.of(language))
    return f"{share.name(language)} ({', '.join(facts)})"


def _percent(part: float) -> str:
    """Whole percents; what is there at all is not called 0, and what is not all is not called 100."""
    shown = round(100 * part)
    if shown == 0 and part:
        return "< 1"
    return "> 99" if shown == 100 and part < 1 else str(shown)
