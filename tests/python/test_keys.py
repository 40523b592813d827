"""A key stands for what a person did: sent again it is the same publication, for something else it is refused."""

from __future__ import annotations

from kkanbu_identity import Json, new_key, new_seed
from support import PLAZA, Programme, asynchronous


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
    """Keys belong to a member and a room: in another room the same key is another publication."""
    async with await programme.session() as wire:
        for room in (PLAZA, "room-2"):
            await wire.call("join", room=room)
        key = new_key()
        assert await wire.post(PLAZA, "먼저", key=new_key()) == 1
        for _ in range(2):
            assert await wire.post(PLAZA, "한 번만", key=key) == 2
            assert await wire.post("room-2", "다른 글", key=key) == 1
        await wire.call("rooms")
        assert [(push["params"]["room"], push["params"]["offset"]) for push in wire.pushes] == [
            (PLAZA, 1), (PLAZA, 2), ("room-2", 1)]


@asynchronous
async def test_a_key_for_something_else(programme: Programme) -> None:
    """Another body, target, reaction, direction or list of mentions; of all commands."""
    async with await programme.session() as other, await programme.session() as wire:
        handle = (await other.call("join", room=PLAZA))["handle"]
        await wire.call("join", room=PLAZA)
        await other.post(PLAZA, "먼저")
        first, second = await wire.post(PLAZA, "하나"), await wire.post(PLAZA, "둘")
        cases: list[tuple[str, Json, Json]] = [
            ("post", {"body": "셋"}, {"mentions": [handle]}),
            ("edit", {"target": first, "body": "고침"}, {"target": second}),
            ("react", {"target": first, "reaction": "👍", "on": True}, {"reaction": "😊"}),
            ("react", {"target": first, "reaction": "👍", "on": True}, {"on": False}),
        ]
        for method, params, change in cases:
            sent = {"room": PLAZA, "key": new_key(), **params}
            await wire.call(method, **sent)
            assert (await wire.refused(method, **sent | change))["message"] == "key_reused", (method, change)


@asynchronous
async def test_a_key_survives(programme: Programme) -> None:
    """Sent again it gets the same reply even where the command would be refused now, and after leaving."""
    async with await programme.session() as wire:
        await wire.call("join", room=PLAZA)
        phone = {"room": PLAZA, "key": new_key(), "body": "010-1234-5678"}
        assert (await wire.refused("post", **phone))["message"] == "confirm_needed"
        written = await wire.call("post", **phone, confirmed=True)
        assert await wire.call("post", **phone) == written, "`confirmed` does not count"
        change = {"room": PLAZA, "key": new_key(), "target": written["offset"], "body": "고침"}
        changed = await wire.call("edit", **change)
        retraction = {"room": PLAZA, "key": new_key(), "target": written["offset"]}
        retracted = await wire.call("retract", **retraction)
        assert await wire.call("edit", **change) == changed, "though the post is retracted"
        await wire.call("leave", room=PLAZA)
        await wire.call("join", room=PLAZA)
        assert await wire.call("retract", **retraction) == retracted, "though the post is nobody's"
        assert await wire.call("post", **phone) == written
        assert (await wire.call("join", room=PLAZA))["position"]["offset"] == retracted["offset"]
