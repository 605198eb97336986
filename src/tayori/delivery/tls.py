"""TLS to mail hosts: contexts by policy, and sessions resumed.

Owns which versions, which trust anchors and how strictly a certificate is looked at. Never decides to go on
in the clear: `destination` does, and only for TlsPolicy OPTIONAL. RFC 3207 (STARTTLS), RFC 7435
(opportunistic security), RFC 8996 (no TLS below 1.2).
"""

import ssl
from asyncio import BaseTransport
from collections import OrderedDict

from tayori.delivery.settings import CertificateCheck, DeliverySettings
from tayori.model.message import TlsFacts, TlsPolicy

_MAX_SESSIONS = 5_000


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
    """The two contexts of this process."""

    def __init__(self, settings: DeliverySettings) -> None:
        self._optional = _context(settings, CertificateCheck.NEVER)
        self._required = _context(settings, settings.certificate_check)

    def of(self, policy: TlsPolicy) -> ResumingContext:
        return self._required if policy is TlsPolicy.REQUIRE else self._optional


def _context(settings: DeliverySettings, check: CertificateCheck) -> ResumingContext:
    context = ResumingContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sessions = OrderedDict()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if check is CertificateCheck.NEVER:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        # A host with an old short key is better encrypted weakly than not at all (RFC 7435 3).
        context.set_ciphers("DEFAULT:@SECLEVEL=1")
    elif settings.trust_anchors is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(settings.trust_anchors)
    return context


def facts(transport: BaseTransport) -> TlsFacts:
    """Version and cipher of a connection after its handshake."""
    connection = transport.get_extra_info("ssl_object")
    cipher = connection.cipher()
    return TlsFacts(version=connection.version() or "", cipher=cipher[0] if cipher else "")


def remember(transport: BaseTransport, context: ResumingContext, host: str) -> None:
    """Keep the session for the next connection; TLS 1.3 has sent its tickets by the time a connection
    closes."""
    connection = transport.get_extra_info("ssl_object")
    session = connection.session if connection is not None else None
    if session is None or not session.has_ticket:
        return
    context.sessions[host] = session
    context.sessions.move_to_end(host)
    if len(context.sessions) > _MAX_SESSIONS:
        context.sessions.popitem(last=False)
