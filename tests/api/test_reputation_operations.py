"""What the API shows of reputation: statistics, metrics of VDM, states and fresh starts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from population import ACCOUNT, REGION, failed, identity, names, report, rows, submission
from tayori.model.feedback_loops import Loop
from tayori.model.mail_count import Count, counts_as
from tayori.model.reputation import ACCOUNT as WHOLE
from tayori.model.reputation import PauseMode, Rules
from tayori.resources import accounts, mail_counts, provider_names, quotas, reputation, vdm_metrics
from tayori.resources.deliveries import Deliveries
from tayori.resources.messages import Door
from tayori.store.dialect import Hot

BOTH = ["sqlite", "postgres"]
KEY = ACCOUNT, REGION
DAY = timedelta(days=1)
OFF = {
    "VdmEnabled": "DISABLED",
    "DashboardAttributes": {"EngagementMetrics": "DISABLED"},
    "GuardianAttributes": {"OptimizedSharedDelivery": "DISABLED"},
}


def text_of(refusal: Any) -> str:
    return str(refusal.value.response["Error"]["Message"])


@pytest.fixture
def count(service) -> Callable[..., None]:
    def count(what: Count, number: int, *, of: str = "", by: str = "example.com", at: str = "") -> None:
        service.transact(mail_counts.add, what, {(*KEY, counts_as(of, by), at): number})

    return count


@pytest.fixture
def vdm(service) -> Any:
    client = service.client("sesv2")
    client.put_account_vdm_attributes(VdmAttributes={"VdmEnabled": "ENABLED"})
    return client


@pytest.fixture
def ask(vdm, clock) -> Callable[..., dict[str, int]]:
    """`ask("SEND", **dimensions)`: by day, counted from today."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)

    def ask(metric: str, start: int = -30, end: int = 1, **dimensions: str) -> dict[int, int]:
        query: dict[str, Any] = {
            "Id": "one",
            "Namespace": "VDM",
            "Metric": metric,
            "StartDate": today + start * DAY,
            "EndDate": today + end * DAY,
        }
        if dimensions:
            query["Dimensions"] = dimensions
        answer = vdm.batch_get_metric_data(Queries=[query])
        assert answer["Errors"] == []
        (result,) = answer["Results"]
        assert result["Id"] == "one"
        return {(at - today) // DAY: number for at, number in zip(result["Timestamps"], result["Values"], strict=True)}

    return ask


# --- GetSendStatistics ---


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_statistics_are_of_quarters_of_an_hour_for_two_weeks(service, clock):
    service.transact(accounts.grant, *KEY, max_24_hour=-1, max_rate=-1)
    service.transact(identity, "example.com")
    door, queue = Door(names, "one", lambda size: True), Deliveries(names, "one")
    (answer,) = service.transact(door.accept, [submission("a@inbox.test", "b@inbox.test")])
    service.transact(queue.record, rows([report(answer.outgoing, failed(), started_at=clock.now())]))
    service.transact(quotas.count_complaints, KEY, 3)
    client = service.client("ses")
    (point,) = client.get_send_statistics()["SendDataPoints"]
    assert (point["DeliveryAttempts"], point["Bounces"], point["Complaints"], point["Rejects"]) == (2, 2, 3, 0)
    assert point["Timestamp"].timestamp() % 900 == 0
    assert timedelta(0) <= clock.now() - point["Timestamp"] < timedelta(minutes=15)
    clock.advance(900)
    service.transact(door.accept, [submission("c@inbox.test")])
    assert len(client.get_send_statistics()["SendDataPoints"]) == 2
    clock.advance(14 * 86400 + 900)
    assert client.get_send_statistics()["SendDataPoints"] == []


# --- VDM ---


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_vdm_is_off_until_it_is_switched_on(service):
    client = service.client("sesv2")
    assert client.get_account()["VdmAttributes"] == OFF
    wanted = {
        "VdmEnabled": "ENABLED",
        "DashboardAttributes": {"EngagementMetrics": "ENABLED"},
        "GuardianAttributes": {"OptimizedSharedDelivery": "DISABLED"},
    }
    client.put_account_vdm_attributes(VdmAttributes=wanted)
    assert client.get_account()["VdmAttributes"] == wanted
    client.put_account_vdm_attributes(VdmAttributes={"VdmEnabled": "DISABLED"})
    assert client.get_account()["VdmAttributes"] == OFF


def test_vdm_takes_ses_words_only(service):
    client = service.client("sesv2", parameter_validation=False)
    for wrong in ({"VdmEnabled": "MAYBE"}, {}, None):
        with pytest.raises(client.exceptions.BadRequestException):
            client.put_account_vdm_attributes(VdmAttributes=wrong)
    assert client.get_account()["VdmAttributes"] == OFF


def test_without_vdm_there_are_no_metrics(service, clock):
    client = service.client("sesv2")
    with pytest.raises(client.exceptions.NotFoundException) as refusal:
        client.batch_get_metric_data(Queries=[query()])
    assert text_of(refusal) == "To use this feature you must enable Virtual Deliverability Manager"


def query(**changes: Any) -> dict[str, Any]:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    usual = {"Id": "one", "Namespace": "VDM", "Metric": "SEND", "StartDate": start, "EndDate": start + DAY}
    return usual | changes


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_metrics_are_of_whole_days_and_sparse(service, count, clock, ask):
    clock.advance(86400 + 3600 - clock.now().timestamp() % 86400)  # one o'clock tomorrow
    count(Count.SENDS, 5)
    clock.advance(7200)
    count(Count.SENDS, 2)
    clock.advance(3 * 86400)
    count(Count.SENDS, 1)
    assert ask("SEND", end=5) == {1: 7, 4: 1}
    assert ask("SEND", end=4) == {1: 7}
    assert ask("SEND", start=2, end=4) == {}
    assert ask("COMPLAINT", end=5) == {}


def test_metrics_by_dimension(service, count, ask):
    loop = next(one.id for one in provider_names.table().providers if one.loop is Loop.YES)
    count(Count.SENDS, 100, of="news")
    count(Count.SENDS, 10, by="me@example.com")
    count(Count.SENDS, 1, by="other.example")
    count(Count.DELIVERIES, 80, of="news", at="gmail")
    count(Count.DELIVERIES, 7, of="news", at=loop)
    count(Count.DELIVERIES, 5, of="news", at="other")
    count(Count.PERMANENT_BOUNCES, 4, of="news", at="gmail")
    count(Count.TRANSIENT_BOUNCES, 3, of="news", at="gmail")
    count(Count.COMPLAINTS, 2, of="news", at=loop)
    assert ask("SEND") == {0: 111}
    assert ask("SEND", CONFIGURATION_SET="news") == {0: 100}
    assert ask("SEND", EMAIL_IDENTITY="example.com") == {0: 110}
    assert ask("SEND", EMAIL_IDENTITY="me@Example.com") == {0: 10}
    assert ask("SEND", CONFIGURATION_SET="news", EMAIL_IDENTITY="other.example") == {}
    assert ask("DELIVERY") == {0: 92}
    assert ask("DELIVERY", ISP="Gmail") == {0: 80}
    assert ask("DELIVERY", ISP="UNKNOWN_ISP") == {0: 5}
    assert ask("SEND", ISP="gmail", CONFIGURATION_SET="news") == {0: 87}
    assert ask("PERMANENT_BOUNCE", ISP="gmail") == {0: 4}
    assert ask("TRANSIENT_BOUNCE") == {0: 3}
    assert ask("DELIVERY_COMPLAINT") == {0: 7}
    assert ask("COMPLAINT") == {0: 2}
    assert ask("OPEN") == {} and ask("DELIVERY_OPEN") == {}
    assert ask("SEND", TENANT_NAME="nobody") == {}


def test_old_days_are_told_as_before(service, count, clock, ask):
    for _ in range(5):
        count(Count.SENDS, 1)
        clock.advance(3600)
    clock.advance(20 * 86400)
    before = ask("SEND", start=-3, end=25)
    assert service.transact(mail_counts.fold, *KEY, hours_kept=14 * DAY, days_kept=400 * DAY)
    assert ask("SEND", start=-3, end=25) == before
    assert sum(before.values()) == 5


START = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("queries", "text"),
    [
        ([query(), query()], "All queries must have a unique identifier."),
        ([query(EndDate=START)], "Expected start date to be before the end date."),
        (
            [query(EndDate=START + 61 * DAY)],
            "Invalid interval, can request at most 60 days. Please partition your requested interval.",
        ),
        ([query(Dimensions={"EMAIL_IDENTITY": "*"})], "Invalid email identity provided."),
        ([query(Dimensions={"EMAIL_IDENTITY": "@example.com"})], "Invalid email identity provided."),
        ([query(Dimensions={"ISP": "a b"})], "Invalid ISP name provided."),
        ([query(Dimensions={"CONFIGURATION_SET": ""})], "The configuration set name must be specified."),
        (
            [query(Dimensions={"CONFIGURATION_SET": "a b"})],
            "Invalid configuration set name <a b>: only alphanumeric ASCII characters, '_', and '-' are allowed.",
        ),
        ([query(), query(Id="two", Dimensions={"TENANT_NAME": ""})], "TenantName cannot be empty"),
    ],
)
def test_a_wrong_query_spoils_the_batch(vdm, queries, text):
    with pytest.raises(vdm.exceptions.BadRequestException) as refusal:
        vdm.batch_get_metric_data(Queries=queries)
    assert text_of(refusal) == text


