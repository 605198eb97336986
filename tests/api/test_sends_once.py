"""Idempotency-Key: a send happens once, however often it is asked for, and the first answer is given again."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from botocore.exceptions import ClientError
from served import OTHER_ACCOUNT, REGION, running

from population import ACCOUNT, identity, names, submission
from tayori.app.sending import Sending
from tayori.clock import AdjustableClock
from tayori.model.errors import Invalid
from tayori.model.once import AnsweredBefore, KeyReused, Once, key_of
from tayori.resources import accounts
from tayori.resources import send_answers as rows
from tayori.store.access_tables import send_answers
from tayori.store.database import open_store
from tayori.store.tables import messages

HOUR = 3600.0
KEYS = iter(range(10_000))


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def url(request, tmp_path_factory, sqlite_template):
    if request.param == "sqlite":
        file = tmp_path_factory.mktemp("once") / "tayori.db"
        shutil.copyfile(sqlite_template, file)
        yield f"sqlite:///{file}"
    else:
        with request.getfixturevalue("postgres_databases").new() as made:
            yield made


@pytest.fixture(scope="module")
def served(url, tmp_path_factory):
    """One service for the module, with accounts out of the sandbox and a verified domain."""
    clock = AdjustableClock(tmp_path_factory.mktemp("once") / "clock")
    store = open_store(url, clock)
    with running(store, clock) as service:
        for account_id in (ACCOUNT, OTHER_ACCOUNT):
            service.transact(accounts.grant, account_id, REGION, max_24_hour=-1, max_rate=-1)
            service.transact(identity, "example.com", account_id)
        client = service.client("sesv2")
        client.create_email_template(
            TemplateName="hello", TemplateContent={"Subject": "Hello {{name}}", "Text": "Dear {{name}}"}
        )
        yield service
    asyncio.run(store.close())
    clock.close()


def keyed(service, kind, key, account_id=ACCOUNT, region=REGION):
    """A client that puts the key into each request, as an application does."""
    client = service.client(kind, account_id, region=region)
    client.meta.events.register(
        "before-sign", lambda request, **_: request.headers.add_header("Idempotency-Key", str(key))
    )
    return client


def fresh():
    return f"order-{next(KEYS)}"


def count(service):
    return service.transact(lambda tx: tx.execute(sa.select(sa.func.count()).select_from(messages)).scalar_one())


def simple(text="Hello"):
    return {
        "FromEmailAddress": "news@example.com",
        "Destination": {"ToAddresses": ["reader@inbox.test"]},
        "Content": {"Simple": {"Subject": {"Data": "Greetings"}, "Body": {"Text": {"Data": text}}}},
    }


RAW = b"From: news@example.com\r\nTo: reader@inbox.test\r\nSubject: raw\r\n\r\nHello\r\n"
BULK_V1 = {
    "Source": "news@example.com",
    "Template": "hello",
    "DefaultTemplateData": '{"name": "reader"}',
    "Destinations": [{"Destination": {"ToAddresses": [f"reader{number}@inbox.test"]}} for number in range(3)],
}
BULK_V2 = {
    "FromEmailAddress": "news@example.com",
    "DefaultContent": {"Template": {"TemplateName": "hello", "TemplateData": '{"name": "reader"}'}},
    "BulkEmailEntries": [
        {"Destination": {"ToAddresses": ["reader@inbox.test"]}},
        {"Destination": {"ToAddresses": ["no address"]}},
        {"Destination": {"ToAddresses": ["other@inbox.test"]}},
    ],
}
SENDS = {
    "v2 simple": ("sesv2", "send_email", simple(), 1),
    "v2 bulk": ("sesv2", "send_bulk_email", BULK_V2, 2),
    "v1 simple": (
        "ses",
        "send_email",
        {
            "Source": "news@example.com",
            "Destination": {"ToAddresses": ["reader@inbox.test"]},
            "Message": {"Subject": {"Data": "Greetings"}, "Body": {"Text": {"Data": "Hello"}}},
        },
        1,
    ),
    "v1 raw": ("ses", "send_raw_email", {"RawMessage": {"Data": RAW}}, 1),
    "v1 templated": (
        "ses",
        "send_templated_email",
        {
            "Source": "news@example.com",
            "Destination": {"ToAddresses": ["reader@inbox.test"]},
            "Template": "hello",
            "TemplateData": '{"name": "reader"}',
        },
        1,
    ),
    "v1 bulk": ("ses", "send_bulk_templated_email", BULK_V1, 3),
}


def answer_of(response):
    return {name: value for name, value in response.items() if name != "ResponseMetadata"}


@pytest.mark.parametrize("which", SENDS)
def test_a_send_that_is_asked_for_twice_happens_once(served, which):
    kind, method, request, expected = SENDS[which]
    client, before = keyed(served, kind, fresh()), count(served)
    first, second = (answer_of(getattr(client, method)(**request)) for _ in range(2))
    assert first == second and first
    assert count(served) - before == expected


def test_without_the_header_each_request_is_a_message(served):
    client, before = served.client("sesv2"), count(served)
    assert client.send_email(**simple())["MessageId"] != client.send_email(**simple())["MessageId"]
    assert count(served) - before == 2


@pytest.mark.parametrize(
    ("kind", "code"), [("sesv2", "IdempotentParameterMismatchException"), ("ses", "IdempotentParameterMismatch")]
)
def test_a_key_is_for_one_request(served, kind, code):
    key = fresh()
    keyed(served, "sesv2", key).send_email(**simple())
    before = count(served)
    client = keyed(served, kind, key)
    send, request = (
        (client.send_email, simple("Something else"))
        if kind == "sesv2"
        else (client.send_raw_email, {"RawMessage": {"Data": RAW}})
    )
    with pytest.raises(ClientError) as refusal:
        send(**request)
    error = refusal.value.response
    assert error["Error"]["Code"] == code and error["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert error["Error"]["Message"].startswith("This Idempotency-Key was used with another request")
    assert count(served) == before


def test_a_key_belongs_to_an_account_and_a_region(served):
    key = fresh()
    mine = keyed(served, "sesv2", key).send_email(**simple())["MessageId"]
    theirs = keyed(served, "sesv2", key, OTHER_ACCOUNT).send_email(**simple())["MessageId"]
    assert mine != theirs


def test_of_many_at_once_one_is_sent(served):
    key, before = fresh(), count(served)
    clients = [keyed(served, "sesv2", key) for _ in range(6)]
    with ThreadPoolExecutor(len(clients)) as pool:
        found = list(pool.map(lambda client: client.send_email(**simple())["MessageId"], clients))
    assert len(set(found)) == 1 and count(served) - before == 1


def test_what_is_refused_is_not_remembered(served):
    client = keyed(served, "sesv2", key := fresh())
    request = {**simple(), "FromEmailAddress": "news@unverified.test"}
    with pytest.raises(ClientError):
        client.send_email(**request)
    assert keyed(served, "sesv2", key).send_email(**simple())["MessageId"]  # the key is still free


def test_tracked_messages_are_sent_once_with_their_links(served):
    client = served.client("sesv2")
    client.create_configuration_set(ConfigurationSetName="tracked")
    client.create_configuration_set_event_destination(
        ConfigurationSetName="tracked",
        EventDestinationName="clicks",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["OPEN", "CLICK"],
            "EventBridgeDestination": {"EventBusArn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"},
        },
    )
    request = simple()
    request["Content"]["Simple"]["Body"] = {"Html": {"Data": '<a href="https://example.com/">there</a>'}}
    request["ConfigurationSetName"] = "tracked"
    keyed_client, before = keyed(served, "sesv2", fresh()), count(served)
    first, second = (keyed_client.send_email(**request)["MessageId"] for _ in range(2))
    assert first == second and count(served) - before == 1
    assert b"/L0/" in next(one.content for one in served.accepted() if one.message_id == first)


def test_the_answer_outlives_the_template(served):
    client = served.client("sesv2")
    client.create_email_template(TemplateName="short-lived", TemplateContent={"Subject": "Hi", "Text": "Hi"})
    request = {**simple(), "Content": {"Template": {"TemplateName": "short-lived", "TemplateData": "{}"}}}
    keyed_client = keyed(served, "sesv2", fresh())
    first = keyed_client.send_email(**request)["MessageId"]
    client.delete_email_template(TemplateName="short-lived")
    assert keyed_client.send_email(**request)["MessageId"] == first


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_that_cannot_be_one_is_refused(served, key):
    with pytest.raises(ClientError, match="Idempotency-Key must be 1 to 255 printable characters") as refusal:
        keyed(served, "sesv2", key).send_email(**simple())
    assert refusal.value.response["Error"]["Code"] == "BadRequestException"


def test_a_key_is_a_string_of_structured_fields_or_bare():
    assert key_of('"8e03978e-40d5"') == key_of(" 8e03978e-40d5 ") == "8e03978e-40d5"
    assert key_of(r'"a \"b\""') == 'a "b"'
    for wrong in ("", '""', "ключ", "a\tb"):
        with pytest.raises(Invalid):
            key_of(wrong)


def test_what_commits_commits_with_its_messages(served, run):
    """A crash before the commit leaves neither; the same process or another may then send it."""
    sending = Sending(served.store, names, "nobody")
    once = Once(account_id=ACCOUNT, region=REGION, key=fresh(), digest="d")

    def broken(answers):
        raise RuntimeError("the process dies here, with the messages written and not committed")

    async def crash():
        with pytest.raises(RuntimeError):
            await served.store.write(sending._door.accept_once, [submission("a@inbox.test")], once, broken)

    before = count(served)
    run(crash())
    assert count(served) == before
    assert served.transact(answers_of, once.key) == []

    async def again():
        first = await sending.submit(submission("a@inbox.test"), once)
        with pytest.raises(AnsweredBefore) as answered:
            await sending.submit(submission("a@inbox.test"), once)
        assert answered.value.answer == {"MessageId": first}
        with pytest.raises(KeyReused):
            await sending.submit(
                submission("a@inbox.test"), Once(account_id=ACCOUNT, region=REGION, key=once.key, digest="other")
            )

    run(again())
    assert count(served) == before + 1


DYING = """
import asyncio, os, signal, sys
from pathlib import Path
from population import ACCOUNT, names, submission
from tayori.app import sending
from tayori.clock import AdjustableClock
from tayori.model.once import Once
from tayori.store.database import open_store

