"""DANE for SMTP: what a host's signed zone says of its certificate, and whether the certificate is the one.

Owns the look-up of TLSA records, which of them are usable, and their match. Nothing here counts that DNSSEC has not
vouched for. Never opens a connection.

RFC 7672 (SMTP), RFC 7671 (TLSA in practice), RFC 6698 (the record). Chains below a trust anchor of the zone are built
and checked by `cryptography`, with that one certificate as the whole trust store: Python's `ssl` can take a trust
anchor before the handshake only, and a digest of it tells which certificate that is only once the host has sent it.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from ssl import SSLObject

from cryptography import x509
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError

from tayori.delivery import tls
from tayori.delivery.certificate import public_key_of
from tayori.delivery.route import Target
from tayori.delivery.security import Check, Mismatch
from tayori.delivery.tls_result import ResultType
from tayori.mail.answer import Resolver

_TRUST_ANCHOR, _END_ENTITY = 2, 3
_DIGESTS: dict[int, Callable[[bytes], bytes]] = {
    0: lambda data: data,
    1: lambda data: hashlib.sha256(data).digest(),
    2: lambda data: hashlib.sha512(data).digest(),
}
_DIGEST_SIZES = {1: 32, 2: 64}
_LARGEST = 16 * 1024  # octets of a whole certificate


class Lookup(Enum):
    """What the zone says beside records."""

    NONE = "no TLSA record that DNSSEC vouches for"
    FAILED = "the TLSA records cannot be had"


@dataclass(frozen=True, slots=True)
class TlsaRecord:
    usage: int
    selector: int
    matching: int
    data: bytes

    @property
    def text(self) -> str:
        return f"{self.usage} {self.selector} {self.matching} {self.data.hex()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsaSet:
    """The usable records of a host, none of them where all are of a kind that no SMTP client can use.

    `name` is the TLSA base domain: SNI, and the first name that a certificate may be for.
    """

    name: str
    records: tuple[TlsaRecord, ...]
    strings: tuple[str, ...]


async def find(target: Target, resolver: Resolver) -> TlsaSet | Lookup:
    """The TLSA records of a host (RFC 7672 2.2). FAILED: the host must not be used now, since whoever can keep the
    records from us could otherwise switch them off.
    """
    if not target.is_validated_host:
        return Lookup.NONE
    for name in await _base_domains(target, resolver):
        answer = await resolver.resolve(f"_25._tcp.{name}", "TLSA")
        if not answer.is_definite:
            return Lookup.FAILED
        if answer.exists and answer.authenticated:
            return TlsaSet(name=name, records=usable(answer.values), strings=answer.values)
    return Lookup.NONE


async def _base_domains(target: Target, resolver: Resolver) -> Sequence[str]:
    """RFC 7672 2.2.2 and 2.2.3: the name at the end of secure aliases, else the first one if its own zone is secure.

    An insecure zone is not asked for TLSA at all: some of their servers do not answer such a question.
    """
    if target.is_validated_address:
        return tuple(dict.fromkeys(name for name in (target.canonical, target.host) if name))
    if target.canonical in ("", target.host):
        return ()
    alias = await resolver.resolve(target.host, "CNAME")
    return (target.host,) if alias.exists and alias.authenticated else ()


def usable(values: Iterable[str]) -> tuple[TlsaRecord, ...]:
    """Those that an SMTP client can use, by digest agility (RFC 7671 9) without weaker digests of the same thing."""
    records = [record for record in map(_read, values) if record is not None]
    stronger = {(record.usage, record.selector) for record in records if record.matching == 2}
    return tuple(r for r in dict.fromkeys(records) if r.matching != 1 or (r.usage, r.selector) not in stronger)


def _read(value: str) -> TlsaRecord | None:
    """PKIX-TA(0) and PKIX-EE(1) are of no use: a host cannot know which authorities its senders trust (RFC 7672
    3.1.3).
    """
    try:
        usage, selector, matching, *data = value.split()
        record = TlsaRecord(int(usage), int(selector), int(matching), bytes.fromhex("".join(data)))
    except ValueError:
        return None
    if record.usage not in (_TRUST_ANCHOR, _END_ENTITY) or record.selector not in (0, 1):
        return None
    if record.matching not in _DIGESTS or not record.data or len(record.data) > _LARGEST:
        return None
    if len(record.data) != _DIGEST_SIZES.get(record.matching, len(record.data)):
        return None
    if record.matching == 0 and _whole(record) is None:
        return None
    return record


def _whole(record: TlsaRecord) -> bytes | None:
    """The public key that a record with a whole certificate, or a whole key, has; None: it is neither."""
    if record.selector == 1:
        return record.data
    try:
        x509.load_der_x509_certificate(record.data)
        return public_key_of(record.data)
    except ValueError:
        return None


def checker(found: TlsaSet, names: Sequence[str], now: Callable[[], datetime]) -> Check:
    """Looks at a host's certificate after the handshake. `names` are those of which a certificate below a trust anchor
    must have one.
    """

    def check(connection: SSLObject) -> Mismatch | None:
        return judge(found.records, tls.chain(connection), names, now())

    return check


def judge(
    records: Sequence[TlsaRecord], chain: Sequence[bytes], names: Sequence[str], now: datetime
) -> Mismatch | None:
    """None where one of the records vouches for the chain, whose first certificate is the host's own."""
    if not chain:
        return Mismatch(ResultType.VALIDATION_FAILURE, "the host has shown no certificate")
    if _matches(chain[0], [r for r in records if r.usage == _END_ENTITY]):
        return None  # neither its names nor its dates matter (RFC 7671 5.1)
    trouble: Mismatch | None = None
    for anchor in _anchors(chain, [r for r in records if r.usage == _TRUST_ANCHOR]):
        trouble = _verify(chain, anchor, names, now)
        if trouble is None:
            return None
    return trouble or Mismatch(ResultType.VALIDATION_FAILURE, "no TLSA record matches the host's certificate")


