"""What is no JSON, no command or has wrong parameters is refused as `proto/README.md` says, and the session goes on."""

from __future__ import annotations

import pytest

from kkanbu_identity import Json, new_key
from raw_socket import RawSocket, command
from support import PADDED_SIZES, PLAZA, Programme, asynchronous

pytestmark = pytest.mark.usefixtures("unharmed")


UNREADABLE = {
    "empty": "",
    "spaces": "   ",
    "cut short": '{"jsonrpc":"2.0","id":5,',
    "more after the end": command() + "x",
    "two objects": command() + command(),
    "not JSON": "rooms",
    "single quotes": command().replace('"', "'"),
    "comment": command() + "// hello",
    "trailing comma": command().replace("}}", "},}"),
    "NaN": command("rooms", "NaN"),
    "byte order mark": "\ufeff" + command(),
    "control character in a string": command("join", '{"room":"a\x01b"}'),
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_not_json(raw: RawSocket, text: str) -> None:
    raw.send(text.encode("utf-8"))
    reply = raw.reply()
    assert (reply["error"]["code"], reply["error"]["message"]) == (-32700, "malformed_json")
    assert reply["jsonrpc"] == "2.0"
    assert raw.works()


NOT_COMMANDS = {
    "number": "1",
    "string": '"rooms"',
    "null": "null",
    "true": "true",
    "empty array": "[]",
    "empty object": "{}",
    "batch": f"[{command()}]",
    "batch of two": f"[{command()},{command()}]",
    "command as an array": '["2.0",5,"rooms",{}]',
    "notification": '{"jsonrpc":"2.0","method":"rooms","params":{}}',
    "id null": command().replace("5", "null"),
    "id string": command().replace("5", '"5"'),
    "id negative": command().replace("5", "-1"),
    "id fraction": command().replace("5", "1.5"),
    "id too high": command().replace("5", str(2**53)),
    "id beyond 64 bits": command().replace("5", "9" * 40),
    "id twice": command().replace('"id":5', '"id":5,"id":6'),
    "params twice": command().replace('"params":{}', '"params":{},"params":{}'),
    "method is a number": command().replace('"rooms"', "7"),
    "no method": '{"jsonrpc":"2.0","id":5,"params":{}}',
    "no version": '{"id":5,"method":"rooms","params":{}}',
    "another version": command().replace("2.0", "1.0"),
    "unknown field": command().replace("}}", '},"more":1}'),
    "a reply": '{"jsonrpc":"2.0","id":5,"result":{}}',
    "open arrays": "[" * 10_000,
    "nested arrays": "[" * 10_000 + "]" * 10_000,
    "nested objects": '{"a":' * 5_000 + "1" + "}" * 5_000,
}


@pytest.mark.parametrize("text", NOT_COMMANDS.values(), ids=NOT_COMMANDS.keys())
def test_what_is_not_a_command(raw: RawSocket, text: str) -> None:
    raw.send(text.encode("utf-8"))
    reply = raw.reply()
    assert reply.get("error", reply)["code"] in (-32700, -32600), reply
    assert reply["id"] in (None, 5)
    assert raw.works()


WRONG_PARAMS = {
    "array": command("rooms", "[]"),
    "null": command("rooms", "null"),
    "missing": '{"jsonrpc":"2.0","id":5,"method":"rooms"}',
    "string": command("rooms", '"x"'),
    "number": command("rooms", "1"),
    "unknown field": command("rooms", '{"more":1}'),
    "missing field": command("join"),
    "wrong type": command("join", '{"room":1}'),
    "array for a string": command("join", '{"room":["room-1"]}'),
    "field twice": command("join", '{"room":"room-1","room":"room-2"}'),
    "position as an array": command("resume", '{"room":"room-1","position":["0000000000000000",0]}'),
    "position with more": command(
        "resume", '{"room":"room-1","position":{"epoch":"0000000000000000","offset":0,"a":1}}'),
    "offset negative": command("resume", '{"room":"room-1","position":{"epoch":"0000000000000000","offset":-1}}'),
    "offset fraction": command("resume", '{"room":"room-1","position":{"epoch":"0000000000000000","offset":0.5}}'),
    "limit missing": command("history", '{"room":"room-1"}'),
    "limit 0": command("history", '{"room":"room-1","limit":0}'),
    "limit too high": command("history", '{"room":"room-1","limit":51}'),
    "limit enormous": command("history", '{"room":"room-1","limit":1e999}'),
    "before negative": command("history", '{"room":"room-1","limit":5,"before":-1}'),
    "before enormous": command("history", '{"room":"room-1","limit":5,"before":99999999999999999999}'),
    "key short": command("post", '{"room":"room-1","key":"AAAA","body":"x"}'),
    "key long": command("post", '{"room":"room-1","key":"AAAAAAAAAAAAAAAAAAAAAAA","body":"x"}'),
    "key not base64url": command("post", '{"room":"room-1","key":"AAAAAAAAAAAAAAAAAAAA+/","body":"x"}'),
    "key padded": command("post", '{"room":"room-1","key":"AAAAAAAAAAAAAAAAAAAAAA==","body":"x"}'),
    "key with loose bits": command("post", '{"room":"room-1","key":"AAAAAAAAAAAAAAAAAAAAAB","body":"x"}'),
    "key missing": command("post", '{"room":"room-1","body":"x"}'),
    "body number": command("post", f'{{"room":"room-1","key":"{"A" * 22}","body":7}}'),
    "mentions string": command("post", f'{{"room":"room-1","key":"{"A" * 22}","body":"x","mentions":"x"}}'),
    "confirmed string": command("post", f'{{"room":"room-1","key":"{"A" * 22}","body":"x","confirmed":"yes"}}'),
    "before null": command("history", '{"room":"room-1","limit":5,"before":null}'),
    "reply_to null": command("post", f'{{"room":"room-1","key":"{"A" * 22}","body":"x","reply_to":null}}'),
    "mentions null": command("post", f'{{"room":"room-1","key":"{"A" * 22}","body":"x","mentions":null}}'),
    "confirmed null": command("post", f'{{"room":"room-1","key":"{"A" * 22}","body":"x","confirmed":null}}'),
    "code null": command("preview", '{"programme":"p","code":null}'),
    "before too high": command("history", f'{{"room":"room-1","limit":5,"before":{2**53}}}'),
    "nested arrays": command("rooms", "[" * 10_000 + "]" * 10_000),
    "nested arrays in a field": command("join", '{"room":' + "[" * 10_000 + "]" * 10_000 + "}"),
}


@pytest.mark.parametrize("text", WRONG_PARAMS.values(), ids=WRONG_PARAMS.keys())
def test_wrong_params(raw: RawSocket, text: str) -> None:
    raw.send(text.encode("utf-8"))
    reply = raw.reply()
    assert reply["id"] == 5
    assert reply.get("error", reply)["code"] in (-32700, -32602), reply
    assert raw.works()


UNKNOWN_METHODS = ["nope", "", "Rooms", "rooms ", "publication", "room_ended", "__proto__", "방", "x" * 30_000]


@pytest.mark.parametrize("method", UNKNOWN_METHODS)
def test_unknown_methods(raw: RawSocket, method: str) -> None:
    raw.command(5, method, {})
    reply = raw.reply()
    assert (reply["id"], reply["error"]["message"]) == (5, "unknown_method")
    assert raw.works()


@pytest.mark.parametrize("escape", [r"\ud800", r"\udc00", r"\udc00\ud800", r"x\ud83d", r"\ud83dx"])
def test_lone_surrogates(raw: RawSocket, escape: str) -> None:
    params = f'{{"room":"room-1","key":"{new_key()}","body":"{escape}"}}'
    raw.send(command("post", params).encode("ascii"))
    assert raw.reply()["error"]["code"] in (-32700, -32602)
    assert raw.works()


RECOVERED = {
    "unknown field last": ('{"jsonrpc":"2.0","id":5,"method":"rooms","params":{},"more":1}', 5),
    "unknown field first": ('{"more":1,"jsonrpc":"2.0","method":"rooms","params":{},"id":6}', 6),
    "another version": ('{"jsonrpc":"1.0","id":7,"method":"rooms","params":{}}', 7),
    "no method": ('{"jsonrpc":"2.0","params":{},"id":8}', 8),
    "no id": ('{"jsonrpc":"2.0","method":"rooms","params":{}}', None),
    "id string": ('{"jsonrpc":"2.0","id":"9","method":"rooms","params":{}}', None),
    "array": ('["2.0",9,"rooms",{}]', None),
}


@pytest.mark.parametrize(("text", "number"), RECOVERED.values(), ids=RECOVERED.keys())
def test_the_id_where_it_can_be_read(raw: RawSocket, text: str, number: int | None) -> None:
    raw.send(text.encode("utf-8"))
    reply = raw.reply()
    assert (reply["id"], reply["error"]["code"], reply["error"]["message"]) == (number, -32600, "invalid_request")


def test_replies_without_an_id_keep_their_place(raw: RawSocket) -> None:
    good = [command().replace("5", str(number)) for number in (11, 12, 13)]
    for text in (good[0], "{", good[1], "[]", good[2]):
        raw.send(text.encode("utf-8"))
    assert [raw.reply()["id"] for _ in range(5)] == [11, None, 12, None, 13]


@asynchronous
async def test_replies_in_order_and_padded(programme: Programme) -> None:
    """Many commands at once, good and bad: one reply each, in order, with their ids; every frame has a padded size."""
    async with await programme.session() as wire:
        await wire.call("join", room=PLAZA)
        commands: list[tuple[str, Json]] = []
        for number in range(8):
            commands += [("rooms", {}), ("post", {"room": PLAZA, "key": new_key(), "body": "가" * 2 ** (number + 2)}),
                         ("nope", {}), ("history", {"room": PLAZA, "limit": 50}), ("post", {"room": PLAZA}),
                         ("join", {"room": "?"})]
        ids = [await wire.send(method, params) for method, params in commands]
        assert [(await wire.reply())["id"] for _ in commands] == ids
        for number in (0, 2**53 - 1, 7, 7):
            await wire.raw({"jsonrpc": "2.0", "id": number, "method": "rooms", "params": {}})
            assert (await wire.reply())["id"] == number
        assert set(wire.sizes) <= set(PADDED_SIZES)
        assert {512, 2_048} <= set(wire.sizes)
