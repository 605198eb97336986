"""The public key in a certificate, octet for octet as it stands there.

Owns the few steps of DER that lead to it: TLSA records are digests of these octets (RFC 6698 2.1.2), and a library that
reads and writes a key again need not give the same ones, or may refuse a certificate whose other parts it dislikes.
X.690 8.1 (tag, length, contents), RFC 5280 4.1 (TBSCertificate).
"""

_SEQUENCE, _VERSION = 0x30, 0xA0
_BEFORE_KEY = 5  # serial number, signature algorithm, issuer, validity, subject


def public_key_of(certificate: bytes) -> bytes:
    """The SubjectPublicKeyInfo of a DER certificate. Raises ValueError."""
    at, _ = _enter(certificate, 0, _SEQUENCE)
    at, end = _enter(certificate, at, _SEQUENCE)
    if certificate[at : at + 1] == bytes([_VERSION]):
        at = _after(certificate, at)
    for _ in range(_BEFORE_KEY):
        at = _after(certificate, at)
    _enter(certificate, at, _SEQUENCE)
    after = _after(certificate, at)
    if after > end:
        raise ValueError("a certificate whose key leaves it")
    return certificate[at:after]


def _enter(data: bytes, at: int, tag: int) -> tuple[int, int]:
    """Where the contents of the element at `at` begin and end."""
    if data[at : at + 1] != bytes([tag]):
        raise ValueError("not a certificate")
    return _contents(data, at)


def _after(data: bytes, at: int) -> int:
    return _contents(data, at)[1]


def _contents(data: bytes, at: int) -> tuple[int, int]:
    if at + 2 > len(data):
        raise ValueError("a certificate that is cut off")
    length, begin = data[at + 1], at + 2
    if length & 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= 4:
            raise ValueError("a length that DER does not know")
        length, begin = int.from_bytes(data[begin : begin + octets], "big"), begin + octets
    if begin + length > len(data):
        raise ValueError("a certificate that is cut off")
    return begin, begin + length