def test_sixty_days_and_ten_queries_are_allowed(vdm):
    queries = [query(Id=str(number), EndDate=START + 60 * DAY) for number in range(10)]
    answer = vdm.batch_get_metric_data(Queries=queries)
    assert [one["Id"] for one in answer["Results"]] == [one["Id"] for one in queries]
    with pytest.raises(vdm.exceptions.BadRequestException) as refusal:
        vdm.batch_get_metric_data(Queries=[*queries, query(Id="11")])
    assert "Member must have length less than or equal to 10" in text_of(refusal)


def test_metrics_are_found_by_the_beginning_of_the_key(service, count):
    asked = vdm_metrics.Query(
        metric=vdm_metrics.Metric.DELIVERY_COMPLAINT,
        start=START,
        end=START + DAY,
        dimensions={vdm_metrics.Dimension.CONFIGURATION_SET: "news", vdm_metrics.Dimension.ISP: "gmail"},
    )
    statements: list[tuple[str, list[Any]]] = []

    class Listening:
        def hot_rows(self, statement: Hot, values: list[Any]) -> list[Any]:
            statements.append((statement.sql, values))
            return []

    vdm_metrics.series(Listening(), *KEY, asked, {"gmail"})
    ((sql, values),) = statements
    plan = service.transact(lambda tx: tx.hot_rows(Hot(f"EXPLAIN QUERY PLAN {sql}"), values))
    assert any("USING PRIMARY KEY (account_id=? AND region=? AND hour>? AND hour<?)" in row[3] for row in plan), plan


