"""Identities as rows: creating, reading, changing, and what SES says when it refuses."""

from datetime import timedelta

import pytest
from identity_makers import ACCOUNT, NAMES, REGION, address, checked, domain, keys, open_account

from tayori.mail.address import AddrSpec
from tayori.model.errors import AlreadyExists, Invalid, LimitExceeded, NotFound
from tayori.model.identity import (
    IdentityKind,
    IdentityName,
    KeyLength,
    MxFailureBehavior,
    Verdict,
    VerificationStatus,
)
from tayori.resources import configuration_sets, dkim_keys, identities, identity_checks, tags
from tayori.resources.configuration_sets import ConfigurationSet
from tayori.resources.dkim_setup import Easy
from tayori.resources.identities import NewIdentity
from tayori.resources.settings import find_sender

PENDING, SUCCESS = VerificationStatus.PENDING, VerificationStatus.SUCCESS
OTHER = "210987654321"


@pytest.fixture
def account(transact) -> str:
    transact(open_account)
    transact(open_account, OTHER)
    return ACCOUNT


def name(text: str) -> IdentityName:
    return IdentityName.parse(text)


def verify(tx, identity) -> None:
    identity_checks.record(tx, checked(identity), 0.0)


class TestCreate:
    def test_a_domain_gets_three_tokens_and_is_due_at_once(self, transact, account, clock) -> None:
        identity = transact(domain, "Example.COM")
        assert (identity.name, identity.kind) == ("example.com", IdentityKind.DOMAIN)
        assert len(identity.tokens) == 3 and all(len(token) == 32 for token in identity.tokens)
        assert (identity.verification.status, identity.dkim.status) == (PENDING, PENDING)
        assert identity.signing_enabled and identity.feedback_forwarding and not identity.is_verified
        assert (identity.key_length, identity.keys_made_at) == (KeyLength.RSA_2048_BIT, identity.created_at)
        assert identity.mail_from is None and identity.mail_from_behavior is MxFailureBehavior.USE_DEFAULT_VALUE
        assert [each.name for each in transact(identity_checks.due, 10)] == ["example.com"]

    def test_an_address_gets_a_mail_with_a_link_of_24_hours(self, transact, account, clock) -> None:
        before = clock.now()
        new = NewIdentity(name=name("user@example.com"), link_token="t")
        mail = transact(identities.create, ACCOUNT, REGION, new)
        assert (mail.address, mail.token, mail.account_id, mail.region) == ("user@example.com", "t", ACCOUNT, REGION)
        assert timedelta(hours=24) <= mail.expires_at - before < timedelta(hours=24, seconds=60)
        identity = transact(identities.get, ACCOUNT, REGION, "user@example.com")
        assert (identity.kind, identity.tokens) == (IdentityKind.EMAIL_ADDRESS, ())
        assert (identity.verification.status, identity.dkim.status) == (PENDING, VerificationStatus.NOT_STARTED)

    def test_two_accounts_prove_the_same_domain_each_for_itself(self, transact, account) -> None:
        ours, theirs = transact(domain), transact(domain, account_id=OTHER)
        assert not set(ours.tokens) & set(theirs.tokens)
        transact(verify, ours)
        assert transact(identities.get, ACCOUNT, REGION, "example.com").is_verified
        assert not transact(identities.get, OTHER, REGION, "example.com").is_verified

    def test_comes_with_tags_and_a_configuration_set(self, transact, account) -> None:
        transact(configuration_sets.create, ACCOUNT, REGION, ConfigurationSet(name="set"))
        identity = transact(domain, configuration_set="set", tags=[{"Key": "a", "Value": "b"}])
        assert identity.configuration_set == "set"
        assert transact(tags.get, ACCOUNT, REGION, "identity/example.com") == {"a": "b"}

    def test_refuses_in_ses_order_and_leaves_nothing_behind(self, transact, account) -> None:
        bad_tags, bad_set = [{"Key": "aws:x", "Value": ""}], "missing"
        transact(domain, "taken.example")
        with pytest.raises(AlreadyExists) as taken:
            transact(domain, "taken.example", tags=bad_tags, configuration_set=bad_set)
        assert taken.value.message == "Email identity taken.example already exist."
        with pytest.raises(Invalid, match="aws:"):
            transact(domain, tags=bad_tags, configuration_set=bad_set)
        with pytest.raises(Invalid) as missing:
            transact(domain, configuration_set=bad_set)
        assert missing.value.message == "Configuration set <missing> does not exist."
        assert transact(identities.look, ACCOUNT, REGION, ["example.com"]) == {}

    def test_stops_at_ten_thousand(self, transact, account) -> None:
        def fill(tx) -> None:
            from tayori.store.tables import identities as table

            row = dict(tx.execute(table.select()).one()._mapping)
            tx.execute(table.insert(), [{**row, "identity": f"d{n}.example"} for n in range(9_999)])

        transact(domain)
        transact(fill)
        with pytest.raises(LimitExceeded):
            transact(domain, "one-more.example")


