"""Which return paths are taken, whom they stand for, and that everything else changes nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from population import ACCOUNT, REGION, RETURN_PATHS, identity, inbound_port, names, open_account, submission
from tayori import ids
from tayori.mail.address import AddrSpec
from tayori.mail.envelope import ReversePath
from tayori.mail.reply import EnhancedStatus
from tayori.model.inbound import (
    ComplaintReport,
    FeedbackType,
    InboundMessage,
    InboundPurpose,
    InboundReport,
    InboundRoute,
    NotTaken,
    ReportAction,
    ReportedRecipient,
    ReportKind,
)
from tayori.model.return_path import ReturnPaths
from tayori.resources import suppression, timeline
from tayori.resources.inbound import Inbound, Received
from tayori.resources.messages import Door
from tayori.store.tables import identities, inbound_messages

A, B, C = "a@here.test", "b@here.test", "c@there.test"
DOMAIN = f"{REGION}.mail.tayori.test"


@pytest.fixture
def message_id(transact, clock) -> str:
    transact(open_account)
    transact(identity, "example.com")
    sent = submission(A, B, C, message_id=ids.message_id(REGION, clock.now()))
    (answer,) = transact(Door(names, "nobody", lambda size: False).accept, [sent])
    return answer.message_id


def issued(
    message_id: str, ordinal: int = 0, *, is_shared: bool = False, domain: str = DOMAIN, by: ReturnPaths = RETURN_PATHS
) -> AddrSpec:
    return AddrSpec.parse(by.issue(f"{message_id}@{domain}", ordinal, is_shared=is_shared))


# -- what is taken -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ordinal", "is_shared", "ordinals"),
    [(0, False, (0,)), (2, False, (2,)), (0, True, (0, 1)), (1, True, (0, 1)), (2, True, (2,))],
)
def test_a_path_stands_for_those_who_got_the_message_on_it(
    transact, message_id, ordinal: int, is_shared: bool, ordinals: tuple[int, ...]
) -> None:
    address = issued(message_id, ordinal, is_shared=is_shared)
    assert transact(inbound_port().route, address) == InboundRoute(
        recipient=address, purpose=InboundPurpose.RETURN_PATH, message_id=message_id, ordinals=ordinals
    )


def test_of_a_custom_domain(transact, clock, message_id) -> None:
    in_use = {"mail_from_domain": "bounce.example.com", "mail_from_status": "SUCCESS"}
    transact(lambda tx: tx.execute(identities.update().values(**in_use)))
    sent = submission(A, message_id=ids.message_id(REGION, clock.now()))
    transact(Door(names, "nobody", lambda size: False).accept, [sent])
    taken = transact(inbound_port().route, issued(sent.message_id, domain="bounce.example.com"))
    assert isinstance(taken, InboundRoute) and taken.message_id == sent.message_id
    assert transact(inbound_port().route, issued(sent.message_id)) is NotTaken.NEVER_ISSUED


def test_what_was_never_issued(transact, message_id) -> None:
    forged = [
        AddrSpec(message_id, DOMAIN),  # what a Message-ID tells everybody
        issued(message_id, by=ReturnPaths(b"j" * 32)),
        issued(message_id, domain=f"eu-west-1.mail.{DOMAIN}"),
        issued(message_id, domain="elsewhere.test"),
        AddrSpec(issued(message_id).local[:-8] + "a" * 8, DOMAIN),
        AddrSpec(issued(message_id, 1).local.replace("-01", "-00"), DOMAIN),  # of another recipient
    ]
    assert [transact(inbound_port().route, address) for address in forged] == [NotTaken.NEVER_ISSUED] * len(forged)


def test_one_whose_message_is_forgotten(transact, clock, message_id) -> None:
    assert transact(inbound_port().route, issued(ids.message_id(REGION, clock.now()))) is NotTaken.TOO_OLD


def test_most_forgeries_cost_no_look_at_the_rows(clock) -> None:
    port = Inbound(names, "tayori.test", RETURN_PATHS, longest=timedelta(days=7))
    now = clock.now()
    fresh, old = ids.message_id(REGION, now), ids.message_id(REGION, now - timedelta(days=8))
    assert port.refusal(issued(fresh), now) is None
    assert port.refusal(issued(old), now) is NotTaken.TOO_OLD
    assert port.refusal(AddrSpec(fresh, DOMAIN), now) is NotTaken.NEVER_ISSUED
    assert port.refusal(issued(fresh, by=ReturnPaths(b"j" * 32)), now) is NotTaken.NEVER_ISSUED
    assert port.refusal(AddrSpec("postmaster", "tayori.test"), now) is None


def test_one_that_is_too_old(transact, clock, message_id) -> None:
    week = Inbound(names, "tayori.test", RETURN_PATHS, longest=timedelta(days=7))
    clock.advance(7 * 86_400 - 60)
    assert isinstance(transact(week.route, issued(message_id)), InboundRoute)
    clock.advance(120)
    assert transact(week.route, issued(message_id)) is NotTaken.TOO_OLD
    assert transact(week.route, AddrSpec(message_id, DOMAIN)) is NotTaken.NEVER_ISSUED


@pytest.mark.parametrize("text", ["x@elsewhere.test", "0100-1@elsewhere.test"])
def test_addresses_of_others_are_not_ours(transact, text: str) -> None:
    assert transact(inbound_port().route, AddrSpec.parse(text)) is NotTaken.NOT_OURS


# -- what a report on it changes ---------------------------------------------------------------------------------------


@pytest.fixture
def come(transact, message_id) -> Callable[..., None]:
    """A report on `path`, with a hard bounce of each address."""
    number = iter(range(100))

    def come(path: AddrSpec, *addresses: str, action: ReportAction = ReportAction.FAILED) -> None:
        blocks = [ReportedRecipient(address=one, action=action, status=EnhancedStatus(5, 1, 1)) for one in addresses]
        record(transact, path, f"i{next(number)}", tuple(blocks))

    return come


def record(transact, path: AddrSpec, inbound_id: str, blocks: tuple[ReportedRecipient, ...]) -> None:
    route = transact(inbound_port().route, path)
    message = InboundMessage(
        routes=(route,), reverse_path=ReversePath.NULL, content=b"", source_ip="192.0.2.1", helo="", tls=None
    )
    report = InboundReport(message_id=route.message_id, kind=ReportKind.BOUNCE, recipients=blocks)
    transact(inbound_port().record, [Received(inbound_ids=(inbound_id,), message=message, reports=(report,))])


def bounced(transact, message_id: str) -> list[str]:
    events = [one.detail for one in transact(timeline.get, message_id).events if one.kind == "Bounce"]
    return sorted(detail["bouncedRecipients"][0]["emailAddress"] for detail in events)


def listed(transact) -> dict[str, str]:
    return transact(suppression.reasons, ACCOUNT, REGION, [A, B, C])


def test_one_recipient_reports_for_himself_alone(transact, come, message_id) -> None:
    come(issued(message_id, 2), A, B, C)
    assert bounced(transact, message_id) == [C]
    assert listed(transact) == {C: "BOUNCE"}


def test_those_at_one_domain_report_for_nobody_elsewhere(transact, come, message_id) -> None:
    come(issued(message_id, 0, is_shared=True), A, C)
    assert bounced(transact, message_id) == [A]


@pytest.mark.parametrize("named", ["forwarded@far.test", ""])
def test_what_a_forwarder_reports_is_about_the_one_that_we_wrote_to(transact, come, message_id, named: str) -> None:
    come(issued(message_id, 1), named)
    assert bounced(transact, message_id) == [B]


def test_on_a_shared_path_nobody_is_guessed(transact, come, message_id) -> None:
    come(issued(message_id, 0, is_shared=True), "forwarded@far.test")
    come(issued(message_id, 0, is_shared=True), "")
    assert bounced(transact, message_id) == []


def test_one_member_of_a_list_is_not_the_list(transact, come, message_id) -> None:
    come(issued(message_id, 1), "one@far.test", "two@far.test")
    come(issued(message_id, 1), "one@far.test", action=ReportAction.DELIVERED)
    assert bounced(transact, message_id) == []


# -- a complaint that shows it -----------------------------------------------------------------------------------------


def complain(transact, *claims: str, by: tuple[str, ...] = ()) -> None:
    route = InboundRoute(recipient=AddrSpec("complaints", "tayori.test"), purpose=InboundPurpose.FEEDBACK)
    message = InboundMessage(
        routes=(route,), reverse_path=ReversePath.NULL, content=b"", source_ip="192.0.2.1", helo="", tls=None
    )
    report = ComplaintReport(feedback_type=FeedbackType.ABUSE, claims=claims, recipients=by)
    transact(inbound_port().record, [Received(inbound_ids=("i",), message=message, reports=(), complaint=report)])


def complained(transact, message_id: str) -> list[Any]:
    events = [one.detail for one in transact(timeline.get, message_id).events if one.kind == "Complaint"]
    return [one["emailAddress"] for detail in events for one in detail["complainedRecipients"]]


def test_a_redacted_one_is_of_whom_the_path_names(transact, message_id) -> None:
    complain(transact, str(issued(message_id, 1)), by=("redacted@here.test",))
    assert complained(transact, message_id) == [B]


def test_of_a_shared_path_all_at_the_domain_may_have_complained(transact, message_id) -> None:
    complain(transact, str(issued(message_id, 0, is_shared=True)))
    assert complained(transact, message_id) == [A, B]


def test_a_path_names_nobody_else(transact, message_id) -> None:
    complain(transact, str(issued(message_id, 2)), by=(A,))
    assert complained(transact, message_id) == [C]


def test_a_claim_that_is_not_signed_changes_nothing(transact, message_id) -> None:
    forged = (f"{message_id}@{DOMAIN}", str(issued(message_id, by=ReturnPaths(b"j" * 32))))
    complain(transact, *forged, by=(A,))
    assert complained(transact, message_id) == [] and listed(transact) == {}
    assert transact(lambda tx: tx.execute(sa.select(inbound_messages.c.report)).scalar_one()) == "complaint"
