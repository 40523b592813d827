"""What the tests share: a server of their own, programmes on it, and a bare connection that does nothing by itself."""

from __future__ import annotations

import asyncio
import functools
import inspect
import itertools
import json
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Coroutine
from typing import Any, Self
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from kkanbu_client import SUBPROTOCOL, Room
from kkanbu_identity import Json, base64url, member_key, new_key, new_seed, parse_link, public_key, sign_challenge

PLAZA = "room-1"
QUICK: dict[str, Any] = {"back_off_max": 0.3}
PADDED_SIZES = (512, 2_048, 16_384, 65_536)
PATIENCE = 40.0
GROWTH_MAX_MIB = 64.0
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
        with open(os.path.join(self.folder, "server.log"), "ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
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

    def programme(self, seats: int = 20, rooms: int = 2, language: str = "ko") -> Programme:
        """A fresh programme with the roles `mentor` and `mentee` and rooms `room-1`, `room-2`, …"""
        name = f"test-{next(_numbers)}-{secrets.token_hex(3)}"
        lines = ["[programme]", f'id = "{name}"', 'name = "시험"', 'organisation = "시험 기관"',
                 f'language = "{language}"']
        for role, title in (("mentor", "멘토"), ("mentee", "멘티")):
            lines += ["[[role]]", f'id = "{role}"', f'name = "{title}"', f"seats = {seats}"]
        for number in range(1, rooms + 1):
            lines += ["[[room]]", f'id = "room-{number}"', f'name = "방 {number}"', 'roles = ["mentor", "mentee"]']
        links = self.admin("programme.create", definition="\n".join(lines))["links"]
        return Programme(self, name, links)


def role(name: str, title: str) -> Json:
    """A role of such a programme, as members are told of it."""
    return {"id": name, "name": title, "seats": 20, "admission": "first-come", "answers": False}


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


async def take(room: Room, count: int) -> list[Json]:
    return [await asyncio.wait_for(room.next(), 20) for _ in range(count)]


def signed(challenge: Json, private: Ed25519PrivateKey, /, **changed: str) -> str:
    """A signature over the challenge's text, with parts of it changed."""
    fields = {"head": "kkanbu.v1 challenge", **challenge, "key": public_key(private), "tail": ""} | changed
    lines = [fields[name] for name in ("head", "algorithm", "server", "programme", "purpose", "nonce", "key")]
    return base64url(private.sign(("\n".join(lines) + fields["tail"]).encode("utf-8")))


async def refused_to_authenticate(server: Server, programme: Programme, proof: Json, **errors: str) -> None:
    """On a connection of its own, since one connection has few attempts."""
    async with await Wire.open(server) as wire:
        challenge = await wire.call("challenge", programme=programme.name)
        sent = {name: value(challenge) if callable(value) else value for name, value in proof.items()}
        error = await wire.refused("authenticate", **sent)
        assert error["message"] in (errors or {"bad_signature": "", "invalid_params": ""}), proof


async def used_up(wire: Wire, method: str, burst: int, per_minute: int, slack: int = 0, **params: Any) -> Json:
    """Sends a command until the allowance is used up, which must be when it should; the refusal's data."""
    started, taken = time.monotonic(), 0
    while True:
        made = {name: value() if callable(value) else value for name, value in params.items()}
        await wire.send(method, made)
        reply = await wire.reply()
        if reply.get("error", {}).get("message") == "rate_limited":
            break
        taken += 1
        refilled = (time.monotonic() - started) * per_minute / 60
        assert taken <= burst + slack + refilled, f"{taken} in {time.monotonic() - started:.1f} s"
    assert taken >= burst
    data = dict(reply["error"]["data"])
    assert 0 < data["retry_after_ms"] <= 60_000 / per_minute
    return data
