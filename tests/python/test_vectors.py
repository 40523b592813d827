"""The golden vectors beside `proto/README.md`: about clients with this client, about frames with the server."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from kkanbu_client import FRAME_FROM_SERVER_MAX, may_come_back
from kkanbu_identity import ForeignChallenge, Json, member_key, new_seed, public_key, sign_challenge
from raw_socket import RawSocket
from support import Programme, Server, Wire, asynchronous

VECTORS = Path(__file__).resolve().parents[2] / "proto" / "vectors"


def vectors(name: str, part: str = "vectors") -> list[Json]:
    return list(json.loads((VECTORS / f"{name}.json").read_text("utf-8"))[part])


def octets(vector: Json) -> bytes:
    if "frame_base64" in vector:
        return base64.b64decode(vector["frame_base64"])
    return str(vector["frame"]).encode("utf-8")


def test_member_keys() -> None:
    for vector in vectors("signatures", "member_keys"):
        key = member_key(bytes.fromhex(vector["seed"]), vector["programme"])
        raw = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        assert (raw.hex(), public_key(key)) == (vector["private_key"], vector["key"])


def test_signatures() -> None:
    for vector in vectors("signatures", "signatures"):
        key, challenge = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["private_key"])), vector["challenge"]
        signature = sign_challenge(key, challenge, challenge["server"], challenge["programme"])
        assert (public_key(key), signature) == (vector["key"], vector["signature"])


def test_what_must_not_be_signed() -> None:
    key = member_key(new_seed(), "anyang-2022")
    for vector in vectors("signatures", "must_not_sign"):
        with pytest.raises(ForeignChallenge):
            sign_challenge(key, vector["challenge"], vector["server"], vector["programme"])


def test_close_codes() -> None:
    for vector in vectors("close"):
        assert may_come_back(vector["code"]) == vector["come_back"], vector


@asynchronous
async def test_frames_that_are_taken(server: Server) -> None:
    """Before `authenticate` they lead nowhere, but none is refused for its form."""
    for vector in vectors("commands"):
        async with await Wire.open(server) as wire:
            await wire.raw(octets(vector).decode("utf-8"))
            reply = await wire.reply()
            assert reply["id"] == vector["id"], vector
            assert reply.get("error", {}).get("code", 0) >= 0, (vector, reply)


def test_frames_that_are_refused(server: Server, programme: Programme) -> None:
    wrong: list[Any] = []
    raw = RawSocket(server)
    raw.authenticate(programme)
    for vector in vectors("rejected"):
        raw.send(octets(vector))
        if "close" in vector:
            if (code := raw.closed()) != vector["close"]:
                wrong.append((vector["name"], code))
            raw.socket.close()
            raw = RawSocket(server)
            raw.authenticate(programme)
        else:
            reply = raw.reply()
            answer = (reply["id"], reply.get("error", {}).get("code"), reply.get("error", {}).get("message"))
            if answer != (vector["id"], vector["code"], vector["message"]):
                wrong.append((vector["name"], answer))
    assert raw.works()
    raw.socket.close()
    assert not wrong


def test_padding() -> None:
    lengths = [vector["padded"] for vector in vectors("padding")]
    assert {512, 2_048, 16_384, 65_536} <= set(lengths)
    assert FRAME_FROM_SERVER_MAX >= 65_536
