"""The proxy before the real server: members come in through it, an address that floods is held to its share, and nothing tells who asked."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from proxy import Flood, Proxy, Recorder
from support import PLAZA, Programme, Server, Wire, asynchronous
from websockets.asyncio.client import connect

from kkanbu_client import SUBPROTOCOL
from kkanbu_identity import new_seed

pytestmark = pytest.mark.skipif("HAPROXY" not in os.environ, reason="HAProxy is not there")

FLOODER, OFFICE, VISITOR = "127.0.0.2", "127.0.0.3", "127.77.88.99"
OFFICE_MEMBERS = 54
AT_ONCE, IN_TEN_SECONDS = 1_000, 1_500

# Longer than the proxy lets a connection be quiet that is no WebSocket, and shorter than the server's first ping.
QUIET_SECONDS = 13

ADDRESSES = {"X-Forwarded-For": "203.0.113.7", "X-Real-IP": "203.0.113.8", "Forwarded": "for=203.0.113.9",
             "Client-IP": "203.0.113.10", "True-Client-IP": "203.0.113.11", "CF-Connecting-IP": "203.0.113.12",
             "X-Forwarded-Host": "203.0.113.13", "X-Client-IP": "203.0.113.14", "Via": "1.1 203.0.113.15",
             "X-ProxyUser-Ip": "203.0.113.16", "Fastly-Client-IP": "203.0.113.17"}
OTHERS = {"User-Agent": "telltale/1.0", "Cookie": "telltale=1", "Accept-Language": "tell-TALE", "Referer": "https://telltale/"}
READ = {"host", "origin", "connection", "upgrade", "sec-websocket-key", "sec-websocket-version", "sec-websocket-protocol",
        "if-none-match"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(str(tmp_path_factory.mktemp("server")))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def proxy(server: Server) -> Iterator[Proxy]:
    with Proxy(server.port, urlsplit(server.info["ops"]).port or 0) as running:
        yield running


async def member(proxy: Proxy, programme: Programme, source: str) -> Wire:
    """Comes in from one of loopback's addresses."""
    connection = await connect(f"wss://localhost:{proxy.https}/ws", subprotocols=[SUBPROTOCOL], ssl=proxy.tls(),
                               host="127.0.0.1", local_addr=(source, 0), compression=None, proxy=None, max_size=None,
                               ping_interval=None, close_timeout=5)
    wire = Wire(programme.server.url, connection)
    await wire.authenticate(programme.name, new_seed(), programme.code())
    await wire.call("join", room=PLAZA)
    return wire


@asynchronous
async def test_a_quiet_session_lives_and_the_flood_of_one_address_leaves_the_office_its_place(
        server: Server, proxy: Proxy) -> None:
    programme = server.programme(seats=OFFICE_MEMBERS + 1)
    visitor = await member(proxy, programme, VISITOR)
    began = time.monotonic()
    with Flood(proxy, FLOODER) as flood:
        while flood.tried < AT_ONCE + 500:
            await asyncio.sleep(0.05)
        tried = flood.tried
        office = await asyncio.gather(*(member(proxy, programme, OFFICE) for _ in range(OFFICE_MEMBERS)))
        offset = await office[0].post(PLAZA, "사무실에서")
        assert flood.tried > tried, "the flood had ended before the office came"
    assert flood.held_most <= AT_ONCE
    assert flood.held_most > AT_ONCE * 0.9, "the flood was held to less than its share"
    for one in office:
        await one.connection.close()
    await asyncio.sleep(began + QUIET_SECONDS - time.monotonic())
    while (push := await visitor.push())["offset"] != offset:
        assert push["offset"] < offset
    assert await visitor.post(PLAZA, "저도요") == offset + 1
    await visitor.connection.close()