# --- states ---


def test_a_paused_account_is_told_so_in_ses_words(service, count):
    service.transact(accounts.grant, *KEY, max_24_hour=-1, max_rate=-1)
    service.transact(identity, "example.com")
    v1, v2 = service.client("ses"), service.client("sesv2")
    count(Count.SENDS, 1000)
    count(Count.PERMANENT_BOUNCES, 60, at="other")
    settle(service, PauseMode.OFF)
    assert v2.get_account()["EnforcementStatus"] == "PROBATION"
    count(Count.PERMANENT_BOUNCES, 60, at="other")
    settle(service, PauseMode.ACCOUNT)
    assert v2.get_account()["EnforcementStatus"] == "SHUTDOWN"
    text = (
        "Sending paused for this account. For more information, please check the inbox of the email address "
        "associated with your AWS account."
    )
    with pytest.raises(v2.exceptions.SendingPausedException) as refusal:
        v2.send_email(**MAIL)
    assert text_of(refusal) == text
    with pytest.raises(v1.exceptions.AccountSendingPausedException) as refusal:
        v1.send_raw_email(
            Source="me@example.com", RawMessage={"Data": b"From: me@example.com\r\nTo: a@b.test\r\n\r\nhi"}
        )
    assert text_of(refusal) == text
    v2.put_account_sending_attributes(SendingEnabled=True)  # is not the account's to lift
    with pytest.raises(v2.exceptions.SendingPausedException):
        v2.send_email(**MAIL)
    service.transact(reputation.lift, *KEY, WHOLE)
    assert v2.get_account()["EnforcementStatus"] == "HEALTHY"
    assert v2.send_email(**MAIL)["MessageId"]


