"""A hostile client. Whatever it sends, the server answers as `proto/README.md` says and goes on, and where RFC 6455
allows it so does the session; memory stays where it was."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from concurrent.futures import Future
from threading import Thread
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.exceptions import ConnectionClosed

from kkanbu_client import Json, base64url, member_key, new_key, new_seed, public_key
from support import Programme, RawSocket, Server, Wire, asynchronous, frame_octets

FRAME_MAX = 32_768
GROWTH_MAX_MIB = 64.0
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.fixture(autouse=True)
def unharmed(server: Server) -> Iterator[None]:
    """After every test the server serves, and its memory has not grown wildly."""
    before = server.memory_mib()
    yield
    assert server.process.poll() is None
    with RawSocket(server) as raw:
        raw.authenticate(server.programme())
        assert raw.works()
    assert server.memory_mib() - before < GROWTH_MAX_MIB


@pytest.fixture
def raw(server: Server, programme: Programme) -> Iterator[RawSocket]:
    """An authenticated session on a raw socket."""
    with RawSocket(server) as connection:
        connection.authenticate(programme)
        yield connection


def command(method: str = "rooms", params: str = "{}") -> str:
    return f'{{"jsonrpc":"2.0","id":5,"method":"{method}","params":{params}}}'


# What is not JSON, or not a command


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
    "position with more": command("resume", '{"room":"room-1","position":{"epoch":"0000000000000000","offset":0,"a":1}}'),
    "offset negative": command("resume", '{"room":"room-1","position":{"epoch":"0000000000000000","offset":-1}}'),
    "offset fraction": command("resume", '{"room":"room-1","position":{"epoch":"0000000000000000","offset":0.5}}'),
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


# What RFC 6455 forbids


FATAL: dict[str, tuple[list[bytes], int]] = {
    "invalid UTF-8": ([frame_octets(b'{"a":"\xff"}')], 1007),
    "UTF-8 of a surrogate": ([frame_octets(b'{"a":"\xed\xa0\x80"}')], 1007),
    "overlong UTF-8": ([frame_octets(b'{"a":"\xc0\xaf"}')], 1007),
    "UTF-8 cut short": ([frame_octets("가".encode()[:2])], 1007),
    "one octet too many": ([frame_octets(b" " * (FRAME_MAX + 1))], 1009),
    "a megabyte": ([frame_octets(b" " * 1_000_000)], 1009),
    "fragments too big together": ([frame_octets(b" " * 20_000, fin=False), frame_octets(b" " * 20_000, 0)], 1009),
    "15 MiB announced": ([frame_octets(b"", announced=15 * 2**20)], 1009),
    "2^63-1 octets announced": ([frame_octets(b"", announced=2**63 - 1)], 1009),
    "unmasked": ([frame_octets(command().encode(), masked=False)], 1002),
    "first reserved bit": ([frame_octets(command().encode(), rsv=4)], 1002),
    "second reserved bit": ([frame_octets(command().encode(), rsv=2)], 1002),
    "third reserved bit": ([frame_octets(command().encode(), rsv=1)], 1002),
    "reserved data opcode": ([frame_octets(b"", 3)], 1002),
    "reserved control opcode": ([frame_octets(b"", 11)], 1002),
    "continuation of nothing": ([frame_octets(b"x", 0)], 1002),
    "text within a fragmented text": ([frame_octets(b"{", fin=False), frame_octets(b"{}")], 1002),
    "fragmented ping": ([frame_octets(b"", 9, fin=False)], 1002),
    "ping too long": ([frame_octets(b"x" * 126, 9)], 1002),
    "binary": ([frame_octets(command().encode(), 2)], 1003),
    "empty binary": ([frame_octets(b"", 2)], 1003),
}


@pytest.mark.parametrize(("frames", "code"), FATAL.values(), ids=FATAL.keys())
def test_what_closes_the_connection(raw: RawSocket, frames: list[bytes], code: int) -> None:
    try:
        for frame in frames:
            raw.socket.sendall(frame)
    except (BrokenPipeError, ConnectionResetError):
        pass  # the server may well close before it has read all
    started = time.monotonic()
    assert raw.closed() == code
    assert time.monotonic() - started < 8


@pytest.mark.parametrize("payload", [b"\x03", b"\x03\xed", b"\x03\xee", b"\x00\x00", b"\xff\xff", b"\x03\xe8\xff"])
def test_wrong_close_frames(raw: RawSocket, payload: bytes) -> None:
    raw.send(payload, 8)
    assert raw.closed() in (1002, 1007, 1006)


def test_what_rfc_6455_allows(raw: RawSocket) -> None:
    text = command().encode()
    for part in (text[:10], b"", text[10:20]):
        raw.send(part, 1 if part == text[:10] else 0, fin=False)
    raw.send(b"between", 9)
    raw.send(text[20:], 0)
    assert raw.receive() == (10, b"between")
    assert "result" in raw.reply()
    raw.send(b"", 10)
    raw.send(b"nobody asked", 10)
    assert raw.works()
    raw.send(text + b" " * (FRAME_MAX - len(text)))
    assert "result" in raw.reply()


def test_one_octet_at_a_time(raw: RawSocket) -> None:
    for octet in frame_octets(command().encode()):
        raw.socket.sendall(bytes([octet]))
    assert "result" in raw.reply()


# The upgrade


def test_the_subprotocol_is_required(server: Server) -> None:
    for protocol in (None, "", "kkanbu.v2", "kkanbu.v1x", "chat, superchat"):
        with RawSocket(server, protocol=protocol) as raw:
            assert raw.status == 400, protocol
    for protocol in ("kkanbu.v1", "kkanbu.v2, kkanbu.v1", "kkanbu.v1,kkanbu.v2"):
        with RawSocket(server, protocol=protocol) as raw:
            assert raw.status == 101, protocol
            assert "sec-websocket-protocol: kkanbu.v1\r" in raw.head.lower() + "\r"


def test_foreign_origins_are_refused(server: Server) -> None:
    port = server.port
    for origin in ("https://evil.example", "null", "", f"http://localhost:{port}.evil.example", "http://localhost",
                   f"https://localhost:{port}", f"http://localhost:{port}/", f"http://evil@localhost:{port}"):
        with RawSocket(server, origin=origin) as raw:
            assert raw.status == 403, origin
    with RawSocket(server, origin=server.url) as raw:
        assert raw.status == 101
    with RawSocket(server) as raw:
        assert raw.status == 101, "native clients send none"


def test_compression_is_not_accepted(server: Server) -> None:
    with RawSocket(server, extra="Sec-WebSocket-Extensions: permessage-deflate\r\n") as raw:
        assert raw.status == 101
        assert "sec-websocket-extensions" not in raw.head.lower()


def test_headers_too_big(server: Server) -> None:
    with RawSocket(server, upgrade=False) as raw:
        try:
            raw.socket.sendall(b"GET /ws HTTP/1.1\r\n" + b"X-Big: " + b"x" * 2_000_000 + b"\r\n\r\n")
            answer = raw.socket.recv(100)
        except (BrokenPipeError, ConnectionResetError):
            answer = b""
        assert answer == b"" or answer.startswith(b"HTTP/1.1 4")


def test_not_http(server: Server) -> None:
    with RawSocket(server, upgrade=False) as raw:
        raw.socket.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500))
        assert raw.seconds_until_end() < 20


# Who one is


def signed(challenge: Json, private: Ed25519PrivateKey, /, **changed: str) -> str:
    """A signature over the challenge's text, with parts of it changed."""
    fields = {"head": "kkanbu.v1 challenge", **challenge, "key": public_key(private), "tail": ""} | changed
    lines = [fields[name] for name in ("head", "algorithm", "server", "programme", "purpose", "nonce", "key")]
    return base64url(private.sign(("\n".join(lines) + fields["tail"]).encode("utf-8")))