class TestOlderWays:
    def test_a_domain_by_a_txt_record_keeps_its_token(self, transact, account) -> None:
        first = transact(identities.verify_domain, ACCOUNT, REGION, name("example.com"), "token-1")
        again = transact(identities.verify_domain, ACCOUNT, REGION, name("example.com"), "token-2")
        assert first == again == "token-1"
        identity = transact(identities.get, ACCOUNT, REGION, "example.com")
        assert (identity.verification_token, identity.tokens) == ("token-1", ())
        transact(verify, identity)
        identity = transact(identities.get, ACCOUNT, REGION, "example.com")
        assert identity.is_verified and identity.dkim.status is VerificationStatus.NOT_STARTED

    def test_dkim_tokens_are_stable_and_join_the_same_identity(self, transact, account) -> None:
        transact(identities.verify_domain, ACCOUNT, REGION, name("example.com"), "token-1")
        tokens = transact(identities.verify_domain_dkim, ACCOUNT, REGION, name("example.com"), keys())
        assert transact(identities.verify_domain_dkim, ACCOUNT, REGION, name("example.com"), keys()) == tokens
        identity = transact(identities.get, ACCOUNT, REGION, "example.com")
        assert (identity.tokens, identity.verification_token) == (tokens, "token-1")
        assert identity.dkim.status is PENDING

    def test_asking_again_starts_a_failed_search_anew(self, transact, account, clock) -> None:
        identity = transact(domain)
        clock.advance(73 * 3600)
        transact(identity_checks.record, checked(identity, dkim=Verdict.MISSING), 0.0)
        failed = transact(identities.get, ACCOUNT, REGION, "example.com")
        assert {failed.verification.status, failed.dkim.status} == {VerificationStatus.FAILED}
        transact(identities.verify_domain_dkim, ACCOUNT, REGION, name("example.com"), keys())
        anew = transact(identities.get, ACCOUNT, REGION, "example.com")
        assert (anew.tokens, {anew.verification.status, anew.dkim.status}) == (identity.tokens, {PENDING})
        assert anew.dkim.since is not None and anew.dkim.since > identity.created_at

    def test_a_failed_domain_is_proven_anew_by_its_txt_record(self, transact, account, clock) -> None:
        transact(identities.verify_domain, ACCOUNT, REGION, name("example.com"), "token-1")
        identity = transact(identities.get, ACCOUNT, REGION, "example.com")
        clock.advance(73 * 3600)
        transact(identity_checks.record, checked(identity, ownership=Verdict.MISSING), 0.0)
        assert transact(identities.verify_domain, ACCOUNT, REGION, name("example.com"), "token-2") == "token-1"
        assert transact(identities.get, ACCOUNT, REGION, "example.com").verification.status is PENDING

    def test_an_address_is_asked_again_with_a_new_link(self, transact, account) -> None:
        first = transact(identities.verify_address, ACCOUNT, REGION, name("user@example.com"), "one")
        second = transact(identities.verify_address, ACCOUNT, REGION, name("user@example.com"), "two")
        assert (first.token, second.token) == ("one", "two")
        with pytest.raises(NotFound):
            transact(identity_checks.verify_by_link, "one")
        transact(identity_checks.verify_by_link, "two")
        transact(identities.verify_address, ACCOUNT, REGION, name("user@example.com"), "three")
        assert transact(identities.get, ACCOUNT, REGION, "user@example.com").is_verified

    def test_a_domain_is_no_address_and_the_other_way_round(self, transact, account) -> None:
        for function, wrong, more in (
            (identities.verify_domain, "user@example.com", "t"),
            (identities.verify_domain_dkim, "user@example.com", ()),
            (identities.verify_address, "example.com", "t"),
        ):
            with pytest.raises(Invalid):
                transact(function, ACCOUNT, REGION, name(wrong), more)


