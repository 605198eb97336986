"""DKIM keys: real ones, kept and published."""

import base64

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from tayori.model.identity import KeyLength
from tayori.resources import dkim_keys
from tayori.resources.dkim_keys import OwnSignature


def test_a_made_key_signs_and_its_record_verifies() -> None:
    (key,) = dkim_keys.generate(KeyLength.RSA_1024_BIT, count=1)
    private = load_der_private_key(key.private_key, None)
    tags = dict(tag.split("=", 1) for tag in key.public_record.split("; "))
    assert (tags["v"], tags["k"]) == ("DKIM1", "rsa")
    public = load_der_public_key(base64.b64decode(tags["p"], validate=True))
    signature = private.sign(b"data", padding.PKCS1v15(), hashes.SHA256())  # type: ignore[union-attr, call-arg]
    public.verify(signature, b"data", padding.PKCS1v15(), hashes.SHA256())  # type: ignore[union-attr, call-arg]
    assert len(key.selector) == 32 and private.key_size == 1024  # type: ignore[union-attr]


def test_keys_are_2048_bits_long_and_differ() -> None:
    made = dkim_keys.generate(count=2)
    assert {load_der_private_key(key.private_key, None).key_size for key in made} == {2048}  # type: ignore[union-attr]
    assert len({key.selector for key in made}) == 2
    assert all(key.private_key.hex() not in repr(key) for key in made)


def test_a_key_is_published_under_its_selector(transact) -> None:
    (key,) = dkim_keys.generate(KeyLength.RSA_1024_BIT, count=1)
    transact(dkim_keys.keep, "123456789012", "us-east-1", "example.com", [key])
    assert transact(dkim_keys.published, key.selector) == [key.public_record]
    assert transact(dkim_keys.private_key, key.key_id) == key.private_key
    assert transact(dkim_keys.published, "other") == []
    assert transact(dkim_keys.private_key, "other") is None


def test_the_services_own_keys_and_customers_are_kept_apart(transact, clock) -> None:
    first, second, customers = dkim_keys.generate(KeyLength.RSA_1024_BIT, count=3)
    assert transact(dkim_keys.own, "tayori.test") is None
    transact(dkim_keys.keep_own, "tayori.test", first)
    clock.advance(1)
    transact(dkim_keys.keep_own, "tayori.test", second)
    transact(dkim_keys.keep, "123456789012", "us-east-1", "tayori.test", [customers])
    assert transact(dkim_keys.own, "tayori.test") == (second.key_id, second.selector)
    assert transact(dkim_keys.published_own, first.selector) == [first.public_record]
    assert transact(dkim_keys.published, first.selector) == []
    assert transact(dkim_keys.published_own, customers.selector) == []


def test_the_service_signs_for_itself_by_the_kind_of_key_that_is_wanted(transact) -> None:
    own = "tayori.test"
    rsa, ed25519 = (dkim_keys.generate_own(kind) for kind in (OwnSignature.RSA, OwnSignature.ED25519))
    transact(dkim_keys.use_own, own, OwnSignature.RSA, rsa)
    transact(dkim_keys.use_own, own, OwnSignature.RSA, None)  # the next start
    assert transact(dkim_keys.own_active, own) == [(rsa.key_id, rsa.selector)]
    transact(dkim_keys.use_own, own, OwnSignature.ED25519, ed25519)
    assert transact(dkim_keys.own_active, own) == [(ed25519.key_id, ed25519.selector)]
    assert ed25519.public_record.startswith("v=DKIM1; k=ed25519; p=")
    # Mail under way is still signed and verified by what there was.
    assert transact(dkim_keys.published_own, rsa.selector) == [rsa.public_record]
    assert transact(dkim_keys.private_key, rsa.key_id) == rsa.private_key
    transact(dkim_keys.use_own, own, OwnSignature.OFF, None)
    assert transact(dkim_keys.own_active, own) == []
    transact(dkim_keys.use_own, own, OwnSignature.RSA, None)
    assert transact(dkim_keys.own_active, own) == [(rsa.key_id, rsa.selector)]
