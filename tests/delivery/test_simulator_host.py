"""Mail to the mailbox simulator is answered within the engine, as any other mail is, and goes nowhere."""

from collections.abc import Callable
from typing import Any

import pytest
from hosts import World

from tayori.clock import Clock
from tayori.model.message import DeliveryState, Outgoing, TlsPolicy

Run = Callable[[Any], Any]
DELIVERED, BOUNCED = DeliveryState.DELIVERED, DeliveryState.BOUNCED


@pytest.mark.parametrize(
    ("local", "state", "said"),
    [
        ("success", DELIVERED, "smtp; 250 2.6.0 Message received"),
        ("success+label", DELIVERED, "smtp; 250 2.6.0 Message received"),
        ("ooto", DELIVERED, "smtp; 250 2.6.0 Message received"),
        ("complaint", DELIVERED, "smtp; 250 2.6.0 Message received"),
        ("bounce", BOUNCED, "smtp; 550 5.1.1 user unknown"),
        ("BOUNCE+label1", BOUNCED, "smtp; 550 5.1.1 user unknown"),
        ("nobody", BOUNCED, "smtp; 550 5.1.1 user unknown"),
    ],
)
def test_each_mailbox_answers(run: Run, clock: Clock, local: str, state: DeliveryState, said: str) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            message = world.message(f"{local}@simulator.amazonses.com", policy=TlsPolicy.REQUIRE)
            (result,) = await world.send(message)
            assert (result.decision.state, result.outcome.diagnostic) == (state, said)
            assert str(result.outcome.status) == ("2.6.0" if state is DELIVERED else "5.1.1")
            assert result.outcome.remote_mta == "simulator.amazonses.com"
            (report,) = world.queue.reports
            assert report.facts.host == "simulator.amazonses.com"
            assert world.zone.questions == []  # nobody is looked for, so nothing can leave

    run(scenario())


def test_other_recipients_of_the_message_get_it(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            message = world.message("b@dest.test", "bounce@simulator.amazonses.com", "success@simulator.amazonses.com")
            results = {str(one.address): one.decision.state for one in await world.send(message)}
            assert results == {
                "b@dest.test": DELIVERED,
                "bounce@simulator.amazonses.com": BOUNCED,
                "success@simulator.amazonses.com": DELIVERED,
            }
            assert ["b@dest.test" in mail.recipients[0] and len(mail.recipients) for mail in host.received] == [1]
            assert len(world.queue.reports) == 2

    run(scenario())


class _NoSource:
    """A chooser whose sources have all sent what they may."""

    def choose(self, outgoing: Outgoing, domain: str) -> None:
        return None

    def until(self, outgoing: Outgoing, domain: str) -> None:
        return None

    def learned(self, report: Any) -> None:
        pass


def test_it_needs_no_source_address(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            world.chooser = _NoSource()
            (result,) = await world.send(world.message("success@simulator.amazonses.com"))
            assert result.decision.state is DELIVERED

    run(scenario())


def test_what_is_claimed_is_answered_too(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            world.queue.put(world.message("bounce@simulator.amazonses.com"))
            await world.start()
            (result,) = await world.queue.until_reported(1)
            assert result.decision.state is BOUNCED

    run(scenario())
