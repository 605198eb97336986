"""What mailboxes of the simulator write comes back through the door for strangers' reports, and is told as theirs."""

import pytest

from population import ACCOUNT, REGION, caller, identity, names, open_account, report, rows, submission
from tayori import ids
from tayori.app.mailbox_simulator import SimulatorEndpoint
from tayori.config import Config, ServiceSettings
from tayori.mail.address import AddrSpec
from tayori.model import simulator
from tayori.model.delivery import decide
from tayori.model.message import Operation
from tayori.model.submission import Handed, from_raw
from tayori.resources import notifications, publications, quotas, suppression, timeline
from tayori.resources.deliveries import Deliveries
from tayori.resources.messages import Door
from tayori.resources.notifications import Verdict
from tayori.store.tables import bodies, messages

KEY = ACCOUNT, REGION


class Nowhere:
    """A resolver that must not be asked."""

    async def resolve(self, name, rdtype):
        raise AssertionError(f"{name} {rdtype} was asked for")


class Simulation:
    """Mail as it is accepted, answered by the simulator's host, recorded, and answered by its mailboxes."""

    def __init__(self, store, clock, tmp_path):
        self.store, self.clock = store, clock
        config = Config(data=tmp_path, service=ServiceSettings(domain="tayori.test"))
        self.door = Door(names, "worker", lambda stream: True)
        self.deliveries = Deliveries(names, "worker")
        self.endpoint = SimulatorEndpoint(config, store, Nowhere(), clock)

    async def deliver(self, *recipients, **changes):
        """The MessageId of mail that has been delivered, or not, to these."""
        handed = Handed(
            message_id=ids.message_id(REGION, self.clock.now()),
            caller=caller(operation=Operation.SEND_RAW_EMAIL),
            now=self.clock.now(),
            names=names(REGION),
            destinations=recipients,
        )
        sent = from_raw(b"From: news@example.com\r\nTo: x@example.com\r\nSubject: S\r\n\r\nHello\r\n", handed)
        (accepted,) = await self.store.write(self.door.accept, [sent])
        outgoing = accepted.outgoing
        now = self.clock.now()
        verdicts = []
        for one in outgoing.recipients:
            outcome = simulator.outcome_for(one.address)
            verdicts.append((outcome, decide(outcome, attempts=0, expires_at=outgoing.expires_at, now=now, jitter=0)))
        attempt = report(outgoing, *verdicts, started_at=now, host=simulator.DOMAIN)
        await self.store.write(self.deliveries.record, rows([attempt]))
        return accepted.message_id

    async def answers(self):
        """Everything that its mailboxes have to say, handed in."""
        verdicts = []
        for one in await self.store.write(notifications.claim, "worker", 100):
            assert one.protocol == "simulator"
            verdicts.append((await self.endpoint.send(one)).verdict)
        return verdicts

    async def events(self, message_id):
        found = await self.store.read(timeline.get, message_id)
        return [(one.kind, one.ordinal, one.detail) for one in sorted(found.events, key=lambda one: one.at)]


@pytest.fixture
def simulation(store, clock, tmp_path, transact):
    transact(open_account)
    transact(identity, "example.com")
    return Simulation(store, clock, tmp_path)


def test_a_reader_complains_after_delivery(run, simulation):
    async def scenario():
        message_id = await simulation.deliver("complaint+7@simulator.amazonses.com")
        assert [kind for kind, _, _ in await simulation.events(message_id)] == ["Send", "Delivery"]
        assert await simulation.answers() == [Verdict.DONE]
        *_, (kind, ordinal, detail) = await simulation.events(message_id)
        assert (kind, ordinal) == ("Complaint", 0)
        assert detail["complainedRecipients"] == [{"emailAddress": "complaint+7@simulator.amazonses.com"}]
        assert (detail["complaintFeedbackType"], detail["complaintSubType"]) == ("abuse", None)
        assert detail["userAgent"] == "Tayori Mailbox Simulator" and detail["arrivalDate"]

    run(scenario())


def test_who_is_out_of_the_office_says_so_on_the_return_path(run, simulation):
    async def scenario():
        message_id = await simulation.deliver("OOTO@simulator.amazonses.com")
        assert await simulation.answers() == [Verdict.DONE]
        kinds = await simulation.events(message_id)
        assert [kind for kind, _, _ in kinds] == ["Send", "Delivery", "Bounce"]
        detail = kinds[-1][2]
        assert (detail["bounceType"], detail["bounceSubType"]) == ("Transient", "General")
        assert detail["bouncedRecipients"] == [{"emailAddress": "OOTO@simulator.amazonses.com"}]
        assert "reportingMTA" not in detail

    run(scenario())


