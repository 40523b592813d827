"""Writing: bodies, what has to be confirmed, targets, mentions, reactions and the allowance."""

from __future__ import annotations

import asyncio
import unicodedata

from kkanbu_identity import new_key, new_seed
from support import PLAZA, Programme, asynchronous


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
