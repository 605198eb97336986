"""The one door by which a message comes in: who may send what to whom, and what is written when he may."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from population import (
    ACCOUNT,
    REGION,
    address,
    caller,
    identity,
    names,
    open_account,
    sandboxed_account,
    submission,
)
from tayori.mail.envelope import ReversePath
from tayori.model.errors import (
    DomainError,
    Invalid,
    Kind,
    MailFromNotVerified,
    NotFound,
    PauseScope,
    SendingPaused,
    ThrottleCause,
    Throttled,
    Unverified,
)
from tayori.model.message import Operation, TlsPolicy
from tayori.resources import accounts, configuration_sets, suppression
from tayori.resources.configuration_sets import ConfigurationSet, OptionGroup
from tayori.resources.messages import Door
from tayori.store import tables


@pytest.fixture
def door():
    return Door(names, "worker", lambda size: True)


@pytest.fixture
def accept(transact, door):
    """`accept(submission, …)` answers each; where there is one, its refusal is raised."""

    def accept(*submissions):
        answers = transact(door.accept, submissions)
        if len(answers) == 1 and isinstance(answers[0], Exception):
            raise answers[0]
        return answers[0] if len(answers) == 1 else answers

    return accept


@pytest.fixture
def production(transact):
    transact(open_account)
    transact(identity, "example.com")


def rows(transact, table, **equal):
    def select(tx):
        conditions = [table.c[name] == value for name, value in equal.items()]
        return [row._mapping for row in tx.execute(sa.select(table).where(*conditions))]

    return transact(select)


def create_set(transact, name="set", **options):
    wanted = ConfigurationSet(name=name, options={OptionGroup[group]: value for group, value in options.items()})
    transact(configuration_sets.create, ACCOUNT, REGION, wanted)


# --- what is written ---


def test_an_accepted_message_is_kept_whole(production, transact, accept, clock):
    wanted = submission("a@inbox.test", "b@inbox.test", subject="Grüße 日本")
    accepted = accept(wanted)
    assert accepted.message_id == wanted.message_id
    (message,) = rows(transact, tables.messages)
    assert message["subject"] == "Grüße 日本" and message["from_address"] == "news@example.com"
    assert message["expires_at"] - message["accepted_at"] == timedelta(hours=14)
    assert message["size"] == len(wanted.content)
    assert json.loads(message["facts"]) | {} == {
        "caller": f"arn:aws:iam::{ACCOUNT}:user/app",
        "operation": "SendEmail",
        "source_ip": "192.0.2.7",
        "source_tls": "TLSv1.3",
        "identity": "example.com",
        "tags": {"campaign": "spring"},
        "feedback_address": "",
        "own_deadline": False,
    }
    (body,) = rows(transact, tables.bodies)
    assert body["content"] == wanted.content
    assert [
        (row["address"], row["domain"], row["state"], row["owner"]) for row in rows(transact, tables.recipients)
    ] == [
        ("a@inbox.test", "inbox.test", "sending", "worker"),
        ("b@inbox.test", "inbox.test", "sending", "worker"),
    ]
    assert [(row["kind"], row["ordinal"]) for row in rows(transact, tables.events)] == [("Send", -1)]


def test_what_is_handed_to_delivery_says_the_same_as_the_rows(production, accept):
    wanted = submission("a@inbox.test")
    outgoing = accept(wanted).outgoing
    assert outgoing.content == wanted.content
    assert [recipient.address for recipient in outgoing.recipients] == [address("a@inbox.test")]
    assert outgoing.reverse_path == ReversePath.of(address(f"{wanted.message_id}@us-east-1.mail.tayori.test"))
    assert outgoing.tls_policy is TlsPolicy.OPTIONAL


def test_a_message_for_which_there_is_no_room_waits_in_the_store(production, transact):
    full = Door(names, "worker", lambda size: False)
    (accepted,) = transact(full.accept, [submission()])
    assert accepted.outgoing is None
    (recipient,) = rows(transact, tables.recipients)
    assert (recipient["state"], recipient["owner"]) == ("queued", "")


def test_text_that_no_column_can_hold_is_kept_as_far_as_it_goes(production, transact, accept):
    accept(submission(subject="a\0b\ud800c"))
    (message,) = rows(transact, tables.messages)
    assert message["subject"] == "a\ufffdb?c"


def test_each_submission_of_a_batch_is_answered_for_itself(production, accept):
    answers = accept(submission(), submission(sender="x@other.test"), submission())
    assert [isinstance(answer, DomainError) for answer in answers] == [False, True, False]


# --- verified identities ---


def test_an_unverified_sender_is_refused_in_the_words_of_ses(production, accept):
    with pytest.raises(Unverified) as refusal:
        accept(submission(sender="x@other.test"))
    assert refusal.value.message == (
        "Email address is not verified. The following identities failed the check in region US-EAST-1: x@other.test"
    )


def test_every_identity_of_a_message_is_checked_in_order_and_named_once(production, accept):
    wanted = tuple(address(text) for text in ("news@example.com", "b@b.test", "a@a.test", "b@b.test"))
    with pytest.raises(Unverified) as refusal:
        accept(submission(identities=wanted))
    assert refusal.value.identities == ("b@b.test", "a@a.test")


@pytest.mark.parametrize("sender", ["x@example.com", "x@mail.example.com", "x+label@example.com", "X@a.b.example.com"])
def test_a_verified_domain_covers_its_addresses_and_subdomains(production, accept, sender):
    assert accept(submission(sender=sender)).message_id


@pytest.mark.parametrize("sender", ["x@notexample.com", "x@com", "example.com@other.test"])
def test_a_verified_domain_covers_nothing_else(production, accept, sender):
    with pytest.raises(Unverified):
        accept(submission(sender=sender))


def test_a_verified_address_covers_its_labels_only(transact, accept):
    transact(open_account)
    transact(identity, "me@example.org")
    assert accept(submission(sender="me+list@example.org")).message_id
    for other in ("you@example.org", "Me@example.org"):
        with pytest.raises(Unverified):
            accept(submission(sender=other))


@pytest.mark.parametrize("status", ["PENDING", "FAILED", "NOT_STARTED"])
def test_an_identity_that_is_not_verified_covers_nothing(transact, accept, status):
    transact(open_account)
    transact(identity, "example.com", verification_status=status)
    with pytest.raises(Unverified):
        accept(submission())


def test_the_identity_of_another_account_covers_nothing(transact, accept):
    transact(open_account)
    transact(open_account, "999900001111")
    transact(identity, "example.com", "999900001111")
    with pytest.raises(Unverified):
        accept(submission())


def test_an_address_of_an_unverified_identity_is_covered_by_its_verified_domain(production, transact, accept):
    transact(identity, "news@example.com", verification_status="PENDING")
    assert accept(submission()).message_id


def test_a_change_of_an_identity_holds_for_the_next_message(production, transact, accept):
    accept(submission())
    transact(lambda tx: tx.execute(tables.identities.update().values(verification_status="FAILED")))
    with pytest.raises(Unverified):
        accept(submission())


def test_what_was_seen_in_a_transaction_that_did_not_commit_is_forgotten(production, transact, door, store, run):
    """A group may change a setting, accept a message under it, and then fail to commit."""

    def change_and_accept_and_fail(tx):
        tx.execute(tables.identities.update().values(verification_status="FAILED"))
        (answer,) = door.accept(tx, [submission()])
        assert isinstance(answer, Unverified)
        raise RuntimeError("no commit")

    with pytest.raises(RuntimeError, match="no commit"):
        transact(change_and_accept_and_fail)
    (answer,) = transact(door.accept, [submission()])
    assert not isinstance(answer, Exception)


# --- the sandbox and the quotas ---


@pytest.fixture
def sandbox(transact):
    transact(sandboxed_account)
    transact(identity, "example.com")


def test_in_the_sandbox_recipients_must_be_verified_too(sandbox, accept):
    with pytest.raises(Unverified) as refusal:
        accept(submission("a@inbox.test", "me@example.com", "b@inbox.test"))
    assert refusal.value.identities == ("a@inbox.test", "b@inbox.test")
    assert accept(submission("me@example.com")).message_id


def test_the_sandbox_takes_one_recipient_a_second(sandbox, accept, clock):
    accept(submission("me@example.com"))
    with pytest.raises(Throttled) as refusal:
        accept(submission("me@example.com"))
    assert refusal.value.cause is ThrottleCause.RATE
    assert refusal.value.message == "Maximum sending rate exceeded."
    clock.advance(1.1)
    assert accept(submission("me@example.com")).message_id


def test_a_message_with_many_recipients_is_paid_for_afterwards(sandbox, accept, clock):
    many = [f"r{number}@example.com" for number in range(10)]
    accept(submission(*many))
    clock.advance(8.5)
    with pytest.raises(Throttled):
        accept(submission("me@example.com"))
    clock.advance(2)
    assert accept(submission("me@example.com")).message_id


def test_the_201st_recipient_of_24_hours_is_refused(sandbox, transact, accept, clock):
    for _ in range(4):
        accept(submission(*[f"r{number}@example.com" for number in range(50)]))
        clock.advance(60)
    with pytest.raises(Throttled) as refusal:
        accept(submission("me@example.com"))
    assert refusal.value.cause is ThrottleCause.DAILY_QUOTA
    assert refusal.value.message == "Daily message quota exceeded."
    assert len(rows(transact, tables.messages)) == 4


def test_what_does_not_fit_as_a_whole_takes_nothing(sandbox, accept, clock):
    for _ in range(4):
        accept(submission(*[f"r{number}@example.com" for number in range(49)]))
        clock.advance(60)
    with pytest.raises(Throttled):
        accept(submission(*[f"r{number}@example.com" for number in range(5)]))
    assert accept(submission(*[f"r{number}@example.com" for number in range(4)])).message_id


def test_the_window_of_24_hours_rolls(sandbox, accept, clock):
    """A recipient counts for 24 hours, and for five minutes more at the most."""
    accept(submission(*[f"r{number}@example.com" for number in range(50)]))
    clock.advance(3600)
    for _ in range(3):
        accept(submission(*[f"r{number}@example.com" for number in range(50)]))
        clock.advance(60)
    clock.advance(23 * 3600 - 3 * 60 - 30)  # 24 hours less half a minute after the first
    with pytest.raises(Throttled):
        accept(submission("me@example.com"))
    clock.advance(330)
    accept(submission(*[f"r{number}@example.com" for number in range(50)]))
    clock.advance(60)
    with pytest.raises(Throttled):
        accept(submission("me@example.com"))


def test_a_batch_shares_one_quota(transact, accept):
    transact(open_account, max_24_hour=3, max_rate=14)
    transact(identity, "example.com")
    answers = accept(*(submission() for _ in range(5)))
    assert [isinstance(answer, Throttled) for answer in answers] == [False, False, False, True, True]


def test_a_limit_of_a_day_holds_without_a_limit_of_the_rate(transact, accept):
    transact(open_account, max_24_hour=2, max_rate=accounts.UNLIMITED)
    transact(identity, "example.com")
    accept(submission())
    accept(submission())
    with pytest.raises(Throttled) as refusal:
        accept(submission())
    assert refusal.value.cause is ThrottleCause.DAILY_QUOTA


def test_a_refused_message_takes_nothing_from_the_quota(transact, accept):
    transact(open_account, max_24_hour=1, max_rate=accounts.UNLIMITED)
    transact(identity, "example.com")
    with pytest.raises(Unverified):
        accept(submission(sender="x@other.test"))
    assert accept(submission()).message_id


def test_production_has_the_quotas_that_were_granted(transact, accept):
    transact(open_account)
    transact(identity, "example.com")
    answers = accept(*(submission() for _ in range(300)))
    assert not any(isinstance(answer, Exception) for answer in answers)


# --- pauses ---


def test_a_paused_account_sends_nothing(production, transact, accept):
    transact(accounts.put_sending, ACCOUNT, REGION, enabled=False)
    with pytest.raises(SendingPaused, match="Sending paused for this account") as refusal:
        accept(submission())
    assert refusal.value.scope is PauseScope.ACCOUNT
    transact(accounts.put_sending, ACCOUNT, REGION, enabled=True)
    assert accept(submission()).message_id


def test_an_account_that_was_shut_down_sends_nothing(production, transact, accept):
    transact(lambda tx: tx.execute(tables.account_regions.update().values(enforcement_status="SHUTDOWN")))
    with pytest.raises(SendingPaused, match="Sending paused for this account") as refusal:
        accept(submission())
    assert refusal.value.scope is PauseScope.ACCOUNT


def test_a_paused_configuration_set_sends_nothing(production, transact, accept):
    create_set(transact, SENDING={"SendingEnabled": False})
    with pytest.raises(SendingPaused, match="Sending is paused for configuration set set") as refusal:
        accept(submission(configuration_set="set"))
    assert refusal.value.scope is PauseScope.CONFIGURATION_SET
    assert accept(submission()).message_id


# --- configuration sets ---


def test_the_options_of_the_named_set_hold(production, transact, accept):
    create_set(transact, DELIVERY={"TlsPolicy": "REQUIRE", "MaxDeliverySeconds": 300})
    outgoing = accept(submission(configuration_set="set")).outgoing
    assert outgoing.configuration_set == "set" and outgoing.tls_policy is TlsPolicy.REQUIRE
    assert outgoing.expires_at - outgoing.accepted_at == timedelta(seconds=300)
    (message,) = rows(transact, tables.messages)
    assert json.loads(message["facts"])["own_deadline"] is True


def test_the_set_of_the_request_goes_before_the_identitys_default(transact, accept):
    transact(open_account)
    transact(identity, "example.com", configuration_set="default")
    create_set(transact, "default")
    create_set(transact, "named")
    assert accept(submission()).outgoing.configuration_set == "default"
    assert accept(submission(configuration_set="named")).outgoing.configuration_set == "named"


def test_a_set_that_is_named_and_missing_is_not_found(production, accept):
    with pytest.raises(NotFound) as refusal:
        accept(submission(configuration_set="missing"))
    assert refusal.value.kind is Kind.CONFIGURATION_SET
    assert refusal.value.message == "Configuration set <missing> does not exist."


def test_a_default_set_that_was_deleted_is_a_bad_request(transact, accept):
    transact(open_account)
    transact(identity, "example.com", configuration_set="default")
    create_set(transact, "default")
    accept(submission())
    transact(configuration_sets.delete, ACCOUNT, REGION, "default")
    with pytest.raises(Invalid, match=r"Configuration set <default> does not exist\."):
        accept(submission())


# --- MAIL FROM ---


@pytest.mark.parametrize("sender", ["news@example.com", "news@mail.example.com"])
def test_a_custom_mail_from_domain_is_used_once_its_mx_is_in_place(transact, accept, sender):
    transact(open_account)
    transact(identity, "example.com", mail_from_domain="bounce.example.com", mail_from_status="SUCCESS")
    wanted = submission(sender=sender)
    assert accept(wanted).outgoing.reverse_path.text == f"{wanted.message_id}@bounce.example.com"


def test_an_address_identity_inherits_the_mail_from_domain_of_its_domain(transact, accept):
    transact(open_account)
    transact(identity, "example.com", mail_from_domain="bounce.example.com", mail_from_status="SUCCESS")
    transact(identity, "news@example.com")
    assert accept(submission()).outgoing.reverse_path.address.domain == "bounce.example.com"


@pytest.mark.parametrize("status", ["PENDING", "FAILED", "TEMPORARY_FAILURE"])
def test_a_mail_from_domain_without_its_mx_is_replaced_or_refused_as_was_chosen(transact, accept, status):
    transact(open_account)
    transact(identity, "example.com", mail_from_domain="bounce.example.com", mail_from_status=status)
    assert accept(submission()).outgoing.reverse_path.address.domain == "us-east-1.mail.tayori.test"
    transact(lambda tx: tx.execute(tables.identities.update().values(mail_from_behavior="REJECT_MESSAGE")))
    with pytest.raises(MailFromNotVerified, match="MAIL FROM domain not verified"):
        accept(submission())


# --- who signs ---


def plan(accepted):
    return [(item.domain, item.selector) for item in accepted.outgoing.signing]


def test_a_domain_signs_with_its_first_key(production, accept):
    assert plan(accept(submission())) == [("example.com", "example.com-token0")]


def test_subdomains_are_signed_by_their_parent(production, accept):
    assert plan(accept(submission(sender="x@mail.example.com"))) == [("example.com", "example.com-token0")]


def test_the_most_specific_domain_signs(production, transact, accept):
    transact(identity, "mail.example.com")
    assert plan(accept(submission(sender="x@mail.example.com"))) == [("mail.example.com", "mail.example.com-token0")]


def test_an_address_is_signed_by_its_domain_unless_it_says_no(production, transact, accept):
    transact(identity, "news@example.com")
    assert plan(accept(submission())) == [("example.com", "example.com-token0")]
    transact(
        lambda tx: tx.execute(
            tables.identities.update()
            .where(tables.identities.c.identity == "news@example.com")
            .values(signing_enabled=False)
        )
    )
    assert plan(accept(submission())) == []


def test_a_domain_whose_signing_is_off_does_not_sign(transact, accept):
    transact(open_account)
    transact(identity, "example.com", signing_enabled=False)
    assert plan(accept(submission())) == []


@pytest.mark.parametrize("status", ["PENDING", "FAILED", "NOT_STARTED"])
def test_a_domain_whose_records_are_not_there_does_not_sign(transact, accept, status):
    transact(open_account)
    transact(identity, "example.com", dkim_status=status)
    assert plan(accept(submission())) == []


def test_an_outage_of_the_dns_stops_neither_sending_nor_signing(transact, accept):
    transact(open_account)
    transact(identity, "example.com", verification_status="TEMPORARY_FAILURE", dkim_status="TEMPORARY_FAILURE")
    assert plan(accept(submission())) != []


# --- suppression ---


def suppress(transact, text, reason="BOUNCE"):
    transact(suppression.put, ACCOUNT, REGION, text, reason)


def test_a_suppressed_recipient_bounces_at_once_and_the_others_get_their_mail(production, transact, accept):
    suppress(transact, "gone@inbox.test")
    accepted = accept(submission("gone@inbox.test", "here@inbox.test"))
    assert [(item.ordinal, str(item.address)) for item in accepted.outgoing.recipients] == [(1, "here@inbox.test")]
    states = {row["address"]: (row["state"], row["reason"]) for row in rows(transact, tables.recipients)}
    assert states == {"gone@inbox.test": ("suppressed", "suppressed"), "here@inbox.test": ("sending", "")}
    (bounce,) = rows(transact, tables.events, kind="Bounce")
    detail = json.loads(bounce["detail"])
    assert bounce["ordinal"] == 0
    assert (detail["bounceType"], detail["bounceSubType"]) == ("Permanent", "OnAccountSuppressionList")
    assert [item["emailAddress"] for item in detail["bouncedRecipients"]] == ["gone@inbox.test"]


def test_the_event_follows_the_reason_on_the_list(production, transact, accept):
    suppress(transact, "angry@inbox.test", "COMPLAINT")
    accept(submission("angry@inbox.test"))
    (complaint,) = rows(transact, tables.events, kind="Complaint")
    detail = json.loads(complaint["detail"])
    assert detail["complaintSubType"] == "OnAccountSuppressionList"
    assert detail["complainedRecipients"] == [{"emailAddress": "angry@inbox.test"}]


def test_a_message_whose_recipients_are_all_suppressed_is_accepted_and_not_handed_on(production, transact):
    suppress(transact, "gone@inbox.test")
    asked = []
    door = Door(names, "worker", lambda size: asked.append(size) or True)
    (accepted,) = transact(door.accept, [submission("gone@inbox.test")])
    assert accepted.outgoing is None and asked == []
    assert sorted(row["kind"] for row in rows(transact, tables.events)) == ["Bounce", "Send"]


def test_suppressed_recipients_count_towards_the_quota(transact, accept):
    transact(open_account, max_24_hour=1, max_rate=accounts.UNLIMITED)
    transact(identity, "example.com")
    suppress(transact, "gone@inbox.test")
    accept(submission("gone@inbox.test"))
    with pytest.raises(Throttled):
        accept(submission())


def test_the_local_part_is_compared_with_case_and_the_domain_without(production, transact, accept):
    suppress(transact, "Gone@INBOX.test")
    assert accept(submission("Gone@inbox.TEST")).outgoing is None
    assert accept(submission("gone@inbox.test")).outgoing is not None


def test_a_reason_that_the_account_does_not_hold_does_not_suppress(production, transact, accept):
    transact(accounts.put_suppressed_reasons, ACCOUNT, REGION, ("COMPLAINT",))
    suppress(transact, "gone@inbox.test")
    assert accept(submission("gone@inbox.test")).outgoing is not None


@pytest.mark.parametrize(
    ("account_reasons", "set_reasons", "is_suppressed"),
    [
        (("BOUNCE", "COMPLAINT"), [], False),
        ((), ["BOUNCE"], True),
        (("BOUNCE",), ["COMPLAINT"], False),
        (("BOUNCE",), None, True),
    ],
)
def test_a_set_overrides_the_reasons_of_the_account(
    production, transact, accept, account_reasons, set_reasons, is_suppressed
):
    transact(accounts.put_suppressed_reasons, ACCOUNT, REGION, account_reasons)
    create_set(transact, SUPPRESSION={} if set_reasons is None else {"SuppressedReasons": set_reasons})
    suppress(transact, "gone@inbox.test")
    outgoing = accept(submission("gone@inbox.test", configuration_set="set")).outgoing
    assert (outgoing is None) == is_suppressed


def test_more_recipients_than_one_look_up_takes_are_all_looked_up(production, transact, accept):
    for number in (0, 49):
        suppress(transact, f"r{number}@inbox.test")
    outgoing = accept(submission(*[f"r{number}@inbox.test" for number in range(50)])).outgoing
    assert len(outgoing.recipients) == 48


# --- the service's own mail ---


def test_mail_of_the_service_itself_needs_no_identity_and_no_quota(transact, accept):
    transact(sandboxed_account)
    wanted = submission(
        "new@customer.test", sender="no-reply@tayori.test", caller=caller(operation=Operation.SERVICE), identities=()
    )
    accepted = accept(wanted)
    assert accepted.outgoing.reverse_path.address.domain == "us-east-1.mail.tayori.test"
    assert accepted.outgoing.signing == ()
    assert rows(transact, tables.send_counts) == []
