"""Only a signature by this key, over this connection's challenge, in the one right form, lets anybody in."""

from __future__ import annotations

import pytest

from kkanbu_identity import Json, base64url, member_key, new_seed, public_key
from support import Programme, Server, Wire, asynchronous, refused_to_authenticate, signed

pytestmark = pytest.mark.usefixtures("unharmed")

GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493


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
