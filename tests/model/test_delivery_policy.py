"""How often and when SNS tries again, phase by phase."""

import json

import pytest

from tayori.model.delivery_policy import HTTP, policy_of


def delays(policy, tries):
    return [None if (pause := policy.delay(at)) is None else round(pause.total_seconds(), 1) for at in range(1, tries)]


def test_http_is_tried_fifty_times():
    found = delays(HTTP, 51)
    assert found[:5] == [0, 0, 0, 1, 1]
    assert found[5:15] == sorted(found[5:15]) and found[14] == 20
    assert found[15:49] == [20.0] * 34
    assert found[49] is None


def test_a_queue_is_tried_for_weeks_and_mail_for_hours():
    queue, mail = policy_of("sqs"), policy_of("email")
    assert queue.delay(100_014).total_seconds() == 20 and queue.delay(100_015) is None
    assert delays(mail, 4)[:2] == [10, 10]
    assert mail.delay(49).total_seconds() == 600 and mail.delay(50) is None


def test_a_policy_of_the_subscription_goes_before_that_of_the_topic():
    own = json.dumps({"healthyRetryPolicy": {"numRetries": 4, "minDelayTarget": 5, "maxDelayTarget": 9}})
    topic = json.dumps({"http": {"defaultHealthyRetryPolicy": {"numRetries": 1}}})
    assert delays(policy_of("https", own, topic), 6) == [6, 7, 8, 9, None]
    assert delays(policy_of("https", "", topic), 3) == [20, None]
    forbidding = json.dumps({"http": {"disableSubscriptionOverrides": True}})
    assert policy_of("https", own, forbidding) == HTTP
    assert policy_of("sqs", own).retries == 100_014


def test_no_policy_goes_on_for_longer_than_an_hour():
    own = json.dumps({"healthyRetryPolicy": {"numRetries": 100, "minDelayTarget": 600, "maxDelayTarget": 3600}})
    policy = policy_of("http", own)
    assert sum(policy.delay(at).total_seconds() for at in range(1, policy.retries + 1)) <= 3600


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"healthyRetryPolicy": null}'])
def test_what_is_no_policy_changes_nothing(text):
    assert policy_of("http", text, text) == HTTP
