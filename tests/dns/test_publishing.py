"""Updates over RFC 2136, at a real BIND."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import bind_server
from bind_server import ALGORITHM, KEY_NAME, SOA, Bind
from tayori.dns.publishing import PrimaryServer, PublishError, TsigKey, tsig_key
from tayori.mail.answer import AnswerStatus
from tayori.model.domain_plan import DomainPlan, planned
from tayori.model.names import ServiceNames
from tayori.model.proof import ExpectedRecord, dkim_records, mail_from_records, ownership_record
from tayori.model.zone_edit import Edit, ZoneEdits, edits_of

NAMES = ServiceNames(service_domain="mail.example.net", region="us-east-1")
TOKENS = ["a" * 32, "b" * 32, "c" * 32]
STANDING = f"""\
{TOKENS[1]}._domainkey 300 IN CNAME {TOKENS[1]}.dkim.mail.example.net.example.com.
_amazonses 600 IN TXT "split " "oddly"
www 300 IN A 192.0.2.7
"""
RECORDS = [
    *dkim_records("example.com", TOKENS, NAMES),
    ownership_record("example.com", "the-token"),
    *mail_from_records("bounce.example.com", "example.com", NAMES),
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Bind]:
    with bind_server.running(tmp_path, "example.com", f"$ORIGIN example.com.\n{SOA}{STANDING}") as running:
        yield running


def primary(server: Bind, key: TsigKey | None = None) -> PrimaryServer:
    return PrimaryServer("127.0.0.1", server.port, key or tsig_key(KEY_NAME, ALGORITHM, server.secret))


async def edits(resolver: PrimaryServer, records: list[ExpectedRecord]) -> ZoneEdits:
    answers = [await resolver.resolve(record.name, record.rdtype) for record in records]
    wanted = tuple(planned(record, answer) for record, answer in zip(records, answers, strict=True))
    return edits_of(
        DomainPlan(
            domain="example.com",
            zone="example.com",
            account_id="1",
            region="us-east-1",
            service_domain="mail.example.net",
            mail_from_domain="bounce.example.com",
            records=wanted,
            made_at=None,  # type: ignore[arg-type] # nothing here is dated
        )
    )


async def publish(resolver: PrimaryServer, records: list[ExpectedRecord]) -> tuple[Edit, ...]:
    found = await edits(resolver, records)
    await resolver.apply("example.com", found.edits)
    return found.edits


def test_records_are_added_and_those_of_others_stay(server: Bind, run: Callable[..., Any]) -> None:
    made = run(publish(primary(server), RECORDS))
    assert len(made) == 6
    assert server.values(f"{TOKENS[0]}._domainkey.example.com", "CNAME") == [f"{TOKENS[0]}.dkim.mail.example.net."]
    assert server.values(f"{TOKENS[1]}._domainkey.example.com", "CNAME") == [f"{TOKENS[1]}.dkim.mail.example.net."]
    assert server.values("_amazonses.example.com", "TXT") == ['"split " "oddly"', '"the-token"']
    assert server.values("bounce.example.com", "TXT") == ['"v=spf1 include:spf.mail.example.net ~all"']
    assert server.values("www.example.com", "A") == ["192.0.2.7"]
    assert run(edits(primary(server), RECORDS)) == ZoneEdits(edits=(), conflicts=())


def test_a_set_that_others_share_keeps_its_ttl(server: Bind, run: Callable[..., Any]) -> None:
    run(publish(primary(server), RECORDS))
    assert run(primary(server).resolve("_amazonses.example.com", "TXT")).ttl == 600


def test_a_zone_that_changed_since_the_look_is_left_as_it_is(server: Bind, run: Callable[..., Any]) -> None:
    async def late() -> None:
        slow, quick = primary(server), primary(server)
        found = await edits(slow, RECORDS)
        await publish(quick, [ownership_record("example.com", "another's")])
        await slow.apply("example.com", found.edits)

    with pytest.raises(PublishError, match=r"NXRRSET.*Nothing was changed"):
        run(late())
    assert server.values(f"{TOKENS[0]}._domainkey.example.com", "CNAME") == []


def test_a_key_that_may_not_change_the_zone(server: Bind, run: Callable[..., Any]) -> None:
    async def stranger() -> None:
        found = await edits(primary(server), RECORDS)
        await primary(server, tsig_key("stranger", ALGORITHM, server.secret)).apply("example.com", found.edits)

    with pytest.raises(PublishError):
        run(stranger())
    assert server.values(f"{TOKENS[0]}._domainkey.example.com", "CNAME") == []


def test_what_the_server_does_not_hold_is_not_answered(server: Bind, run: Callable[..., Any]) -> None:
    answer = run(primary(server).resolve("example.org", "MX"))
    assert answer.status is AnswerStatus.SERVER_FAILURE
    absent = run(primary(server).resolve("nothing.example.com", "MX"))
    assert absent.status is AnswerStatus.NXDOMAIN


def test_the_server_may_be_named(server: Bind, run: Callable[..., Any]) -> None:
    key = tsig_key(KEY_NAME, ALGORITHM, server.secret)
    named = PrimaryServer("localhost", server.port, key)
    assert run(named.resolve("www.example.com", "A")).values == ("192.0.2.7",)
    nowhere = PrimaryServer("no-such-host.invalid", server.port, key)
    assert run(nowhere.resolve("www.example.com", "A")).status is AnswerStatus.SERVER_FAILURE


def test_a_server_that_is_not_there_is_one_sentence(run: Callable[..., Any]) -> None:
    async def nobody() -> None:
        listener = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        listener.close()
        await listener.wait_closed()
        key = tsig_key(KEY_NAME, ALGORITHM, "c2VjcmV0")
        await PrimaryServer("127.0.0.1", port, key).apply("example.com", ())

    with pytest.raises(PublishError, match="did not answer the update"):
        run(nobody())


@pytest.mark.parametrize(
    "text", ["c2VjcmV0", "c2VjcmV0\n", 'key "x" {\n  algorithm hmac-sha256;\n  secret "c2VjcmV0";\n};']
)
def test_a_secret_alone_or_in_a_key_clause(text: str) -> None:
    assert tsig_key("x", "HMAC-SHA256", text) == TsigKey(name="x", algorithm="hmac-sha256", secret=b"secret")


@pytest.mark.parametrize(
    ("algorithm", "text"), [("hmac-md4", "c2VjcmV0"), ("hmac-sha256", "no base64!"), ("hmac-sha256", "")]
)
def test_a_secret_that_is_none(algorithm: str, text: str) -> None:
    with pytest.raises(PublishError):
        tsig_key("x", algorithm, text)
