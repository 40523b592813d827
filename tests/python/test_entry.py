"""Coming in: challenge, welcome, seats, join codes and how many sessions."""

from __future__ import annotations

import asyncio
import re

from kkanbu_identity import Json, member_key, new_seed, parse_link, public_key
from support import Programme, Server, Wire, asynchronous, refused_to_authenticate, role, signed


@asynchronous
async def test_challenge_and_welcome(server: Server, programme: Programme) -> None:
    seed = new_seed()
    async with await Wire.open(server) as wire:
        assert (await wire.refused("rooms"))["message"] == "not_authenticated"
        challenge = await wire.call("challenge", programme=programme.name)
        again = await wire.call("challenge", programme=programme.name)
        assert challenge["nonce"] != again["nonce"]
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", again.pop("nonce"))
        assert again == {
            "algorithm": "Ed25519", "server": server.url, "programme": programme.name, "purpose": "session"}
        welcome = await wire.authenticate(programme.name, seed, programme.code("mentor"))
        assert welcome["programme"] | {"retention_days": 0} == {
            "id": programme.name, "name": "시험", "organisation": "시험 기관", "language": "ko", "retention_days": 0,
            "purposes": [], "roles": [role("mentor", "멘토"), role("mentee", "멘티")], "timezone": "Asia/Seoul"}
        assert welcome["role"] == role("mentor", "멘토")
        assert welcome["rooms"] == [
            {"room": f"room-{n}", "name": f"방 {n}", "size": "1-9", "frozen": False, "phase": "open"} for n in (1, 2)]
        assert welcome["limits"] == {
            "frame_bytes_max": 32768, "body_graphemes_max": 2000, "body_bytes_max": 8000, "mentions_max": 10,
            "history_posts_max": 50, "posts_per_minute": 30, "posts_burst": 10, "heartbeat_seconds": 25,
            "rooms_max": 32}
        assert welcome["reactions"] == ["👍", "❤️", "😊", "😮", "😢", "🙏"]
        assert (await wire.call("rooms"))["rooms"] == welcome["rooms"]
    async with await Wire.open(server) as wire:
        later = await wire.authenticate(programme.name, seed)
        assert later["role"]["id"] == "mentor"
    async with await Wire.open(server) as wire:
        proof = await wire.proof(programme.name, new_seed())
        assert (await wire.refused("authenticate", **proof))["message"] == "not_admitted"


@asynchronous
async def test_preview(server: Server, programme: Programme) -> None:
    async with await Wire.open(server) as wire:
        shown = await wire.call("preview", programme=programme.name, code=programme.code("mentor"))
        assert shown["role"] == role("mentor", "멘토")
        assert shown["programme"]["name"] == "시험"
        assert (await wire.refused("preview", programme=programme.name, code="a" * 16))["message"] == "wrong_code"
        assert (await wire.refused("rooms"))["message"] == "not_authenticated"


@asynchronous
async def test_seats_sizes_handles_and_badges(server: Server) -> None:
    """17 mentors take all seats of the demo programme; nobody learns more than bands of size."""
    link = server.info["links"]["mentor"]
    _, name, code = parse_link(link)
    wires, handles, seeds = [], [], [new_seed() for _ in range(17)]
    for count, seed in enumerate(seeds, 1):
        wire = await Wire.open(server)
        await wire.authenticate(name, seed, code)
        reply = await wire.call("join", room="plaza")
        assert reply["size"] == ("1-9" if count < 10 else "10-29")
        wires.append(wire)
        handles.append(reply["handle"])
        if count in (4, 5):
            await wires[0].post("plaza", f"{count}명")
    assert len(set(handles)) == 17
    pushed = [await wires[0].push() for _ in range(2)]
    assert "role" not in pushed[0]
    assert pushed[1]["role"] == "멘토"
    async with await Wire.open(server) as wire:
        proof = await wire.proof(name, new_seed())
        error = await wire.refused("authenticate", **proof, code=code)
        assert (error["code"], error["message"]) == (3507, "room_full")
    async with await Wire.open(server) as wire:
        assert (await wire.authenticate(name, seeds[0], code))["role"]["id"] == "mentor"
        plaza = (await wire.call("rooms"))["rooms"][0]
        assert (plaza["room"], plaza["size"], plaza["handle"]) == ("plaza", "10-29", handles[0])
    for wire in wires:
        assert not wire.pushes, "somebody was told who comes and goes"
        await wire.connection.close()


@asynchronous
async def test_seats_are_not_oversold(server: Server) -> None:
    programme = server.programme(seats=5)

    async def come() -> bool:
        async with await Wire.open(server) as wire:
            proof = await wire.proof(programme.name, new_seed())
            await wire.send("authenticate", proof | {"code": programme.code()})
            reply = await wire.reply()
            assert "result" in reply or reply["error"]["message"] == "room_full"
            return "result" in reply

    assert sum(await asyncio.gather(*(come() for _ in range(12)))) == 5


@asynchronous
async def test_a_fifth_session_replaces_the_first(programme: Programme) -> None:
    seed = new_seed()
    wires = [await programme.session(seed=seed) for _ in range(5)]
    code, reason = await wires[0].closed()
    assert (code, reason) == (4501, "replaced")
    for wire in wires[1:]:
        await wire.call("rooms")
        await wire.connection.close()


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
    server.admin("programme.end", programme=other.name)
    async with await Wire.open(server) as wire:
        assert (await wire.refused("challenge", programme=other.name))["message"] == "unknown_programme"
        for name in ("", "nope", "../anyang-2022", "anyang-2022\0", "x" * 20_000):
            error = await wire.refused("challenge", programme=name)
            assert error["message"] in ("unknown_programme", "invalid_params")


@asynchronous
async def test_guessing_join_codes(server: Server, programme: Programme) -> None:
    """A connection has few attempts; the close code says not to come back."""
    async with await Wire.open(server) as wire:
        for _ in range(5):
            proof = await wire.proof(programme.name, new_seed())
            assert (await wire.refused("authenticate", **proof, code="a" * 16))["message"] == "wrong_code"
        assert await wire.closed() == (4500, "too_many_attempts")
    async with await Wire.open(server) as wire:
        for _ in range(2):
            error = await wire.refused("preview", programme=programme.name, code="a" * 16)
            assert error["message"] == "wrong_code"
        for _ in range(3):
            proof = await wire.proof(programme.name, new_seed())
            error = await wire.refused("authenticate", **proof | {"signature": "A" * 86})
            assert error["message"] == "bad_signature"
        assert await wire.closed() == (4500, "too_many_attempts")


@asynchronous
async def test_join_codes_without_regard_to_case_and_space(server: Server, programme: Programme) -> None:
    code = programme.code("mentor")
    for form in (code.upper(), code.lower(), f"  {code}\n", f"\t{code.upper()} "):
        async with await Wire.open(server) as wire:
            shown = await wire.call("preview", programme=programme.name, code=form)
            assert shown["role"]["id"] == "mentor", repr(form)
            welcome = await wire.authenticate(programme.name, new_seed(), form)
            assert welcome["role"]["id"] == "mentor", repr(form)


@asynchronous
async def test_a_code_sent_again_takes_no_second_seat(server: Server) -> None:
    programme, seed = server.programme(seats=5), new_seed()
    for _ in range(3):
        async with await programme.session(seed=seed):
            pass
    for _ in range(4):
        async with await programme.session():
            pass
    async with await Wire.open(server) as wire:
        proof = await wire.proof(programme.name, new_seed())
        error = await wire.refused("authenticate", **proof, code=programme.code())
        assert error["message"] == "room_full"
