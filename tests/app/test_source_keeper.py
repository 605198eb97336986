"""Rows about sources reach the chooser, its counts reach the rows, and block lists are asked."""

from pathlib import Path

import pytest

from population import open_account
from tayori.app.block_lists import BlockListWatch
from tayori.app.source_keeper import SourceKeeper, secret
from tayori.clock import AdjustableClock
from tayori.delivery.egress import Egress
from tayori.delivery.sources import SecretMissing, Slice, SourceChooser
from tayori.mail.answer import Answer, AnswerStatus
from tayori.model.source import MailRoute, Rest, SourceAddress, Tally
from tayori.resources import sources
from tayori.store.engine import Store

FALLBACK = Egress(ehlo_name="a1.tayori.test", address="192.0.2.25")


def a_source(address: str = "203.0.113.5") -> SourceAddress:
    return SourceAddress(address=address, ehlo_name="a5.tayori.test")


class Untold(SourceChooser):
    """A chooser with something to write down."""

    def __init__(self, clock: AdjustableClock, told: Slice) -> None:
        super().__init__(FALLBACK, clock)
        self.give_back(told)


def test_what_changes_in_the_rows_is_adopted_and_counts_become_rows(run, store: Store, clock: AdjustableClock) -> None:
    day = clock.now().toordinal() - 719163
    rest = Rest(address="203.0.113.5", provider="gmail", until=clock.now(), times=1, reason="listed")
    told = Slice(done={(day, "203.0.113.5", "gmail"): Tally(sent=2, blocked=1)}, rests=(rest,))

    async def scenario() -> None:
        chooser = Untold(clock, told)
        keeper = SourceKeeper(store, clock, chooser, {})
        await keeper.tick()
        assert chooser.plan.is_empty
        await store.write(sources.add, a_source())
        await keeper.tick()
        assert [source.address for source in chooser.plan.addresses] == ["203.0.113.5"]
        before = chooser.plan
        await keeper.tick()
        assert chooser.plan is before
        chooser.give_back(told)
        await keeper.tick()
        counts = await store.read(sources.counts, day, day)
        assert counts == {("203.0.113.5", "gmail"): Tally(sent=4, blocked=2)}
        assert await store.read(sources.rests) == (rest,)

    run(scenario())


def test_counts_are_no_settings(run, store: Store) -> None:
    """Else every flush would make all processes forget the settings that they keep in memory."""

    async def scenario() -> None:
        await store.write(open_account)
        before = await store.read(sources.plan)
        await store.write(sources.add_counts, 20000, {("203.0.113.5", "gmail"): Tally(sent=1)})
        await store.write(sources.put_rests, ())
        assert await store.read(sources.plan, before) is before

    run(scenario())


def test_secrets_come_from_files_and_the_environment_and_are_never_in_words(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("geheim\n", "utf-8")
    assert secret(f"file:{file}", {}) == "geheim"
    assert secret("env:SMART", {"SMART": "geheim"}) == "geheim"
    with pytest.raises(SecretMissing, match="TAYORI_SECRET_SMART"):
        secret("env:SMART", {"OTHER": "geheim"})
    with pytest.raises(SecretMissing, match="No such file"):
        secret(f"file:{tmp_path / 'none'}", {})


def test_a_route_whose_password_comes_later_works_then(run, store: Store, clock: AdjustableClock) -> None:
    async def scenario() -> None:
        chooser = SourceChooser(FALLBACK, clock)
        route = MailRoute(pattern="*", host="smart.test", user_name="us", secret="env:SMART")
        await store.write(sources.put_route, route)
        await SourceKeeper(store, clock, chooser, {}).tick()
        assert chooser._relays == {"*": None}
        found: dict[str, str] = {}
        keeper = SourceKeeper(store, clock, chooser, found)
        found["SMART"] = "geheim"
        await keeper.tick()
        relay = chooser._relays["*"]
        assert relay is not None
        assert relay.relay is not None
        assert relay.relay.password == "geheim"

    run(scenario())


class Lists:
    """A resolver with block lists in it."""

    def __init__(self, *entries: str) -> None:
        self.entries = set(entries)

    async def resolve(self, name: str, rdtype: str) -> Answer:
        values = ("127.0.0.2",) if name in self.entries else ()
        status = AnswerStatus.FOUND if values else AnswerStatus.NXDOMAIN
        return Answer(name=name, rdtype=rdtype, status=status, values=values)


def test_an_address_on_a_block_list_is_noted_until_it_is_off(run, store: Store) -> None:
    async def scenario() -> None:
        await store.write(sources.add, a_source())
        lists = Lists("2.0.0.127.list.test", "5.113.0.203.list.test", "5.113.0.203.silent.test")
        watch = BlockListWatch(store, lists, ["list.test", "silent.test"])
        await watch.tick()
        (found,) = await store.read(sources.rests)
        assert (found.address, found.provider) == ("203.0.113.5", "list:list.test")
        assert found.reason == "203.0.113.5 is on list.test (127.0.0.2)"
        lists.entries.discard("5.113.0.203.list.test")
        await watch.tick()
        assert await store.read(sources.rests) == ()

    run(scenario())
