"""Rooms: joining, leaving, handles, and the difference between being a member and being there with a session."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from kkanbu_identity import new_key, new_seed
from support import PLAZA, Programme, Server, asynchronous


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
async def test_handles(server: Server) -> None:
    """Korean in a Korean programme; another one in each room."""
    programme = server.programme(rooms=8)
    async with await programme.session() as wire:
        handles = [(await wire.call("join", room=f"room-{number}"))["handle"] for number in range(1, 9)]
    assert all(re.search("[가-힣]", handle) and not re.search("[A-Za-z]", handle) for handle in handles), handles
    assert len(set(handles)) > 4, handles


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


@asynchronous
async def test_rooms_one_is_not_in(server: Server, programme: Programme) -> None:
    other = server.programme(rooms=3)
    async with await other.session() as foreign, await programme.session() as member, await programme.session() as wire:
        await foreign.call("join", room="room-3")
        await foreign.post("room-3", "비밀")
        await member.call("join", room="room-1")
        target = await member.post("room-1", "우리끼리")
        position = {"epoch": "0" * 16, "offset": 0}
        for room, expected in (("room-1", "not_a_member"), ("room-3", "unknown_room"), ("nope", "unknown_room")):
            tries: list[tuple[str, dict[str, Any]]] = [
                ("post", {"key": new_key(), "body": "여기요"}),
                ("edit", {"key": new_key(), "target": target, "body": "여기요"}),
                ("retract", {"key": new_key(), "target": target}),
                ("react", {"key": new_key(), "target": target, "reaction": "👍", "on": True}),
                ("history", {"limit": 5}), ("resume", {"position": position}), ("redraw", {}), ("leave", {}),
            ]
            for method, params in tries:
                assert (await wire.refused(method, room=room, **params))["message"] == expected, (method, room)
        await member.call("rooms")
        assert [push["params"]["offset"] for push in member.pushes] == [target]
        assert not wire.pushes