def test_new_connections_of_an_address_are_held_to_a_number_and_others_are_not(proxy: Proxy) -> None:
    source, opened = "127.0.0.4", 0
    for _ in range(IN_TEN_SECONDS // 100 + 3):
        held = proxy.let_in(source, 100)
        opened += len(held)
        for connection in held:
            connection.close()
    assert IN_TEN_SECONDS * 0.9 < opened <= IN_TEN_SECONDS
    [other] = proxy.let_in("127.0.0.5", 1)
    other.close()


def heads_of(changed: dict[str, str] | None = None) -> list[str]:
    """What reaches the server of a page's request and an upgrade that tell everything about themselves."""
    with Recorder() as recorder, Proxy(recorder.port, recorder.port, changed) as proxy:
        recorder.heads.clear()
        told = "".join(f"{name}: {value}\r\n" for name, value in (ADDRESSES | OTHERS).items())
        proxy.ask(VISITOR, f"GET / HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: \"a\"\r\n{told}\r\n")
        key = base64.b64encode(b"0123456789abcdef").decode()
        proxy.ask(VISITOR, "GET /ws HTTP/1.1\r\nHost: localhost\r\nOrigin: https://localhost\r\nConnection: Upgrade\r\n"
                  f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
                  f"Sec-WebSocket-Protocol: kkanbu.v1\r\n{told}\r\n")
        assert len(recorder.heads) == 2
        return recorder.heads


def test_no_address_and_no_user_agent_reaches_the_server() -> None:
    page, upgrade = heads_of()
    for head in (page, upgrade):
        assert "203.0.113." not in head and VISITOR not in head and "tell" not in head.lower()
        names = {line.split(":")[0].lower() for line in head.splitlines()[1:] if line}
        assert names <= READ
    for kept in ("origin", "upgrade: websocket", "sec-websocket-key", "sec-websocket-protocol: kkanbu.v1"):
        assert kept in upgrade.lower()
    assert "if-none-match" in page.lower()


@pytest.mark.parametrize("leak", ["option forwardfor", "http-request set-header X-Real-IP %[src]"])
def test_a_proxy_that_passes_addresses_on_would_be_noticed(leak: str) -> None:
    heads = heads_of({"    default_backend kkanbu\n": f"    {leak}\n    default_backend kkanbu\n"})
    assert all(VISITOR in head for head in heads)


def written(proxy: Proxy) -> str:
    """Everything that it has written, file by file, and what of it holds an address of a client in any form."""
    assert set(proxy.open_for_writing()) <= {str(proxy.output)}
    made = set(proxy.folder.iterdir()) - proxy.given
    assert made == {proxy.output}
    return proxy.output.read_text(encoding="utf-8", errors="replace")


def forms(address: str) -> list[str]:
    packed = socket.inet_aton(address)
    return [address, packed.hex(), "".join(f"\\x{octet:02x}" for octet in packed), packed.decode("latin-1")]


def test_no_address_is_in_anything_that_it_wrote(proxy: Proxy) -> None:
    with proxy.connect(VISITOR) as broken:
        broken.sendall(b"this is no handshake\r\n\r\n")
        broken.recv(100)  # it ends the connection, with an alert or without
    assert proxy.ask(VISITOR, "this is no request\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    said = written(proxy)
    assert not [form for address in (FLOODER, OFFICE, VISITOR, "127.0.0.4", "127.0.0.5") for form in forms(address)
                if form in said]


def test_an_access_log_would_be_noticed(server: Server) -> None:
    logging = {"frontend members\n": "frontend members\n    log global\n    option httplog\n"}
    with Proxy(server.port, urlsplit(server.info["ops"]).port or 0,
               logging | {"daemon notice": "daemon info"}) as proxy:
        proxy.ask(VISITOR, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        until = time.monotonic() + 5
        while VISITOR not in written(proxy):
            assert time.monotonic() < until
            time.sleep(0.05)


def test_whoever_comes_without_tls_is_sent_on(proxy: Proxy) -> None:
    with proxy.connect(VISITOR, proxy.http) as plain:
        plain.sendall(b"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = plain.recv(4_096).decode()
    assert answer.startswith("HTTP/1.1 301 ") and "https://localhost/a" in answer


def test_a_server_that_is_away_is_said_without_a_name(server: Server) -> None:
    with Recorder() as recorder, Proxy(recorder.port, recorder.port) as proxy:
        recorder.end()
        until = time.monotonic() + 10
        while "kkanbu/node1 is DOWN" not in written(proxy):
            assert time.monotonic() < until
            time.sleep(0.1)
        assert b" 503 " in proxy.ask(VISITOR, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")[:20]
        assert VISITOR not in written(proxy)
