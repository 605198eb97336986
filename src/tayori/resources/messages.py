"""The one door by which a message comes in, for the API, SMTP and the service itself.

`Door.accept` decides what needs the database (pauses, verified identities, the sandbox, quotas, suppression) and writes
the message, its recipients and the Send event. What it returns is durable once the batch it ran in is committed.
"""

import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeAlias

from tayori.mail.address import AddrSpec
from tayori.mail.envelope import ReversePath
from tayori.model import event, mail_count, simulator
from tayori.model.bounce import ON_ACCOUNT_LIST, ON_TENANT_LIST, SUPPRESSED, UNSUBSCRIBED
from tayori.model.contact_list import ListOption
from tayori.model.errors import (
    DomainError,
    Invalid,
    MailFromNotVerified,
    PauseScope,
    SendingPaused,
    Unverified,
)
from tayori.model.event import EventKind
from tayori.model.mail_count import Count
from tayori.model.message import (
    Accepted,
    DeliveryState,
    DueRecipient,
    Operation,
    Outgoing,
    SigningPlan,
    Submission,
    TlsPolicy,
)
from tayori.model.names import ServiceNames
from tayori.model.once import Once, Say, Undone
from tayori.model.reputation import Status, Subject, Who
from tayori.model.retry import DEFAULT_LIFETIME
from tayori.model.simulator import Mailbox
from tayori.model.stream import stream_of
from tayori.model.tenant import Tenant
from tayori.model.tracking import TrackingWanted, overridden
from tayori.resources import (
    contacts,
    delegation,
    mail_counts,
    permission,
    publications,
    quotas,
    send_answers,
    suppression,
    tenancy,
)
from tayori.resources.accounts import Account
from tayori.resources.condemnation import effective_reasons, list_of
from tayori.resources.configuration_sets import ConfigurationSet, OptionGroup, missing
from tayori.resources.quotas import Usage
from tayori.resources.results import compact
from tayori.resources.settings import Sender, Settings
from tayori.resources.tracking import signing_key
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import storable, to_micros

_INSERT_MESSAGE = Hot(
    "INSERT INTO messages (message_id, account_id, region, accepted_at, expires_at, from_address, subject,"
    " configuration_set, reverse_path, tls_policy, body_type, size, signing, facts)"
    " VALUES {values}"
)
_INSERT_BODY = Hot("INSERT INTO bodies (message_id, content) VALUES {values}")
_INSERT_RECIPIENT = Hot(
    "INSERT INTO recipients (message_id, ordinal, address, domain, state, owner, due_at, stream, attempts, reason,"
    " status, diagnostic, updated_at) VALUES {values}"
)
_NOTHING_LENT: Mapping[AddrSpec, Sender] = {}
_NOBODY: Mapping[str, str] = {}
_WITHHELD = (DeliveryState.SUPPRESSED, "", "suppressed")  # state, owner, reason
INSERT_EVENT = Hot("INSERT INTO events (message_id, at, kind, ordinal, detail) VALUES {values}")

