"""The certificate authority of the rehearsal internet.

Owns one CA in the data folder, whose certificate the service trusts by a public setting, and the server certificates
it issues. Never leaves the machine. Times are the wall's: TLS knows no service time. RFC 5280, RFC 6125.
"""

import ipaddress
import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_VALID_FOR = timedelta(days=3650)


class CertificateAuthority:
    """Opens the authority of a folder, or founds it there: `ca.pem` is public, `ca.key` is not."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.ca_file = folder / "ca.pem"
        key_file = folder / "ca.key"
        if self.ca_file.exists() and key_file.exists():
            self._key = _load_key(key_file)
            self._certificate = x509.load_pem_x509_certificate(self.ca_file.read_bytes())
        else:
            self._key = ec.generate_private_key(ec.SECP256R1())
            self._certificate = _found(self._key)
            _write_private(key_file, _key_pem(self._key))
            self.ca_file.write_bytes(_certificate_pem(self._certificate))

    def server_context(self, *names: str) -> ssl.SSLContext:
        """TLS for a server under these names, with a certificate of this authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _issue(names, key, self._certificate.subject, self._key)
        return _context(self._folder / f"{names[0]}.pem", key, certificate)

    def issue_files(self, certificate: Path, key: Path, names: tuple[str, ...], addresses: tuple[str, ...]) -> None:
        """A certificate and its private key as files, for a server that reads them from its settings."""
        private = ec.generate_private_key(ec.SECP256R1())
        issued = _issue(names, private, self._certificate.subject, self._key, addresses)
        _write_private(key, _key_pem(private))
        certificate.write_bytes(_certificate_pem(issued))

    def self_signed_context(self, *names: str) -> ssl.SSLContext:
        """TLS with a certificate that nobody vouches for."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        return _context(self._folder / f"{names[0]}.pem", key, _issue(names, key, subject, key))


def _found(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tayori rehearsal internet CA")])
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    builder = _builder(name, name, key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())


def _issue(
    names: tuple[str, ...],
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    addresses: tuple[str, ...] = (),
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    hosts = [x509.DNSName(name) for name in names]
    literals = [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
    builder = _builder(subject, issuer, key.public_key())
    for extension, critical in (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.SubjectAlternativeName([*hosts, *literals]), False),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False),
    ):
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer_key, hashes.SHA256())


def _builder(subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _VALID_FOR)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _context(file: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> ssl.SSLContext:
    # The ssl module takes a certificate from a file only; the file is made anew at each start.
    _write_private(file, _key_pem(key) + _certificate_pem(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(file)
    return context


def _load_key(file: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{file} does not hold the key of a rehearsal authority")
    return key


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _certificate_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write_private(file: Path, content: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