class TestReading:
    def test_pages_are_in_the_order_of_names(self, transact, account) -> None:
        for each in ("b.example", "a.example", "c.example"):
            transact(domain, each)
        transact(address, "z@a.example")
        transact(domain, "elsewhere.example", account_id=OTHER)

        def names(**kwargs: object) -> list[str]:
            return [each.name for each in transact(identities.page, ACCOUNT, REGION, **kwargs)]

        assert names(limit=10) == ["a.example", "b.example", "c.example", "z@a.example"]
        assert names(limit=2) == ["a.example", "b.example"]
        assert names(limit=2, after="b.example") == ["c.example", "z@a.example"]
        assert names(limit=9, kind=IdentityKind.EMAIL_ADDRESS) == ["z@a.example"]
        assert names(limit=9, after="z@a.example") == []

    def test_what_does_not_exist_is_said_so(self, transact, account) -> None:
        with pytest.raises(NotFound) as missing:
            transact(identities.get, ACCOUNT, REGION, "example.com")
        assert missing.value.message == "Identity example.com does not exist."
        assert transact(identities.look, ACCOUNT, REGION, ["example.com"]) == {}

    def test_an_address_shows_the_dkim_of_the_exact_domain_behind_it(self, transact, account) -> None:
        own, parent = transact(address, "user@mail.example.com"), transact(domain, "example.com")
        assert transact(identities.dkim_source, own) == own
        transact(domain, "mail.example.com")
        assert transact(identities.dkim_source, own).name == "mail.example.com"
        assert transact(identities.dkim_source, parent).name == "example.com"


class TestResolve:
    def resolve(self, transact, text: str) -> str | None:
        found = transact(identities.resolve, ACCOUNT, REGION, AddrSpec.parse(text))
        return None if found is None else found.name

    def test_the_most_specific_verified_identity_wins(self, transact, account) -> None:
        assert self.resolve(transact, "user@a.b.example.com") is None
        parent = transact(domain, "example.com")
        assert self.resolve(transact, "user@a.b.example.com") is None
        transact(verify, parent)
        assert self.resolve(transact, "user@a.b.example.com") == "example.com"
        child = transact(domain, "b.example.com")
        assert self.resolve(transact, "user@a.b.example.com") == "example.com"
        transact(verify, child)
        assert self.resolve(transact, "user@a.b.example.com") == "b.example.com"
        assert self.resolve(transact, "user@ab.example.com") == "example.com"
        transact(address, "user@a.b.example.com")
        transact(identity_checks.verify_by_link, "link-token")
        assert self.resolve(transact, "user@a.b.example.com") == "user@a.b.example.com"
        assert self.resolve(transact, "other@a.b.example.com") == "b.example.com"

    def test_a_label_needs_no_identity_of_its_own(self, transact, account) -> None:
        transact(address, "user@example.com")
        transact(identity_checks.verify_by_link, "link-token")
        assert self.resolve(transact, "user+label@Example.COM") == "user@example.com"
        assert self.resolve(transact, "User@example.com") is None
        assert self.resolve(transact, "user@sub.example.com") is None

    def test_another_account_and_a_similar_name_do_not_count(self, transact, account) -> None:
        transact(verify, transact(domain, "example.com", account_id=OTHER))
        transact(verify, transact(domain, "ample.com"))
        assert self.resolve(transact, "user@example.com") is None

    def test_the_sender_of_a_verified_domain_signs_with_its_first_token(self, transact, account) -> None:
        identity = transact(domain)
        transact(verify, identity)
        sender = transact(find_sender, ACCOUNT, REGION, AddrSpec.parse("user@example.com"))
        (plan,) = sender.signing
        assert (plan.domain, plan.selector) == ("example.com", identity.tokens[0])
        assert transact(dkim_keys.private_key, plan.key_id) == identity.tokens[0].encode()
        transact(identities.put_dkim_enabled, ACCOUNT, REGION, "example.com", enabled=False)
        assert transact(find_sender, ACCOUNT, REGION, AddrSpec.parse("user@example.com")).signing == ()


