"""What is made of a look at the DNS, and of links in mails."""

from datetime import timedelta

import pytest
from identity_makers import ACCOUNT, REGION, address, checked, domain, open_account

from tayori.model.errors import Invalid, NotFound
from tayori.model.identity import ErrorType, IdentityName, Verdict, VerificationStatus
from tayori.model.identity_notice import Notice, Subject
from tayori.model.proof import Finding
from tayori.resources import identities, identity_checks
from tayori.resources.identity_checks import Checked, StatusChange
from tayori.store.tables import settings_revision

PENDING, SUCCESS, FAILED = VerificationStatus.PENDING, VerificationStatus.SUCCESS, VerificationStatus.FAILED
MATCHED, MISSING, UNKNOWN = Verdict.MATCHED, Verdict.MISSING, Verdict.UNKNOWN
HOURS = 3600


@pytest.fixture
def account(transact) -> str:
    transact(open_account)
    return ACCOUNT


@pytest.fixture
def current(transact):
    def look(name: str = "example.com"):
        return transact(identities.get, ACCOUNT, REGION, name)

    return look


def revision(tx) -> int:
    return int(tx.execute(settings_revision.select()).one().revision)


def test_found_records_verify_domain_and_dkim(transact, account, current, clock) -> None:
    changes = transact(identity_checks.record, checked(transact(domain)), 0.0)
    assert changes == [
        StatusChange(what=Subject.VERIFICATION, before=PENDING, after=SUCCESS, notice=Notice.VERIFIED),
        StatusChange(what=Subject.DKIM, before=PENDING, after=SUCCESS, notice=Notice.DKIM_FOUND),
    ]
    identity = current()
    assert identity.is_verified and identity.dkim.status is SUCCESS
    assert identity.error_type is None and identity.last_success_at == identity.last_checked_at
    assert timedelta(hours=5) < identity.next_check_at - clock.now() < timedelta(hours=7)


def test_missing_records_are_looked_for_again_soon(transact, account, current) -> None:
    identity = transact(domain)
    findings = [
        Finding(expected=each.expected, verdict=MISSING, error=ErrorType.HOST_NOT_FOUND)
        for each in checked(identity).findings
    ]
    look = Checked(identity=identity, findings=tuple(findings), soa={"PrimaryNameServer": "ns", "SerialNumber": 1})
    assert transact(identity_checks.record, look, 0.0) == []
    identity = current()
    assert (identity.error_type, identity.checks, identity.last_success_at) == ("HOST_NOT_FOUND", 1, None)
    assert identity.soa == {"PrimaryNameServer": "ns", "SerialNumber": 1}
    assert identity.next_check_at - identity.last_checked_at == timedelta(seconds=5)
    assert identity.findings[0] == {
        "purpose": "dkim",
        "name": f"{identity.tokens[0]}._domainkey.example.com",
        "type": "CNAME",
        "expected": f"{identity.tokens[0]}.dkim.tayori.test",
        "found": [],
        "verdict": "missing",
        "error": "HOST_NOT_FOUND",
        "hint": None,
    }


def test_two_of_three_records_are_not_enough(transact, account, current) -> None:
    look = checked(transact(domain))
    last = Finding(expected=look.findings[2].expected, verdict=MISSING)
    transact(identity_checks.record, Checked(identity=look.identity, findings=(*look.findings[:2], last)), 0.0)
    assert {current().verification.status, current().dkim.status} == {PENDING}


def test_the_older_record_verifies_the_domain_without_dkim(transact, account, current) -> None:
    transact(domain)
    transact(identities.verify_domain, ACCOUNT, REGION, IdentityName.parse("example.com"), "token")
    transact(identity_checks.record, checked(current(), dkim=MISSING), 0.0)
    assert (current().verification.status, current().dkim.status) == (SUCCESS, PENDING)


def test_a_search_of_72_hours_fails(transact, account, current, clock) -> None:
    identity = transact(domain)
    clock.advance(72 * HOURS)
    transact(identity_checks.record, checked(identity, dkim=MISSING), 0.0)
    assert {current().verification.status, current().dkim.status} == {FAILED}
    assert current().next_check_at is None
    assert transact(identity_checks.next_due) is None


def test_revoked_after_72_hours_without_the_records(transact, account, current, clock) -> None:
    transact(identity_checks.record, checked(transact(domain)), 0.0)
    for hours, status in ((0, SUCCESS), (71, SUCCESS), (2, FAILED)):
        clock.advance(hours * HOURS)
        transact(identity_checks.record, checked(current(), dkim=MISSING), 0.0)
        assert {current().verification.status, current().dkim.status} == {status}


def test_a_resolver_that_fails_for_weeks_takes_nothing_away(transact, account, current, clock) -> None:
    transact(identities.put_mail_from, ACCOUNT, REGION, transact(domain).name, "bounce.example.com", None)
    transact(identity_checks.record, checked(current()), 0.0)
    for _ in range(10):
        clock.advance(48 * HOURS)
        transact(identity_checks.record, checked(current(), dkim=UNKNOWN, mx=UNKNOWN, spf=UNKNOWN), 0.0)
    identity = current()
    temporary = VerificationStatus.TEMPORARY_FAILURE
    assert [track.status for track in identity.tracks] == [temporary, temporary, SUCCESS]
    assert identity.is_verified
    transact(identity_checks.record, checked(current()), 0.0)
    assert {track.status for track in current().tracks} == {SUCCESS}


def test_our_own_trouble_does_not_let_a_search_run_out(transact, account, current, clock) -> None:
    identity = transact(domain)
    clock.advance(100 * HOURS)
    look = Checked(identity=identity, findings=(), error=ErrorType.SERVICE_ERROR)
    assert transact(identity_checks.record, look, 0.0) == []
    assert (current().verification.status, current().error_type) == (PENDING, "SERVICE_ERROR")


