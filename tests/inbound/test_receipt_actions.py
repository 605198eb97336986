"""Mail for accounts: whose it is, what is written down, and its actions when things go wrong."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from population import ACCOUNT, REGION, identity, names, open_account
from tayori.inbound.gate import Gate
from tayori.inbound.receipt_actions import Hands, ReceiptActions, Trouble
from tayori.inbound.receiving import BLOCKED, NO_ROOM, TLS_FIRST, Receiving, ReceivingSettings
from tayori.mail.address import AddrSpec
from tayori.mail.answer import Answer, AnswerStatus
from tayori.mail.envelope import ReversePath
from tayori.mail.reply import Reply
from tayori.model.bounce_mail import Bounce
from tayori.model.inbound import InboundMessage, ReceiptRoute
from tayori.model.job import FileTrouble, ObjectName
from tayori.resources import receipt_rules, received_mail
from tayori.store.dialect import Hot

OTHER = "999900001111"
HELP = AddrSpec.parse("help@shop.example")
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:sorting"
HEADER = {"AddHeaderAction": {"HeaderName": "X-Desk", "HeaderValue": "support"}}
KEEP = {"S3Action": {"BucketName": "mail"}}
CALL = {"LambdaAction": {"FunctionArn": FUNCTION, "InvocationType": "RequestResponse"}}
BOUNCE = {"BounceAction": {"SmtpReplyCode": "550", "Message": "No", "Sender": "post@shop.example"}}
_ROWS = Hot("SELECT state, attempts, octets, progress, steps FROM received_messages ORDER BY received_at")


@dataclass
class World:
    """What actions reach: `fails` is how often a bucket does."""

    fails: int = 0
    answer: bytes = b""
    kept: list[tuple[str, ObjectName, bytes]] = field(default_factory=list)
    called: list[dict[str, Any]] = field(default_factory=list)
    bounced: list[Bounce] = field(default_factory=list)

    async def put(self, account_id: str, name: ObjectName, data: bytes) -> None:
        if self.fails:
            self.fails -= 1
            raise FileTrouble("There is no room.")
        self.kept.append((account_id, name, data))

    async def call(self, arn: str, event: bytes) -> bytes:
        self.called.append(json.loads(event))
        if self.answer == b"down":
            raise Trouble("It is down.")
        return self.answer

    async def send(self, account_id: str, region: str, bounce: Bounce) -> None:
        self.bounced.append(bounce)

    async def resolve(self, name: str, rdtype: str) -> Answer:
        return Answer(name=name, rdtype=rdtype, status=AnswerStatus.NXDOMAIN)


@dataclass
class Port:
    run: Callable[..., Any]
    transact: Callable[..., Any]
    receiving: Receiving
    actions: ReceiptActions
    world: World

    def rules(self, *rules: dict[str, Any], account_id: str = ACCOUNT) -> None:
        kept = [{"Name": f"r{number}", "Enabled": True, **rule} for number, rule in enumerate(rules)]
        self.transact(receipt_rules.create_set, account_id, REGION, "main", kept)
        self.transact(receipt_rules.activate, account_id, REGION, "main")

    def admit(self, address: AddrSpec = HELP, source_ip: str = "192.0.2.7") -> ReceiptRoute | Reply | None:
        return self.run(self.receiving.admit(address, source_ip, None))

    def hand_in(self, *addresses: AddrSpec, content: bytes = b"Subject: x\r\n\r\nHello\r\n", sender: str = "a@b.test"):
        routes = tuple(self.admit(address) for address in addresses or (HELP,))
        path = ReversePath.of(AddrSpec.parse(sender)) if sender else ReversePath.NULL
        message = InboundMessage(
            routes=(), reverse_path=path, content=content, source_ip="192.0.2.7", helo="b.test", tls=None
        )
        return self.run(self.receiving.take(routes, message))

    def work(self) -> None:
        while self.run(self.actions.tick()) == 0.0:
            pass

    def rows(self) -> list[tuple[Any, ...]]:
        return self.transact(lambda tx: tx.hot_rows(_ROWS, ()))


@pytest.fixture
def port(run: Any, transact: Any, store: Any, clock: Any) -> Port:
    transact(open_account)
    transact(identity, "shop.example")
    world = World()
    settings = ReceivingSettings(most=10_000, domain="tayori.test")
    receiving = Receiving(store, clock, Gate(0), names, settings)
    actions = ReceiptActions(store, clock, Hands(buckets=world, functions=world, bounces=world, resolver=world))
    return Port(run, transact, receiving, actions, world)


def test_whose_mail_it_is(port: Port, clock: Any) -> None:
    assert port.admit() is None
    port.rules({"Recipients": ["shop.example", ".shop.example"]})
    assert port.admit() == ReceiptRoute(recipient=HELP, account_id=ACCOUNT, region=REGION)
    assert isinstance(port.admit(AddrSpec.parse("a@b.shop.example")), ReceiptRoute)
    assert port.admit(AddrSpec.parse("a@elsewhere.example")) is None
    clock.advance(1)
    port.transact(open_account, OTHER)
    port.transact(identity, "shop.example", OTHER)
    port.rules({}, account_id=OTHER)
    assert port.admit().account_id == ACCOUNT  # who verified it first
    port.transact(receipt_rules.activate, ACCOUNT, REGION, None)
    assert port.admit().account_id == OTHER


def test_what_is_not_verified_receives_nothing(port: Port) -> None:
    port.rules({"Recipients": ["pending.example", "me@address.example"]})
    port.transact(identity, "pending.example", verification_status="PENDING")
    port.transact(identity, "me@address.example")
    assert port.admit(AddrSpec.parse("a@pending.example")) is None
    assert port.admit(AddrSpec.parse("me@address.example")) is None


def test_filters_and_tls_come_before_the_content(port: Port) -> None:
    port.rules({"TlsPolicy": "Require"})
    assert port.admit() == TLS_FIRST
    port.transact(receipt_rules.create_filter, ACCOUNT, REGION, "f", "Block", "192.0.2.0/24")
    assert port.admit() == BLOCKED
    assert port.admit(source_ip="198.51.100.1") == TLS_FIRST


def test_actions_are_done_in_order_and_the_content_goes(port: Port) -> None:
    port.rules({"Actions": [HEADER, KEEP, CALL]}, {"Actions": [KEEP]})
    assert port.hand_in() is None
    assert port.rows()[0][0] == "open"
    port.work()
    ((account_id, name, content), _) = port.world.kept
    assert (account_id, name.bucket, len(name.key)) == (ACCOUNT, "mail", 40)
    assert b"X-Desk: support\r\n" in content and content.endswith(b"\r\n\r\nHello\r\n")
    assert port.world.called[0]["Records"][0]["ses"]["mail"]["messageId"] == name.key
    ((state, _, octets, _, _),) = port.rows()
    assert (state, octets) == ("done", 0)
    found = port.transact(received_mail.returned, ACCOUNT, REGION, name.key)
    assert found.head == b"Subject: x\r\n"


@pytest.mark.parametrize(
    ("answer", "kept"), [(b'{"disposition":"STOP_RULE"}', 1), (b'{"disposition":"STOP_RULE_SET"}', 0), (b"null", 2)]
)
def test_a_function_stops_a_rule_or_all(port: Port, answer: bytes, kept: int) -> None:
    port.world.answer = answer
    port.rules({"Actions": [CALL, KEEP]}, {"Actions": [KEEP]})
    port.hand_in()
    port.work()
    assert len(port.world.kept) == kept


def test_what_fails_is_tried_again_where_it_failed(port: Port, clock: Any) -> None:
    port.world.fails = 2
    port.rules({"Actions": [CALL, KEEP]})
    port.hand_in()
    port.work()
    assert port.world.kept == [] and port.rows()[0][:2] == ("open", 1)
    for _ in range(2):
        clock.advance(180)
        port.work()
    assert len(port.world.kept) == len(port.world.called) == 1
    assert port.rows()[0][0] == "done"


def test_after_a_day_it_is_given_up_and_kept(port: Port, clock: Any) -> None:
    port.world.fails = 100
    port.rules({"Actions": [KEEP]})
    port.hand_in()
    port.work()
    clock.advance(25 * 3600)
    port.work()
    ((state, _, octets, _, _),) = port.rows()
    assert state == "dead" and octets > 0


def test_no_more_waits_than_there_is_room_for(port: Port) -> None:
    port.rules({"Actions": [KEEP]})
    assert port.hand_in(content=b"Subject: x\r\n\r\n" + b"x" * 9000) is None
    assert port.hand_in(content=b"Subject: x\r\n\r\n" + b"x" * 2000) == NO_ROOM
    port.work()
    assert port.hand_in(content=b"Subject: x\r\n\r\n" + b"x" * 2000) is None


def test_bounces_do_not_go_to_programs_and_not_without_end(port: Port) -> None:
    port.rules({"Actions": [BOUNCE, KEEP]})
    port.hand_in(sender="")
    port.hand_in(content=b"Auto-Submitted: auto-replied\r\n\r\nx\r\n")
    port.work()
    assert port.world.bounced == []
    for _ in range(30):
        port.hand_in()
    port.work()
    assert 20 <= len(port.world.bounced) < 30  # those under way at one moment do not see each other
    assert str(port.world.bounced[0].to) == "a@b.test"
    assert port.world.kept == []  # nothing follows a bounce


def test_several_recipients_are_one_message(port: Port) -> None:
    port.rules({"Actions": [KEEP], "Recipients": ["help@shop.example"]}, {"Actions": [CALL]})
    port.hand_in(HELP, AddrSpec.parse("other@shop.example"))
    port.work()
    assert len(port.world.kept) == 1
    (event,) = port.world.called
    assert event["Records"][0]["ses"]["receipt"]["recipients"] == ["help@shop.example", "other@shop.example"]


def test_it_is_forgotten_after_a_day(port: Port, clock: Any) -> None:
    port.rules({"Actions": [KEEP]})
    port.hand_in()
    port.work()
    key = port.world.kept[0][1].key
    clock.advance(24 * 3600 + 60)
    assert port.transact(received_mail.returned, ACCOUNT, REGION, key) is None
    clock.advance(3600)
    assert port.transact(received_mail.forget, timedelta(days=30)) == 1
    assert port.rows() == []
