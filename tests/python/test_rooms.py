"""Rooms: joining, leaving, handles, and the difference between being a member and being there with a session."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from kkanbu_identity import new_key, new_seed
from support import PLAZA, Programme, Server, asynchronous, used_up


@asynchronous
async def test_join_and_leave(programme: Programme) -> None:
    seed = new_seed()
    async with await programme.session(seed=seed) as wire, await programme.session(seed=seed) as second:
        error = await wire.refused("resume", room=PLAZA, position={"epoch": "0" * 16, "offset": 0})
        assert error["message"] == "not_a_member"
        reply = await wire.call("join", room=PLAZA)
        assert set(reply) == {
            "room", "handle", "position", "size", "frozen", "recovered", "slow_seconds", "phase"}
        assert (reply["room"], reply["size"], reply["frozen"], reply["recovered"]) == (PLAZA, "1-9", False, True)
        assert (await wire.call("join", room=PLAZA))["handle"] == reply["handle"]
        assert (await second.call("join", room=PLAZA))["handle"] == reply["handle"]
        assert (await wire.call("rooms"))["rooms"][0]["handle"] == reply["handle"]
        offset = await wire.post(PLAZA, "제 글입니다")
        assert offset == reply["position"]["offset"] + 1
        assert (await wire.push())["offset"] == (await second.push())["offset"] == offset
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
        for _ in range(4):
            drawn = (await wire.call("redraw", room=PLAZA))["handle"]
            assert drawn != handle, "redrawing draws another handle"
            handle = drawn
        error = await wire.refused("post", room=PLAZA, key=new_key(), body="010-1234-5678")
        assert error["message"] == "confirm_needed"
        last = (await wire.call("redraw", room=PLAZA))["handle"]
        await wire.post(PLAZA, "안녕하세요")
        assert (await wire.push())["author"] == last
        assert (await wire.refused("redraw", room=PLAZA))["message"] == "handle_fixed"
        assert (await wire.call("join", room=PLAZA))["handle"] == last


@asynchronous
async def test_handles(server: Server) -> None:
    """In the programme's language; another one in each room."""
    for language, own, foreign in (("ko", "[가-힣]", "[A-Za-z]"), ("en", "[A-Za-z]", "[가-힣]")):
        programme = server.programme(rooms=8, language=language)
        async with await programme.session() as wire:
            assert wire.welcome["programme"]["language"] == language
            handles = [(await wire.call("join", room=f"room-{number}"))["handle"] for number in range(1, 9)]
        assert all(re.search(own, handle) and not re.search(foreign, handle) for handle in handles), handles
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
        assert refusals == [(33, "too_many_rooms")]


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


@asynchronous
async def test_a_session_that_has_not_joined(programme: Programme) -> None:
    """A member whose session is not in the room gets no pushes and may not write or read, only redraw and leave."""
    seed = new_seed()
    async with await programme.session(seed=seed) as first, await programme.session() as other:
        joined = await first.call("join", room=PLAZA)
        await other.call("join", room=PLAZA)
        target = await other.post(PLAZA, "글")
        async with await programme.session(seed=seed) as second:
            assert second.welcome["rooms"][0]["handle"] == joined["handle"]
            tries: list[tuple[str, dict[str, Any]]] = [
                ("post", {"key": new_key(), "body": "여기요"}),
                ("edit", {"key": new_key(), "target": target, "body": "여기요"}),
                ("retract", {"key": new_key(), "target": target}),
                ("react", {"key": new_key(), "target": target, "reaction": "👍", "on": True}),
                ("history", {"limit": 5}),
            ]
            for method, params in tries:
                assert (await second.refused(method, room=PLAZA, **params))["message"] == "not_a_member", method
            drawn = (await second.call("redraw", room=PLAZA))["handle"]
            assert drawn != joined["handle"]
            await other.post(PLAZA, "또 글")
            assert [(await first.push())["offset"] for _ in range(2)] == [target, target + 1]
            await second.call("rooms")
            assert not second.pushes
            await second.call("resume", room=PLAZA, position=joined["position"])
            assert [(await second.push())["offset"] for _ in range(2)] == [target, target + 1]
        async with await programme.session(seed=seed) as third:
            assert await third.call("leave", room=PLAZA) == {}
            assert (await first.push("room_ended"))["code"] == 2500
            assert (await first.refused("history", room=PLAZA, limit=5))["message"] == "not_a_member"
            assert (await third.refused("leave", room=PLAZA))["message"] == "not_a_member"


@asynchronous
async def test_what_stays_after_leaving(programme: Programme) -> None:
    """Earlier posts are no longer `mine`; the old handle is nobody else's, but can still be mentioned."""
    async with await programme.session() as wire, await programme.session() as other:
        old = (await wire.call("join", room=PLAZA))["handle"]
        await other.call("join", room=PLAZA)
        offset = await wire.post(PLAZA, "제 글입니다")
        await wire.call("react", room=PLAZA, key=new_key(), target=offset, reaction="👍", on=True)
        page = await wire.call("history", room=PLAZA, limit=1)
        assert page["posts"][0]["mine"] is True and page["posts"][0]["reactions"][0]["mine"] is True
        await wire.call("leave", room=PLAZA)
        answer = await other.post(PLAZA, "벌써 가셨네요", mentions=[old])
        new = (await wire.call("join", room=PLAZA))["handle"]
        assert new != old
        page = await wire.call("history", room=PLAZA, limit=50)
        assert [(post["offset"], post["mine"]) for post in page["posts"]] == [(offset, False), (answer, False)]
        assert (page["posts"][0]["author"], page["posts"][1]["mentions"]) == (old, [old])


@asynchronous
async def test_how_often_one_may_join_and_redraw(programme: Programme) -> None:
    """30 times at once, then 30 a minute; joining again what one is in is free."""
    async with await programme.session() as wire, await programme.session() as other:
        for _ in range(40):
            await wire.call("join", room=PLAZA)
        await used_up(wire, "redraw", 29, 30, room=PLAZA)
        await wire.call("join", room=PLAZA)
        await other.call("join", room=PLAZA)