class TestDelete:
    def test_takes_keys_and_tags_with_it(self, transact, account) -> None:
        identity = transact(domain, tags=[{"Key": "a", "Value": "b"}])
        assert transact(dkim_keys.published, identity.tokens[0])
        transact(identities.delete, ACCOUNT, REGION, "example.com")
        assert transact(dkim_keys.published, identity.tokens[0]) == []
        assert transact(tags.get, ACCOUNT, REGION, "identity/example.com") == {}
        assert transact(identity_checks.due, 10) == []
        with pytest.raises(NotFound) as missing:
            transact(identities.delete, ACCOUNT, REGION, "example.com")
        assert missing.value.message == "Email identity example.com does not exist."

    def test_leaves_other_accounts_alone(self, transact, account) -> None:
        transact(domain)
        theirs = transact(domain, account_id=OTHER)
        transact(identities.delete, ACCOUNT, REGION, "example.com")
        assert transact(dkim_keys.published, theirs.tokens[0])


class TestMailFrom:
    def put(self, transact, domain: str | None, behavior: MxFailureBehavior | None = None):
        transact(identities.put_mail_from, ACCOUNT, REGION, "example.com", domain, behavior)
        return transact(identities.get, ACCOUNT, REGION, "example.com")

    def test_is_searched_for_and_found(self, transact, account) -> None:
        transact(verify, transact(domain))
        identity = self.put(transact, "Bounce.Example.com", MxFailureBehavior.REJECT_MESSAGE)
        assert (identity.mail_from_domain, identity.mail_from.status) == ("bounce.example.com", PENDING)
        assert identity.mail_from_behavior is MxFailureBehavior.REJECT_MESSAGE
        assert [each.name for each in transact(identity_checks.due, 10)] == ["example.com"]
        transact(verify, identity)
        assert transact(identities.get, ACCOUNT, REGION, "example.com").mail_from.status is SUCCESS

    def test_setting_the_same_domain_again_changes_only_the_behaviour(self, transact, account) -> None:
        transact(domain)
        transact(verify, self.put(transact, "bounce.example.com", MxFailureBehavior.REJECT_MESSAGE))
        identity = self.put(transact, "bounce.example.com")
        assert identity.mail_from.status is SUCCESS
        assert identity.mail_from_behavior is MxFailureBehavior.USE_DEFAULT_VALUE

    @pytest.mark.parametrize("empty", [None, ""])
    def test_is_cleared_by_nothing(self, transact, account, empty) -> None:
        transact(domain)
        self.put(transact, "bounce.example.com", MxFailureBehavior.REJECT_MESSAGE)
        identity = self.put(transact, empty)
        assert (identity.mail_from_domain, identity.mail_from) == (None, None)
        assert identity.mail_from_behavior is MxFailureBehavior.USE_DEFAULT_VALUE

    @pytest.mark.parametrize("wrong", ["example.com", "bounce.example.org", "badexample.com", "com"])
    def test_must_be_below_the_identity(self, transact, account, wrong: str) -> None:
        transact(domain)
        with pytest.raises(Invalid) as refusal:
            self.put(transact, wrong)
        assert refusal.value.message == (
            f"Provided MAIL-FROM domain <{wrong}> is not subdomain of the domain of the identity <example.com>."
        )

    def test_must_be_a_domain(self, transact, account) -> None:
        transact(domain)
        with pytest.raises(Invalid, match="Invalid MAIL-FROM domain"):
            self.put(transact, "a b.example.com")

    def test_of_what_does_not_exist(self, transact, account) -> None:
        with pytest.raises(Invalid) as refusal:
            self.put(transact, "bounce.example.com")
        assert refusal.value.message == "Identity <example.com> does not exist."

    def test_an_address_may_have_one_too(self, transact, account) -> None:
        transact(address, "user@example.com")
        transact(identities.put_mail_from, ACCOUNT, REGION, "user@example.com", "bounce.example.com", None)
        identity = transact(identities.get, ACCOUNT, REGION, "user@example.com")
        assert identity.mail_from.status is PENDING
        transact(verify, identity)
        identity = transact(identities.get, ACCOUNT, REGION, "user@example.com")
        assert (identity.mail_from.status, identity.verification.status) == (SUCCESS, PENDING)


