"""A small asyncio client of kkanbu's members' wire (`kkanbu.v1`), written from `proto/README.md` alone.

    client = Client.from_link("http://localhost:8080/#/join/anyang-2022/abc…", seed=new_seed())
    async with client:
        plaza = await client.join("plaza")
        await plaza.post("안녕하세요")
        async for publication in plaza:
            print(publication["kind"], publication.get("body"))

What the caller can rely on:

* Each publication of a joined room is handed out exactly once and in order, across any number of reconnections. When
  the server can't prove continuity, `{"kind": "reset", "reason": …}` comes in between: throw away what is shown and
  ask for `history`. When the room ends for this session, `{"kind": "ended", "code": …, "reason": …}` is the last item.
* A command that writes has a key, is kept until it has its reply, and is sent again with the same key after a
  reconnection, in the old order. Other commands raise `ConnectionLost` when the connection breaks under them.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import AsyncIterator
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from kkanbu_identity import ForeignChallenge, Json, member_key, new_key, parse_link, public_key, sign_challenge

SUBPROTOCOL = Subprotocol("kkanbu.v1")
FRAME_FROM_SERVER_MAX = 65_536
NO_COMING_BACK = frozenset({1000, 1002, 1003, 1007, 1008, 1009, 1010})


class CommandError(Exception):
    """The server's answer to a command was an error. `name` is the stable name, `data` whatever came with it."""

    def __init__(self, error: Json) -> None:
        super().__init__(f"{error['code']} {error['message']}")
        self.code: int = error["code"]
        self.name: str = error["message"]
        self.data: Json = error.get("data") or {}

    @property
    def passing(self) -> bool:
        """Whether the same command may succeed later."""
        return 3000 <= self.code <= 3499


class ConnectionLost(Exception):
    """The connection broke before the reply came. `final` is true when there is no coming back."""

    def __init__(self, why: str, code: int = 1006, final: bool = False) -> None:
        super().__init__(f"{code} {why}".strip())
        self.code, self.why, self.final = code, why, final


def may_come_back(code: int) -> bool:
    """What a close code says."""
    return not (4500 <= code <= 4999 or code in NO_COMING_BACK)


class _Command:
    """A command on its way to a reply."""

    def __init__(self, method: str, params: Json) -> None:
        self.method, self.params = method, params
        self.room: Room | None = None  # the one that a reply to `join` has made or found
        self.reply: asyncio.Future[Json] = asyncio.get_running_loop().create_future()

    @property
    def keyed(self) -> bool:
        return "key" in self.params

    def fail(self, error: Exception) -> None:
        if not self.reply.done():
            self.reply.set_exception(error)


class Room:
    """A room that the member is in: commands, and an async iterator over what is published from the join on."""

    def __init__(self, client: Client, name: str, joined: Json) -> None:
        self._client, self.name = client, name
        self._items: asyncio.Queue[Json] = asyncio.Queue()
        self.handle: str = joined["handle"]
        self.size: str = joined["size"]
        self.epoch: str = joined["position"]["epoch"]
        self.offset: int = joined["position"]["offset"]

    @property
    def position(self) -> Json:
        """The last publication that was taken in from the connection."""
        return {"epoch": self.epoch, "offset": self.offset}

    async def post(self, body: str, *, key: str | None = None, **optional: Any) -> int:
        """Posts, and returns the offset once it is written. Optional: `reply_to`, `mentions`, `confirmed`."""
        return await self._write("post", key, body=body, **optional)

    async def edit(self, target: int, body: str, *, key: str | None = None, **optional: Any) -> int:
        return await self._write("edit", key, target=target, body=body, **optional)

    async def retract(self, target: int, *, key: str | None = None) -> int:
        return await self._write("retract", key, target=target)

    async def react(self, target: int, reaction: str, on: bool = True, *, key: str | None = None) -> int:
        return await self._write("react", key, target=target, reaction=reaction, on=on)

    async def history(self, before: int | None = None, limit: int = 50) -> Json:
        """One page: `{"epoch": …, "posts": [oldest … newest], "more": …}`."""
        bound = {} if before is None else {"before": before}
        return await self._client.call("history", room=self.name, limit=limit, **bound)

    async def redraw(self) -> str:
        self.handle = (await self._client.call("redraw", room=self.name))["handle"]
        return self.handle

    async def leave(self) -> None:
        await self._client.call("leave", room=self.name)

    async def next(self) -> Json:
        """The next publication, or a `reset` or `ended` item."""
        return await self._items.get()

    async def __aiter__(self) -> AsyncIterator[Json]:
        while True:
            item = await self.next()
            yield item
            if item["kind"] == "ended":
                return

    async def _write(self, method: str, key: str | None, **params: Any) -> int:
        result = await self._client.call(method, room=self.name, key=key or new_key(), **params)
        return int(result["offset"])

    def _on_position(self, result: Json) -> None:
        """A reply to `join` or `resume`, taken in before any push that comes after it."""
        self.handle, self.size = result["handle"], result["size"]
        if not result["recovered"]:
            self.epoch, self.offset = result["position"]["epoch"], result["position"]["offset"]
            self._items.put_nowait({"kind": "reset", "reason": result.get("reason")})

    def _on_publication(self, publication: Json) -> bool:
        """Takes in a push. False when there is a hole before it."""
        if publication["offset"] > self.offset + 1:
            return False
        if publication["offset"] == self.offset + 1:
            self.offset += 1
            self._items.put_nowait(publication)
        return True

    def _on_end(self, code: int, reason: str) -> None:
        self._items.put_nowait({"kind": "ended", "code": code, "reason": reason})