CHANGED = {
    "programme": "anyang-2022", "server": "https://evil.example", "purpose": "admin", "algorithm": "none",
    "nonce": "A" * 43, "head": "kkanbu.v2 challenge", "tail": "\n", "key": "A" * 43,
}


@pytest.mark.parametrize(("part", "value"), CHANGED.items(), ids=CHANGED.keys())
@asynchronous
async def test_a_signature_for_something_else(server: Server, programme: Programme, part: str, value: str) -> None:
    key = member_key(new_seed(), programme.name)
    async with await Wire.open(server) as wire:
        challenge = await wire.call("challenge", programme=programme.name)
        signature = signed(challenge, key, **{part: value})
        proof = {"key": public_key(key), "signature": signature, "code": programme.code()}
        assert (await wire.refused("authenticate", **proof))["message"] == "bad_signature"
        challenge = await wire.call("challenge", programme=programme.name)
        await wire.call("authenticate", **proof | {"signature": signed(challenge, key)})


@asynchronous
async def test_a_challenge_serves_once_and_here(server: Server, programme: Programme) -> None:
    seed, code = new_seed(), programme.code()
    async with await Wire.open(server) as first, await Wire.open(server) as second, await Wire.open(server) as third:
        proof = await first.proof(programme.name, seed) | {"code": code}
        assert (await second.refused("authenticate", **proof))["message"] == "no_challenge"
        await second.call("challenge", programme=programme.name)
        assert (await second.refused("authenticate", **proof))["message"] == "bad_signature"
        assert (await second.refused("authenticate", **proof))["message"] == "no_challenge"
        await first.call("authenticate", **proof)
        assert (await first.refused("authenticate", **proof))["message"] == "already_authenticated"
        assert (await first.refused("challenge", programme=programme.name))["message"] == "already_authenticated"
        replaced = await third.proof(programme.name, seed)
        await third.call("challenge", programme=programme.name)
        assert (await third.refused("authenticate", **replaced))["message"] == "bad_signature"
        assert (await third.refused("rooms"))["message"] == "not_authenticated"


