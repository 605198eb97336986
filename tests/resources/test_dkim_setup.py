"""The ways of DKIM in the rows: a customer's own key, exchanges of one way for another, replicas of another region."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from identity_makers import ACCOUNT, REGION, checked, domain, keys, open_account

from tayori.mail.address import AddrSpec
from tayori.model.errors import Invalid
from tayori.model.identity import ErrorType, KeyLength, Verdict, VerificationStatus
from tayori.resources import accounts, dkim_keys, identities, identity_checks
from tayori.resources.dkim_keys import DkimKey, read_own_key
from tayori.resources.dkim_setup import Easy, Follow, Own
from tayori.resources.settings import find_sender

PENDING, SUCCESS, FAILED = VerificationStatus.PENDING, VerificationStatus.SUCCESS, VerificationStatus.FAILED
PARENT = "eu-west-1"
PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=1024)


def text_of(key, form=PrivateFormat.PKCS8, encryption=None) -> str:
    return base64.b64encode(key.private_bytes(Encoding.DER, form, encryption or NoEncryption())).decode()


def own(selector: str = "s1") -> Own:
    return Own(key=DkimKey(selector=selector, private_key=b"own", public_record="v=DKIM1; k=rsa; p=OWN"))


@pytest.fixture(autouse=True)
def account(transact) -> None:
    transact(open_account)
    transact(accounts.open_region, ACCOUNT, PARENT)


def get(transact, region: str = REGION):
    return transact(identities.get, ACCOUNT, region, "example.com")


def put(transact, setup, region: str = REGION):
    return transact(identities.put_dkim_signing, ACCOUNT, region, "example.com", setup)


def look(transact, region: str = REGION, **verdicts: Verdict):
    """The verifier's part: everything is found, unless said otherwise."""
    identity = get(transact, region)
    transact(identity_checks.record, checked(identity, **verdicts), 0.0)
    return get(transact, region)


def signatures(transact, region: str = REGION) -> list[str]:
    """The selectors by which mail of the domain is signed now."""
    sender = transact(find_sender, ACCOUNT, region, AddrSpec.parse("a@example.com"))
    return [plan.selector for plan in sender.signing] if sender else []


class TestOwnKeys:
    @pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
    def test_are_read_in_both_forms(self, form) -> None:
        key = read_own_key("s1", text_of(PRIVATE, form))
        assert key.private_key == base64.b64decode(text_of(PRIVATE))
        assert key.public_record.startswith("v=DKIM1; k=rsa; p=MI")

    @pytest.mark.parametrize(
        "text",
        [
            "QUJD",
            "MIIE",
            "====",
            text_of(PRIVATE)[:-40],
            text_of(PRIVATE, encryption=BestAvailableEncryption(b"secret")),
            text_of(ec.generate_private_key(ec.SECP256R1())),
            text_of(rsa.generate_private_key(public_exponent=65537, key_size=3072)),
        ],
    )
    def test_that_cannot_sign_are_refused_without_telling_them(self, text: str) -> None:
        with pytest.raises(Invalid, match="DomainSigningPrivateKey is invalid") as refusal:
            read_own_key("s1", text)
        assert len(text) < 5 or text[:12] not in refusal.value.message

    def test_sign_once_their_record_is_found_and_are_published_by_the_customer_alone(self, transact) -> None:
        identity = transact(domain, dkim=own())
        assert (identity.tokens, identity.dkim_origin, identity.key_length) == (("s1",), "EXTERNAL", None)
        (record,) = [finding.expected for finding in checked(identity).findings]
        assert (record.name, record.rdtype) == ("s1._domainkey.example.com", "TXT")
        assert record.value == "v=DKIM1; k=rsa; p=OWN"
        assert transact(dkim_keys.published, "s1") == []
        assert signatures(transact) == []
        assert look(transact).is_verified
        assert signatures(transact) == ["s1"]

    def test_may_be_exchanged_without_limit_and_sign_nothing_before_they_are_found(self, transact) -> None:
        transact(domain, dkim=own())
        look(transact)
        for selector in ("s2", "s3", "s4"):
            changed = put(transact, own(selector))
            assert (changed.tokens, changed.dkim.status) == ((selector,), PENDING)
            assert changed.is_verified
            assert signatures(transact) == []
            look(transact)
            assert signatures(transact) == [selector]

    def test_the_same_key_again_changes_nothing(self, transact) -> None:
        transact(domain, dkim=own())
        look(transact)
        assert put(transact, own()).dkim.status is SUCCESS

    def test_a_look_for_the_old_key_says_nothing_of_the_new(self, transact) -> None:
        transact(domain, dkim=own())
        before = look(transact)
        other = Own(key=DkimKey(selector="s1", private_key=b"x", public_record="v=DKIM1; k=rsa; p=NEW"))
        put(transact, other)
        transact(identity_checks.record, checked(before), 0.0)
        assert get(transact).dkim.status is PENDING

    def test_v1_does_not_take_the_domain_back_to_easy_dkim(self, transact) -> None:
        identity = transact(domain, dkim=own())
        with pytest.raises(Invalid, match="not set up with Easy DKIM, but with EXTERNAL"):
            transact(identities.verify_domain_dkim, ACCOUNT, REGION, name_of(identity), keys())


def name_of(identity):
    return identities.IdentityName.parse(identity.name)


