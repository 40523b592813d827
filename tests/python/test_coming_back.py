"""Connections break and servers die under the client; nobody misses or repeats anything."""

from __future__ import annotations

import asyncio
from pathlib import Path

from kkanbu_client import Client
from kkanbu_identity import new_seed
from stand_ins import Gate
from support import PLAZA, QUICK, Programme, Server, asynchronous, take


@asynchronous
async def test_resume_after_a_cut(server: Server, programme: Programme) -> None:
    """Connections are cut again and again while two members write: nobody misses or repeats anything."""
    link = programme.links["mentee"]
    async with (Gate(server.port) as gate, await programme.session("mentor") as other,
                Client.from_link(link, new_seed(), url=gate.url, **QUICK) as client):
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