url, clock, key, when = sys.argv[1:]

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

async def send():
    store = open_store(url, AdjustableClock(Path(clock)))
    way = sending.Sending(store, names, "nobody")
    if when == "before the commit":
        sending._said_of_one = die
    else:
        way._taken = die
    await way.submit(submission("a@inbox.test"), Once(account_id=ACCOUNT, region="us-east-1", key=key, digest="d"))

asyncio.run(send())
"""


@pytest.mark.parametrize(("when", "left"), [("before the commit", 0), ("after the commit", 1)])
def test_a_process_killed_while_it_sends_leaves_both_or_neither(url, served, run, tmp_path, when, left):
    """`kill -9` with the messages written but not committed, and with all committed but nobody told."""
    once = Once(account_id=ACCOUNT, region=REGION, key=fresh(), digest="d")
    before = count(served)
    died = subprocess.run(
        [sys.executable, "-c", DYING, url, tmp_path / "clock", once.key, when],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        timeout=120,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL
    assert count(served) - before == left and len(served.transact(answers_of, once.key)) == left

    async def again():
        try:
            return await Sending(served.store, names, "nobody").submit(submission("a@inbox.test"), once)
        except AnsweredBefore as answered:
            return answered.answer["MessageId"]

    assert run(again())
    assert count(served) - before == 1


def test_two_processes_send_once(url, served, run):
    """Two stores on one database, as two processes have them, at the same moment."""
    once = Once(account_id=ACCOUNT, region=REGION, key=fresh(), digest="d")
    before = count(served)

    async def both():
        stores = [open_store(url, served.clock) for _ in range(2)]
        try:
            sends = [Sending(store, names, "nobody").submit(submission("a@inbox.test"), once) for store in stores * 3]
            return await asyncio.gather(*sends, return_exceptions=True)
        finally:
            for store in stores:
                await store.close()

    answers = run(both())
    (sent,) = [answer for answer in answers if isinstance(answer, str)]
    others = [answer for answer in answers if not isinstance(answer, str)]
    assert len(others) == 5
    assert [other.answer for other in others] == [{"MessageId": sent}] * 5
    assert count(served) == before + 1


def answers_of(tx, key):
    return tx.execute(sa.select(send_answers).where(send_answers.c.idempotency_key == key)).all()


def test_after_a_day_the_key_is_free_and_forgotten(served, run):
    key = fresh()
    first = keyed(served, "sesv2", key).send_email(**simple())["MessageId"]
    served.clock.advance(23 * HOUR)
    assert keyed(served, "sesv2", key).send_email(**simple())["MessageId"] == first
    served.clock.advance(HOUR + 1)
    assert keyed(served, "sesv2", key).send_email(**simple())["MessageId"] != first
    served.clock.advance(25 * HOUR)
    assert served.transact(rows.forget) > 0
    assert served.transact(answers_of, key) == []
