"""The upgrade: subprotocol, origin, compression, and what is no HTTP."""

from __future__ import annotations

import pytest

from raw_socket import RawSocket
from support import Server

pytestmark = pytest.mark.usefixtures("unharmed")


def test_the_subprotocol_is_required(server: Server) -> None:
    for protocol in (None, "", "kkanbu.v2", "kkanbu.v1x", "KKANBU.V1", "Kkanbu.v1", "chat, superchat"):
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
