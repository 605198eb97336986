"""Certificates of mail hosts and of private authorities, as tests want them wrong."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Certified:
    """A certificate with its key and, for a host, the certificates that it sends behind its own."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    behind: tuple["Certified", ...] = ()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def spki(self) -> bytes:
        public = self.key.public_key()
        return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    @property
    def chain(self) -> list[bytes]:
        return [self.der, *(one.der for one in self.behind)]

    def sending(self, *behind: "Certified") -> "Certified":
        return Certified(self.certificate, self.key, behind)

    @property
    def pem(self) -> bytes:
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        chain = [one.certificate.public_bytes(serialization.Encoding.PEM) for one in (self, *self.behind)]
        return key + b"".join(chain)

    def context(self, folder: Path) -> ssl.SSLContext:
        file = folder / f"{self.certificate.serial_number}.pem"
        file.write_bytes(self.pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def certify(
    name: str,
    issuer: Certified | None = None,
    *,
    names: Sequence[str] = (),
    is_authority: bool = False,
    begins: datetime = NOW - DAY,
    ends: datetime = NOW + 30 * DAY,
) -> Certified:
    """A certificate by `issuer`, or by itself. An authority of its own making has no extensions but the needed one."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )
    if is_authority:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if names:
        alternative = x509.SubjectAlternativeName([x509.DNSName(one) for one in names])
        builder = builder.add_extension(alternative, critical=False)
    return Certified(builder.sign((issuer or Certified(None, key)).key, hashes.SHA256()), key)  # type: ignore[arg-type]