class TestExchanges:
    def test_from_easy_to_own_and_back_leave_the_keys_of_mail_under_way(self, transact) -> None:
        easy = transact(domain)
        look(transact)
        (plan,) = transact(find_sender, ACCOUNT, REGION, AddrSpec.parse("a@example.com")).signing
        put(transact, own())
        assert signatures(transact) == []  # as on SES: unsigned until the new record is found
        assert transact(dkim_keys.private_key, plan.key_id) == plan.selector.encode()
        assert transact(dkim_keys.published, plan.selector) == [f"p={plan.selector}"]
        assert transact(dkim_keys.published, easy.tokens[1]) == []  # has signed nothing
        look(transact)
        (own_plan,) = transact(find_sender, ACCOUNT, REGION, AddrSpec.parse("a@example.com")).signing
        again = put(transact, Easy(keys=keys(KeyLength.RSA_1024_BIT)))
        assert (again.dkim_origin, again.dkim.status, len(again.tokens)) == ("AWS_SES", PENDING, 3)
        assert not set(again.tokens) & set(easy.tokens)
        assert (again.current_length, again.own_record) == (KeyLength.RSA_1024_BIT, None)
        assert transact(dkim_keys.private_key, own_plan.key_id) == b"own"
        look(transact)
        assert signatures(transact) == [again.tokens[0]]

    def test_need_keys(self, transact) -> None:
        transact(domain, dkim=own())
        with pytest.raises(Invalid, match="needs keys"):
            put(transact, Easy())


class TestReplicas:
    def test_have_the_tokens_and_sign_with_the_keys_of_their_parent(self, transact) -> None:
        parent = transact(domain, region=PARENT)
        replica = transact(domain, dkim=Follow(region=PARENT))
        assert (replica.tokens, replica.dkim_origin) == (parent.tokens, "AWS_SES_EU_WEST_1")
        assert replica.key_length is None
        shown = transact(identities.dkim_source, replica)
        assert (shown.key_length, shown.keys_made_at) == (parent.key_length, parent.keys_made_at)
        assert look(transact).is_verified
        assert signatures(transact) == [parent.tokens[0]]
        assert signatures(transact, PARENT) == []  # each region proves the domain for itself

    def test_follow_their_parent_to_other_tokens(self, transact) -> None:
        transact(domain, region=PARENT)
        replica = transact(domain, dkim=Follow(region=PARENT))
        before = look(transact)
        put(transact, own(), PARENT)
        put(transact, Easy(keys=keys()), PARENT)
        after = get(transact)
        assert after.tokens == get(transact, PARENT).tokens != replica.tokens
        assert (after.dkim.status, after.is_verified) == (PENDING, True)
        transact(identity_checks.record, checked(before), 0.0)
        assert get(transact).dkim.status is PENDING
        assert look(transact).dkim.status is SUCCESS

    def test_that_come_before_their_parent_wait_for_it(self, transact) -> None:
        assert transact(domain, dkim=Follow(region=PARENT)).tokens == ()
        waiting = look(transact)
        assert (waiting.dkim.status, waiting.error_type) == (PENDING, ErrorType.REPLICATION_PRIMARY_NOT_FOUND)
        parent = transact(domain, region=PARENT)
        assert get(transact).tokens == parent.tokens
        found = look(transact)
        assert (found.dkim.status, found.error_type) == (SUCCESS, None)

    @pytest.mark.parametrize(
        ("setup", "trouble"),
        [
            (own(), ErrorType.REPLICATION_PRIMARY_BYO_DKIM_NOT_SUPPORTED),
            (Follow(region="us-west-2"), ErrorType.REPLICATION_REPLICA_AS_PRIMARY_NOT_SUPPORTED),
        ],
    )
    def test_cannot_follow_what_has_no_keys_to_give(self, transact, clock, setup, trouble) -> None:
        transact(accounts.open_region, ACCOUNT, "us-west-2")
        transact(domain, region="us-west-2")
        transact(domain, region=PARENT)
        transact(domain, dkim=Follow(region=PARENT))
        look(transact)
        look(transact, PARENT)
        put(transact, setup, PARENT)
        look(transact, PARENT)
        assert get(transact).next_check_at <= clock.now()  # told at once
        lost = look(transact)
        assert (lost.error_type, lost.dkim.status) == (trouble, SUCCESS)
        clock.advance(73 * 3600)
        assert look(transact).dkim.status is FAILED
        assert signatures(transact) == []

    def test_of_their_own_region_are_none(self, transact) -> None:
        transact(domain, dkim=Follow(region=REGION))
        assert look(transact).error_type == ErrorType.REPLICATION_PRIMARY_INVALID_REGION

    def test_lose_their_parent_when_it_is_deleted(self, transact) -> None:
        transact(domain, region=PARENT)
        transact(domain, dkim=Follow(region=PARENT))
        look(transact)
        transact(identities.delete, ACCOUNT, PARENT, "example.com")
        assert look(transact).error_type == ErrorType.REPLICATION_PRIMARY_NOT_FOUND
        assert signatures(transact) == []

    def test_do_not_follow_another_accounts_identity(self, transact) -> None:
        transact(open_account, "210987654321")
        transact(accounts.open_region, "210987654321", PARENT)
        transact(domain, account_id="210987654321", region=PARENT)
        transact(domain, dkim=Follow(region=PARENT))
        assert look(transact).error_type == ErrorType.REPLICATION_PRIMARY_NOT_FOUND
