"""The client against a server that we play: what it ignores, what it signs, when it comes back."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from websockets.asyncio.server import ServerConnection

from kkanbu_client import Client, ConnectionLost
from kkanbu_identity import ForeignChallenge, Json, member_key, new_key, new_seed, public_key
from stand_ins import joined, played, push
from support import QUICK, asynchronous, take


@asynchronous
async def test_what_is_unknown_is_ignored() -> None:
    async def script(connection: ServerConnection, command: Json, _: int) -> Json | None:
        await push(connection, "weather", room="r", offset=99)
        frame = {"jsonrpc": "2.0", "id": command["id"], "result": joined(4, colour="red")}
        await connection.send(json.dumps(frame).ljust(512))
        await push(connection, "publication", room="r", offset=5, kind="poem", lines=3)
        await push(connection, "publication", room="r", offset=6, kind="post", author="수달", body="네", colour="red")
        await push(connection, "publication", room="elsewhere", offset=1, kind="post")
        await push(connection, "room_ended", room="r", code=2500, reason="left", colour="red")
        return None

    async with played(script) as (origin, heard), Client(origin, "p", new_seed(), **QUICK) as client:
        room = await client.join("r")
        assert [(item["kind"], item.get("offset")) for item in await take(room, 3)] == [
            ("poem", 5), ("post", 6), ("ended", None)]
        assert client.connections == 1
        assert [command["id"] for command in heard] == list(range(1, len(heard) + 1))


@asynchronous
async def test_the_client_checks_the_challenge() -> None:
    async def script(*_: Any) -> None:
        raise AssertionError

    wrong = {"server": "https://elsewhere.example", "programme": "q", "purpose": "admin", "algorithm": "none",
             "nonce": "n\n"}
    for field, value in wrong.items():
        async with played(script, **{field: value}) as (origin, heard):
            with pytest.raises(ForeignChallenge):
                async with Client(origin, "p", new_seed(), "code"):
                    pass
            assert [command["method"] for command in heard] == ["challenge"]


@asynchronous
async def test_what_the_client_signs() -> None:
    async def script(*_: Any) -> Json:
        return joined(0)

    seed = bytes(range(16))
    async with played(script) as (origin, heard), Client(origin, "p", seed, "code"):
        sent = heard[1]["params"]
        assert set(sent) == {"key", "signature", "code"}
        assert (len(sent["key"]), len(sent["signature"])) == (43, 86)
        assert sent["key"] == public_key(member_key(seed, "p")) != public_key(member_key(seed, "q"))
        text = f"kkanbu.v1 challenge\nEd25519\n{origin}\np\nsession\n{'n' * 43}\n{sent['key']}"
        verify(sent["key"], sent["signature"], text)


def verify(key: str, signature: str, text: str) -> None:
    octets, proof = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in (key, signature))
    Ed25519PublicKey.from_public_bytes(octets).verify(proof, text.encode("utf-8"))


@asynchronous
async def test_the_client_comes_back_when_told() -> None:
    """4000 with a time, a hole in the offsets, continuity not proven, and at last a code that says to stay away."""
    async def script(connection: ServerConnection, command: Json, number: int) -> Json | None:
        if command["method"] == "join":
            return joined(3)
        if command["method"] == "post":
            await connection.close(4000, "come back in 20") if number == 1 else None
            return None if number == 1 else {"offset": 10}
        if command["method"] == "resume":
            if number == 3:
                return joined(9, recovered=False, reason="epoch", position={"epoch": "f", "offset": 9})
            frame = {"jsonrpc": "2.0", "id": command["id"], "result": joined(5)}
            await connection.send(json.dumps(frame).ljust(512))
            await push(connection, "publication", room="r", offset=4, kind="post", author="수달", body="네")
            await push(connection, "publication", room="r", offset=6, kind="post", author="수달", body="구멍")
            return None
        await connection.close(4500, "no")
        return None

    async with played(script) as (origin, heard), Client(origin, "p", new_seed(), **QUICK) as client:
        room = await client.join("r")
        key = new_key()
        assert await room.post("한 번", key=key) == 10
        assert [(item["kind"], item.get("offset")) for item in await take(room, 2)] == [("post", 4), ("reset", None)]
        assert room.position == {"epoch": "f", "offset": 9}
        with pytest.raises(ConnectionLost) as lost:
            await client.call("rooms")
        assert (lost.value.code, lost.value.final) == (4500, True)
        resumes = [command["params"]["position"]["offset"] for command in heard if command["method"] == "resume"]
        assert resumes == [3, 4]
        posts = [command["params"] for command in heard if command["method"] == "post"]
        assert len(posts) in (2, 3) and all(post == posts[0] for post in posts)
        assert (await room.next())["kind"] == "ended"
        assert client.connections == 3


@asynchronous
async def test_an_upgrade_that_is_refused() -> None:
    """503 is waited for; 403 won't get better."""
    async def script(*_: Any) -> Json:
        return joined(0)

    async with (played(script, refusals=[503, 503]) as (origin, _),
                Client(origin, "p", new_seed(), **QUICK) as client):
        assert (await client.join("r")).handle == "수달"
    async with played(script, refusals=[403]) as (origin, heard):
        with pytest.raises(ConnectionLost) as lost:
            await Client(origin, "p", new_seed(), **QUICK).__aenter__()
        assert lost.value.final and not heard