def test_each_of_several_mailboxes_answers_for_itself(run, simulation):
    async def scenario():
        message_id = await simulation.deliver(
            *(f"complaint+{number}@simulator.amazonses.com" for number in range(3)),
            "ooto@simulator.amazonses.com",
            "success@simulator.amazonses.com",
            "bounce@simulator.amazonses.com",
        )
        assert await simulation.answers() == [Verdict.DONE] * 4
        found = await simulation.events(message_id)
        assert sorted((kind, ordinal) for kind, ordinal, _ in found) == [
            *(("Bounce", 3), ("Bounce", 5)),
            *(("Complaint", 0), ("Complaint", 1), ("Complaint", 2)),
            *(("Delivery", number) for number in range(5)),
            ("Send", -1),
        ]
        for kind, ordinal, detail in found:
            if kind == "Complaint":
                (one,) = detail["complainedRecipients"]
                assert one["emailAddress"] == f"complaint+{ordinal}@simulator.amazonses.com"

    run(scenario())


def test_nothing_counts_and_nobody_is_suppressed(run, simulation):
    async def scenario():
        for mailbox in ("bounce", "complaint", "ooto", "success"):
            await simulation.deliver(f"{mailbox}@simulator.amazonses.com")
        await simulation.answers()
        read = simulation.store.read
        assert (await read(suppression.page, *KEY, limit=10)).entries == []
        assert await read(quotas.statistics, *KEY) == []
        assert await read(quotas.sent_last_24_hours, *KEY) == 0

    run(scenario())


def test_an_answer_is_told_once_however_often_it_is_handed_in(run, simulation):
    async def scenario():
        message_id = await simulation.deliver("complaint@simulator.amazonses.com", "ooto@simulator.amazonses.com")
        for one in await simulation.store.write(notifications.claim, "worker", 100):
            for _ in range(2):
                assert (await simulation.endpoint.send(one)).verdict is Verdict.DONE
        kinds = [kind for kind, _, _ in await simulation.events(message_id)]
        assert sorted(kinds) == ["Bounce", "Complaint", "Delivery", "Delivery", "Send"]

    run(scenario())


def test_feedback_is_forwarded_by_mail_as_any_other(run, simulation):
    async def scenario():
        await simulation.deliver("complaint@simulator.amazonses.com", "ooto@simulator.amazonses.com")
        await simulation.answers()
        noted = await simulation.store.read(publications.oldest, 10)
        assert sorted((one.kind, one.feedback_address) for one in noted) == [
            ("Bounce", "news@example.com"),
            ("Complaint", "news@example.com"),
        ]

    run(scenario())


def test_a_message_whose_content_is_forgotten_is_answered_and_a_forgotten_message_is_not(run, simulation):
    async def scenario():
        first = await simulation.deliver("complaint@simulator.amazonses.com", "ooto@simulator.amazonses.com")
        await simulation.store.write(lambda tx: tx.execute(bodies.delete()).rowcount)
        assert await simulation.answers() == [Verdict.DONE] * 2
        assert len(await simulation.events(first)) == 5
        second = await simulation.deliver("complaint@simulator.amazonses.com")
        await simulation.store.write(
            lambda tx: tx.execute(messages.delete().where(messages.c.message_id == second)).rowcount
        )
        assert await simulation.answers() == [Verdict.REFUSED]

    run(scenario())


def test_mail_to_others_writes_nothing(run, simulation):
    async def scenario():
        sent = submission("complaint@inbox.test", "complaint@simulator.amazonses.com.test")
        (accepted,) = await simulation.store.write(simulation.door.accept, [sent])
        outcome = simulator.outcome_for(AddrSpec("success", simulator.DOMAIN))
        now = simulation.clock.now()
        delivered = decide(outcome, attempts=0, expires_at=now, now=now, jitter=0)
        attempt = report(accepted.outgoing, (outcome, delivered), started_at=now)
        await simulation.store.write(simulation.deliveries.record, rows([attempt]))
        assert await simulation.store.write(notifications.claim, "worker", 100) == []

    run(scenario())
