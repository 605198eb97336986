"""What messages are found by: order, words, terms, statuses, and the decision whether one is meant."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori import ids
from tayori.model import search
from tayori.model.errors import Invalid
from tayori.model.search import Feedback, Place, Search, Searched, Status, SubjectWish

NOW = datetime(2026, 11, 24, 10, 0, 0, 123_000, tzinfo=UTC)


def message(**changes):
    values = {
        "region": "us-east-1",
        "accepted_at": NOW,
        "from_address": "News@shop.example",
        "subject": "Your invoice 4711: ご注文の確認",
        "configuration_set": "bulk",
        "identity": "shop.example",
        "tags": {"campaign": "spring"},
        "recipients": ("Reader@inbox.test", "second@other.test"),
        "statuses": (Status.DELIVERED, Status.BOUNCED),
    }
    return Searched(**(values | changes))


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["us-east-1", "xx-new-1"]),
)
def test_the_place_of_an_identifier_leads_back_to_it(moment, region):
    message_id = ids.message_id(region, moment)
    place = search.place_of(message_id)
    begin, end = search.identifiers_at(message_id[:4], place)
    assert begin <= message_id < end
    assert moment - timedelta(milliseconds=1) < search.moment_of(place) <= moment
    assert search.first_identifier(message_id[:4], moment) <= message_id
    assert search.place_at(moment) <= place < search.place_at(moment + timedelta(milliseconds=1))


def test_places_are_in_the_order_of_time():
    places = [search.place_of(ids.message_id("us-east-1", NOW + timedelta(hours=hours))) for hours in range(72)]
    assert places == sorted(places) and len({place.day for place in places}) == 4


@pytest.mark.parametrize(
    "text", ["", "message-1", "0100", "01000192f0c1a2b3-xyzab", "../../etc", "0100" + "g" * 12 + "-0"]
)
def test_what_is_no_identifier_has_no_place(text):
    assert search.place_of(text) is None


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Your invoice, No. 4711!", {"your", "invo", "4711"}),
        ("ＳＡＬＥ Straße", {"sale", "stra"}),
        ("ご注文の確認", {"ご注", "注文", "文の", "の確", "確認"}),
        ("注文No42です", {"注文", "no42", "です"}),
        ("한국어 메일", {"한국", "국어", "메일"}),
        ("🎉 — !", set()),
        ("", set()),
    ],
)
def test_the_words_of_a_subject(subject, words):
    assert set(search.words_of(subject)) == words


def test_a_long_subject_is_found_by_its_beginning():
    words = search.words_of(" ".join(f"word{number}" for number in range(500)))
    assert len(words) == 32 and words[0] == "word0"
    assert len(search.words_of("7" * 998)[0]) == 64


@pytest.mark.parametrize(
    ("wish", "is_met"),
    [
        ("invoice", True),
        ("INVOICE your", True),
        ("invoic", False),
        ("invoic*", True),
        ("invo* 4711", True),
        ("invite", False),
        ("of invoice", False),
        ("注文", True),
        ("注文の確認", True),
        ("注文確認", False),
        ("確認*", True),
        ("invoice 見積", False),
    ],
)
def test_all_that_is_asked_of_a_subject_must_be_there(wish, is_met):
    parsed = SubjectWish.parse(wish)
    assert parsed.meets(message().subject) is is_met
    assert search.matches(Search(subject=parsed), message()) is is_met


@pytest.mark.parametrize("wish", ["", "*", "!", "inv*", "471*", "注", "a* b", "of to"])
def test_a_subject_that_no_index_serves_is_refused(wish):
    with pytest.raises(Invalid):
        SubjectWish.parse(wish)


@pytest.mark.parametrize(
    ("wanted", "is_meant"),
    [
        (Search(), True),
        (Search(recipients=("reader@INBOX.test",)), True),
        (Search(recipients=("inbox.test",)), True),
        (Search(recipients=("@inbox.test",)), True),
        (Search(recipients=("box.test",)), False),
        (Search(recipients=("inbox.test", "second@other.test")), True),
        (Search(recipients=("inbox.test", "third@other.test")), False),
        (Search(senders=("news@shop.example",)), True),
        (Search(senders=("shop.example",)), True),
        (Search(senders=("inbox.test",)), False),
        (Search(tags=(("campaign", "spring"),)), True),
        (Search(tags=(("campaign", "autumn"),)), False),
        (Search(configuration_set="bulk"), True),
        (Search(configuration_set="bul"), False),
        (Search(identity="SHOP.example"), True),
        (Search(identity="news@shop.example"), False),
        (Search(statuses=frozenset({Status.BOUNCED})), True),
        (Search(statuses=frozenset({Status.COMPLAINED})), False),
        (Search(since=NOW), True),
        (Search(until=NOW), False),
        (Search(since=NOW + timedelta(seconds=1)), False),
    ],
)
def test_a_message_is_meant_where_all_holds(wanted, is_meant):
    assert search.matches(wanted, message()) is is_meant


def test_whatever_is_meant_has_the_terms_that_lead_to_it():
    wanted = Search(
        recipients=("reader@inbox.test", "other.test"),
        senders=("shop.example",),
        subject=SubjectWish.parse("invoi* 4711 ご注文"),
        tags=(("campaign", "spring"),),
        configuration_set="bulk",
        identity="shop.example",
    )
    assert search.matches(wanted, message())
    terms = search.terms_of(message())
    for condition in wanted.conditions():
        assert not terms.isdisjoint(search.term("us-east-1", *one) for one in condition)


def test_terms_of_regions_are_apart():
    assert search.terms_of(message()).isdisjoint(search.terms_of(message(region="eu-west-1")))


@given(st.text(max_size=60))
def test_every_word_of_any_subject_finds_it(subject):
    terms = search.terms_of(message(subject=subject))
    for word in search.words_of(subject):
        assert search.term("us-east-1", "word", word) in terms


@pytest.mark.parametrize(
    ("state", "attempts", "feedback", "status"),
    [
        ("queued", 0, Feedback(), Status.SENDING),
        ("sending", 2, Feedback(), Status.SENDING),
        ("held", 0, Feedback(), Status.SENDING),
        ("deferred", 0, Feedback(), Status.SENDING),
        ("deferred", 1, Feedback(), Status.DELAYED),
        ("delivered", 1, Feedback(), Status.DELIVERED),
        ("delivered", 1, Feedback(bounced=frozenset({"a@b.test"})), Status.BOUNCED),
        ("delivered", 1, Feedback(bounced=frozenset({"c@b.test"})), Status.DELIVERED),
        ("delivered", 1, Feedback(complained=frozenset({"a@b.test"})), Status.COMPLAINED),
        ("bounced", 1, Feedback(), Status.BOUNCED),
        ("expired", 3, Feedback(), Status.BOUNCED),
        ("suppressed", 0, Feedback(complained=frozenset({"a@b.test"})), Status.SUPPRESSED),
        ("cancelled", 0, Feedback(), Status.CANCELLED),
        ("cancelled", 0, Feedback(rejected=True), Status.REJECTED),
    ],
)
def test_the_status_is_the_worst_that_is_known(state, attempts, feedback, status):
    assert search.status_of("a@b.test", state, attempts, feedback) is status


def test_automatic_replies_and_not_spam_are_no_trouble():
    people = [{"emailAddress": "a@b.test", "status": "", "diagnosticCode": ""}]
    found = search.feedback_of(
        [
            ("Bounce", {"bouncedRecipients": people}),
            ("Complaint", {"complainedRecipients": people, "complaintFeedbackType": "not-spam"}),
        ]
    )
    assert found == Feedback()


@pytest.mark.parametrize("text", ["campaign", "=spring", "campaign=", ""])
def test_a_tag_has_a_name_and_a_value(text):
    with pytest.raises(Invalid):
        search.tag_of(text)


def test_an_unknown_status_is_refused():
    with pytest.raises(Invalid, match="status must be one of"):
        search.statuses_of(["lost"])


def test_places_compare_by_day_first():
    assert Place(1, 5) < Place(2, 1) and Place(2, 1).before() == Place(2, 0)
