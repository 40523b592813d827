"""What `proto/README.md` says, checked from outside: first with the client, then statement by statement."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import re
import unicodedata
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from websockets.asyncio.server import ServerConnection, serve

from kkanbu_client import (
    SUBPROTOCOL,
    Client,
    CommandError,
    ConnectionLost,
    ForeignChallenge,
    Json,
    Room,
    member_key,
    new_key,
    new_seed,
    parse_link,
    public_key,
)
from support import PADDED_SIZES, Gate, Programme, Server, Wire, asynchronous

QUICK: dict[str, Any] = {"back_off_max": 0.3}
PLAZA = "room-1"


async def take(room: Room, count: int) -> list[Json]:
    return [await asyncio.wait_for(room.next(), 20) for _ in range(count)]


def stand(publications: list[Json]) -> dict[int, Json]:
    """The posts as they stand after these publications."""
    posts: dict[int, Json] = {}
    for item in publications:
        post = posts.get(item.get("target", 0), {})
        if item["kind"] == "post":
            posts[item["offset"]] = {"author": item["author"], "body": item["body"], "minute": item["minute"],
                                     "reply_to": item.get("reply_to"), "edited": False, "retracted": False, "reactions": {}}
        elif item["kind"] == "edit":
            post |= {"body": item["body"], "edited": True}
        elif item["kind"] == "retract":
            post |= {"body": None, "retracted": True}
        elif item["kind"] == "reaction":
            post["reactions"] |= {item["reaction"]: item["count"]}
    return posts


def comparable(post: Json) -> Json:
    """A post of the history in the form of `stand`."""
    names = ("author", "body", "minute", "reply_to", "edited", "retracted")
    return {name: post.get(name) for name in names} | {"reactions": {r["reaction"]: r["count"] for r in post["reactions"]}}


def without_nothing(post: Json) -> Json:
    """Reactions with a count of 0, and those of a retracted post, are not worth telling."""
    kept = {} if post["retracted"] else {name: count for name, count in post["reactions"].items() if count}
    return post | {"reactions": kept, "edited": post["edited"] and not post["retracted"]}


# The client against the server


@asynchronous
async def test_two_members_talk(programme: Programme) -> None:
    mentor = Client.from_link(programme.links["mentor"], new_seed())
    mentee = Client.from_link(programme.links["mentee"], new_seed())
    async with mentor, mentee:
        assert (mentor.welcome["role"], mentee.welcome["role"]) == (
            {"id": "mentor", "name": "멘토"}, {"id": "mentee", "name": "멘티"})
        hers, his = await mentor.join(PLAZA), await mentee.join(PLAZA)
        assert hers.handle != his.handle
        question = await his.post("보고서는 어떻게 쓰면 좋을까요?")
        answer = await hers.post("결론부터 쓰세요 👍", reply_to=question, mentions=[his.handle])
        assert await his.react(answer, "😊") == answer + 1
        await hers.edit(answer, "결론부터, 짧게 쓰세요 👍")
        await his.retract(question)
        await his.react(answer, "😊", on=False)
        seen, same = await take(hers, 6), await take(his, 6)
        assert seen == same
        assert [item["offset"] for item in seen] == list(range(question, question + 6))
        assert [item["kind"] for item in seen] == ["post", "post", "reaction", "edit", "retract", "reaction"]
        assert seen[0] | {"minute": 0} == {"room": PLAZA, "offset": question, "minute": 0, "kind": "post",
                                           "author": his.handle, "body": "보고서는 어떻게 쓰면 좋을까요?"}
        assert (seen[1]["reply_to"], seen[1]["mentions"]) == (question, [his.handle])
        assert (seen[2]["target"], seen[2]["reaction"], seen[2]["count"]) == (answer, "😊", 1)
        assert (seen[3]["target"], seen[3]["body"]) == (answer, "결론부터, 짧게 쓰세요 👍")
        assert (seen[4]["target"], seen[5]["count"]) == (question, 0)
        for room, mine in ((hers, [False, True]), (his, [True, False])):
            page = await room.history()
            assert [post["mine"] for post in page["posts"]] == mine
            assert (page["epoch"], page["more"]) == (room.epoch, False)
            assert "body" not in page["posts"][0]
        await his.leave()
        assert (await his.next())["kind"] == "ended"


@asynchronous
async def test_resume_after_a_cut(server: Server, programme: Programme) -> None:
    """Connections are cut again and again while two members write: nobody misses or repeats anything."""
    async with Gate(server.port) as gate, await programme.session("mentor") as other:
        async with Client.from_link(programme.links["mentee"], new_seed(), url=gate.url, **QUICK) as client:
            room = await client.join(PLAZA)
            start = room.offset
            await other.call("join", room=PLAZA)
            written: list[int] = []
            for number in range(6):
                mine = asyncio.create_task(room.post(f"내 글 {number}"))
                theirs = asyncio.create_task(other.post(PLAZA, f"남의 글 {number}"))
                if number % 2:
                    await asyncio.sleep(0)
                    gate.cut()
                written += await asyncio.gather(mine, theirs)
            seen = await take(room, 12)
            assert [item["offset"] for item in seen] == list(range(start + 1, start + 13))
            assert sorted(written) == list(range(start + 1, start + 13))
            assert len({item["body"] for item in seen}) == 12
            assert client.connections > 1


@asynchronous
async def test_a_lost_reply(server: Server, programme: Programme) -> None:
    """The server has written the posts, but the replies are lost: sent again, they are the same publications."""
    async with Gate(server.port) as gate, await programme.session() as other:
        async with Client.from_link(programme.links["mentor"], new_seed(), url=gate.url, **QUICK) as client:
            room = await client.join(PLAZA)
            await other.call("join", room=PLAZA)
            gate.hold()
            posts = [asyncio.create_task(room.post(f"글 {number}")) for number in range(3)]
            pushed = [await other.push() for _ in posts]
            assert not any(post.done() for post in posts)
            gate.cut()
            assert await asyncio.gather(*posts) == [push["offset"] for push in pushed]
            assert await take(room, 3) == pushed
            assert client.connections == 2
        await other.call("rooms")
        assert not other.pushes


@asynchronous
async def test_resume_after_a_kill(tmp_path: Path) -> None:
    """The server is killed and started again on the same folder and port."""
    server = Server(str(tmp_path))
    try:
        links = server.info["links"]
        first = Client.from_link(links["mentor"], new_seed(), **QUICK)
        second = Client.from_link(links["mentee"], new_seed(), **QUICK)
        async with first, second:
            hers, his = await first.join("plaza"), await second.join("plaza")
            position = his.position
            offsets = [await hers.post(f"먼저 {number}") for number in range(3)]
            asyncio.get_running_loop().call_later(0.01, server.kill)
            racing = [asyncio.create_task(hers.post(f"도중 {number}")) for number in range(3)]
            while server.process.returncode is None:
                await asyncio.sleep(0.01)
            waiting = [asyncio.create_task(his.post(f"나중 {number}")) for number in range(3)]
            await asyncio.sleep(0.2)
            await asyncio.to_thread(server.restart)
            offsets += await asyncio.gather(*racing, *waiting)
            seen, same = await take(hers, 9), await take(his, 9)
            assert seen == same
            assert [item["offset"] for item in seen] == sorted(offsets) == list(range(1, 10))
            assert his.epoch == position["epoch"]
            bodies = [item["body"] for item in seen]
            assert sorted(bodies) == sorted(f"{word} {n}" for word in ("먼저", "도중", "나중") for n in range(3))
            history = (await his.history())["posts"]
            assert [(post["offset"], post["body"]) for post in history] == list(enumerate(bodies, 1))
    finally:
        server.stop()


@asynchronous
async def test_history_is_what_was_pushed(programme: Programme) -> None:
    """Random writing; in the end the history equals what the pushes make."""
    dice = random.Random(7)
    wires = [await programme.session() for _ in range(4)]
    for wire in wires:
        await wire.call("join", room=PLAZA)
    own: dict[int, list[int]] = {number: [] for number in range(4)}
    for step in range(36):
        number = step % 4
        wire, posts = wires[number], [offset for offsets in own.values() for offset in offsets]
        match dice.choice(["post", "post", "edit", "retract", "react", "react"]) if own[number] else "post":
            case "post":
                reply = {"reply_to": dice.choice(posts)} if posts and step % 3 == 0 else {}
                own[number].append(await wire.post(PLAZA, f"글 {step}", **reply))
            case "edit":
                await wire.call("edit", room=PLAZA, key=new_key(), target=dice.choice(own[number]), body=f"고침 {step}")
            case "retract" if len(own[number]) > 1:
                await wire.call("retract", room=PLAZA, key=new_key(), target=own[number].pop())
            case _:
                await wire.call("react", room=PLAZA, key=new_key(), target=dice.choice(posts),
                                reaction=dice.choice(wire.welcome["reactions"]), on=dice.random() < 0.8)
    pushes = [[await wire.push() for _ in range(36)] for wire in wires]
    assert all(same == pushes[0] for same in pushes)
    assert [push["offset"] for push in pushes[0]] == list(range(1, 37))
    expected = {offset: without_nothing(post) for offset, post in stand(pushes[0]).items()}
    paged: list[Json] = []
    before: Json = {}
    while True:
        page = await wires[0].call("history", room=PLAZA, limit=4, **before)
        paged = page["posts"] + paged
        before = {"before": page["posts"][0]["offset"]}
        if not page["more"]:
            break
    assert {post["offset"]: without_nothing(comparable(post)) for post in paged} == expected
    assert paged == (await wires[0].call("history", room=PLAZA, limit=50))["posts"]
    assert [post["offset"] for post in paged] == sorted(expected)
    for wire in wires:
        await wire.connection.close()


@asynchronous
async def test_history_holds_what_was_answered(programme: Programme) -> None:
    """What has its reply is in the history at once: a client that joins and asks must not have a hole."""
    async with await programme.session() as reader:
        await reader.call("join", room=PLAZA)
        for _ in range(8):
            async with await programme.session() as writer:
                await writer.call("join", room=PLAZA)
                for _ in range(10):
                    offset = await writer.post(PLAZA, "글")
                    for wire in (writer, reader):
                        page = await wire.call("history", room=PLAZA, limit=1)
                        assert [post["offset"] for post in page["posts"]] == [offset]
                newcomer = await programme.session()
                position = (await newcomer.call("join", room=PLAZA))["position"]
                page = await newcomer.call("history", room=PLAZA, limit=1)
                assert [post["offset"] for post in page["posts"]] == [position["offset"]]
                await newcomer.connection.close()


# The client against a server that we play


@asynccontextmanager
async def played(script: Callable[[ServerConnection, Json, int], Any],
                 **challenge: str) -> AsyncIterator[tuple[str, list[Json]]]:
    """A server that answers commands by `script`, after an ordinary greeting. Gives its origin and what it was sent."""
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
                    result: Json | None = {"algorithm": "Ed25519", "server": origin, "programme": "p", "purpose": "session",
                                           "nonce": "n" * 43, "new": 1} | challenge
                case "authenticate":
                    result = {"limits": {"heartbeat_seconds": 25}, "new": []}
                case _:
                    result = await script(connection, command, number)
            if result is not None:
                frame = {"jsonrpc": "2.0", "id": command["id"], "result": result, "new": True}
                await connection.send(json.dumps(frame).ljust(512))

    async with serve(session, "127.0.0.1", 0, subprotocols=[SUBPROTOCOL], compression=None) as listener:
        origin = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        yield origin, heard


def joined(offset: int, **more: Any) -> Json:
    return {"room": "r", "handle": "수달", "position": {"epoch": "e", "offset": offset}, "size": "1-9",
            "frozen": False, "recovered": True} | more


async def push(connection: ServerConnection, method: str, **params: Any) -> None:
    await connection.send(json.dumps({"jsonrpc": "2.0", "method": method, "params": params, "new": 0}).ljust(512))


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


# Connecting


@asynchronous
async def test_replies_in_order_and_padded(programme: Programme) -> None:
    """Many commands at once, good and bad: one reply each, in order, with their ids; every frame has a padded size."""
    async with await programme.session() as wire:
        await wire.call("join", room=PLAZA)
        commands: list[tuple[str, Json]] = []
        for number in range(8):
            commands += [("rooms", {}), ("post", {"room": PLAZA, "key": new_key(), "body": "가" * 2 ** (number + 2)}),
                         ("nope", {}), ("history", {"room": PLAZA, "limit": 50}), ("post", {"room": PLAZA}),
                         ("join", {"room": "?"})]
        ids = [await wire.send(method, params) for method, params in commands]
        assert [(await wire.reply())["id"] for _ in commands] == ids
        for number in (0, 2**53 - 1, 7, 7):
            await wire.raw({"jsonrpc": "2.0", "id": number, "method": "rooms", "params": {}})
            assert (await wire.reply())["id"] == number
        assert set(wire.sizes) <= set(PADDED_SIZES)
        assert {512, 2_048} <= set(wire.sizes)


@asynchronous
async def test_big_frames_are_padded_and_history_fits(programme: Programme) -> None:
    """Posts as big as they may be: a page of history is cut to its frame, and says that there is more."""
    wires = [await programme.session() for _ in range(2)]
    for wire in wires:
        await wire.call("join", room=PLAZA)
    body = "뷁" * 2_000  # 2,000 graphemes and 6,000 octets
    widest = "\t" * 7_999 + "x"  # too many graphemes
    assert (await wires[0].refused("post", room=PLAZA, key=new_key(), body=widest))["message"] == "body_too_long"
    for number in range(16):
        await wires[number % 2].post(PLAZA, body)
    escaped = ('"\\' * 1_000)[:2_000]
    await wires[0].post(PLAZA, escaped)
    posts: list[Json] = []
    before: Json = {}
    pages = 0
    while True:
        page = await wires[1].call("history", room=PLAZA, limit=50, **before)
        posts, pages = page["posts"] + posts, pages + 1
        assert page["posts"]
        before = {"before": page["posts"][0]["offset"]}
        if not page["more"]:
            break
    assert pages > 1
    assert [post["offset"] for post in posts] == list(range(1, 18))
    assert posts[-1]["body"] == escaped and posts[0]["body"] == body
    assert {16_384, 65_536} <= set(wires[1].sizes) <= set(PADDED_SIZES)


# Who one is


@asynchronous
async def test_challenge_and_welcome(server: Server, programme: Programme) -> None:
    seed = new_seed()
    async with await Wire.open(server) as wire:
        assert (await wire.refused("rooms"))["message"] == "not_authenticated"
        challenge = await wire.call("challenge", programme=programme.name)
        again = await wire.call("challenge", programme=programme.name)
        assert challenge["nonce"] != again["nonce"]
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", again.pop("nonce"))
        assert again == {"algorithm": "Ed25519", "server": server.url, "programme": programme.name, "purpose": "session"}
        welcome = await wire.authenticate(programme.name, seed, programme.code("mentor"))
        assert welcome["programme"] | {"retention_days": 0} == {
            "id": programme.name, "name": "시험", "organisation": "시험 기관", "language": "ko", "retention_days": 0}
        assert welcome["role"] == {"id": "mentor", "name": "멘토"}
        assert welcome["rooms"] == [{"room": f"room-{n}", "name": f"방 {n}", "size": "1-9", "frozen": False} for n in (1, 2)]
        assert welcome["limits"] == {
            "frame_bytes_max": 32768, "body_graphemes_max": 2000, "body_bytes_max": 8000, "mentions_max": 10,
            "history_posts_max": 50, "posts_per_minute": 30, "posts_burst": 10, "heartbeat_seconds": 25, "rooms_max": 32}
        assert welcome["reactions"] == ["👍", "❤️", "😊", "😮", "😢", "🙏"]
        assert (await wire.call("rooms"))["rooms"] == welcome["rooms"]
    async with await Wire.open(server) as wire:
        later = await wire.authenticate(programme.name, seed)
        assert later["role"]["id"] == "mentor"
    async with await Wire.open(server) as wire:
        proof = await wire.proof(programme.name, new_seed())
        assert (await wire.refused("authenticate", **proof))["message"] == "not_admitted"


@asynchronous
async def test_seats_sizes_handles_and_badges(server: Server) -> None:
    """17 mentors take all seats of the demo programme; nobody learns more than bands of size."""
    link = server.info["links"]["mentor"]
    _, name, code = parse_link(link)
    wires, handles, seeds = [], [], [new_seed() for _ in range(17)]
    for count, seed in enumerate(seeds, 1):
        wire = await Wire.open(server)
        await wire.authenticate(name, seed, code)
        reply = await wire.call("join", room="plaza")
        assert reply["size"] == ("1-9" if count < 10 else "10-29")
        wires.append(wire)
        handles.append(reply["handle"])
        if count in (4, 5):
            await wires[0].post("plaza", f"{count}명")
    assert len(set(handles)) == 17
    pushed = [await wires[0].push() for _ in range(2)]
    assert "role" not in pushed[0]
    assert pushed[1]["role"] == "멘토"
    async with await Wire.open(server) as wire:
        proof = await wire.proof(name, new_seed())
        error = await wire.refused("authenticate", **proof, code=code)
        assert (error["code"], error["message"]) == (3507, "room_full")
    async with await Wire.open(server) as wire:
        assert (await wire.authenticate(name, seeds[0], code))["role"]["id"] == "mentor"
        plaza = (await wire.call("rooms"))["rooms"][0]
        assert (plaza["room"], plaza["size"], plaza["handle"]) == ("plaza", "10-29", handles[0])
    for wire in wires:
        assert not wire.pushes, "somebody was told who comes and goes"
        await wire.connection.close()


@asynchronous
async def test_handles(server: Server) -> None:
    """Korean in a Korean programme; another one in each room."""
    programme = server.programme(rooms=8)
    async with await programme.session() as wire:
        handles = [(await wire.call("join", room=f"room-{number}"))["handle"] for number in range(1, 9)]
    assert all(re.search("[가-힣]", handle) and not re.search("[A-Za-z]", handle) for handle in handles), handles
    assert len(set(handles)) > 4, handles


@asynchronous
async def test_seats_are_not_oversold(server: Server) -> None:
    programme = server.programme(seats=5)

    async def come() -> bool:
        async with await Wire.open(server) as wire:
            proof = await wire.proof(programme.name, new_seed())
            await wire.send("authenticate", proof | {"code": programme.code()})
            reply = await wire.reply()
            assert "result" in reply or reply["error"]["message"] == "room_full"
            return "result" in reply

    assert sum(await asyncio.gather(*(come() for _ in range(12)))) == 5


@asynchronous
async def test_a_fifth_session_replaces_the_first(programme: Programme) -> None:
    seed = new_seed()
    wires = [await programme.session(seed=seed) for _ in range(5)]
    code, reason = await wires[0].closed()
    assert (code, reason) == (4501, "replaced")
    for wire in wires[1:]:
        await wire.call("rooms")
        await wire.connection.close()


# Rooms


@asynchronous
async def test_join_and_leave(programme: Programme) -> None:
    seed = new_seed()
    async with await programme.session(seed=seed) as wire, await programme.session(seed=seed) as second:
        error = await wire.refused("resume", room=PLAZA, position={"epoch": "0" * 16, "offset": 0})
        assert error["message"] == "not_a_member"
        reply = await wire.call("join", room=PLAZA)
        assert set(reply) == {"room", "handle", "position", "size", "frozen", "recovered"}
        assert (reply["room"], reply["size"], reply["frozen"], reply["recovered"]) == (PLAZA, "1-9", False, True)
        assert (await wire.call("join", room=PLAZA))["handle"] == reply["handle"]
        assert (await second.call("join", room=PLAZA))["handle"] == reply["handle"]
        assert (await wire.call("rooms"))["rooms"][0]["handle"] == reply["handle"]
        offset = await wire.post(PLAZA, "제 글입니다")
        assert (await wire.push())["offset"] == (await second.push())["offset"] == offset == reply["position"]["offset"] + 1
        assert await wire.call("leave", room=PLAZA) == {}
        assert await second.push("room_ended") == {"room": PLAZA, "code": 2500, "reason": "left"}
        await second.call("rooms")
        assert not wire.pushes and not second.pushes
        assert "handle" not in (await wire.call("rooms"))["rooms"][0]
        again = await wire.call("join", room=PLAZA)
        assert again["handle"] != reply["handle"]
        assert again["position"]["offset"] == offset
        for method, more in (("edit", {"body": "x"}), ("retract", {})):
            error = await wire.refused(method, room=PLAZA, key=new_key(), target=offset, **more)
            assert error["message"] == "not_your_post"


@asynchronous
async def test_redraw_until_the_first_post(programme: Programme) -> None:
    async with await programme.session() as wire:
        handle = (await wire.call("join", room=PLAZA))["handle"]
        drawn = {(await wire.call("redraw", room=PLAZA))["handle"] for _ in range(4)}
        assert handle not in list(drawn)[-1:] or len(drawn) > 1
        error = await wire.refused("post", room=PLAZA, key=new_key(), body="010-1234-5678")
        assert error["message"] == "confirm_needed"
        last = (await wire.call("redraw", room=PLAZA))["handle"]
        await wire.post(PLAZA, "안녕하세요")
        assert (await wire.push())["author"] == last
        assert (await wire.refused("redraw", room=PLAZA))["message"] == "handle_fixed"
        assert (await wire.call("join", room=PLAZA))["handle"] == last


@asynchronous
async def test_resume(programme: Programme) -> None:
    """Every point of the log, from the first to beyond the last, and another epoch."""
    seed = new_seed()
    async with await programme.session() as other:
        await other.call("join", room=PLAZA)
        async with await programme.session(seed=seed) as wire:
            epoch = (await wire.call("join", room=PLAZA))["position"]["epoch"]
        for number in range(4):
            await other.post(PLAZA, f"글 {number}")
        await other.call("edit", room=PLAZA, key=new_key(), target=2, body="고침")
        await other.call("retract", room=PLAZA, key=new_key(), target=2)
        pushed = [await other.push() for _ in range(6)]
        for offset in range(7):
            async with await programme.session(seed=seed) as wire:
                reply = await wire.call("resume", room=PLAZA, position={"epoch": epoch, "offset": offset})
                assert not wire.pushes
                assert (reply["recovered"], reply["position"]) == (True, {"epoch": epoch, "offset": 6})
                caught_up = [await wire.push() for _ in range(6 - offset)]
                assert [push["offset"] for push in caught_up] == list(range(offset + 1, 7))
                for then, now in zip(pushed[offset:], caught_up, strict=True):
                    if now["offset"] in (2, 5):  # the post, and its edit
                        assert "body" not in now and now["retracted"] is True
                    else:
                        assert now == then
        async with await programme.session(seed=seed) as wire:
            await wire.call("resume", room=PLAZA, position={"epoch": epoch, "offset": 5})
            await other.post(PLAZA, "지금")
            assert [(await wire.push())["offset"] for _ in range(2)] == [6, 7], "then live ones, without a hole"
        unproven = [({"epoch": epoch, "offset": 8}, "ahead"), ({"epoch": epoch, "offset": 2**40}, "ahead"),
                    ({"epoch": "0123456789abcdef", "offset": 3}, "epoch")]
        for head, (position, reason) in enumerate(unproven, 7):
            async with await programme.session(seed=seed) as wire:
                reply = await wire.call("resume", room=PLAZA, position=position)
                assert (reply["recovered"], reply["reason"]) == (False, reason)
                assert reply["position"] == {"epoch": epoch, "offset": head}
                assert await other.post(PLAZA, "지금") == head + 1
                assert (await wire.push())["offset"] == head + 1


@asynchronous
async def test_joining_and_resuming_while_others_write(programme: Programme) -> None:
    """Pushes go on right after the reply's position, however much is being written just then."""
    writers = [await programme.session() for _ in range(4)]
    for writer in writers:
        await writer.call("join", room=PLAZA)

    async def write(writer: Wire) -> None:
        for number in range(10):
            await writer.post(PLAZA, f"글 {number}")

    async def read(seed: bytes) -> None:
        async with await programme.session(seed=seed) as wire:
            position = (await wire.call("join", room=PLAZA))["position"]
            assert not wire.pushes
            offset = position["offset"]
            while offset < 20:
                offset = (await wire.push())["offset"]
            await wire.cut()
        async with await programme.session(seed=seed) as wire:
            reply = await wire.call("resume", room=PLAZA, position=position)
            assert reply["recovered"] and not wire.pushes
            seen = [(await wire.push())["offset"] for _ in range(40 - position["offset"])]
            assert seen == list(range(position["offset"] + 1, 41))

    await asyncio.gather(*(write(writer) for writer in writers), *(read(new_seed()) for _ in range(8)))
    for writer in writers:
        await writer.connection.close()


