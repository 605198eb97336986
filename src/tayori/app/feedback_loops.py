"""What the command and HTTP say of feedback loops: the checklist, what an enrolment needs here, coverage, outlooks.

Owns these values and their JSON. Coverage is of mail that was delivered, by the hosts that took it; an outlook is of
domains, by the MX records that they have now (RFC 5321 5.1), so that it can be had before any mail is sent.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tayori.mail.address import AddressError, to_ascii_domain
from tayori.mail.answer import AnswerStatus, Resolver
from tayori.model.errors import Invalid, Kind, NotFound
from tayori.model.feedback_loops import LANGUAGES, By, Collector, FeedbackLoops, Loop, MailboxProvider
from tayori.model.identity import IdentityKind
from tayori.model.loop_coverage import INSTEAD, Coverage, Enrolments, EnrolmentState, coverage, outlook, sentence
from tayori.model.mail_count import OTHER_PROVIDER
from tayori.resources import accounts, feedback_enrolments, identities, loop_coverage, queue, sources
from tayori.resources.feedback_enrolments import Enrolment
from tayori.resources.inbound import FEEDBACK_LOCAL_PARTS
from tayori.resources.loop_coverage import MOST_DAYS, Scope
from tayori.resources.queue import Selection
from tayori.store.engine import Tx

DEFAULT_DAYS = 30
MOST_DOMAINS = 200
_AT_ONCE = 20
_MOST_IDENTITIES = 1000
COMPLAINTS = min(FEEDBACK_LOCAL_PARTS)  # "complaints", the local part to register


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What of this installation enrolments are about."""

    service_domain: str
    addresses: tuple[str, ...]  # that receivers see mail come from
    domains: tuple[str, ...] = ()  # that sign mail

    @property
    def mailboxes(self) -> dict[str, str]:
        """Addresses of the service: for the reports, and for the mails by which providers confirm an enrolment."""
        return {
            "reports": f"{COMPLAINTS}@{self.service_domain}",
            "confirmation": f"abuse@{self.service_domain}, postmaster@{self.service_domain}",
        }


def installation(
    tx: Tx, service_domain: str, addresses: Sequence[str], region: str, account: str | None = None
) -> Installation:
    """With the addresses that are registered, and the domains that sign in the region: of one account, or of all."""
    domains: dict[str, None] = {}
    for account_id in [account] if account else [one for one, _ in accounts.all_accounts(tx)]:
        for identity in identities.page(tx, account_id, region, limit=_MOST_IDENTITIES):
            if identity.kind is IdentityKind.DOMAIN and identity.dkim.holds:
                domains[identity.name] = None
    every = dict.fromkeys([*addresses, *sources.sending_addresses(tx)])
    return Installation(service_domain=service_domain, addresses=tuple(every), domains=tuple(domains))


# -- the checklist -----------------------------------------------------------------------------------------------------


def named(table: FeedbackLoops, name: str) -> MailboxProvider | Collector:
    """Raises NotFound."""
    found = table.provider(name) or table.collector(name)
    if found is None:
        raise NotFound(f"The table of feedback loops has no {name}.", Kind.EVENT_DESTINATION)
    return found


def enrol(
    tx: Tx, table: FeedbackLoops, name: str, *, state: str, domain: str = "", note: str | None = None, since: str = ""
) -> Enrolment | None:
    """Note how far an enrolment has come; `none` takes the note back. Raises Invalid, NotFound."""
    found = named(table, name)
    if isinstance(found, MailboxProvider) and found.through:
        raise Invalid(f"{name} is enrolled through {found.through}: note it there.")
    if isinstance(found, MailboxProvider) and found.loop is Loop.NO:
        raise Invalid(f"{name} has no feedback loop that one could enrol in.")
    domain = _domain(domain) if domain else ""
    if state == "none":
        feedback_enrolments.forget(tx, name, domain)
        return None
    try:
        wanted, day = EnrolmentState(state), date.fromisoformat(since) if since else tx.now.date()
    except ValueError:
        raise Invalid(
            f"state is one of {', '.join(EnrolmentState)} or none, and a date is written like 2026-01-31."
        ) from None
    return feedback_enrolments.put(tx, name, domain, wanted, since=day, note=note)


def _domain(text: str) -> str:
    try:
        return to_ascii_domain(text)
    except AddressError as error:
        raise Invalid(f"{text} is not a domain: {error}") from error


def enrolment_as_json(one: Enrolment) -> dict[str, Any]:
    return {
        "domain": one.domain or None,
        "state": one.state.value,
        "since": one.since.isoformat(),
        "note": one.note,
    }


def entry_as_json(one: MailboxProvider | Collector, noted: Sequence[Enrolment]) -> dict[str, Any]:
    """One line of the checklist. `noted` are the enrolments that stand for it."""
    how, known = one.enrolment, one.known
    found: dict[str, Any] = {
        "id": one.id,
        "name": _both(one.name),
        "kind": "provider" if isinstance(one, MailboxProvider) else "collector",
        "enrol": {
            "by": [by.value for by in how.by],
            "at": how.at or None,
            "needs": _both(how.needs),
            "sends": how.sends or None,
            "redacts": how.redacts.value,
        },
        "enrolments": [enrolment_as_json(enrolment) for enrolment in noted],
        "basis": known.basis.value,
        "source": list(known.source),
        "as_of": known.as_of.isoformat(),
    }
    if isinstance(one, MailboxProvider):
        more = {"loop": one.loop.value, "hosts": list(one.hosts), "through": one.through or None}
        found |= more | {"note": _both(one.note)}
    return found


def _both(words: Any) -> dict[str, str] | None:
    return {language: words.of(language) for language in LANGUAGES} if words.en else None


