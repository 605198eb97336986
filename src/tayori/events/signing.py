"""Signatures on notifications, as SNS makes them: RSA with SHA-1 (version 1) or SHA-256 (version 2), PKCS#1 v1.5.

Owns the key and its certificate: made at the first need, shared by all nodes, replaced long before it expires while the
old certificate can still be fetched. Clients know a certificate by its URL only (sns: verifying signatures).
"""

import asyncio
import base64
import hashlib
from collections import OrderedDict
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from tayori.clock import Clock
from tayori.resources import signing_certificates
from tayori.resources.signing_certificates import SigningCertificate
from tayori.store.engine import Store

FILE_PREFIX = "SimpleNotificationService-"
_LIFETIME = timedelta(days=400)
_REPLACED_BEFORE = timedelta(days=100)  # its end
_LOOKED_AT_AGAIN = timedelta(minutes=10)  # another node may have replaced it
_REMEMBERED = 512

# Version 1 is SHA-1, which clients check for; a topic asks for version 2 by its SignatureVersion.
_DIGESTS: dict[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303


def file_name(name: str) -> str:
    return f"{FILE_PREFIX}{name}.pem"


def make(host: str, now: datetime) -> SigningCertificate:
    """A fresh key with a certificate of its own signature. Takes a moment: call it in a thread."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
    now = now.replace(microsecond=0)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    return SigningCertificate(
        name=hashlib.sha256(der).hexdigest()[:32],
        private_key=key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        certificate=certificate.public_bytes(serialization.Encoding.PEM).decode("ascii"),
        made_at=now,
        expires_at=now + _LIFETIME,
    )


class Signer:
    """Signs with one key. The same message to many subscribers is signed once."""

    def __init__(self, certificate: SigningCertificate) -> None:
        key = serialization.load_der_private_key(certificate.private_key, None)
        assert isinstance(key, rsa.RSAPrivateKey)
        self._key = key
        self._made: OrderedDict[tuple[bytes, str], str] = OrderedDict()
        self.certificate_name = certificate.name

    def sign(self, canonical: bytes, version: str) -> str:
        known = hashlib.sha256(canonical).digest(), version
        if known not in self._made:
            signature = self._key.sign(canonical, padding.PKCS1v15(), _DIGESTS[version])
            self._made[known] = base64.b64encode(signature).decode("ascii")
            if len(self._made) > _REMEMBERED:
                self._made.popitem(last=False)
        return self._made[known]


class Signing:
    """The signer of this moment, over the store."""

    def __init__(self, store: Store, clock: Clock, host: str) -> None:
        self._store = store
        self._clock = clock
        self._host = host
        self._signer: Signer | None = None
        self._looked_at: datetime | None = None
        self._looking = asyncio.Lock()

    async def current(self) -> Signer:
        now = self._clock.wall()
        async with self._looking:
            if self._signer is None or self._looked_at is None or now - self._looked_at > _LOOKED_AT_AGAIN:
                found = await self._find(now)
                if self._signer is None or self._signer.certificate_name != found.name:
                    self._signer = Signer(found)
                self._looked_at = now
            return self._signer

    async def _find(self, now: datetime) -> SigningCertificate:
        found = await self._store.read(signing_certificates.newest)
        if found is not None and now < found.expires_at - _REPLACED_BEFORE:
            return found
        fresh = await asyncio.to_thread(make, self._host, now)
        return await self._store.write(signing_certificates.put, fresh, found.name if found else "")