@asynchronous
async def test_rooms_max(server: Server) -> None:
    programme = server.programme(rooms=33)
    async with await programme.session() as wire:
        refusals = []
        for number in range(1, 34):
            while True:
                await wire.send("join", {"room": f"room-{number}"})
                error = (await wire.reply()).get("error")
                if error is None or error["message"] != "rate_limited":
                    break
                await asyncio.sleep(error["data"]["retry_after_ms"] / 1000)
            refusals += [(number, error["message"])] if error else []
        assert [number for number, _ in refusals] == [33], refusals


# Posting


@asynchronous
async def test_keys(programme: Programme) -> None:
    seed = new_seed()
    async with await programme.session() as other, await programme.session(seed=seed) as wire:
        handle = (await other.call("join", room=PLAZA))["handle"]
        await wire.call("join", room=PLAZA)
        key = new_key()
        offset = await wire.post(PLAZA, "한 번만", key=key)
        assert await wire.post(PLAZA, "한 번만", key=key) == offset
        assert (await other.push())["offset"] == offset
        for changed in ({"body": "두 번"}, {"reply_to": offset}):
            params = {"room": PLAZA, "key": key, "body": "한 번만"} | changed
            assert (await wire.refused("post", **params))["message"] == "key_reused", changed
        assert await wire.post(PLAZA, "한 번만", key=key, mentions=[]) == offset, "the same, written out"
        assert (await wire.refused("retract", room=PLAZA, key=key, target=offset))["message"] == "key_reused"
        async with await programme.session(seed=seed) as later:
            await later.call("join", room=PLAZA)
            assert await later.post(PLAZA, "한 번만", key=key) == offset
        assert await other.post(PLAZA, "남의 글", key=key) == offset + 1, "another member's key is another key"
        await other.call("rooms")
        assert [push["params"]["author"] for push in other.pushes] == [handle]


