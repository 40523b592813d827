"""A TCP connection that speaks as much WebSocket as a test wants, rightly or wrongly."""

from __future__ import annotations

import base64
import json
import secrets
import socket
import struct
import time
from typing import Self

from kkanbu_identity import Json, member_key, new_seed, public_key, sign_challenge
from support import Programme, Server

FRAME_MAX = 32_768


class RawSocket:
    """A TCP connection that speaks as much WebSocket as a test wants, rightly or wrongly."""

    def __init__(self, server: Server, *, protocol: str | None = "kkanbu.v1", origin: str | None = None,
                 extra: str = "", upgrade: bool = True) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        self.status, self.head, self._rest = 0, "", b""
        if upgrade:
            nonce = base64.b64encode(secrets.token_bytes(16)).decode()
            lines = ["GET /ws HTTP/1.1", f"Host: localhost:{server.port}", "Connection: Upgrade", "Upgrade: websocket",
                     "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {nonce}"]
            lines += [f"Sec-WebSocket-Protocol: {protocol}"] if protocol is not None else []
            lines += [f"Origin: {origin}"] if origin is not None else []
            self.socket.sendall(("\r\n".join(lines) + "\r\n" + extra + "\r\n").encode())
            while b"\r\n\r\n" not in self._rest:
                octets = self.socket.recv(4096)
                assert octets, "closed during the upgrade"
                self._rest += octets
            head, _, self._rest = self._rest.partition(b"\r\n\r\n")
            self.head = head.decode()
            self.status = int(self.head.split()[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, payload: bytes, opcode: int = 1, *, fin: bool = True, masked: bool = True, rsv: int = 0,
             announced: int | None = None) -> None:
        self.socket.sendall(frame_octets(payload, opcode, fin=fin, masked=masked, rsv=rsv, announced=announced))

    def command(self, number: int, method: str, params: Json) -> None:
        frame = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        self.send(json.dumps(frame, ensure_ascii=False).encode("utf-8"))

    def authenticate(self, programme: Programme, role: str = "mentee") -> None:
        """Comes in as a new member."""
        key = member_key(new_seed(), programme.name)
        self.command(1, "challenge", {"programme": programme.name})
        signature = sign_challenge(key, self.reply()["result"], programme.server.url, programme.name)
        proof = {"key": public_key(key), "signature": signature, "code": programme.code(role)}
        self.command(2, "authenticate", proof)
        assert "result" in self.reply()

    def works(self) -> bool:
        """Whether the session still answers a command."""
        self.command(4242, "rooms", {})
        while (reply := self.reply())["id"] != 4242:
            pass
        return "result" in reply

    def _exactly(self, count: int) -> bytes:
        while len(self._rest) < count:
            octets = self.socket.recv(65_536)
            if not octets:
                raise EOFError
            self._rest += octets
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    def receive(self) -> tuple[int, bytes]:
        """One frame: opcode and payload."""
        first, second = self._exactly(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", self._exactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self._exactly(8))
        return first & 0x0F, self._exactly(length)

    def reply(self) -> Json:
        while True:
            opcode, payload = self.receive()
            if opcode == 1:
                return dict(json.loads(payload))

    def closed(self) -> int:
        """Reads on to the close frame; its code, or 1006 when the connection ended without one."""
        try:
            while True:
                opcode, payload = self.receive()
                if opcode == 8:
                    return int(struct.unpack("!H", payload[:2])[0])
        except (EOFError, ConnectionResetError):
            return 1006

    def closed_after(self, started: float) -> tuple[float, int]:
        code = self.closed()
        return time.monotonic() - started, code

    def seconds_until_end(self) -> float:
        """How long the other side keeps the connection open."""
        started = time.monotonic()
        try:
            while self.socket.recv(65_536):
                pass
        except ConnectionResetError:
            pass
        return time.monotonic() - started


def frame_octets(payload: bytes, opcode: int = 1, *, fin: bool = True, masked: bool = True, rsv: int = 0,
                 announced: int | None = None) -> bytes:
    """A WebSocket frame, right or wrong. The mask is zero, which masks nothing."""
    length = len(payload) if announced is None else announced
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    bit = 0x80 if masked else 0
    if length < 126:
        head += bytes([bit | length])
    elif length < 65_536:
        head += bytes([bit | 126]) + struct.pack("!H", length)
    else:
        head += bytes([bit | 127]) + struct.pack("!Q", length)
    return head + (b"\0\0\0\0" if masked else b"") + payload


def command(method: str = "rooms", params: str = "{}") -> str:
    """A command with the id 5 as text, so that tests can break it."""
    return f'{{"jsonrpc":"2.0","id":5,"method":"{method}","params":{params}}}'