WEAK_POINTS = {
    "neutral element": bytes([1]) + bytes(31),
    "order four": bytes(32),
    "order two": bytes([0xEC]) + bytes([0xFF]) * 30 + bytes([0x7F]),
}


@pytest.mark.parametrize("point", WEAK_POINTS.values(), ids=WEAK_POINTS.keys())
@asynchronous
async def test_keys_for_which_anybody_can_sign(server: Server, programme: Programme, point: bytes) -> None:
    """With a key of small order, these signatures hold for every text, or for one in a few."""
    for r in WEAK_POINTS.values():
        for _ in range(4):
            proof = {"key": base64url(point), "signature": base64url(r + bytes(32)), "code": programme.code()}
            await refused_to_authenticate(server, programme, proof)


@asynchronous
async def test_the_other_form_of_a_signature(server: Server, programme: Programme) -> None:
    """S + L instead of S: mathematically as good, but RFC 8032 wants the one form."""
    key = member_key(new_seed(), programme.name)
    async with await Wire.open(server) as wire:
        challenge = await wire.call("challenge", programme=programme.name)
        octets = key.sign("\n".join(["kkanbu.v1 challenge", *challenge.values(), public_key(key)]).encode("utf-8"))
        assert base64url(octets) == signed(challenge, key)
        scalar = int.from_bytes(octets[32:], "little") + GROUP_ORDER
        other = base64url(octets[:32] + scalar.to_bytes(32, "little"))
        proof = {"key": public_key(key), "signature": other, "code": programme.code()}
        assert (await wire.refused("authenticate", **proof))["message"] == "bad_signature"


async def refused_to_authenticate(server: Server, programme: Programme, proof: Json, **errors: str) -> None:
    """On a connection of its own, since one connection has few attempts."""
    async with await Wire.open(server) as wire:
        challenge = await wire.call("challenge", programme=programme.name)
        sent = {name: value(challenge) if callable(value) else value for name, value in proof.items()}
        error = await wire.refused("authenticate", **sent)
        assert error["message"] in (errors or {"bad_signature": "", "invalid_params": ""}), proof


@asynchronous
async def test_keys_and_signatures_in_the_wrong_form(server: Server, programme: Programme) -> None:
    key, code = member_key(new_seed(), programme.name), programme.code()
    text = public_key(key)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    loose = text[:-1] + alphabet[alphabet.index(text[-1]) | 1]
    for wrong in (text + "=", text[:-1], text + "A", "+" + text[1:], loose, "", " " * 43, "가" * 43):
        def sign(challenge: Json, wrong: str = wrong) -> str:
            return signed(challenge, key, key=wrong)
        await refused_to_authenticate(server, programme, {"key": wrong, "signature": sign, "code": code})
    for wrong in ("", "A" * 86, "A" * 85, "A" * 88, "=" * 86):
        await refused_to_authenticate(server, programme, {"key": text, "signature": wrong, "code": code})