MAIL = {
    "FromEmailAddress": "me@example.com",
    "Destination": {"ToAddresses": ["reader@inbox.test"]},
    "Content": {"Simple": {"Subject": {"Data": "hello"}, "Body": {"Text": {"Data": "hello"}}}},
}


def settle(service, mode: PauseMode) -> None:
    found = service.transact(reputation.look, *KEY, Rules(mode=mode))
    assert service.transact(reputation.settle, found)


# --- configuration sets ---


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_a_set_that_is_enabled_again_starts_afresh(service, count, clock):
    v1, v2 = service.client("ses"), service.client("sesv2")
    v2.create_configuration_set(ConfigurationSetName="news", ReputationOptions={"ReputationMetricsEnabled": True})
    v2.put_configuration_set_sending_options(ConfigurationSetName="news", SendingEnabled=True)
    assert "LastFreshStart" not in v2.get_configuration_set(ConfigurationSetName="news")["ReputationOptions"]
    count(Count.SENDS, 2000, of="news")
    count(Count.PERMANENT_BOUNCES, 90, of="news", at="gmail")
    v2.put_configuration_set_sending_options(ConfigurationSetName="news", SendingEnabled=False)
    clock.advance(3600)
    v1.update_configuration_set_sending_enabled(ConfigurationSetName="news", Enabled=True)
    options = v2.get_configuration_set(ConfigurationSetName="news")["ReputationOptions"]
    assert options["ReputationMetricsEnabled"] is True
    assert abs(options["LastFreshStart"] - clock.now()) < timedelta(minutes=1)
    described = v1.describe_configuration_set(
        ConfigurationSetName="news", ConfigurationSetAttributeNames=["reputationOptions"]
    )
    assert abs(described["ReputationOptions"]["LastFreshStart"] - options["LastFreshStart"]) < timedelta(seconds=1)
    clock.advance(3600)
    found = service.transact(reputation.look, *KEY, Rules())
    assert found.account.appraisal.bounce.volume == 2000  # the account's own are not begun anew
    assert {part.who.name: part.appraisal.bounce.volume for part in found.parts} == {"news": 0, "example.com": 2000}


def test_a_fresh_start_goes_with_its_set(service):
    client = service.client("sesv2")
    client.create_configuration_set(ConfigurationSetName="news", SendingOptions={"SendingEnabled": False})
    client.put_configuration_set_sending_options(ConfigurationSetName="news", SendingEnabled=True)
    assert "LastFreshStart" in client.get_configuration_set(ConfigurationSetName="news")["ReputationOptions"]
    client.delete_configuration_set(ConfigurationSetName="news")
    client.create_configuration_set(ConfigurationSetName="news")
    assert "LastFreshStart" not in client.get_configuration_set(ConfigurationSetName="news")["ReputationOptions"]
