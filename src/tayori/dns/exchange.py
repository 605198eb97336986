"""One question to one recursive server, over UDP and, when the answer is truncated, TCP.

Owns the sockets of the client side and the defence against answers that are not ours: a fresh port and id for
every question, the question compared octet by octet, sizes and record counts bounded before anything is
parsed. Never decides what an answer means. RFC 5452 (forged answers), RFC 6891 (EDNS), RFC 7766 (TCP).
"""

import asyncio
import secrets
import struct
from dataclasses import dataclass
from typing import TypeAlias

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

ServerAddress: TypeAlias = tuple[str, int]

_HEADER = struct.Struct("!HHHHHH")
_QR, _OPCODE, _TC, _RD, _AD = 0x8000, 0x7800, 0x0200, 0x0100, 0x0020
_MAX_PAYLOAD = 1232
_MAX_MESSAGE = 32_768
# Parsing costs time per record; no name that mail is about has this many, only an answer meant to harm.
_MAX_RECORDS = 512


class ExchangeError(Exception):
    """The server's answer cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """A question ready to be sent, apart from its id."""

    question: bytes
    flags: int
    opt: bytes

    def packet(self, query_id: int) -> bytes:
        return _HEADER.pack(query_id, self.flags, 1, 0, 0, 1 if self.opt else 0) + self.question + self.opt

    def without_edns(self) -> "Inquiry":
        return Inquiry(question=self.question, flags=self.flags, opt=b"")

    def is_answered_by(self, packet: bytes, query_id: int) -> bool:
        """True for the answer to this question, letter for letter; an error may come without the question."""
        if len(packet) < _HEADER.size:
            return False
        answer_id, flags, questions = struct.unpack_from("!HHH", packet)
        if answer_id != query_id or not flags & _QR or flags & _OPCODE:
            return False
        if questions == 0:
            return flags & 0xF != 0 and len(packet) == _HEADER.size
        echoed = packet[_HEADER.size : _HEADER.size + len(self.question)]
        return questions == 1 and echoed.lower() == self.question.lower()


def inquiry(name: dns.name.Name, rdtype: str, *, wants_validation: bool) -> Inquiry:
    """The AD bit in a question asks the server to tell whether it validated the answer (RFC 6840 5.7)."""
    question = name.to_digestable() + struct.pack("!HH", dns.rdatatype.from_text(rdtype), 1)
    opt = b"\0" + struct.pack("!HHIH", dns.rdatatype.OPT, _MAX_PAYLOAD, 0, 0)
    return Inquiry(question=question, flags=_RD | (_AD if wants_validation else 0), opt=opt)


async def exchange(server: ServerAddress, asked: Inquiry, seconds: float) -> dns.message.Message:
    """Ask and return the parsed answer; raises TimeoutError, OSError or ExchangeError."""
    async with asyncio.timeout(seconds):
        packet = await _over_udp(server, asked)
        if _rcode(packet) in (dns.rcode.FORMERR, dns.rcode.NOTIMP) and asked.opt:
            asked = asked.without_edns()  # RFC 6891 7: a server from before EDNS
            packet = await _over_udp(server, asked)
        if struct.unpack_from("!H", packet, 2)[0] & _TC:
            packet = await _over_tcp(server, asked)
    return _parse(packet)


def _rcode(packet: bytes) -> int:
    return packet[3] & 0xF


async def _over_udp(server: ServerAddress, asked: Inquiry) -> bytes:
    loop = asyncio.get_running_loop()
    query_id = secrets.randbits(16)
    transport, protocol = await loop.create_datagram_endpoint(
        lambda: _Asker(asked, query_id, loop.create_future()), remote_addr=server
    )
    try:
        transport.sendto(asked.packet(query_id))
        return await protocol.answer
    finally:
        transport.close()


class _Asker(asyncio.DatagramProtocol):
    """Waits for the one datagram that answers; the socket is connected, so others' packets do not come
    here.
    """

    def __init__(self, asked: Inquiry, query_id: int, answer: "asyncio.Future[bytes]") -> None:
        self._asked = asked
        self._query_id = query_id
        self.answer = answer

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        # A wrong id or question is a guess at a forgery: ignore it and go on waiting for the true answer.
        if not self.answer.done() and self._asked.is_answered_by(data, self._query_id):
            self.answer.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)


async def _over_tcp(server: ServerAddress, asked: Inquiry) -> bytes:
    reader, writer = await asyncio.open_connection(*server)
    try:
        query_id = secrets.randbits(16)
        packet = asked.packet(query_id)
        writer.write(struct.pack("!H", len(packet)) + packet)
        length = struct.unpack("!H", await reader.readexactly(2))[0]
        if length > _MAX_MESSAGE:
            raise ExchangeError("the answer is too long")
        answer = await reader.readexactly(length)
    except EOFError as error:
        raise ExchangeError("the server closed the connection before it answered") from error
    finally:
        writer.transport.abort()
    if not asked.is_answered_by(answer, query_id):
        raise ExchangeError("the answer is not to the question")
    return answer


def _parse(packet: bytes) -> dns.message.Message:
    counts = _HEADER.unpack_from(packet)[3:]
    if len(packet) > _MAX_MESSAGE or sum(counts) > _MAX_RECORDS:
        raise ExchangeError("the answer is too long")
    try:
        message = dns.message.from_wire(packet)
    except Exception as error:  # whatever a hostile packet makes the parser raise, the packet is to blame
        raise ExchangeError("the answer is malformed") from error
    if message.flags & dns.flags.TC:
        raise ExchangeError("the answer is truncated over TCP")
    return message
