"""`resume`, statement by statement: from every point of the log, in a live session, while others write."""

from __future__ import annotations

import asyncio
import json

from kkanbu_identity import new_key, new_seed
from support import PLAZA, Programme, Wire, asynchronous


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
async def test_resume_in_a_live_session(programme: Programme) -> None:
    """What is pushed after the reply follows the position that was sent; joining again goes on from the reply's."""
    async with await programme.session() as wire, await programme.session() as other:
        position = (await wire.call("join", room=PLAZA))["position"]
        await other.call("join", room=PLAZA)
        for number in range(3):
            await other.post(PLAZA, f"글 {number}")
        first = [await wire.push() for _ in range(3)]
        assert (await wire.call("resume", room=PLAZA, position=position))["recovered"] is True
        assert not wire.pushes
        assert [await wire.push() for _ in range(3)] == first
        again = await wire.call("join", room=PLAZA)
        assert again["position"] == position | {"offset": 3}
        await other.post(PLAZA, "지금")
        assert (await wire.push())["offset"] == 4
        await wire.call("rooms")
        assert not wire.pushes


@asynchronous
async def test_a_retracted_post_and_all_its_edits(programme: Programme) -> None:
    """Neither the post nor any edit of it gives its text to somebody who resumes later."""
    seed = new_seed()
    async with await programme.session(seed=seed) as wire, await programme.session() as other:
        position = (await wire.call("join", room=PLAZA))["position"]
        await other.call("join", room=PLAZA)
        handle = (await wire.call("rooms"))["rooms"][0]["handle"]
        await wire.post(PLAZA, "먼저")
        kept = await other.post(PLAZA, "남는 글")
        gone = await other.post(PLAZA, "비밀 하나", mentions=[handle])
        for target, body in ((gone, "비밀 둘"), (kept, "고친 글"), (gone, "비밀 셋")):
            await other.call("edit", room=PLAZA, key=new_key(), target=target, body=body)
        await other.call("retract", room=PLAZA, key=new_key(), target=gone)
        async with await programme.session(seed=seed) as later:
            await later.call("resume", room=PLAZA, position=position)
            caught_up = [await later.push() for _ in range(7)]
            for push in caught_up:
                about = push.get("target", push["offset"])
                if push["kind"] != "retract":
                    # A text that was replaced is given by the edit that follows.
                    replaced = push["kind"] == "post" and about == kept
                    assert ("body" not in push) == (about == gone or replaced), push
                    assert push.get("retracted", False) == (about == gone), push
            page = await later.call("history", room=PLAZA, limit=50)
        assert [push["offset"] for push in caught_up] == list(range(1, 8))
        assert "비밀" not in json.dumps([caught_up, page], ensure_ascii=False)
