"""Too much of everything: the server answers or closes, stays quick, and its memory stays where it was."""

from __future__ import annotations

import asyncio
import json
from threading import Thread

import pytest

from raw_socket import RawSocket, command, frame_octets
from support import GROWTH_MAX_MIB, Programme, Server, Wire, asynchronous

pytestmark = pytest.mark.usefixtures("unharmed")


def test_many_tiny_frames(raw: RawSocket) -> None:
    """20,000 frames that mean nothing: each is answered, or the session is closed; either way it stays quick."""
    flood(raw, b"{}", 20_000)


def test_many_pings(raw: RawSocket) -> None:
    flood(raw, b"", 20_000, opcode=9)


def test_many_empty_fragments(raw: RawSocket) -> None:
    """Empty fragments never make a message too big, so their number needs a limit, or must cost nothing."""
    raw.send(b" ", 1, fin=False)
    flood(raw, b"", 20_000, opcode=0, fin=False)


def flood(raw: RawSocket, payload: bytes, count: int, *, opcode: int = 1, fin: bool = True) -> int:
    """Sends frames while reading what comes back; the close code, or 0 when the session goes on."""
    octets = frame_octets(payload, opcode, fin=fin) * count
    last = frame_octets(b"", 0) if not fin else b""

    def send() -> None:
        try:
            raw.socket.sendall(octets + last)
            raw.command(4242, "rooms", {})
        except OSError:
            pass

    sender = Thread(target=send, daemon=True)
    sender.start()
    code = 0
    try:
        while not code:
            kind, answer = raw.receive()
            if kind == 8:
                code = int.from_bytes(answer[:2], "big")
            elif kind == 1 and json.loads(answer)["id"] == 4242:
                break
    except (EOFError, ConnectionResetError):
        code = 1006
    sender.join(10)
    assert code == 0 or code >= 1002
    return code


def test_who_never_reads(server: Server, raw: RawSocket) -> None:
    """Replies to a client that doesn't read them must not pile up in the server."""
    before = server.memory_mib()
    raw.socket.settimeout(2)
    octets = frame_octets(command("history", '{"room":"nope","limit":5}').encode()) * 1_000
    try:
        for _ in range(60):
            raw.socket.sendall(octets)
    except OSError:
        pass
    assert server.memory_mib() - before < GROWTH_MAX_MIB


@asynchronous
async def test_many_connections(server: Server, programme: Programme) -> None:
    """Connections that come and go, most without a word."""
    async with await programme.session() as member:
        for _ in range(5):
            wires = await asyncio.gather(*(Wire.open(server) for _ in range(20)))
            await asyncio.gather(*(wire.cut() for wire in wires))
            await member.call("rooms")
