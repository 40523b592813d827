"""Who one is on kkanbu's members' wire: the seed, its key in a programme, the challenge, the join link."""

from __future__ import annotations

import base64
import re
import secrets
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

Json = dict[str, Any]


class ForeignChallenge(Exception):
    """The challenge is not one that this client may sign."""


def base64url(octets: bytes) -> str:
    """Base64url without padding, as everywhere in the protocol."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def new_seed() -> bytes:
    """128 random bits: all that a member is. Keep it."""
    return secrets.token_bytes(16)


def new_key() -> str:
    """An idempotency key, made once for what the person did."""
    return base64url(secrets.token_bytes(16))


def member_key(seed: bytes, programme: str) -> Ed25519PrivateKey:
    """The member's key in one programme; unrelated to the keys in others."""
    info = b"member-key\x00" + programme.encode("utf-8")
    derived = HKDF(algorithm=SHA256(), length=32, salt=b"kkanbu.v1", info=info).derive(seed)
    return Ed25519PrivateKey.from_private_bytes(derived)


def public_key(key: Ed25519PrivateKey) -> str:
    return base64url(key.public_key().public_bytes_raw())


def sign_challenge(key: Ed25519PrivateKey, challenge: Json, server: str, programme: str) -> str:
    """Checks that the challenge is meant for us, here and now, and signs it."""
    wanted = {"algorithm": "Ed25519", "server": server, "programme": programme, "purpose": "session"}
    for field, value in wanted.items():
        if challenge.get(field) != value:
            raise ForeignChallenge(f"{field} is {challenge.get(field)!r}, not {value!r}")
    nonce = challenge.get("nonce")
    if not isinstance(nonce, str) or not re.fullmatch(r"[A-Za-z0-9_-]{43}", nonce):
        raise ForeignChallenge("the nonce is not 43 characters of base64url")
    lines = ["kkanbu.v1 challenge", "Ed25519", server, programme, "session", nonce, public_key(key)]
    return base64url(key.sign("\n".join(lines).encode("utf-8")))


def parse_link(link: str) -> tuple[str, str, str]:
    """Origin, programme and join code of `<origin>/#/join/<programme>/<code>`."""
    parts = urlsplit(link)
    match = re.fullmatch(r"/join/([^/]+)/([^/]+)", parts.fragment)
    if match is None:
        raise ValueError("not a join link")
    return f"{parts.scheme}://{parts.netloc}", match[1], match[2]
