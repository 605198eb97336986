"""Puts records into a zone over RFC 2136, signed with TSIG (RFC 8945), at the zone's primary server.

Owns the update: one message for all edits, with prerequisites that let the server refuse the whole where the zone is
not as it was seen (RFC 2136 2.4). Never decides what may be changed: `model.zone_edit` does. The server itself is asked
what stands there, so that no stale cache misleads; what is taken away is taken octet for octet as the server has it.
"""

import asyncio
import base64
import binascii
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.tsig
import dns.update

from tayori.dns.record import RecordError, from_rdata, to_name, to_rdata
from tayori.mail.answer import Answer, AnswerStatus
from tayori.model.zone_edit import Edit

_SECONDS = 10.0
_ALGORITHMS = ("hmac-sha256", "hmac-sha384", "hmac-sha512", "hmac-sha224", "hmac-sha1")
_SECRET = re.compile(r"""secret\s+["']?([A-Za-z0-9+/=]+)["']?\s*;""")


class PublishError(Exception):
    """The zone was not changed; the text is one sentence that says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TsigKey:
    name: str
    algorithm: str
    secret: bytes


def tsig_key(name: str, algorithm: str, secret: str) -> TsigKey:
    """`secret` is base64, alone or within a key clause of BIND or Knot. Raises PublishError."""
    if algorithm.lower() not in _ALGORITHMS:
        raise PublishError(f"The TSIG algorithm {algorithm} is not one of {', '.join(_ALGORITHMS)}.")
    clause = _SECRET.search(secret)
    try:
        octets = base64.b64decode((clause[1] if clause else secret).strip(), validate=True)
    except binascii.Error as error:
        raise PublishError("The file of the TSIG secret must hold base64, or a key clause with a secret.") from error
    if not octets:
        raise PublishError("The file of the TSIG secret is empty.")
    return TsigKey(name=name, algorithm=algorithm.lower(), secret=octets)


class PrimaryServer:
    """The server that takes updates. Also a Resolver: what it answers is what the zone holds."""

    def __init__(self, host: str, port: int, key: TsigKey) -> None:
        self._host = host
        self._port = port
        self._key = key
        self._found: list[str] = []  # the address of `host` that answered
        self._seen: dict[tuple[str, str], dns.rdataset.Rdataset] = {}

    @property
    def address(self) -> str:
        return f"{self._host}:{self._port}"

    async def open(self, domain: str, otherwise: str) -> str:
        """Nothing is held open. Returns the zone, as whoever asks knows it."""
        return otherwise

    async def check(self, edits: Sequence[Edit]) -> None:
        """Whether they can be made shows when they are: prerequisites stand in the update itself."""

    async def resolve(self, name: str, rdtype: str) -> Answer:
        """What the zone holds, without following anything; SERVER_FAILURE where the server is not the zone's."""
        try:
            query = dns.message.make_query(to_name(name), rdtype)
            query.flags &= ~dns.flags.RD
            response = await self._send(query)
        except (OSError, EOFError, dns.exception.DNSException, RecordError):
            return Answer(name=name, rdtype=rdtype, status=AnswerStatus.SERVER_FAILURE)
        return self._understood(name, rdtype, response)

    def _understood(self, name: str, rdtype: str, response: dns.message.Message) -> Answer:
        if response.rcode() == dns.rcode.NXDOMAIN:
            return Answer(name=name, rdtype=rdtype, status=AnswerStatus.NXDOMAIN)
        if response.rcode() != dns.rcode.NOERROR or not response.flags & dns.flags.AA:
            return Answer(name=name, rdtype=rdtype, status=AnswerStatus.SERVER_FAILURE)
        wanted = to_name(name), dns.rdataclass.IN, dns.rdatatype.from_text(rdtype)
        rrset = response.get_rrset(response.answer, *wanted)
        if rrset is None:
            return Answer(name=name, rdtype=rdtype, status=AnswerStatus.NODATA)
        self._seen[name, rdtype] = rrset.to_rdataset()
        values = tuple(from_rdata(rdata) for rdata in rrset)
        return Answer(
            name=name, rdtype=rdtype, status=AnswerStatus.FOUND, values=values, ttl=rrset.ttl, canonical_name=name
        )

    async def apply(self, zone: str, edits: Sequence[Edit]) -> None:
        """Make all edits or none. Raises PublishError."""
        update = dns.update.UpdateMessage(to_name(zone))
        for edit in edits:
            self._require(update, edit)
        for edit in edits:
            self._change(update, edit)
        try:
            response = await self._send(update)
        except (OSError, EOFError, dns.exception.DNSException) as error:
            raise PublishError(f"{self.address} did not answer the update: {_words(error)}.") from error
        if response.rcode() != dns.rcode.NOERROR:
            raise PublishError(_refusal(self.address, zone, response.rcode()))

    def _require(self, update: dns.update.UpdateMessage, edit: Edit) -> None:
        record = edit.record
        name = to_name(record.name)
        seen = self._seen.get((record.name, record.rdtype))
        if seen is not None:
            update.present(name, *seen)
        elif record.rdtype == "CNAME":  # may stand beside nothing else (RFC 1034 3.6.2)
            update.absent(name)
        else:
            update.absent(name, record.rdtype)
            update.absent(name, "CNAME")

    def _change(self, update: dns.update.UpdateMessage, edit: Edit) -> None:
        record = edit.record
        name = to_name(record.name)
        seen = self._seen.get((record.name, record.rdtype))
        for rdata in seen or ():
            if from_rdata(rdata) in edit.removed:
                update.delete(name, rdata)
        # Of one set every record has the same TTL (RFC 2181 5.2): those of others keep theirs.
        ttl = record.ttl if seen is None else seen.ttl
        for value in edit.added:
            update.add(name, ttl, to_rdata(record.rdtype, value))

    async def _send(self, message: dns.message.Message) -> dns.message.Message:
        keyring = {dns.name.from_text(self._key.name): dns.tsig.Key(self._key.name, self._key.secret, self._algorithm)}
        message.use_tsig(keyring, keyname=dns.name.from_text(self._key.name), algorithm=self._algorithm)
        for address in (addresses := self._found or await self._addresses()):
            try:
                response = await dns.asyncquery.tcp(message, address, timeout=_SECONDS, port=self._port)
            except OSError:
                if address == addresses[-1]:
                    raise
            else:
                self._found = [address]
                return response
        raise OSError(f"{self._host} has no address")

    async def _addresses(self) -> list[str]:
        """Where the machine itself finds `host`, which may stand in a hosts file. Raises OSError."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    @property
    def _algorithm(self) -> dns.name.Name:
        return dns.name.from_text(self._key.algorithm)


def _words(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return text.rstrip(".").replace("\n", " ")


def _refusal(server: str, zone: str, rcode: dns.rcode.Rcode) -> str:
    name = dns.rcode.to_text(rcode)
    if rcode in (dns.rcode.YXDOMAIN, dns.rcode.YXRRSET, dns.rcode.NXRRSET, dns.rcode.NXDOMAIN):
        return (
            f"{server} refused the update ({name}): another record stands at one of the names, or the zone has changed "
            "since it was looked at. Nothing was changed."
        )
    if rcode in (dns.rcode.NOTAUTH, dns.rcode.REFUSED, dns.rcode.NOTZONE):
        return f"{server} refused the update ({name}): it does not let this key change the zone {zone}."
    return f"{server} refused the update ({name}). Nothing was changed."
