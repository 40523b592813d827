"""What RFC 6455 forbids closes the connection with the right code; what it allows does not."""

from __future__ import annotations

import time

import pytest

from raw_socket import FRAME_MAX, RawSocket, command, frame_octets

pytestmark = pytest.mark.usefixtures("unharmed")


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