class Client:
    """One member's session, kept up until `close`."""

    def __init__(self, server: str, programme: str, seed: bytes, code: str | None = None,
                 *, back_off_max: float = 30.0, url: str | None = None) -> None:
        self.server, self.programme, self._code = server, programme, code
        self._key = member_key(seed, programme)
        self._url = url or re.sub(r"^http", "ws", server) + "/ws"
        self._back_off_max = back_off_max
        self._socket: ClientConnection | None = None
        self._ready = asyncio.Event()
        self._last_id = 0
        self._sent: dict[int, _Command] = {}
        self._unanswered: list[_Command] = []  # keyed commands, in the order in which they were made
        self._ended: ConnectionLost | CommandError | ForeignChallenge | None = None
        self._task: asyncio.Task[None] | None = None
        self.rooms: dict[str, Room] = {}
        self.welcome: Json = {}
        self.connections = 0

    @classmethod
    def from_link(cls, link: str, seed: bytes, **options: Any) -> Self:
        server, programme, code = parse_link(link)
        return cls(server, programme, seed, code, **options)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._keep_up())
        try:
            await self._until_ready()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        self._end(self._ended or ConnectionLost("closed by the caller", 1000, final=True))
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def call(self, method: str, **params: Any) -> Json:
        """Any command. One with a `key` survives reconnections."""
        return await self._call(_Command(method, params))

    async def _call(self, command: _Command) -> Json:
        if command.keyed:
            self._unanswered.append(command)
            if self._ready.is_set():
                await self._send(command)
        else:
            await self._until_ready()
            await self._send(command)
        if self._ended:
            command.fail(self._ended)
        return await command.reply

    async def join(self, room: str) -> Room:
        command = _Command("join", {"room": room})
        await self._call(command)
        assert command.room is not None
        return command.room

    async def _until_ready(self) -> None:
        await self._ready.wait()
        if self._ended:
            raise self._ended

    async def _send(self, command: _Command) -> None:
        """Sends. When the connection is gone, the reader knows it too and sees to the command."""
        assert self._socket is not None
        self._last_id += 1
        self._sent[self._last_id] = command
        frame = {"jsonrpc": "2.0", "id": self._last_id, "method": command.method, "params": command.params}
        try:
            await self._socket.send(json.dumps(frame, ensure_ascii=False))
        except ConnectionClosed:
            if not command.keyed:
                command.fail(ConnectionLost("the connection was lost"))

    async def _ask(self, method: str, **params: Any) -> Json:
        """A command of the greeting, sent whether or not the session is ready."""
        command = _Command(method, params)
        await self._send(command)
        return await command.reply

    async def _keep_up(self) -> None:
        """Connects, and connects again, until there is no coming back."""
        attempt = -1
        while True:
            wait: float | None = None
            connected_before = self.connections
            try:
                await self._one_connection()
            except ConnectionLost as lost:
                if lost.final:
                    return self._end(lost)
                if match := re.fullmatch(r"come back in (\d+)", lost.why):
                    wait = int(match[1]) / 1000
            except CommandError as error:
                if not error.passing:
                    return self._end(error)
            except ForeignChallenge as error:
                return self._end(error)
            except InvalidStatus as error:
                status = error.response.status_code
                if 400 <= status < 500 and status != 429:
                    return self._end(ConnectionLost(f"the upgrade was answered {status}", final=True))
            except (OSError, TimeoutError, WebSocketException):
                pass
            attempt = 0 if self.connections > connected_before else min(attempt + 1, 10)
            await asyncio.sleep(random.uniform(0, min(self._back_off_max, 0.5 * 2**attempt)) if wait is None else wait)

    async def _one_connection(self) -> None:
        """From the upgrade to the end of the connection; always raises."""
        # The library answers the server's pings without showing them, so the silence of two and a half beats is
        # measured by our own pings: one each beat, answered within a beat and a half.
        beat = self.welcome.get("limits", {}).get("heartbeat_seconds", 25)
        async with connect(self._url, subprotocols=[SUBPROTOCOL], compression=None, proxy=None, open_timeout=15,
                           max_size=FRAME_FROM_SERVER_MAX, ping_interval=beat, ping_timeout=1.5 * beat,
                           close_timeout=2) as self._socket:
            reader = asyncio.create_task(self._read(self._socket))
            try:
                await self._greet()
                await asyncio.shield(reader)
            finally:
                reader.cancel()
                await asyncio.gather(reader, return_exceptions=True)

    async def _greet(self) -> None:
        """Challenge, authenticate, resume every room, send again what has had no reply."""
        challenge = await self._ask("challenge", programme=self.programme)
        signature = sign_challenge(self._key, challenge, self.server, self.programme)
        code = {} if self._code is None else {"code": self._code}
        self.welcome = await self._ask("authenticate", key=public_key(self._key), signature=signature, **code)
        self._code = None
        self.connections += 1
        for room in list(self.rooms.values()):
            try:
                await self._ask("resume", room=room.name, position=room.position)
            except CommandError as error:
                if error.passing:
                    raise
                self.rooms.pop(room.name, None)
                room._on_end(error.code, error.name)
        for command in list(self._unanswered):
            await self._send(command)
        self._ready.set()

    async def _read(self, socket: ClientConnection) -> None:
        """Takes in frames until the connection ends; always raises `ConnectionLost`."""
        lost = ConnectionLost("a room must be resumed")
        try:
            while self._on_frame(json.loads(await socket.recv())):
                pass
        except ConnectionClosed as closed:
            code, why = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")
            lost = ConnectionLost(why, code, final=not may_come_back(code))
        finally:
            self._ready.clear()
            sent, self._sent = self._sent, {}
            for command in sent.values():
                if not command.keyed:
                    command.fail(lost)
        raise lost

    def _on_frame(self, frame: Json) -> bool:
        """Takes in a reply or a push; what isn't known is ignored. False when a room must be resumed."""
        params = frame.get("params", {})
        room = self.rooms.get(params.get("room", ""))
        if "method" not in frame:
            self._on_reply(frame)
        elif frame["method"] == "publication" and room:
            return room._on_publication(params)
        elif frame["method"] == "room_ended" and room:
            if params["code"] < 2500:
                return False
            del self.rooms[room.name]
            room._on_end(params["code"], params["reason"])
        return True

    def _on_reply(self, frame: Json) -> None:
        command = self._sent.pop(frame.get("id") or 0, None)  # ids begin with 1
        if command is None:
            return
        error = CommandError(frame["error"]) if "error" in frame else None
        if error and command.keyed and error.passing:
            seconds = error.data.get("retry_after_ms", 1000) / 1000
            asyncio.get_running_loop().call_later(seconds, self._send_again, command)
            return
        if command in self._unanswered:
            self._unanswered.remove(command)
        if error:
            return command.fail(error)
        name, result = command.params.get("room", ""), frame["result"]
        if command.method == "join" and name not in self.rooms:
            self.rooms[name] = Room(self, name, result)
        elif command.method in ("join", "resume") and name in self.rooms:
            self.rooms[name]._on_position(result)
        command.room = self.rooms.get(name)
        if command.method == "leave" and command.room:
            self.rooms.pop(name)._on_end(0, "left here")
        if not command.reply.done():
            command.reply.set_result(result)

    def _send_again(self, command: _Command) -> None:
        """After `rate_limited` or `unavailable`. When there is no session now, the next greeting does it."""
        if self._ready.is_set() and command in self._unanswered and command not in self._sent.values():
            self._resending = asyncio.create_task(self._send(command))

    def _end(self, error: ConnectionLost | CommandError | ForeignChallenge) -> None:
        """No coming back: everybody who waits is told."""
        self._ended = self._ended or error
        for command in [*self._sent.values(), *self._unanswered]:
            command.fail(error)
        for room in self.rooms.values():
            room._on_end(getattr(error, "code", 0), str(error))
        self._sent, self._unanswered, self.rooms = {}, [], {}
        self._ready.set()
