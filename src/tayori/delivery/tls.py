"""TLS to mail hosts: contexts, sessions resumed, and what a handshake tells.

Owns which versions, which trust anchors and how strictly a certificate is looked at. Never decides which context a host
gets: `securities` does. RFC 3207 (STARTTLS), RFC 7435 (opportunistic security), RFC 8996 (no TLS below 1.2).
"""

import ssl
from asyncio import BaseTransport
from collections import OrderedDict
from typing import Any

from tayori.delivery.settings import DeliverySettings
from tayori.delivery.tls_result import ResultType
from tayori.model.message import TlsFacts

_MAX_SESSIONS = 5_000
_MAX_CHAIN = 10  # certificates that a host's chain is looked at


class ResumingContext(ssl.SSLContext):
    """A client context that offers each host the session of the last connection: a handshake without RSA or
    ECDSA.

    asyncio has no parameter for the session, but makes its connections by `wrap_bio`.
    """

    sessions: "OrderedDict[str, ssl.SSLSession]"

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        if session is None and isinstance(server_hostname, str):
            session = self.sessions.get(server_hostname)
        return super().wrap_bio(incoming, outgoing, server_side, server_hostname, session)


class TlsContexts:
    """The two contexts of this process: with any certificate, and with one that an authority vouches for."""

    def __init__(self, settings: DeliverySettings) -> None:
        self.encrypting = _context(settings)
        self.encrypting.check_hostname = False
        self.encrypting.verify_mode = ssl.CERT_NONE
        # A host with an old short key is better encrypted weakly than not at all (RFC 7435 3).
        self.encrypting.set_ciphers("DEFAULT:@SECLEVEL=1")
        self.verifying = _context(settings)
        self.verifying.hostname_checks_common_name = False  # RFC 8461 4.2: the name is a subjectAltName
        if settings.trust_anchors is None:
            self.verifying.load_default_certs()
        else:
            self.verifying.load_verify_locations(settings.trust_anchors)


def _context(settings: DeliverySettings) -> ResumingContext:
    context = ResumingContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sessions = OrderedDict()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.client_certificate is not None:
        context.load_cert_chain(settings.client_certificate, settings.client_key)
    return context


def facts(transport: BaseTransport, level: str, why: str) -> TlsFacts:
    """Version and cipher of a connection after its handshake, and what the host has proved by it."""
    connection = ssl_object(transport)
    cipher = connection.cipher()
    return TlsFacts(version=connection.version() or "", cipher=cipher[0] if cipher else "", level=level, why=why)


def ssl_object(transport: BaseTransport) -> ssl.SSLObject:
    connection = transport.get_extra_info("ssl_object")
    assert isinstance(connection, ssl.SSLObject)
    return connection


def chain(connection: ssl.SSLObject) -> list[bytes]:
    """The certificates that the host has sent (DER), its own first.

    Python has this in public since 3.13; before, on the object inside. Where neither has it there is the host's own.
    """
    ask: Any = getattr(connection, "get_unverified_chain", None)
    if ask is None:
        ask = getattr(getattr(connection, "_sslobj", None), "get_unverified_chain", None)
    found = ask() if ask is not None else None
    if found:
        return [one if isinstance(one, bytes) else _der(one) for one in found[:_MAX_CHAIN]]
    leaf = connection.getpeercert(binary_form=True)
    return [leaf] if leaf else []


def _der(certificate: Any) -> bytes:
    text: str = certificate.public_bytes()
    return ssl.PEM_cert_to_DER_cert(text)


# OpenSSL's x509_vfy.h; Python names none of them.
_RESULTS = {
    10: ResultType.CERTIFICATE_EXPIRED,
    62: ResultType.CERTIFICATE_HOST_MISMATCH,
    2: ResultType.CERTIFICATE_NOT_TRUSTED,  # the issuer's certificate could not be found
    18: ResultType.CERTIFICATE_NOT_TRUSTED,  # self-signed
    19: ResultType.CERTIFICATE_NOT_TRUSTED,  # self-signed in the chain
    20: ResultType.CERTIFICATE_NOT_TRUSTED,  # no local issuer
    21: ResultType.CERTIFICATE_NOT_TRUSTED,  # the first certificate cannot be verified
}


def result_of(error: Exception) -> ResultType:
    """What a handshake that failed is counted as (RFC 8460 4.3.1)."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _RESULTS.get(error.verify_code, ResultType.VALIDATION_FAILURE)
    return ResultType.VALIDATION_FAILURE


def remember(transport: BaseTransport, context: ResumingContext, name: str) -> None:
    """Keep the session for the next connection; TLS 1.3 has sent its tickets by the time a connection
    closes."""
    connection = transport.get_extra_info("ssl_object")
    session = connection.session if connection is not None else None
    if session is None or not session.has_ticket:
        return
    context.sessions[name] = session
    context.sessions.move_to_end(name)
    if len(context.sessions) > _MAX_SESSIONS:
        context.sessions.popitem(last=False)
