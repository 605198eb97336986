"""DKIM keys: reading private keys, writing and reading the public key record (RFC 6376 3.6.1, RFC 8463).

Owns the forms a key comes in: PEM, or bare base64 of PKCS#1 or PKCS#8 as SES's BYODKIM takes it. Makes no keys (that
needs randomness) and keeps none: who signs often holds the loaded object, loading costs fifty signatures.
"""

import base64
import binascii
import re
from enum import Enum, auto
from typing import TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
)

PrivateKey: TypeAlias = RSAPrivateKey | Ed25519PrivateKey
PublicKey: TypeAlias = RSAPublicKey | Ed25519PublicKey

_BLANKS = re.compile(rb"[ \t\r\n]+")
MAX_KEY_TEXT = 32 * 1024


class DkimKeyError(ValueError):
    """The text holds no key we can use. `str()` is a sentence that reveals nothing of the key."""


class KeyOrigin(Enum):
    """Who made a private key. Checking the primes of a foreign key takes 40 ms; those of our own were made good."""

    OURS = auto()
    FOREIGN = auto()


def load_private_key(text: str | bytes, origin: KeyOrigin = KeyOrigin.FOREIGN) -> PrivateKey:
    """The RSA or Ed25519 key of PEM text, or of base64 PKCS#1 or PKCS#8 DER without its PEM lines.

    Raises DkimKeyError for anything else: an encrypted key, another algorithm, damaged text.
    """
    data = text.encode("ascii", "replace") if isinstance(text, str) else text
    if len(data) > MAX_KEY_TEXT:
        raise DkimKeyError("The private key is too long")
    trusted = origin is KeyOrigin.OURS
    try:
        if b"-----BEGIN" in data:
            key = load_pem_private_key(data, None, unsafe_skip_rsa_key_validation=trusted)
        else:
            der = base64.b64decode(_BLANKS.sub(b"", data), validate=True)
            key = load_der_private_key(der, None, unsafe_skip_rsa_key_validation=trusted)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise DkimKeyError("The private key is not a PKCS#1 or PKCS#8 key without a passphrase") from error
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise DkimKeyError("The private key is neither RSA nor Ed25519")
    return key


def key_bits(key: PrivateKey | PublicKey) -> int:
    """The size that the key is spoken of by: the RSA modulus, or 256."""
    return key.key_size if isinstance(key, RSAPrivateKey | RSAPublicKey) else 256


def public_record(key: PrivateKey | PublicKey) -> str:
    """The TXT value of the key record, in one string: who serves it splits it into 255-octet pieces."""
    public = key.public_key() if isinstance(key, RSAPrivateKey | Ed25519PrivateKey) else key
    if isinstance(public, RSAPublicKey):
        data = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return "v=DKIM1; k=rsa; p=" + base64.b64encode(data).decode("ascii")
    data = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return "v=DKIM1; k=ed25519; p=" + base64.b64encode(data).decode("ascii")


def load_public_key(kind: str, text: bytes) -> PublicKey:
    """The key of a record's p= tag for its k= tag: "rsa" (SubjectPublicKeyInfo, or the bare PKCS#1 that RFC 6376
    describes) or "ed25519" (RFC 8463 4). Raises DkimKeyError.
    """
    try:
        data = base64.b64decode(_BLANKS.sub(b"", text), validate=True)
        if kind == "ed25519":
            return Ed25519PublicKey.from_public_bytes(data)
        key = load_der_public_key(data)
    except (ValueError, binascii.Error, UnsupportedAlgorithm) as error:
        raise DkimKeyError("The public key cannot be read") from error
    if not isinstance(key, RSAPublicKey):
        raise DkimKeyError("The public key is not of the kind that its record says")
    return key
