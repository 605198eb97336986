"""A name server that says whatever a test wants it to say, over real sockets."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import dns.message
import dns.rrset

# Takes the query's octets and "udp" or "tcp"; gives the packets to send back, possibly none.
Script = Callable[[bytes, str], Sequence[bytes]]


@dataclass
class ScriptedServer:
    script: Script
    address: tuple[str, int] = ("127.0.0.1", 0)
    asked: list[str] = field(default_factory=list)

    def run(self, packet: bytes, protocol: str) -> Sequence[bytes]:
        question = dns.message.from_wire(packet).question[0]
        self.asked.append(f"{protocol} {question.name} {dns.rdatatype.to_text(question.rdtype)}")
        return self.script(packet, protocol)


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, server: ScriptedServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        for packet in self._server.run(data, "udp"):
            self._transport.sendto(packet, addr)


@contextlib.asynccontextmanager
async def scripted(script: Script, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[ScriptedServer]:
    """A running server, on a free port where none is given."""
    server = ScriptedServer(script)

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(EOFError, OSError):
            length = struct.unpack("!H", await reader.readexactly(2))[0]
            for packet in server.run(await reader.readexactly(length), "tcp"):
                writer.write(struct.pack("!H", len(packet)) + packet)
            await writer.drain()
        writer.close()

    tcp = await asyncio.start_server(converse, host, port)
    server.address = tcp.sockets[0].getsockname()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Udp(server), local_addr=server.address
    )
    try:
        yield server
    finally:
        transport.close()
        tcp.close()


def response(packet: bytes, *records: str, rcode: int = 0, authority: Sequence[str] = (), flags: int = 0) -> bytes:
    """An ordinary recursive server's answer with `records` such as "a.example. 60 IN A 192.0.2.1"."""
    reply = dns.message.make_response(dns.message.from_wire(packet), recursion_available=True)
    reply.set_rcode(rcode)
    reply.flags |= flags
    for section, texts in ((reply.answer, records), (reply.authority, authority)):
        for text in texts:
            name, ttl, rdclass, rdtype, value = text.split(" ", 4)
            rrset = reply.find_rrset(section, dns.name.from_text(name), 1, dns.rdatatype.from_text(rdtype), create=True)
            rrset.add(dns.rdata.from_text(rdclass, rdtype, value), int(ttl))
    return reply.to_wire(max_size=65535)
