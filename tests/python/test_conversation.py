"""The client against the server: what a member says, the others get, and the history holds."""

from __future__ import annotations

import pytest

from kkanbu_client import Client, CommandError
from kkanbu_identity import new_seed
from support import PLAZA, Programme, asynchronous, role, take


@asynchronous
async def test_two_members_talk(programme: Programme) -> None:
    mentor = Client.from_link(programme.links["mentor"], new_seed())
    mentee = Client.from_link(programme.links["mentee"], new_seed())
    async with mentor, mentee:
        assert (mentor.welcome["role"], mentee.welcome["role"]) == (
            role("mentor", "멘토"), role("mentee", "멘티"))
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
async def test_the_client_waits_when_limited(programme: Programme) -> None:
    async with Client.from_link(programme.links["mentee"], new_seed()) as client:
        room = await client.join(PLAZA)
        offsets = [await room.post(f"글 {number}") for number in range(11)]
        assert offsets == list(range(1, 12))
        with pytest.raises(CommandError) as refused:
            await client.call("nope")
        assert refused.value.name == "unknown_method"