@asynchronous
async def test_join_codes(server: Server, programme: Programme) -> None:
    other = server.programme()
    code, seed = programme.code(), new_seed()
    key = member_key(seed, programme.name)

    def sign(challenge: Json) -> str:
        return signed(challenge, key)

    for wrong in (other.code(), "", "x", code[:-1], code + "a", code + "\0", "가" * 16, "x" * 20_000):
        proof = {"key": public_key(key), "signature": sign, "code": wrong}
        await refused_to_authenticate(server, programme, proof, wrong_code="", invalid_params="")
    await refused_to_authenticate(server, programme, {"key": public_key(key), "signature": sign}, not_admitted="")
    async with await programme.session(seed=seed) as wire:
        assert wire.welcome["role"]["id"] == "mentee"
    server.admin("programme.destroy", programme=other.name)
    async with await Wire.open(server) as wire:
        assert (await wire.refused("challenge", programme=other.name))["message"] == "unknown_programme"
        for name in ("", "nope", "../anyang-2022", "anyang-2022\0", "x" * 20_000):
            assert (await wire.refused("challenge", programme=name))["message"] in ("unknown_programme", "invalid_params")


@asynchronous
async def test_guessing_join_codes(server: Server, programme: Programme) -> None:
    """A connection has few attempts; the close code says not to come back."""
    async with await Wire.open(server) as wire:
        with pytest.raises(ConnectionClosed):
            for _ in range(20):
                proof = await wire.proof(programme.name, new_seed())
                assert (await wire.refused("authenticate", **proof, code="a" * 16))["message"] == "wrong_code"
        assert await wire.closed() == (4500, "too_many_attempts")


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


# Too much


def test_many_tiny_frames(raw: RawSocket) -> None:
    """20,000 frames that mean nothing: each is answered, or the session is closed; either way it stays quick."""
    flood(raw, b"{}", 20_000)


def test_many_pings(raw: RawSocket) -> None:
    flood(raw, b"", 20_000, opcode=9)


def test_many_empty_fragments(raw: RawSocket) -> None:
    """Empty fragments never make a message too big, so their number needs a limit, or must cost nothing."""
    raw.send(b" ", 1, fin=False)
    flood(raw, b"", 20_000, opcode=0, fin=False)


def flood(raw: RawSocket, payload: bytes, count: int, *, opcode: int = 1, fin: bool = True) -> int:
    """Sends frames while reading what comes back; the close code, or 0 when the session goes on."""
    octets = frame_octets(payload, opcode, fin=fin) * count
    last = frame_octets(b"", 0) if not fin else b""

    def send() -> None:
        try:
            raw.socket.sendall(octets + last)
            raw.command(4242, "rooms", {})
        except OSError:
            pass

    sender = Thread(target=send, daemon=True)
    sender.start()
    code = 0
    try:
        while not code:
            kind, answer = raw.receive()
            if kind == 8:
                code = int.from_bytes(answer[:2], "big")
            elif kind == 1 and json.loads(answer)["id"] == 4242:
                break
    except (EOFError, ConnectionResetError):
        code = 1006
    sender.join(10)
    assert code == 0 or code >= 1002
    return code


def test_who_never_reads(server: Server, raw: RawSocket) -> None:
    """Replies to a client that doesn't read them must not pile up in the server."""
    before = server.memory_mib()
    raw.socket.settimeout(2)
    octets = frame_octets(command("history", '{"room":"nope","limit":5}').encode()) * 1_000
    try:
        for _ in range(60):
            raw.socket.sendall(octets)
    except OSError:
        pass
    assert server.memory_mib() - before < GROWTH_MAX_MIB


@asynchronous
async def test_many_connections(server: Server, programme: Programme) -> None:
    """Connections that come and go, most without a word."""
    async with await programme.session() as member:
        for _ in range(5):
            wires = await asyncio.gather(*(Wire.open(server) for _ in range(20)))
            await asyncio.gather(*(wire.cut() for wire in wires))
            await member.call("rooms")


# Too slow; these have been running beside the other tests


def test_a_slow_header(slow: dict[str, Future[Any]]) -> None:
    assert 5 < slow["header"].result(30) < 20


def test_a_session_that_does_not_authenticate(slow: dict[str, Future[Any]]) -> None:
    for name in ("silent", "busy"):
        seconds, code = slow[name].result(40)
        assert code == 4003
        assert 13 < seconds < 25