def test_mail_from_is_judged_by_its_mx_alone(transact, account, current, clock) -> None:
    transact(identities.put_mail_from, ACCOUNT, REGION, transact(domain).name, "bounce.example.com", None)
    transact(identity_checks.record, checked(current(), spf=MISSING), 0.0)
    assert current().mail_from.status is SUCCESS
    transact(identity_checks.record, checked(current(), mx=MISSING), 0.0)
    assert current().mail_from.status is VerificationStatus.TEMPORARY_FAILURE
    clock.advance(72 * HOURS)
    transact(identity_checks.record, checked(current(), mx=MISSING), 0.0)
    assert (current().mail_from.status, current().verification.status) == (FAILED, SUCCESS)


def test_a_mail_from_set_meanwhile_is_not_judged_by_the_old_one(transact, account, current) -> None:
    transact(identities.put_mail_from, ACCOUNT, REGION, transact(domain).name, "old.example.com", None)
    look = checked(current())
    transact(identities.put_mail_from, ACCOUNT, REGION, "example.com", "new.example.com", None)
    transact(identity_checks.record, look, 0.0)
    assert (current().mail_from_domain, current().mail_from.status) == ("new.example.com", PENDING)


def test_an_identity_deleted_meanwhile_stays_deleted(transact, account) -> None:
    look = checked(transact(domain))
    transact(identities.delete, ACCOUNT, REGION, "example.com")
    assert transact(identity_checks.record, look, 0.0) == []
    assert transact(identities.look, ACCOUNT, REGION, ["example.com"]) == {}


def test_only_a_change_of_status_raises_the_revision_of_the_settings(transact, account, current) -> None:
    identity = transact(domain)
    before = transact(revision)
    transact(identity_checks.record, checked(identity, dkim=MISSING), 0.0)
    assert transact(revision) == before
    transact(identity_checks.record, checked(current()), 0.0)
    assert transact(revision) == before + 1


def test_the_longest_waiting_is_due_first(transact, account, clock) -> None:
    for name in ("a.example", "b.example", "c.example"):
        transact(domain, name)
        clock.advance(1)
    assert [each.name for each in transact(identity_checks.due, 2)] == ["a.example", "b.example"]
    assert transact(identity_checks.next_due) == timedelta(0)


class TestLinks:
    def test_the_link_verifies_even_twice(self, transact, account, current) -> None:
        transact(address)
        assert transact(identity_checks.verify_by_link, "link-token").name == "user@example.com"
        assert current("user@example.com").is_verified
        transact(identity_checks.verify_by_link, "link-token")
        assert current("user@example.com").is_verified

    @pytest.mark.parametrize("token", ["", "other"])
    def test_an_unknown_link_is_refused(self, transact, account, token: str) -> None:
        transact(address)
        transact(domain)
        with pytest.raises(NotFound):
            transact(identity_checks.verify_by_link, token)

    def test_an_unopened_link_fails_after_24_hours(self, transact, account, current, clock) -> None:
        transact(address)
        assert transact(identity_checks.due, 10) == []
        clock.advance(24 * HOURS)
        (due,) = transact(identity_checks.due, 10)
        changes = transact(identity_checks.record, checked(due), 0.0)
        assert changes == [StatusChange(what=Subject.VERIFICATION, before=PENDING, after=FAILED)]
        assert current("user@example.com").next_check_at is None
        with pytest.raises(Invalid, match="no longer valid"):
            transact(identity_checks.verify_by_link, "link-token")

    def test_a_look_at_its_mail_from_domain_leaves_the_link_its_time(self, transact, account, current, clock) -> None:
        transact(address)
        transact(identities.put_mail_from, ACCOUNT, REGION, "user@example.com", "bounce.example.com", None)
        transact(identity_checks.record, checked(current("user@example.com")), 0.0)
        clock.advance(25 * HOURS)
        transact(identity_checks.record, checked(current("user@example.com")), 0.0)
        identity = current("user@example.com")
        assert (identity.verification.status, identity.mail_from.status) == (FAILED, SUCCESS)


class TestOutOfTurn:
    def test_a_look_now_starts_what_had_failed_anew(self, transact, account, current, clock) -> None:
        identity = transact(domain)
        clock.advance(73 * HOURS)
        transact(identity_checks.record, checked(identity, dkim=MISSING), 0.0)
        transact(identity_checks.check_now, ACCOUNT, REGION, "example.com")
        assert {current().verification.status, current().dkim.status} == {PENDING}
        assert [each.name for each in transact(identity_checks.due, 10)] == ["example.com"]
        with pytest.raises(NotFound):
            transact(identity_checks.check_now, ACCOUNT, REGION, "unknown.example")

    def test_an_address_is_not_asked_anew_by_a_look(self, transact, account, current, clock) -> None:
        identity = transact(address)
        clock.advance(25 * HOURS)
        transact(identity_checks.record, checked(identity), 0.0)
        transact(identity_checks.check_now, ACCOUNT, REGION, "user@example.com")
        assert current("user@example.com").verification.status is FAILED

    def test_taken_for_verified(self, transact, account, current) -> None:
        transact(domain)
        transact(address)
        transact(identities.put_mail_from, ACCOUNT, REGION, "example.com", "bounce.example.com", None)
        for name in ("example.com", "user@example.com"):
            transact(identity_checks.take_for_verified, ACCOUNT, REGION, name)
            assert current(name).is_verified and current(name).next_check_at is None
        assert {track.status for track in current().tracks} == {SUCCESS}
        with pytest.raises(NotFound):
            transact(identity_checks.take_for_verified, ACCOUNT, REGION, "unknown.example")
