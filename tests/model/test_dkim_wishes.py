"""What DkimSigningAttributes ask for."""

import pytest

from tayori.model.dkim_setup import (
    EasyDkim,
    OwnKey,
    Replica,
    parent_region,
    replica_origin,
    wanted_at_birth,
    wanted_later,
)
from tayori.model.errors import Invalid
from tayori.model.identity import IdentityKind, KeyLength

KEY = {"DomainSigningSelector": "S1", "DomainSigningPrivateKey": "MIIE"}
DOMAIN = IdentityKind.DOMAIN


def test_easy_dkim_is_the_default() -> None:
    assert wanted_at_birth(None, DOMAIN) == EasyDkim(length=None)
    assert wanted_at_birth({"NextSigningKeyLength": "RSA_1024_BIT"}, DOMAIN) == EasyDkim(length=KeyLength.RSA_1024_BIT)
    assert wanted_later("AWS_SES", None) == EasyDkim(length=None)


@pytest.mark.parametrize("more", [{}, {"DomainSigningAttributesOrigin": "EXTERNAL"}])
def test_a_key_of_the_customers_own(more: dict[str, str]) -> None:
    assert wanted_at_birth(KEY | more, DOMAIN) == OwnKey(selector="s1", private_key="MIIE")
    assert wanted_later("EXTERNAL", KEY | more) == OwnKey(selector="s1", private_key="MIIE")


def test_a_key_does_not_show_in_the_text_of_a_wish() -> None:
    assert "MIIE" not in repr(wanted_at_birth(KEY, DOMAIN))


def test_the_keys_of_another_region() -> None:
    wanted = wanted_at_birth({"DomainSigningAttributesOrigin": "AWS_SES_AP_NORTHEAST_1"}, DOMAIN)
    assert wanted == Replica(region="ap-northeast-1") == wanted_later("AWS_SES_AP_NORTHEAST_1", {})
    assert parent_region(replica_origin("ap-northeast-1")) == "ap-northeast-1"
    assert parent_region("AWS_SES") is parent_region("EXTERNAL") is None


@pytest.mark.parametrize(
    ("origin", "attributes", "sentence"),
    [
        ("EXTERNAL", {}, "must be specified together"),
        ("EXTERNAL", {"DomainSigningSelector": "s"}, "must be specified together"),
        ("EXTERNAL", KEY | {"NextSigningKeyLength": "RSA_1024_BIT"}, "cannot be specified together"),
        ("EXTERNAL", KEY | {"DomainSigningAttributesOrigin": "AWS_SES"}, "must be the same"),
        ("AWS_SES", KEY, "only with SigningAttributesOrigin EXTERNAL"),
        ("AWS_SES_EU_WEST_1", KEY, "only with SigningAttributesOrigin EXTERNAL"),
        ("AWS_SES_EU_WEST_1", {"NextSigningKeyLength": "RSA_1024_BIT"}, "the keys of its parent"),
        ("AWS_SES", {"NextSigningKeyLength": "RSA_9_BIT"}, "must be RSA_1024_BIT or RSA_2048_BIT"),
    ],
)
def test_what_does_not_go_together_is_refused(origin: str, attributes: dict[str, str], sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        wanted_later(origin, attributes)


def test_an_address_has_no_keys() -> None:
    with pytest.raises(Invalid, match="only for a domain"):
        wanted_at_birth({"NextSigningKeyLength": "RSA_1024_BIT"}, IdentityKind.EMAIL_ADDRESS)
    assert wanted_at_birth(None, IdentityKind.EMAIL_ADDRESS) == EasyDkim()
