"""How proofs go on in time, and when they are looked at."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.model.errors import Invalid
from tayori.model.identity import (
    DKIM_TRANSITIONS,
    MAIL_FROM_TRANSITIONS,
    OWNERSHIP_TRANSITIONS,
    SEARCH_WINDOW,
    IdentityKind,
    IdentityName,
    Track,
    Verdict,
    VerificationStatus,
    advance,
    all_of,
    any_of,
    next_check,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PENDING, SUCCESS, FAILED = VerificationStatus.PENDING, VerificationStatus.SUCCESS, VerificationStatus.FAILED
TEMPORARY, NOT_STARTED = VerificationStatus.TEMPORARY_FAILURE, VerificationStatus.NOT_STARTED
MATCHED, MISSING, UNKNOWN = Verdict.MATCHED, Verdict.MISSING, Verdict.UNKNOWN
HOUR = timedelta(hours=1)


class TestNames:
    @pytest.mark.parametrize(
        ("text", "kind", "kept"),
        [
            ("Example.COM", IdentityKind.DOMAIN, "example.com"),
            ("日本.example", IdentityKind.DOMAIN, "xn--wgv71a.example"),
            ("User@Example.COM", IdentityKind.EMAIL_ADDRESS, "User@example.com"),
        ],
    )
    def test_are_kept_in_one_form(self, text: str, kind: IdentityKind, kept: str) -> None:
        name = IdentityName.parse(text)
        assert (name.kind, name.text) == (kind, kept)

    @pytest.mark.parametrize(
        "text", ["", "com", "a b.example", "-a.example", "@example.com", "a@", "a@b@c.test", "1.2.3.4"]
    )
    def test_that_can_be_no_identity_are_refused(self, text: str) -> None:
        with pytest.raises(Invalid):
            IdentityName.parse(text)

    def test_have_a_domain(self) -> None:
        assert IdentityName.parse('"a@b"@example.com').domain == "example.com"
        assert IdentityName.parse("mail.example.com").domain == "mail.example.com"


class TestVerdicts:
    @pytest.mark.parametrize(
        ("verdicts", "every", "some"),
        [
            ([MATCHED, MATCHED], MATCHED, MATCHED),
            ([MATCHED, MISSING], MISSING, MATCHED),
            ([MATCHED, UNKNOWN], UNKNOWN, MATCHED),
            ([MISSING, UNKNOWN], MISSING, UNKNOWN),
            ([MISSING, MISSING], MISSING, MISSING),
            ([UNKNOWN, UNKNOWN], UNKNOWN, UNKNOWN),
        ],
    )
    def test_of_several_records(self, verdicts: list[Verdict], every: Verdict, some: Verdict) -> None:
        assert all_of(verdicts) is every
        assert any_of(verdicts) is some


class TestSearch:
    @pytest.mark.parametrize("transitions", [OWNERSHIP_TRANSITIONS, DKIM_TRANSITIONS, MAIL_FROM_TRANSITIONS])
    @pytest.mark.parametrize(
        ("verdict", "after", "status"),
        [
            (MATCHED, HOUR, SUCCESS),
            (MISSING, HOUR, PENDING),
            (UNKNOWN, 71 * HOUR, PENDING),
            (MISSING, 72 * HOUR, FAILED),
            (UNKNOWN, 73 * HOUR, FAILED),
            (MATCHED, 100 * HOUR, SUCCESS),  # the look was late, the record is there
        ],
    )
    def test_goes_on_for_72_hours(self, transitions, verdict: Verdict, after: timedelta, status) -> None:
        track = advance(Track(status=PENDING, since=NOW), verdict, transitions, NOW + after)
        assert track.status is status
        assert track.since == (NOW if status is PENDING else None)

    @pytest.mark.parametrize("status", [FAILED, NOT_STARTED])
    @pytest.mark.parametrize("verdict", list(Verdict))
    def test_that_has_ended_is_not_taken_up_by_itself(self, status: VerificationStatus, verdict: Verdict) -> None:
        track = Track(status=status)
        assert advance(track, verdict, OWNERSHIP_TRANSITIONS, NOW) == track
        assert advance(track, verdict, MAIL_FROM_TRANSITIONS, NOW) == track


class TestAfterSuccess:
    def test_what_vanishes_works_for_72_hours_more(self) -> None:
        track = Track(status=SUCCESS)
        track = advance(track, MISSING, DKIM_TRANSITIONS, NOW)
        assert track == Track(status=SUCCESS, since=NOW) and track.is_in_trouble
        assert advance(track, MISSING, DKIM_TRANSITIONS, NOW + 71 * HOUR) == track
        assert advance(track, MISSING, DKIM_TRANSITIONS, NOW + 72 * HOUR) == Track(status=FAILED)
        assert advance(track, MATCHED, DKIM_TRANSITIONS, NOW + 80 * HOUR) == Track(status=SUCCESS)

    def test_a_mail_from_domain_fails_temporarily_first(self) -> None:
        track = advance(Track(status=SUCCESS), MISSING, MAIL_FROM_TRANSITIONS, NOW)
        assert track == Track(status=TEMPORARY, since=NOW)
        assert advance(track, MISSING, MAIL_FROM_TRANSITIONS, NOW + 71 * HOUR) == track
        assert advance(track, MATCHED, MAIL_FROM_TRANSITIONS, NOW + HOUR) == Track(status=SUCCESS)
        assert advance(track, MISSING, MAIL_FROM_TRANSITIONS, NOW + 72 * HOUR) == Track(status=FAILED)

    @given(
        st.sampled_from([OWNERSHIP_TRANSITIONS, DKIM_TRANSITIONS, MAIL_FROM_TRANSITIONS]),
        st.lists(st.timedeltas(timedelta(0), timedelta(days=30)), max_size=20),
        st.booleans(),
    )
    def test_a_dns_that_does_not_answer_never_takes_anything_away(self, transitions, gaps, is_missing_first) -> None:
        track, now = Track(status=SUCCESS), NOW
        if is_missing_first:
            track = advance(track, MISSING, transitions, now)
        before = track.status
        for gap in gaps:
            now += gap
            track = advance(track, UNKNOWN, transitions, now)
            # An identity and its DKIM say so, and hold; a MAIL FROM domain in use stays in use.
            assert track.status is (before if transitions is MAIL_FROM_TRANSITIONS else TEMPORARY)

    def test_a_temporary_failure_ends_with_the_first_answer(self) -> None:
        track = advance(Track(status=SUCCESS), UNKNOWN, OWNERSHIP_TRANSITIONS, NOW)
        assert track == Track(status=TEMPORARY) and track.holds and track.is_in_trouble
        assert advance(track, MATCHED, OWNERSHIP_TRANSITIONS, NOW + 100 * HOUR) == Track(status=SUCCESS)
        gone = advance(track, MISSING, OWNERSHIP_TRANSITIONS, NOW + 100 * HOUR)
        assert gone == Track(status=SUCCESS, since=NOW + 100 * HOUR)

    @given(st.lists(st.tuples(st.sampled_from(list(Verdict)), st.timedeltas(timedelta(0), timedelta(days=2)))))
    def test_nothing_fails_within_72_hours_of_being_seen(self, looks) -> None:
        track, now, seen = Track(status=SUCCESS), NOW, NOW
        for verdict, gap in looks:
            now += gap
            track = advance(track, verdict, DKIM_TRANSITIONS, now)
            seen = now if verdict is MATCHED else seen
            if track.status is FAILED:
                assert now - seen >= SEARCH_WINDOW
                return


class TestSchedule:
    def test_is_dense_while_somebody_waits_and_sparse_later(self) -> None:
        searching = [Track(status=PENDING, since=NOW)]
        delays = [next_check(searching, checks, 0.0) for checks in range(40)]
        assert delays[0] == timedelta(seconds=5)
        assert all(delay is not None for delay in delays)
        assert delays == sorted(delays)  # type: ignore[type-var]
        within_ten_minutes = sum(1 for n in range(40) if sum(delays[: n + 1], timedelta(0)) <= timedelta(minutes=10))
        assert within_ten_minutes >= 10
        assert delays[-1] == HOUR

    def test_one_search_makes_the_whole_dense(self) -> None:
        tracks = [Track(status=SUCCESS), Track(status=PENDING, since=NOW)]
        assert next_check(tracks, 0, 0.0) == timedelta(seconds=5)

    def test_trouble_is_looked_at_more_often_than_success(self) -> None:
        trouble = next_check([Track(status=SUCCESS, since=NOW)], 1000, 0.0)
        settled = next_check([Track(status=SUCCESS), Track(status=NOT_STARTED)], 1000, 0.0)
        assert trouble is not None and settled is not None and trouble < settled <= timedelta(hours=12)
        assert next_check([Track(status=TEMPORARY, since=NOW)], 1000, 0.0) == trouble

    def test_what_has_ended_is_left_alone(self) -> None:
        assert next_check([Track(status=FAILED), Track(status=NOT_STARTED)], 3, 0.5) is None
        assert next_check([], 0, 0.0) is None

    def test_settled_identities_spread(self) -> None:
        early, late = (next_check([Track(status=SUCCESS)], 9, spread) for spread in (0.0, 0.99))
        assert early is not None and late is not None and timedelta(minutes=20) < late - early < HOUR