@asynchronous
async def test_keys_of_other_commands(programme: Programme) -> None:
    async with await programme.session() as wire:
        await wire.call("join", room=PLAZA)
        target = await wire.post(PLAZA, "글")
        for method, more in (("edit", {"body": "고침"}), ("react", {"reaction": "👍", "on": True}), ("retract", {})):
            params = {"room": PLAZA, "key": new_key(), "target": target, **more}
            assert await wire.call(method, **params) == await wire.call(method, **params)
        await wire.call("rooms")
        assert [push["params"]["kind"] for push in wire.pushes] == ["post", "edit", "reaction", "retract"]


@asynchronous
async def test_a_key_in_another_room(programme: Programme) -> None:
    """Another room is something else."""
    async with await programme.session() as wire:
        for room in (PLAZA, "room-2"):
            await wire.call("join", room=room)
        key = new_key()
        await wire.post(PLAZA, "한 번만", key=key)
        assert (await wire.refused("post", room="room-2", key=key, body="한 번만"))["message"] == "key_reused"


@asynchronous
async def test_bodies(programme: Programme) -> None:
    wires = [await programme.session() for _ in range(6)]
    for wire in wires:
        await wire.call("join", room=PLAZA)
    family = "👨\u200d👩\u200d👧\u200d👦"  # one grapheme, 25 octets
    decomposed = unicodedata.normalize("NFD", "뷁")  # three code points, one after NFC
    good = ["가" * 2_000, family * 320, decomposed * 2_000, "줄\n바꿈\t탭", "🇰🇷", "e\u0301"]
    for number, body in enumerate(good):
        await wires[0].post(PLAZA, body)
        assert (await wires[0].push())["body"] == unicodedata.normalize("NFC", body), number
    bad = ["", "가" * 2_001, family * 321, "x" * 8_001, "a\0", "a\x07", "a\x1b[0m", "a\x7f", "a\x85",
           *(f"a{mark}b" for mark in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")]
    for number, body in enumerate(bad):
        error = await wires[1 + number % 5].refused("post", room=PLAZA, key=new_key(), body=body)
        assert error["message"].startswith("body_"), (number, error)
    for wire in wires:
        await wire.connection.close()


@asynchronous
async def test_what_has_to_be_confirmed(programme: Programme) -> None:
    cases = [("😀 e\u0301 010-1234-5678", "phone", "010-1234-5678"), ("주소는 kim@example.com", "email", "kim@example.com"),
             ("번호 900101-1234567 입니다", "resident_number", "900101-1234567")]
    async with await programme.session() as wire:
        await wire.call("join", room=PLAZA)
        for body, kind, part in cases:
            key = new_key()
            params = {"room": PLAZA, "key": key, "body": body}
            normal = unicodedata.normalize("NFC", body)
            start = normal.index(part)
            finding = {"kind": kind, "start": start, "end": start + len(part)}
            error = await wire.refused("post", **params)
            assert error["message"] == "confirm_needed"
            assert error["data"]["findings"] == [finding]
            assert (await wire.refused("post", **params, confirmed=False))["message"] == "confirm_needed"
            offset = (await wire.call("post", **params, confirmed=True))["offset"]
            assert (await wire.push())["body"] == normal
            if kind == "phone":
                change = {"room": PLAZA, "key": new_key(), "target": offset, "body": "다시 " + body}
                assert (await wire.refused("edit", **change))["message"] == "confirm_needed"
            assert not wire.pushes
        assert (await wire.call("history", room=PLAZA, limit=50))["posts"][-1]["offset"] == 3


@asynchronous
async def test_targets_and_mentions(programme: Programme) -> None:
    async with await programme.session() as first, await programme.session() as second, await programme.session() as third:
        silent = (await second.call("join", room=PLAZA))["handle"]
        handle = (await first.call("join", room=PLAZA))["handle"]
        await third.call("join", room=PLAZA)
        offset = await first.post(PLAZA, "글")
        for method, more in (("edit", {"body": "x"}), ("retract", {})):
            error = await second.refused(method, room=PLAZA, key=new_key(), target=offset, **more)
            assert error["message"] == "not_your_post"
        for mention in (silent, "없는 사람"):
            error = await first.refused("post", room=PLAZA, key=new_key(), body="x", mentions=[mention])
            assert error["message"] == "unknown_handle", "mentioning tells who is there"
        await second.post(PLAZA, "안녕하세요", mentions=[handle])
        await first.post(PLAZA, "네", mentions=[silent])
        too_many = await third.refused("post", room=PLAZA, key=new_key(), body="x", mentions=[handle] * 11)
        assert too_many["message"]
        for target in (0, 99, 2**53 - 1):
            error = await third.refused("post", room=PLAZA, key=new_key(), body="x", reply_to=target)
            assert error["message"] == "unknown_post"
            error = await third.refused("react", room=PLAZA, key=new_key(), target=target, reaction="👍", on=True)
            assert error["message"] == "unknown_post"
        error = await third.refused("react", room=PLAZA, key=new_key(), target=offset, reaction="💩", on=True)
        assert error["message"] == "unknown_reaction"
        await first.call("retract", room=PLAZA, key=new_key(), target=offset)
        assert (await first.refused("edit", room=PLAZA, key=new_key(), target=offset, body="x"))["message"]


@asynchronous
async def test_reactions(programme: Programme) -> None:
    async with await programme.session() as first, await programme.session() as second:
        for wire in (first, second):
            await wire.call("join", room=PLAZA)
        target = await first.post(PLAZA, "글")
        counts = []
        for wire, on in ((first, True), (second, True), (second, True), (first, False), (first, False), (second, False)):
            await wire.call("react", room=PLAZA, key=new_key(), target=target, reaction="❤️", on=on)
            page = await second.call("history", room=PLAZA, limit=1)
            counts.append([(entry["count"], entry["mine"]) for entry in page["posts"][0]["reactions"] if entry["count"]])
        assert counts == [[(1, False)], [(2, True)], [(2, True)], [(1, True)], [(1, True)], []]
        pushed = [push["params"] for push in second.pushes if push["params"]["kind"] == "reaction"]
        assert [push["offset"] for push in pushed] == list(range(target + 1, target + 1 + len(pushed)))
        assert pushed[-1]["count"] == 0


@asynchronous
async def test_the_rate_of_posts(programme: Programme) -> None:
    seed = new_seed()
    async with await programme.session(seed=seed) as wire, await programme.session(seed=seed) as second:
        for session in (wire, second):
            await session.call("join", room=PLAZA)
        for number in range(wire.welcome["limits"]["posts_burst"]):
            await wire.post(PLAZA, f"글 {number}")
        key = new_key()
        error = await wire.refused("post", room=PLAZA, key=key, body="하나 더")
        assert error["message"] == "rate_limited"
        assert 0 < error["data"]["retry_after_ms"] <= 2_000
        assert (await second.refused("post", room=PLAZA, key=key, body="하나 더"))["message"] == "rate_limited"
        await asyncio.sleep(error["data"]["retry_after_ms"] / 1_000)
        assert await wire.post(PLAZA, "하나 더", key=key) == 11


@asynchronous
async def test_the_client_waits_when_limited(programme: Programme) -> None:
    async with Client.from_link(programme.links["mentee"], new_seed()) as client:
        room = await client.join(PLAZA)
        offsets = [await room.post(f"글 {number}") for number in range(11)]
        assert offsets == list(range(1, 12))
        with pytest.raises(CommandError) as refused:
            await client.call("nope")
        assert refused.value.name == "unknown_method"


# When it ends


@asynchronous
async def test_a_server_that_stops_says_come_back(tmp_path: Path) -> None:
    server = Server(str(tmp_path))
    try:
        programme = server.programme()
        async with await programme.session() as wire:
            await wire.call("join", room=PLAZA)
            server.process.terminate()
            code, reason = await wire.closed()
            assert 4000 <= code <= 4499 or code in (1001, 1012)
            assert code != 4000 or re.fullmatch(r"come back in \d+", reason)
        await asyncio.to_thread(server.process.wait, 20)
    finally:
        server.stop()


@asynchronous
async def test_a_programme_that_ends_says_stay_away(server: Server) -> None:
    programme = server.programme()
    async with await programme.session() as wire:
        await wire.call("join", room=PLAZA)
        server.admin("programme.destroy", programme=programme.name)
        code, _ = await wire.closed()
        assert 4500 <= code <= 4999


# The last one, since it takes long


def test_the_heartbeat(slow: dict[str, Future[Any]]) -> None:
    """A ping every beat; who answers none for two beats is gone."""
    pings, seconds, code = slow["heartbeat"].result(75)
    assert pings and 15 < pings[0] < 35
    assert 45 < seconds < 70
    assert code == 1006 or code >= 1000