# Recorded for a suppressed address in place of a receiver's answer (ses: account-level suppression list). On SES there
# is another list behind that of the account; here only the mailbox simulator has an address on it.
_OTHER_LIST = "GLOBAL"
_OPTED_OUT = "UNSUBSCRIBED"
_ON_TENANTS_LIST = {"BOUNCE": "TENANT_BOUNCE", "COMPLAINT": "TENANT_COMPLAINT"}
_SUPPRESSED_STATUS = "5.1.1"
_SUPPRESSIONS = {
    "BOUNCE": (
        ON_ACCOUNT_LIST,
        "The message was not sent to this address because it is on the suppression list of your account.",
    ),
    _OTHER_LIST: (
        SUPPRESSED,
        "The message was not sent to this address because mail to it has bounced not long ago (simulated).",
    ),
    _ON_TENANTS_LIST["BOUNCE"]: (
        ON_TENANT_LIST,
        "Amazon SES did not send the message to this address because it is on the suppression list for your tenant.",
    ),
    _OPTED_OUT: (
        UNSUBSCRIBED,
        "The message was not sent to this address because the recipient has unsubscribed from the list or topic.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What was decided of one submission."""

    submission: Submission
    sender: Sender | None
    configuration_set: ConfigurationSet | None
    reverse_path: ReversePath
    tls_policy: TlsPolicy
    lifetime: timedelta
    own_deadline: bool
    suppressed: Mapping[str, str]
    own_signature: tuple[SigningPlan, ...]
    simulated: frozenset[str] = frozenset()
    tenant: Tenant | None = None

    @property
    def stream(self) -> str:
        submission = self.submission
        name = self.configuration_set.name if self.configuration_set else None
        return stream_of(submission.caller.account_id, name, submission.tags, submission.caller.operation)

    @property
    def goes_out(self) -> bool:
        """Whether anything of it is to be delivered."""
        return not self.submission.rejection and len(self.suppressed) < len(self.submission.recipients)

    @property
    def counted(self) -> int:
        """Recipients that rates are reckoned from."""
        return len(self.submission.recipients) - len(self.suppressed.keys() | self.simulated)

    @property
    def counts_as(self) -> str:
        if self.sender is None or self.submission.caller.operation is Operation.PROBE:
            return ""
        name = self.configuration_set.name if self.configuration_set else None
        return mail_count.counts_as(name, self.sender.identity, self.tenant.path if self.tenant else "")

    @property
    def signing(self) -> tuple[SigningPlan, ...]:
        """The customer's domain first, then the service's own, as on SES."""
        return (self.sender.signing if self.sender else ()) + self.own_signature


class Door:
    """Accepts messages in one process.

    `worker` owns what is handed on in memory; `has_room(stream)` says whether delivery can take one more of it now,
    else the message waits in the store until somebody claims it.
    """

    def __init__(self, names: Callable[[str], ServiceNames], worker: str, has_room: Callable[[str], bool]) -> None:
        self._names = names
        self._worker = worker
        self._has_room = has_room
        self._settings = Settings()

    def accept(self, tx: Tx, submissions: Sequence[Submission]) -> list[Accepted | Exception]:
        """A batch function: one answer for each submission, in order; refusals are DomainErrors."""
        self._settings.refresh(tx)
        usage = Usage(tx)
        listed = _listed(tx, submissions)
        answers: list[_Plan | Exception] = []
        for submission in submissions:
            try:
                answers.append(self._plan(tx, submission, usage, listed))
            except DomainError as refusal:
                answers.append(refusal)
        usage.store()
        plans = [answer for answer in answers if isinstance(answer, _Plan)]
        accepted = dict(zip((id(plan) for plan in plans), self._write(tx, plans), strict=True))
        return [accepted[id(answer)] if isinstance(answer, _Plan) else answer for answer in answers]

    def accept_together(
        self, tx: Tx, groups: Sequence[Sequence[Submission]]
    ) -> list[list[Accepted | Exception] | Exception]:
        """A batch function for submissions that shall be durable at one moment: what a bulk consists of."""
        answers = iter(self.accept(tx, [submission for group in groups for submission in group]))
        return [[next(answers) for _ in group] for group in groups]

    def accept_once(
        self, tx: Tx, submissions: Sequence[Submission], once: Once, say: Say
    ) -> list[Accepted | Exception]:
        """What `say` makes of the answers is durable with the messages. Raises AnsweredBefore, KeyReused, and Undone
        where nothing is to be remembered: all were refused, or some have to be made trackable first.
        """
        send_answers.claim(tx, once)
        answers = self.accept(tx, submissions)
        ids = [answer.message_id if isinstance(answer, Accepted) else answer for answer in answers]
        if any(isinstance(one, TrackingWanted) for one in ids) or not any(isinstance(one, str) for one in ids):
            raise Undone(answers)
        send_answers.put(tx, once, say(ids))
        return answers

    def _own_signature(self, tx: Tx, submission: Submission) -> tuple[SigningPlan, ...]:
        return self._settings.own_signature(tx, self._names(submission.caller.region).service_domain)

    # -- deciding --------------------------------------------------------------------------------------------------

    def _plan(self, tx: Tx, submission: Submission, usage: Usage, listed: "_Listed") -> _Plan:
        caller = submission.caller
        if caller.operation is Operation.SERVICE:
            return self._plan_of_service(tx, submission)
        if caller.operation is Operation.TLS_REPORT:
            return replace(self._plan_of_service(tx, submission), tls_policy=TlsPolicy.ANYHOW)
        if caller.operation is Operation.PROBE:
            return self._plan_of_probe(tx, submission)
        account = self._settings.account(tx, caller.account_id, caller.region)
        if caller.permit is not None:
            permission.check(tx, self._settings, submission, caller.permit)
        _check_not_paused(account)
        sender = self._check_identities(tx, account, submission)
        configuration_set = self._configuration_set(tx, submission, sender)
        tenant = None
        if submission.tenant:
            tenant = tenancy.admit(tx, self._settings, submission, sender, configuration_set)
        if not submission.is_trackable and (configuration_set or submission.tracking_override):
            self._require_trackable(tx, submission, configuration_set)
        paused = self._settings.paused(tx, account.account_id, account.region)
        if paused:
            _check_parts(paused, sender, configuration_set)
        reverse_path = self._reverse_path(submission, sender)
        suppressed = _suppressed(tx, account, configuration_set, tenant, submission, listed)
        simulated = simulator.simulated(submission.recipients)
        usage.take(account, len(submission.recipients), free=len(simulated))
        if submission.list_option is not None:
            suppressed = {**_opted_out(tx, submission, submission.list_option), **suppressed}
        options = configuration_set.options.get(OptionGroup.DELIVERY, {}) if configuration_set else {}
        limit = options.get("MaxDeliverySeconds")
        return _Plan(
            submission=submission,
            sender=sender,
            configuration_set=configuration_set,
            reverse_path=reverse_path,
            tls_policy=TlsPolicy(options.get("TlsPolicy") or TlsPolicy.OPTIONAL),
            lifetime=timedelta(seconds=limit) if limit else DEFAULT_LIFETIME,
            own_deadline=limit is not None,
            suppressed=suppressed,
            simulated=frozenset(map(str, simulated)),
            own_signature=self._own_signature(tx, submission),
            tenant=tenant,
        )

    def _plan_of_service(self, tx: Tx, submission: Submission) -> _Plan:
        """The service's own mail: no quota, no sandbox, from the service's own domain."""
        return _Plan(
            submission=submission,
            sender=None,
            configuration_set=None,
            reverse_path=self._reverse_path(submission, None),
            tls_policy=TlsPolicy.OPTIONAL,
            lifetime=DEFAULT_LIFETIME,
            own_deadline=False,
            suppressed={},
            own_signature=self._own_signature(tx, submission),
        )

    def _plan_of_probe(self, tx: Tx, submission: Submission) -> _Plan:
        """Signed and returned as the identity's own mail is; but it comes back to us, so it costs no quota."""
        caller = submission.caller
        sender = self._settings.sender(tx, caller.account_id, caller.region, submission.from_address)
        if sender is None:
            raise Unverified((str(submission.from_address),), caller.region)
        return replace(
            self._plan_of_service(tx, submission), sender=sender, reverse_path=self._reverse_path(submission, sender)
        )

    def _check_identities(self, tx: Tx, account: Account, submission: Submission) -> Sender:
        """From, Sender, Source and Return-Path must be verified, and in the sandbox every recipient too, but for the
        mailbox simulator's.

        What is used under another account's identity is that account's to allow.
        """
        if submission.delegation is None:
            lent, asked = _NOTHING_LENT, list(submission.identities)
        else:
            lent = delegation.lend(tx, self._settings, submission, submission.delegation)
            asked = [address for address in submission.identities if address not in lent]
        if not account.production_access:
            asked += [address for address in submission.recipients if address.domain != simulator.DOMAIN]
        senders = {address: self._settings.sender(tx, account.account_id, account.region, address) for address in asked}
        unverified = tuple(dict.fromkeys(str(address) for address in asked if senders[address] is None))
        if unverified:
            raise Unverified(unverified, account.region)
        sender = lent.get(submission.from_address) or senders[submission.from_address]
        if sender is None:  # from_address is one of identities; said for the type checker
            raise Unverified((str(submission.from_address),), account.region)
        return sender

    def _configuration_set(self, tx: Tx, submission: Submission, sender: Sender) -> ConfigurationSet | None:
        """The set named in the request, else the identity's default, else none (ses: using-configuration-sets)."""
        name = submission.configuration_set or sender.configuration_set
        if not name:
            return None
        caller = submission.caller
        found = self._settings.configuration_set(tx, caller.account_id, caller.region, name)
        if found is None and submission.configuration_set:
            raise missing(name)
        if found is None:  # a default whose set was deleted: a bad request, not a missing resource (ses: probed)
            raise Invalid(f"Configuration set <{name}> does not exist.")
        if not found.sending_enabled:
            raise _set_is_paused(name)
        return found

    def _require_trackable(self, tx: Tx, submission: Submission, configuration_set: ConfigurationSet | None) -> None:
        """Where opens or clicks are asked for, the message gets its links first; that is no work for a transaction.

        Verification mails are never tracked (ses: custom verification templates).
        """
        caller = submission.caller
        if caller.operation is Operation.CUSTOM_VERIFICATION:
            return
        wanted = None
        if configuration_set is not None:
            wanted = self._settings.tracking(tx, caller.account_id, caller.region, configuration_set)
        if submission.tracking_override is not None:
            wanted = overridden(wanted, submission.tracking_override)
        if wanted is not None:
            raise TrackingWanted(wanted, signing_key(tx, secrets.token_bytes(32)))

    def _reverse_path(self, submission: Submission, sender: Sender | None) -> ReversePath:
        """`<MessageId>@<MAIL FROM domain>`: a report can be traced to its message (ses: mail-from).

        None for a bounce, which is never bounced itself (RFC 5321 4.5.5).
        """
        if submission.caller.operation is Operation.SEND_BOUNCE:
            return ReversePath.NULL
        domain = self._names(submission.caller.region).mail_from_domain
        if sender is not None and sender.mail_from_domain:
            if sender.mail_from_ready:
                domain = sender.mail_from_domain
            elif sender.reject_without_mail_from:
                raise MailFromNotVerified("MAIL FROM domain not verified: DNS setup for MAIL FROM domain is invalid.")
        return ReversePath.of(AddrSpec(submission.message_id, domain))

    # -- writing ---------------------------------------------------------------------------------------------------

    def _write(self, tx: Tx, plans: Sequence[_Plan]) -> list[Accepted]:
        now = to_micros(tx.now)
        messages, bodies, recipients, events = [], [], [], []
        accepted: list[Accepted] = []
        sends: Counter[mail_counts.Counted] = Counter()
        spilled = False
        for plan in plans:
            submission = plan.submission
            in_hand = plan.goes_out and self._has_room(plan.stream)
            spilled = spilled or (plan.goes_out and not in_hand)
            messages.append(self._message_row(tx, plan))
            bodies.append((submission.message_id, submission.content))
            recipients += self._recipient_rows(plan, now, in_hand=in_hand)
            events.append(_first_event(submission, now))
            events += self._suppression_events(tx, plan, now + 1)  # after the Send event, whoever sorts them
            if submission.is_bad:
                events.append(self._reject(tx, plan, now + 1))
            if submission.failure is None:
                sends[*_whose(submission), plan.counts_as, ""] += plan.counted
            outgoing = _outgoing(tx, plan) if in_hand else None
            accepted.append(Accepted(message_id=submission.message_id, outgoing=outgoing))
        tx.hot(_INSERT_MESSAGE, messages)
        tx.hot(_INSERT_BODY, bodies)
        tx.hot(_INSERT_RECIPIENT, recipients)
        tx.hot(INSERT_EVENT, events)
        mail_counts.add(tx, Count.SENDS, sends)
        callers = ((plan.submission.message_id, plan.submission.caller) for plan in plans)
        publications.note(
            tx, self._settings, events, ((sent, caller.account_id, caller.region) for sent, caller in callers)
        )
        if spilled:
            tx.wake("deliveries")
        return accepted

    def _message_row(self, tx: Tx, plan: _Plan) -> tuple[Any, ...]:
        submission, caller = plan.submission, plan.submission.caller
        signing = [[item.domain, item.selector, item.key_id] for item in plan.signing]
        facts = {
            "caller": caller.arn,
            "operation": caller.operation,
            "source_ip": caller.source_ip,
            "source_tls": caller.tls_version,
            "identity": plan.sender.identity if plan.sender else "",
            "tags": {tag.name: tag.value for tag in submission.tags},
            "feedback_address": str(submission.feedback_address or ""),
            "own_deadline": plan.own_deadline,
        }
        if submission.list_option is not None:  # for those who unsubscribe by mail
            facts["list"] = [submission.list_option.contact_list, submission.list_option.topic]
        if plan.tenant is not None:
            facts["tenant"] = plan.tenant.path
        if submission.delegation is not None:  # whose identity it is that the mail was sent as
            facts["source_arn"] = submission.delegation.arns.get(submission.from_address, "")
        return (
            submission.message_id,
            caller.account_id,
            caller.region,
            to_micros(tx.now),
            to_micros(tx.now + plan.lifetime),
            str(submission.from_address),
            storable(submission.subject),
            plan.configuration_set.name if plan.configuration_set else None,
            plan.reverse_path.text,
            plan.tls_policy,
            submission.body,
            len(submission.content),
            compact(signing),
            compact(facts),
        )

    def _recipient_rows(self, plan: _Plan, now: int, *, in_hand: bool) -> list[tuple[Any, ...]]:
        message_id = plan.submission.message_id
        others = (DeliveryState.SENDING, self._worker, "") if in_hand else (DeliveryState.QUEUED, "", "")
        if rejection := plan.submission.rejection:
            others = (DeliveryState.REJECTED, "", rejection)
        rows: list[tuple[Any, ...]] = []
        for ordinal, address in enumerate(plan.submission.recipients):
            state, owner, reason = _WITHHELD if str(address) in plan.suppressed else others
            rows.append(
                (
                    message_id,
                    ordinal,
                    str(address),
                    address.domain,
                    state,
                    owner,
                    now,
                    plan.stream,
                    0,
                    reason,
                    "",
                    "",
                    now,
                )
            )
        return rows

    def _suppression_events(self, tx: Tx, plan: _Plan, now: int) -> list[tuple[Any, ...]]:
        """As if the receiver had said it at once, by the reason for which the address is on the list (ses: probed)."""
        rows: list[tuple[Any, ...]] = []
        message_id = plan.submission.message_id
        for ordinal, address in enumerate(plan.submission.recipients):
            reason = plan.suppressed.get(str(address))
            if reason in _SUPPRESSIONS:
                kind, text = _SUPPRESSIONS[reason]
                detail = event.bounce(
                    kind,
                    [event.bounced_recipient(str(address), status=_SUPPRESSED_STATUS, diagnostic=text)],
                    now=tx.now,
                    feedback_id=message_id,
                    reporting_mta=self._names(plan.submission.caller.region).ehlo_name,
                )
                rows.append((message_id, now, EventKind.BOUNCE, ordinal, compact(detail)))
            elif reason:
                whose = ON_TENANT_LIST if reason == _ON_TENANTS_LIST["COMPLAINT"] else ON_ACCOUNT_LIST
                detail = event.complaint([str(address)], now=tx.now, feedback_id=message_id, sub_type=whose.sub_type)
                rows.append((message_id, now, EventKind.COMPLAINT, ordinal, compact(detail)))
        return rows

    def _reject(self, tx: Tx, plan: _Plan, now: int) -> tuple[Any, ...]:
        """It was accepted, and nobody gets it (ses: testing Reject events)."""
        whose = _whose(plan.submission)
        quotas.count_rejects(tx, whose, len(plan.submission.recipients))
        mail_counts.add(tx, Count.REJECTS, {(*whose, plan.counts_as, ""): plan.counted})
        return plan.submission.message_id, now, EventKind.REJECT, -1, compact(event.reject())


def _first_event(submission: Submission, now: int) -> tuple[Any, ...]:
    """It was sent, or, where it could not be rendered, never was (ses: event publishing contents)."""
    failure = submission.failure
    if failure is None:
        return submission.message_id, now, EventKind.SEND, -1, "{}"
    detail = compact(event.rendering_failure(failure.template_name, failure.error_message))
    return submission.message_id, now, EventKind.RENDERING_FAILURE, -1, detail


def _outgoing(tx: Tx, plan: _Plan) -> Outgoing:
    submission = plan.submission
    return Outgoing(
        message_id=submission.message_id,
        account_id=submission.caller.account_id,
        region=submission.caller.region,
        configuration_set=plan.configuration_set.name if plan.configuration_set else None,
        reverse_path=plan.reverse_path,
        content=submission.content,
        body=submission.body,
        signing=plan.signing,
        tls_policy=plan.tls_policy,
        accepted_at=tx.now,
        expires_at=tx.now + plan.lifetime,
        recipients=tuple(
            DueRecipient(ordinal=ordinal, address=address)
            for ordinal, address in enumerate(submission.recipients)
            if str(address) not in plan.suppressed
        ),
        stream=plan.stream,
        counts_as=plan.counts_as,
    )


def _whose(submission: Submission) -> tuple[str, str]:
    return submission.caller.account_id, submission.caller.region


def _check_parts(paused: frozenset[Who], sender: Sender, configuration_set: ConfigurationSet | None) -> None:
    """Whether a part of the account was paused for its reputation's sake."""
    if configuration_set is not None and Who(Subject.CONFIGURATION_SET, configuration_set.name) in paused:
        raise _set_is_paused(configuration_set.name)
    if Who(Subject.IDENTITY, sender.identity) in paused:
        raise SendingPaused(f"Sending is paused for identity {sender.identity}", PauseScope.ACCOUNT)


def _set_is_paused(name: str) -> SendingPaused:
    return SendingPaused(f"Sending is paused for configuration set {name}", PauseScope.CONFIGURATION_SET)


def _check_not_paused(account: Account) -> None:
    if account.enforcement_status == Status.SHUTDOWN or not account.sending_enabled:
        raise SendingPaused(
            "Sending paused for this account. For more information, please check the inbox of the email address "
            "associated with your AWS account.",
            PauseScope.ACCOUNT,
        )


# Per (account id, region): the reason of each address that is on the suppression list.
_Listed: TypeAlias = Mapping[tuple[str, str], Mapping[str, str]]


def _listed(tx: Tx, submissions: Sequence[Submission]) -> _Listed:
    """Look up the recipients of a whole batch at once."""
    addresses: dict[tuple[str, str], set[str]] = defaultdict(set)
    for submission in submissions:
        if submission.caller.operation not in (Operation.SERVICE, Operation.TLS_REPORT):
            key = submission.caller.account_id, submission.caller.region
            addresses[key].update(str(address) for address in submission.recipients)
    return {key: suppression.reasons(tx, *key, sorted(found)) for key, found in addresses.items()}


def _opted_out(tx: Tx, submission: Submission, option: ListOption) -> Mapping[str, str]:
    """Recipients who want no mail of this list, or of its topic. What is rejected as a whole changes no list."""
    if submission.rejection:
        return _NOBODY
    addresses = [str(address) for address in submission.recipients]
    out = contacts.opted_out(tx, *_whose(submission), option, addresses)
    return dict.fromkeys(out, _OPTED_OUT)


def _suppressed(
    tx: Tx,
    account: Account,
    configuration_set: ConfigurationSet | None,
    tenant: Tenant | None,
    submission: Submission,
    listed: _Listed,
) -> Mapping[str, str]:
    """Addresses that get nothing, with the reason. A tenant may have a list of its own, in place of the account's."""
    found: dict[str, str] = {}
    if submission.rejection:
        return found  # rejected as a whole
    effective = effective_reasons(account, configuration_set, tenant)
    on_list = listed.get((account.account_id, account.region), _NOBODY)
    place = list_of(account.region, configuration_set, tenant)
    if place != account.region:
        own = suppression.reasons(tx, account.account_id, place, [str(one) for one in submission.recipients])
        on_list = {address: _ON_TENANTS_LIST[reason] for address, reason in own.items() if reason in effective}
        effective = tuple(_ON_TENANTS_LIST.values())
    for address in submission.recipients:
        reason = on_list.get(str(address))
        if reason in effective:
            found[str(address)] = reason
        elif simulator.mailbox_of(address) is Mailbox.SUPPRESSED:
            found[str(address)] = _OTHER_LIST
    return found