class TestSwitches:
    def test_dkim_signing(self, transact, account) -> None:
        transact(domain)
        transact(identities.put_dkim_enabled, ACCOUNT, REGION, "example.com", enabled=False)
        assert not transact(identities.get, ACCOUNT, REGION, "example.com").signing_enabled
        transact(identities.put_dkim_enabled, ACCOUNT, REGION, "unknown@example.com", enabled=False)
        with pytest.raises(Invalid) as refusal:
            transact(identities.put_dkim_enabled, ACCOUNT, REGION, "user@unknown.example", enabled=True)
        assert refusal.value.message == "Domain unknown.example is not verified for DKIM signing."

    def test_feedback_forwarding(self, transact, account) -> None:
        transact(domain)
        transact(identities.put_feedback, ACCOUNT, REGION, "example.com", forwarding=False)
        assert not transact(identities.get, ACCOUNT, REGION, "example.com").feedback_forwarding
        with pytest.raises(Invalid) as refusal:
            transact(identities.put_feedback, ACCOUNT, REGION, "unknown.example", forwarding=True)
        assert refusal.value.message == (
            "Identity unknown.example is invalid. Must be a verified email address or domain."
        )

    def test_default_configuration_set(self, transact, account) -> None:
        transact(domain)
        transact(configuration_sets.create, ACCOUNT, REGION, ConfigurationSet(name="set"))
        transact(identities.put_configuration_set, ACCOUNT, REGION, "example.com", "set")
        assert transact(identities.get, ACCOUNT, REGION, "example.com").configuration_set == "set"
        with pytest.raises(Invalid, match="Configuration set <other> does not exist"):
            transact(identities.put_configuration_set, ACCOUNT, REGION, "example.com", "other")
        transact(identities.put_configuration_set, ACCOUNT, REGION, "example.com", None)
        assert transact(identities.get, ACCOUNT, REGION, "example.com").configuration_set is None
        with pytest.raises(NotFound, match=r"Email identity <unknown\.example> does not exist"):
            transact(identities.put_configuration_set, ACCOUNT, REGION, "unknown.example", None)


class TestRekey:
    def put(self, transact, length: KeyLength):
        return transact(identities.put_dkim_signing, ACCOUNT, REGION, "example.com", Easy(length=length))

    def test_another_length_keeps_tokens_records_and_signatures(self, transact, account, clock) -> None:
        before = transact(domain)
        transact(verify, before)
        after = self.put(transact, KeyLength.RSA_1024_BIT)
        assert (after.tokens, after.verification.status, after.dkim.status) == (before.tokens, SUCCESS, SUCCESS)
        assert (after.key_length, after.current_length) == (KeyLength.RSA_1024_BIT, KeyLength.RSA_2048_BIT)
        clock.advance(3600)
        with pytest.raises(Invalid, match="once in 24 hours"):
            self.put(transact, KeyLength.RSA_2048_BIT)
        assert self.put(transact, KeyLength.RSA_1024_BIT).key_length is KeyLength.RSA_1024_BIT  # no change, no refusal
        clock.advance(23 * 3600)
        assert self.put(transact, KeyLength.RSA_2048_BIT).key_length is KeyLength.RSA_2048_BIT

    def test_the_same_length_changes_nothing(self, transact, account) -> None:
        before = transact(domain)
        transact(verify, before)
        after = self.put(transact, KeyLength.RSA_2048_BIT)
        assert (after.tokens, after.dkim.status) == (before.tokens, SUCCESS)

    def test_is_for_domains_that_exist(self, transact, account) -> None:
        transact(address)
        with pytest.raises(Invalid, match="must be a valid domain"):
            transact(identities.put_dkim_signing, ACCOUNT, REGION, "user@example.com", Easy())
        with pytest.raises(NotFound, match=r"Email identity example\.com does not exist"):
            self.put(transact, KeyLength.RSA_2048_BIT)


def test_names_of_the_records_are_the_services(transact, account) -> None:
    identity = transact(domain)
    assert checked(identity).findings[0].expected.value == f"{identity.tokens[0]}.{NAMES.dkim_zone}"
