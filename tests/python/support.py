"""What the tests share: a server of their own, a bare connection that does nothing by itself, and raw sockets."""

from __future__ import annotations

import asyncio
import base64
import functools
import inspect
import itertools
import json
import os
import secrets
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Coroutine
from typing import Any, Self
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from kkanbu_client import SUBPROTOCOL, Json, member_key, new_key, new_seed, parse_link, public_key, sign_challenge

PADDED_SIZES = (512, 2_048, 16_384, 65_536)
PATIENCE = 40.0
_numbers = itertools.count(1)


def asynchronous(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Runs a coroutine test in a loop of its own, with a limit."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), PATIENCE))

    run.__signature__ = inspect.signature(test)  # type: ignore[attr-defined]
    return run


class Server:
    """The server under test, as a child process on a folder of its own."""

    def __init__(self, folder: str, port: int = 0) -> None:
        self.folder, self.port = folder, port
        self.info: Json = {}
        self._start()

    def _start(self) -> None:
        command = [os.environ["KKANBU_BIN"], "demo", "--folder", self.folder, "--port", str(self.port), "--json"]
        self._log = open(os.path.join(self.folder, "server.log"), "ab")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the server did not start; see {self.folder}/server.log"
        self.info = json.loads(line)
        self.port = urlsplit(self.url).port or 0

    @property
    def url(self) -> str:
        return str(self.info["url"])

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self._reap()

    def restart(self) -> None:
        self._start()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self._reap()

    def _reap(self) -> None:
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._log.close()

    def memory_mib(self) -> float:
        """Resident memory now."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            line = next(line for line in status if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def admin(self, method: str, **params: Any) -> Json:
        with socket.socket(socket.AF_UNIX) as admin:
            admin.settimeout(20)
            admin.connect(self.info["admin"])
            request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            admin.sendall(json.dumps(request).encode() + b"\n")
            reply = json.loads(admin.makefile().readline())
        assert "result" in reply, reply
        return dict(reply["result"])

    def programme(self, seats: int = 20, rooms: int = 2) -> Programme:
        """A fresh programme with the roles `mentor` and `mentee` and rooms `room-1`, `room-2`, …"""
        name = f"test-{next(_numbers)}-{secrets.token_hex(3)}"
        lines = ["[programme]", f'id = "{name}"', 'name = "시험"', 'organisation = "시험 기관"']
        for role, title in (("mentor", "멘토"), ("mentee", "멘티")):
            lines += ["[[role]]", f'id = "{role}"', f'name = "{title}"', f"seats = {seats}"]
        for number in range(1, rooms + 1):
            lines += ["[[room]]", f'id = "room-{number}"', f'name = "방 {number}"', 'roles = ["mentor", "mentee"]']
        links = self.admin("programme.create", definition="\n".join(lines))["links"]
        return Programme(self, name, links)


class Programme:
    """A programme of the server under test."""

    def __init__(self, server: Server, name: str, links: dict[str, str]) -> None:
        self.server, self.name, self.links = server, name, links

    def code(self, role: str = "mentee") -> str:
        return parse_link(self.links[role])[2]

    async def session(self, role: str = "mentee", seed: bytes | None = None) -> Wire:
        """A connected, authenticated session."""
        wire = await Wire.open(self.server)
        await wire.authenticate(self.name, seed or new_seed(), self.code(role))
        return wire


class Wire:
    """A bare connection: sends what it is told to, keeps what comes, decides nothing."""

    def __init__(self, server: str, connection: ClientConnection) -> None:
        self.server, self.connection = server, connection
        self.sizes: list[int] = []
        self.pushes: list[Json] = []
        self.welcome: Json = {}
        self.seed = b""
        self._ids = itertools.count(1)

    @classmethod
    async def open(cls, server: Server) -> Self:
        connection = await connect(server.url.replace("http", "ws", 1) + "/ws", subprotocols=[SUBPROTOCOL],
                                   compression=None, proxy=None, max_size=None, ping_interval=None, close_timeout=5)
        return cls(server.url, connection)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.connection.close()

    async def cut(self) -> None:
        """As a lost network would, without a closing handshake."""
        self.connection.transport.abort()
        await self.connection.wait_closed()

    async def send(self, method: str, params: Any, **more: Any) -> int:
        number = next(self._ids)
        await self.raw({"jsonrpc": "2.0", "id": number, "method": method, "params": params} | more)
        return number

    async def raw(self, frame: Any) -> None:
        await self.connection.send(frame if isinstance(frame, str | bytes) else json.dumps(frame, ensure_ascii=False))

    async def frame(self) -> Json:
        text = await asyncio.wait_for(self.connection.recv(), 20)
        assert isinstance(text, str)
        self.sizes.append(len(text.encode("utf-8")))
        return dict(json.loads(text))

    async def reply(self) -> Json:
        """The next reply; pushes before it are kept."""
        while True:
            frame = await self.frame()
            if "method" not in frame:
                return frame
            self.pushes.append(frame)

    async def push(self, method: str = "publication") -> Json:
        """The next push, kept or fresh."""
        frame = self.pushes.pop(0) if self.pushes else await self.frame()
        assert frame.get("method") == method, frame
        return dict(frame["params"])

    async def call(self, method: str, **params: Any) -> Json:
        number = await self.send(method, params)
        reply = await self.reply()
        assert reply["id"] == number
        assert "result" in reply, reply
        return dict(reply["result"])

    async def refused(self, method: str, **params: Any) -> Json:
        number = await self.send(method, params)
        reply = await self.reply()
        assert reply["id"] == number
        assert "error" in reply, reply
        return dict(reply["error"])

    async def post(self, room: str, body: str, **optional: Any) -> int:
        return int((await self.call("post", **({"room": room, "key": new_key(), "body": body} | optional)))["offset"])

    async def proof(self, programme: str, seed: bytes) -> Json:
        """Takes a challenge and signs it."""
        key = member_key(seed, programme)
        challenge = await self.call("challenge", programme=programme)
        return {"key": public_key(key), "signature": sign_challenge(key, challenge, self.server, programme)}

    async def authenticate(self, programme: str, seed: bytes, code: str | None = None) -> Json:
        proof = await self.proof(programme, seed)
        self.welcome = await self.call("authenticate", **proof, **({} if code is None else {"code": code}))
        self.seed = seed
        return self.welcome

    async def closed(self, within: float = 20) -> tuple[int, str]:
        """Reads on until the server closes; the close code and reason."""
        await asyncio.wait_for(self._drain(), within)
        return self.connection.close_code or 0, self.connection.close_reason or ""

    async def _drain(self) -> None:
        try:
            async for _ in self.connection:
                pass
        except ConnectionClosed:
            pass


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


class Gate:
    """A TCP relay in front of the server, to cut connections and to hold back what the server says."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._writers: list[asyncio.StreamWriter] = []
        self._open = asyncio.Event()
        self._open.set()

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}/ws"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listener.close()
        self.cut()

    def hold(self) -> None:
        """From now on nothing from the server gets through, until `cut`."""
        self._open.clear()

    def cut(self) -> None:
        """Cuts all connections; what was held back is lost. New connections work."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        self._open = asyncio.Event()
        self._open.set()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened = self._open
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers += [writer, back]
        await asyncio.gather(self._pump(reader, back, None), self._pump(there, writer, opened))

    @staticmethod
    async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, opened: asyncio.Event | None) -> None:
        try:
            while octets := await reader.read(65_536):
                if opened is not None:
                    await opened.wait()
                writer.write(octets)
                await writer.drain()
            writer.close()
        except OSError:
            writer.transport.abort()
        except asyncio.CancelledError:
            pass
