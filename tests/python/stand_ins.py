"""What stands between client and server or in the server's place: a relay that cuts, and a server that we play."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Self

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from kkanbu_client import SUBPROTOCOL
from kkanbu_identity import Json


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


@asynccontextmanager
async def played(script: Callable[[ServerConnection, Json, int], Any],
                 refusals: Iterable[int] = (), **challenge: str) -> AsyncIterator[tuple[str, list[Json]]]:
    """A server that answers commands by `script`, after an ordinary greeting. Gives its origin and what it was sent.

    Its first upgrades are refused with the statuses in `refusals`."""
    refused = iter(refusals)
    heard: list[Json] = []
    connections = 0

    async def session(connection: ServerConnection) -> None:
        nonlocal connections
        connections += 1
        number = connections
        async for text in connection:
            command = json.loads(text)
            heard.append(command)
            match command["method"]:
                case "challenge":
                    result: Json | None = {"algorithm": "Ed25519", "server": origin, "programme": "p",
                                           "purpose": "session", "nonce": "n" * 43, "new": 1} | challenge
                case "authenticate":
                    result = {"limits": {"heartbeat_seconds": 25}, "new": []}
                case _:
                    result = await script(connection, command, number)
            if result is not None:
                frame = {"jsonrpc": "2.0", "id": command["id"], "result": result, "new": True}
                await connection.send(json.dumps(frame).ljust(512))

    def refuse(connection: ServerConnection, _: Request) -> Response | None:
        status = next(refused, None)
        return None if status is None else connection.respond(status, "")

    async with serve(session, "127.0.0.1", 0, subprotocols=[SUBPROTOCOL], compression=None,
                     process_request=refuse) as listener:
        origin = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        yield origin, heard


def joined(offset: int, **more: Any) -> Json:
    return {"room": "r", "handle": "수달", "position": {"epoch": "e", "offset": offset}, "size": "1-9",
            "frozen": False, "recovered": True} | more


async def push(connection: ServerConnection, method: str, **params: Any) -> None:
    await connection.send(json.dumps({"jsonrpc": "2.0", "method": method, "params": params, "new": 0}).ljust(512))
