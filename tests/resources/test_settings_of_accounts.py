"""Accounts, access keys, tags, configuration sets and quotas, as far as acceptance does not show them."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from population import ACCOUNT, REGION, identity, open_account, sandboxed_account
from tayori.model.custom_verification import Template
from tayori.model.errors import AlreadyExists, Conflict, Invalid, Kind, NotFound
from tayori.model.event_target import TargetKind
from tayori.model.topic_arn import TopicArn
from tayori.resources import (
    accounts,
    configuration_sets,
    credentials,
    custom_verification,
    event_destinations,
    identities,
    identity_notifications,
    identity_policies,
    quotas,
    share_links,
    subscriptions,
    tags,
    topics,
)
from tayori.resources.accounts import ReviewStatus
from tayori.resources.configuration_sets import ConfigurationSet, OptionGroup
from tayori.resources.credentials import Credential
from tayori.resources.event_destinations import EventDestination
from tayori.resources.identity_notifications import NotificationType
from tayori.resources.share_links import ShareLink
from tayori.resources.subscriptions import NewSubscription
from tayori.store.tables import metadata, send_counts

OWN = (ACCOUNT, REGION)
DETAILS = {"MailType": "TRANSACTIONAL", "WebsiteURL": "https://example.com", "ProductionAccessEnabled": True}


# --- accounts ---


def test_a_new_account_is_in_the_sandbox(transact):
    transact(sandboxed_account)
    account = transact(accounts.get, *OWN)
    assert (account.production_access, account.sending_enabled) == (False, True)
    assert (account.max_24_hour, account.max_rate) == (200, 1.0)
    assert account.suppressed_reasons == ("BOUNCE", "COMPLAINT")
    assert account.details is None and account.review_status is None


def test_an_account_that_does_not_exist_is_not_found(transact):
    with pytest.raises(NotFound):
        transact(accounts.get, *OWN)
    with pytest.raises(NotFound):
        transact(accounts.put_sending, *OWN, enabled=False)


def test_a_region_has_settings_of_its_own(transact):
    transact(open_account)
    other = transact(accounts.open_region, ACCOUNT, "eu-west-1")
    assert not other.production_access
    assert transact(accounts.get, *OWN).production_access
    assert transact(accounts.all_accounts) == [(ACCOUNT, f"account {ACCOUNT}")]


def test_a_review_is_asked_for_granted_and_closed(transact):
    transact(sandboxed_account)
    transact(accounts.put_details, *OWN, DETAILS, "case-1")
    asked = transact(accounts.get, *OWN)
    assert (asked.review_status, asked.review_case, asked.production_access) == (ReviewStatus.PENDING, "case-1", False)
    with pytest.raises(Conflict, match="under review"):
        transact(accounts.put_details, *OWN, DETAILS, "case-2")
    transact(accounts.grant, *OWN, max_24_hour=50_000, max_rate=14.0)
    granted = transact(accounts.get, *OWN)
    assert (granted.review_status, granted.production_access, granted.max_24_hour) == ("GRANTED", True, 50_000)
    transact(accounts.put_details, *OWN, DETAILS | {"MailType": "MARKETING"}, "case-3")
    changed = transact(accounts.get, *OWN)
    assert (changed.review_status, changed.review_case) == ("GRANTED", "case-1")
    assert changed.details["MailType"] == "MARKETING"


def test_a_denied_account_stays_in_the_sandbox_and_may_ask_again(transact):
    transact(sandboxed_account)
    transact(accounts.put_details, *OWN, DETAILS, "case-1")
    transact(accounts.deny, *OWN, reason="The website does not answer.")
    denied = transact(accounts.get, *OWN)
    assert (denied.review_status, denied.review_reason) == ("DENIED", "The website does not answer.")
    assert (denied.production_access, denied.max_24_hour) == (False, 200)
    transact(accounts.put_details, *OWN, DETAILS, "case-2")
    again = transact(accounts.get, *OWN)
    assert (again.review_status, again.review_case, again.review_reason) == ("PENDING", "case-2", None)


# --- access keys ---


def key(number: int, **changes) -> Credential:
    values = {
        "access_key_id": f"AKIA{number:016}",
        "account_id": ACCOUNT,
        "secret_access_key": "secret",
        "user_name": "app",
        "active": True,
        "operator": False,
        "created_at": datetime(2026, 1, number, tzinfo=UTC),
    }
    return Credential(**values | changes)


def test_keys_are_found_by_id_while_they_are_active(transact):
    transact(credentials.create, key(1))
    transact(credentials.create, key(2, active=False))
    assert transact(credentials.find, key(1).access_key_id) == key(1)
    assert transact(credentials.find, key(2).access_key_id) is None
    assert transact(credentials.find, "AKIANOBODY") is None


def test_keys_of_an_account_are_listed_oldest_first_and_deleted(transact):
    for number in (2, 1):
        transact(credentials.create, key(number))
    transact(credentials.create, key(3, account_id="999900001111"))
    assert transact(credentials.of_account, ACCOUNT) == [key(1), key(2)]
    transact(credentials.delete, key(1).access_key_id)
    assert transact(credentials.of_account, ACCOUNT) == [key(2)]
    with pytest.raises(NotFound):
        transact(credentials.delete, key(1).access_key_id)


def test_a_secret_does_not_show_in_the_text_of_a_key():
    assert "secret" not in repr(key(1)).replace("secret_access_key", "")
    assert key(1).arn == f"arn:aws:iam::{ACCOUNT}:user/app"


# --- tags ---


def tag(name, value=""):
    return {"Key": name, "Value": value}


def test_tags_are_merged_by_key_and_removed_by_key(transact):
    transact(tags.put, *OWN, "identity/example.com", {"team": "a", "stage": "test"})
    transact(tags.put, *OWN, "identity/example.com", {"stage": "live", "owner": "b"})
    transact(tags.put, *OWN, "identity/example.org", {"team": "other"})
    assert transact(tags.get, *OWN, "identity/example.com") == {"owner": "b", "stage": "live", "team": "a"}
    transact(tags.remove, *OWN, "identity/example.com", ["team", "missing"])
    assert transact(tags.get, *OWN, "identity/example.com") == {"owner": "b", "stage": "live"}
    transact(tags.forget, *OWN, "identity/example.com")
    assert transact(tags.get, *OWN, "identity/example.com") == {}
    assert transact(tags.get, *OWN, "identity/example.org") == {"team": "other"}


def test_the_limit_of_50_holds_for_the_merged_set(transact):
    transact(tags.put, *OWN, "r", {f"k{number}": "" for number in range(50)})
    transact(tags.put, *OWN, "r", {"k0": "again"})
    with pytest.raises(Invalid, match="at most 50 tags"):
        transact(tags.put, *OWN, "r", {"one more": ""})
    assert len(transact(tags.get, *OWN, "r")) == 50


@pytest.mark.parametrize(
    "bad",
    [
        [tag("a"), tag("a", "b")],
        [tag("aws:x")],
        [tag("AWS:x")],
        [tag("")],
        [tag("k" * 129)],
        [tag("k", "v" * 257)],
        [tag("k!")],
        [tag("k", "v;")],
        [tag("k\n")],
        [tag("k", "v\n")],
        [tag(f"k{number}") for number in range(51)],
    ],
)
def test_tags_that_ses_refuses_are_refused(bad):
    with pytest.raises(Invalid):
        tags.check(bad)


def test_tags_may_have_letters_of_every_script():
    assert tags.check([tag("チーム", "開発 1_.:/=+-@")]) == {"チーム": "開発 1_.:/=+-@"}
    assert tags.check([tag("k" * 128, "v" * 256)])


# --- configuration sets ---


def create(transact, name="set", labels=None, **options):
    wanted = ConfigurationSet(
        name=name, options={OptionGroup[group]: value for group, value in options.items()}, tags=labels or {}
    )
    transact(configuration_sets.create, *OWN, wanted)


def test_a_set_keeps_its_options_and_tags(transact):
    create(transact, labels={"team": "a"}, DELIVERY={"TlsPolicy": "REQUIRE"}, SENDING={"SendingEnabled": False})
    found = transact(configuration_sets.get, *OWN, "set")
    assert found.options == {
        OptionGroup.DELIVERY: {"TlsPolicy": "REQUIRE"},
        OptionGroup.SENDING: {"SendingEnabled": False},
    }
    assert found.tags == {"team": "a"} and not found.sending_enabled


def test_a_name_is_taken_once(transact):
    create(transact)
    with pytest.raises(AlreadyExists) as refusal:
        create(transact)
    assert refusal.value.message == "Configuration set set already exists."
    assert refusal.value.kind is Kind.CONFIGURATION_SET


@pytest.mark.parametrize("name", ["", "a b", "a.b", "ä", "set\n", "x" * 65, "a\0"])
def test_names_that_ses_refuses_are_refused(transact, name):
    with pytest.raises(Invalid):
        create(transact, name)


def test_a_missing_set_is_not_found_by_anything(transact):
    for attempt in (
        lambda: transact(configuration_sets.get, *OWN, "none"),
        lambda: transact(configuration_sets.delete, *OWN, "none"),
        lambda: transact(configuration_sets.put_options, *OWN, "none", OptionGroup.SENDING, {}),
    ):
        with pytest.raises(NotFound, match="Configuration set <none> does not exist"):
            attempt()


def test_each_option_group_is_replaced_and_cleared_for_itself(transact):
    create(transact, DELIVERY={"TlsPolicy": "REQUIRE"}, REPUTATION={"ReputationMetricsEnabled": True})
    transact(configuration_sets.put_options, *OWN, "set", OptionGroup.DELIVERY, {"MaxDeliverySeconds": 300})
    transact(configuration_sets.put_options, *OWN, "set", OptionGroup.REPUTATION, None)
    found = transact(configuration_sets.get, *OWN, "set")
    assert found.options == {OptionGroup.DELIVERY: {"MaxDeliverySeconds": 300}}


@pytest.mark.parametrize(
    ("group", "options", "text"),
    [
        ("DELIVERY", {"SendingPoolName": ""}, "sendingPoolName can't be blank."),
        ("DELIVERY", {"SendingPoolName": "pool"}, "SendingPool <pool> doesn't exist"),
        ("TRACKING", {}, "CustomRedirectDomain must be specified."),
        (
            "TRACKING",
            {"CustomRedirectDomain": "x.other.test"},
            "Domain <x.other.test> is not verified under this account.",
        ),
        ("SUPPRESSION", {"SuppressedReasons": ["SPAM"]}, "Reason SPAM is invalid, must be one of [BOUNCE, COMPLAINT]."),
    ],
)
def test_options_that_ses_refuses_are_refused_and_nothing_is_made(transact, group, options, text):
    with pytest.raises(Invalid) as refusal:
        create(transact, **{group: options})
    assert refusal.value.message == text
    create(transact)
    with pytest.raises(Invalid):
        transact(configuration_sets.put_options, *OWN, "set", OptionGroup[group], options)
    assert transact(configuration_sets.get, *OWN, "set").options == {}


def test_a_redirect_domain_is_covered_by_a_verified_domain(transact):
    transact(identity, "example.com")
    transact(identity, "pending.test", verification_status="PENDING")
    create(transact, TRACKING={"CustomRedirectDomain": "Click.Example.com"})
    with pytest.raises(Invalid):
        create(transact, "other", TRACKING={"CustomRedirectDomain": "click.pending.test"})


def test_names_are_listed_in_order_page_by_page(transact):
    for number in reversed(range(7)):
        create(transact, f"set{number}")
    first = transact(configuration_sets.names, *OWN, after="", limit=5)
    rest = transact(configuration_sets.names, *OWN, after=first[-1], limit=5)
    assert first + rest == [f"set{number}" for number in range(7)]
    assert transact(configuration_sets.names, "999900001111", REGION, after="", limit=5) == []


def test_deleting_a_set_deletes_its_tags(transact):
    create(transact, labels={"team": "a"})
    transact(configuration_sets.delete, *OWN, "set")
    create(transact)
    assert transact(configuration_sets.get, *OWN, "set").tags == {}


# --- quotas ---


def count_at(tx, moment, recipients, bounces=0):
    tx.execute(
        send_counts.insert().values(
            account_id=ACCOUNT,
            region=REGION,
            bucket=quotas.bucket_of(moment),
            recipients=recipients,
            bounces=bounces,
            complaints=0,
            rejects=0,
        )
    )


def test_statistics_are_points_of_15_minutes_of_two_weeks(transact, clock):
    quarter = datetime.fromtimestamp(int(clock.now().timestamp()) // 900 * 900, UTC)
    for minutes, recipients, bounces in ((0, 1, 0), (5, 2, 1), (10, 4, 0), (15, 8, 2)):
        transact(count_at, quarter - timedelta(hours=1) + timedelta(minutes=minutes), recipients, bounces)
    transact(count_at, quarter - timedelta(days=14, hours=1), 100)
    points = transact(quotas.statistics, ACCOUNT, REGION)
    assert [(point.timestamp, point.attempts, point.bounces) for point in points] == [
        (quarter - timedelta(hours=1), 7, 1),
        (quarter - timedelta(minutes=45), 8, 2),
    ]


def test_what_was_sent_in_24_hours_is_summed(transact, clock):
    now = clock.now()
    for hours, recipients in ((0, 1), (12, 2), (23, 4), (25, 8)):
        transact(count_at, now - timedelta(hours=hours), recipients)
    assert transact(quotas.sent_last_24_hours, ACCOUNT, REGION) == 7
    assert transact(quotas.sent_last_24_hours, "999900001111", REGION) == 0


def told_by_a_topic(tx):
    """A topic with a subscription, set for an identity and a configuration set: a row in every table of notices."""
    arn = TopicArn(account_id=ACCOUNT, region=REGION, name="events")
    topics.create(tx, arn, {}, {})
    queue = NewSubscription(
        protocol="sqs",
        endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue",
        owner=ACCOUNT,
        principal="me",
        subscription_id="s",
        token="t",
    )
    subscriptions.subscribe(tx, arn, queue)
    configuration_sets.create(tx, *OWN, ConfigurationSet(name="news"))
    destination = EventDestination(
        name="all", enabled=True, kinds=("SEND",), target_kind=TargetKind.SNS, target={"TopicArn": str(arn)}
    )
    event_destinations.create(tx, *OWN, "news", destination)
    identity_notifications.put_topic(tx, *OWN, "example.com", NotificationType.BOUNCE, str(arn))


def test_an_account_that_is_given_back_as_new_has_nothing_left(transact, clock):
    policy = {"Effect": "Allow", "Principal": "*", "Action": "ses:SendEmail", "Resource": "*"}
    template = Template(
        name="t",
        from_address="me@example.com",
        subject="s",
        content="c",
        success_url="https://example.com/",
        failure_url="https://example.com/",
    )
    link = ShareLink(
        share_id="s1",
        account_id=ACCOUNT,
        region=REGION,
        identity="example.com",
        created_at=clock.now(),
        expires_at=clock.now() + timedelta(days=1),
    )
    transact(open_account)
    transact(identity, "example.com")
    transact(identity_policies.put, *OWN, "example.com", "p", json.dumps({"Statement": policy}))
    transact(custom_verification.create, *OWN, template)
    transact(share_links.create, link, b"s" * 32)
    transact(told_by_a_topic)
    transact(accounts.reset, *OWN)
    owned = [table for table in metadata.sorted_tables if {"account_id", "region"} <= set(table.columns.keys())]
    left = transact(lambda tx: {table.name for table in owned if tx.execute(table.select()).first()})
    assert left == {"account_regions"}


def test_a_shared_link_ends_with_its_identity(transact, clock):
    transact(open_account)
    transact(identity, "example.com")
    moment = clock.now()
    link = {"account_id": ACCOUNT, "region": REGION, "created_at": moment, "expires_at": moment + timedelta(days=1)}
    for share_id, name in (("s1", "example.com"), ("s2", "example.org")):
        transact(share_links.create, ShareLink(share_id=share_id, identity=name, **link), b"s" * 32)
    transact(identities.delete, *OWN, "example.com")
    assert [transact(share_links.find, share_id) is not None for share_id in ("s1", "s2")] == [False, True]
