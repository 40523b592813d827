"""Writing: bodies, what has to be confirmed, targets, mentions, reactions and the allowance."""

from __future__ import annotations

import asyncio
import time
import unicodedata

from kkanbu_identity import Json, new_key, new_seed
from support import PLAZA, Programme, asynchronous, used_up


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
    bad = ["", "가" * 2_001, family * 321, "x" * 8_001, "a\0", "a\x07", "a\x1b[0m", "a\x7f", "a\x85", "a\r\nb",
           *(f"a{mark}b" for mark in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")]
    for number, body in enumerate(bad):
        error = await wires[1 + number % 5].refused("post", room=PLAZA, key=new_key(), body=body)
        assert error["message"].startswith("body_"), (number, error)
    for wire in wires:
        await wire.connection.close()


@asynchronous
async def test_what_has_to_be_confirmed(programme: Programme) -> None:
    cases = [("😀 e\u0301 010-1234-5678", "phone", "010-1234-5678"),
             ("주소는 kim@example.com", "email", "kim@example.com"),
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
    async with await programme.session() as first, await programme.session() as second, \
            await programme.session() as third:
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
        assert too_many["message"] == "too_many_mentions"
        for target in (0, 99, 2**53 - 1):
            error = await third.refused("post", room=PLAZA, key=new_key(), body="x", reply_to=target)
            assert error["message"] == "unknown_post"
            error = await third.refused("react", room=PLAZA, key=new_key(), target=target, reaction="👍", on=True)
            assert error["message"] == "unknown_post"
        error = await third.refused("react", room=PLAZA, key=new_key(), target=offset, reaction="💩", on=True)
        assert error["message"] == "unknown_reaction"


@asynchronous
async def test_reactions(programme: Programme) -> None:
    async with await programme.session() as first, await programme.session() as second:
        for wire in (first, second):
            await wire.call("join", room=PLAZA)
        target = await first.post(PLAZA, "글")
        counts = []
        steps = ((first, True), (second, True), (second, True), (first, False), (first, False), (second, False))
        for wire, on in steps:
            await wire.call("react", room=PLAZA, key=new_key(), target=target, reaction="❤️", on=on)
            page = await second.call("history", room=PLAZA, limit=1)
            reactions = page["posts"][0]["reactions"]
            counts.append([(entry["count"], entry["mine"]) for entry in reactions if entry["count"]])
        assert counts == [[(1, False)], [(2, True)], [(2, True)], [(1, True)], [(1, True)], []]
        pushed = [await second.push() for _ in range(7)][1:]
        assert [push["offset"] for push in pushed] == list(range(target + 1, target + 7))
        assert [push["count"] for push in pushed] == [1, 2, 2, 1, 1, 0], "what is so already is told again"


@asynchronous
async def test_a_retracted_post(programme: Programme) -> None:
    """Nothing can be done to it."""
    async with await programme.session() as wire:
        await wire.call("join", room=PLAZA)
        target = await wire.post(PLAZA, "글")
        await wire.call("retract", room=PLAZA, key=new_key(), target=target)
        tries: list[tuple[str, Json]] = [
            ("edit", {"target": target, "body": "x"}), ("retract", {"target": target}),
            ("react", {"target": target, "reaction": "👍", "on": True}), ("post", {"reply_to": target, "body": "x"})]
        for method, params in tries:
            error = await wire.refused(method, room=PLAZA, key=new_key(), **params)
            assert (error["code"], error["message"]) == (3520, "post_retracted"), method
        assert (await wire.call("history", room=PLAZA, limit=1))["posts"][0].get("body") is None


@asynchronous
async def test_the_rate_of_posts(programme: Programme) -> None:
    """One allowance for all sessions and rooms of a member, in which refused and repeated commands count."""
    seed = new_seed()
    async with await programme.session(seed=seed) as wire, await programme.session(seed=seed) as second:
        for session, room in ((wire, PLAZA), (wire, "room-2"), (second, PLAZA)):
            await session.call("join", room=room)
        limits, started = wire.welcome["limits"], time.monotonic()
        assert (limits["posts_burst"], limits["posts_per_minute"]) == (10, 30)
        offset = await wire.post(PLAZA, "글", key=(key := new_key()))
        for _ in range(3):
            assert await second.post(PLAZA, "글", key=key) == offset
        for _ in range(3):
            assert (await second.refused("post", room=PLAZA, key=new_key(), body=""))["message"] == "body_empty"
        await wire.call("react", room=PLAZA, key=new_key(), target=offset, reaction="👍", on=True)
        gone = int((time.monotonic() - started) / 2) + 1  # what may have been refilled while these eight were sent
        await used_up(wire, "post", 2, 30, slack=gone, room="room-2", key=new_key, body="글")
        data = await used_up(second, "post", 0, 30, slack=1, room=PLAZA, key=new_key, body="글")
        await asyncio.sleep(data["retry_after_ms"] / 1_000)
        await second.post(PLAZA, "하나 더")
