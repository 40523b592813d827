"""A key is made once for what the person did: sent again it is the same publication, for something else it is refused."""

from __future__ import annotations

from kkanbu_identity import new_key, new_seed
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
    """Another room is something else."""
    async with await programme.session() as wire:
        for room in (PLAZA, "room-2"):
            await wire.call("join", room=room)
        key = new_key()
        await wire.post(PLAZA, "한 번만", key=key)
        assert (await wire.refused("post", room="room-2", key=key, body="한 번만"))["message"] == "key_reused"
