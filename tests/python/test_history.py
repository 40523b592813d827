"""The history equals what was pushed, holds what was answered, and fits its frames."""

from __future__ import annotations

import random

from kkanbu_identity import Json, new_key
from support import PADDED_SIZES, PLAZA, Programme, asynchronous


def stand(publications: list[Json]) -> dict[int, Json]:
    """The posts as they stand after these publications."""
    posts: dict[int, Json] = {}
    for item in publications:
        post = posts.get(item.get("target", 0), {})
        if item["kind"] == "post":
            posts[item["offset"]] = {"author": item["author"], "body": item["body"], "minute": item["minute"],
                                     "reply_to": item.get("reply_to"), "edited": False, "retracted": False,
                                     "reactions": {}}
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
    reactions = {entry["reaction"]: entry["count"] for entry in post["reactions"]}
    return {name: post.get(name) for name in names} | {"reactions": reactions}


def without_nothing(post: Json) -> Json:
    """Reactions with a count of 0, and those of a retracted post, are not worth telling."""
    kept = {} if post["retracted"] else {name: count for name, count in post["reactions"].items() if count}
    return post | {"reactions": kept, "edited": post["edited"] and not post["retracted"]}


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