def _matches(certificate: bytes, records: Sequence[TlsaRecord]) -> bool:
    return any(_value(certificate, r.selector, r.matching) == r.data for r in records)


def _value(certificate: bytes, selector: int, matching: int) -> bytes | None:
    try:
        return _DIGESTS[matching](certificate if selector == 0 else public_key_of(certificate))
    except ValueError:
        return None


def _anchors(chain: Sequence[bytes], records: Sequence[TlsaRecord]) -> list[bytes]:
    """The certificates that the records name: sent by the host, or whole in the record itself."""
    if not records:
        return []
    sent = [certificate for certificate in chain[1:] if _matches(certificate, records)]
    whole = [record.data for record in records if record.selector == 0 and record.matching == 0]
    return [anchor for anchor in dict.fromkeys([*sent, *whole]) if anchor != chain[0]]


# Which extensions a certificate must have beside is for authorities of browsers; a mail host may have one of its own.
_CA = ExtensionPolicy.permit_all().require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
_HOST = ExtensionPolicy.permit_all().require_present(x509.SubjectAlternativeName, Criticality.AGNOSTIC, None)
_POLICY = PolicyBuilder().extension_policies(ca_policy=_CA, ee_policy=_HOST)


def _verify(chain: Sequence[bytes], anchor: bytes, names: Sequence[str], now: datetime) -> Mismatch | None:
    try:
        leaf, *others = [x509.load_der_x509_certificate(certificate) for certificate in chain]
        store = Store([x509.load_der_x509_certificate(anchor)])
    except ValueError as error:
        return Mismatch(ResultType.VALIDATION_FAILURE, f"a certificate cannot be read: {error}")
    if not leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc:
        return Mismatch(ResultType.CERTIFICATE_EXPIRED, "the host's certificate is out of its time")
    words = ""
    for name in names:
        try:
            _POLICY.store(store).time(now).build_server_verifier(x509.DNSName(name)).verify(leaf, others)
            return None
        except (VerificationError, ValueError) as error:
            words = str(error)
    is_name = "subjectAltName" in words
    result = ResultType.CERTIFICATE_HOST_MISMATCH if is_name else ResultType.CERTIFICATE_NOT_TRUSTED
    return Mismatch(result, f"the trust anchor of the TLSA records does not vouch for it: {words[:200]}")