def noted_for(one: MailboxProvider | Collector, every: Mapping[tuple[str, str], Enrolment]) -> list[Enrolment]:
    name = one.enrolled_as if isinstance(one, MailboxProvider) else one.id
    return [enrolment for (of, _), enrolment in every.items() if of == name]


def checklist(tx: Tx, table: FeedbackLoops) -> list[dict[str, Any]]:
    """Every entry with what is noted of it: collectors, and then providers."""
    every = feedback_enrolments.all_of(tx)
    entries: tuple[MailboxProvider | Collector, ...] = (*table.collectors, *table.providers)
    return [entry_as_json(one, noted_for(one, every)) for one in entries]


def needs_here(one: MailboxProvider | Collector, here: Installation) -> dict[str, Any]:
    """What of this installation is to be filled in."""
    wanted: dict[str, Any] = {}
    if By.IP in one.enrolment.by:
        wanted["addresses"] = list(here.addresses)
    if By.DKIM_DOMAIN in one.enrolment.by:
        wanted["domains"] = list(here.domains)
    return wanted | here.mailboxes


# -- coverage ----------------------------------------------------------------------------------------------------------


def days(text: str | int) -> timedelta:
    try:
        found = int(text)
    except ValueError:
        found = 0
    if not 1 <= found <= MOST_DAYS:
        raise Invalid(f"days must be between 1 and {MOST_DAYS}.")
    return timedelta(days=found)


def covered(tx: Tx, table: FeedbackLoops, scope: Scope, age: timedelta) -> Coverage:
    return coverage(loop_coverage.delivered(tx, scope, age), table, feedback_enrolments.enrolments(tx))


def coverage_as_json(found: Coverage) -> dict[str, Any]:
    return {
        "recipients": found.recipients,
        "reporting": found.reporting,
        "enrolled": found.enrolled,
        "reporting_share": round(found.part(found.reporting), 4),
        "enrolled_share": round(found.part(found.enrolled), 4),
        "warning": found.is_thin or found.is_unheard,
        "text": {language: sentence(found, language) for language in LANGUAGES},
        "instead": _both(INSTEAD) if found.is_thin else None,
        "providers": [
            {
                "id": share.provider.id if share.provider else OTHER_PROVIDER,
                "name": {language: share.name(language) for language in LANGUAGES},
                "loop": share.loop.value,
                "recipients": share.recipients,
                "share": round(found.part(share.recipients), 4),
                "enrolled": share.enrolled,
            }
            for share in found.shares
        ],
    }


# -- outlook -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainOutlook:
    """What can be said of a recipient domain beforehand. `hosts` by preference; `trouble` where there are none."""

    domain: str
    recipients: int
    hosts: tuple[str, ...] = ()
    provider: MailboxProvider | None = None
    trouble: str = ""

    @property
    def loop(self) -> Loop:
        return self.provider.loop if self.provider else Loop.UNKNOWN


def domains_of(texts: Sequence[str]) -> dict[str, int]:
    """Domains, or addresses at them, each with how often it stands there. Raises Invalid."""
    found: dict[str, int] = {}
    for text in texts:
        domain = _domain(text.rpartition("@")[2])
        found[domain] = found.get(domain, 0) + 1
    if len(found) > MOST_DOMAINS:
        raise Invalid(f"At most {MOST_DOMAINS} domains at a time.")
    return found


def queued(tx: Tx, account_id: str) -> dict[str, int]:
    """The domains that most of an account's waiting mail is for, with the number of recipients."""
    found = queue.destinations(tx, Selection(account_id=account_id))
    counted = {one.domain: sum(one.counts.values()) for one in found}
    return dict(sorted(counted.items(), key=lambda item: -item[1])[:MOST_DOMAINS])


async def look(resolver: Resolver, table: FeedbackLoops, domains: Mapping[str, int]) -> list[DomainOutlook]:
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(domain: str, recipients: int) -> DomainOutlook:
        async with slots:
            return await _look(resolver, table, domain, recipients)

    return list(await asyncio.gather(*(one(domain, recipients) for domain, recipients in domains.items())))


async def _look(resolver: Resolver, table: FeedbackLoops, domain: str, recipients: int) -> DomainOutlook:
    answer = await resolver.resolve(domain, "MX")
    if answer.status is AnswerStatus.NODATA:
        hosts: tuple[str, ...] = (domain,)  # the implicit MX
    elif answer.exists:
        pairs = sorted((int(preference), host) for preference, _, host in (v.partition(" ") for v in answer.values))
        hosts = tuple(host.rstrip(".") for _, host in pairs if host.rstrip("."))
        if not hosts:
            return DomainOutlook(domain=domain, recipients=recipients, trouble="null MX: it takes no mail")
    else:
        return DomainOutlook(domain=domain, recipients=recipients, trouble=f"MX: {answer.status}")
    return DomainOutlook(domain=domain, recipients=recipients, hosts=hosts, provider=table.of_hosts(hosts))


def foreseen(found: Sequence[DomainOutlook], enrolments: Enrolments, signed_as: str = "") -> Coverage:
    """The coverage that mail to these domains would have, signed by a domain. Those that take no mail are left out."""
    counted = [(one.provider, one.recipients, signed_as) for one in found if not one.trouble]
    return outlook(counted, enrolments)


def outlook_as_json(found: Sequence[DomainOutlook]) -> list[dict[str, Any]]:
    return [
        {
            "domain": one.domain,
            "recipients": one.recipients,
            "hosts": list(one.hosts),
            "provider": one.provider.id if one.provider else None,
            "name": _both(one.provider.name) if one.provider else None,
            "loop": one.loop.value,
            "trouble": one.trouble or None,
        }
        for one in found
    ]
