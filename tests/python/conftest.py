"""The server that the tests share, and the observations that take long and so run beside the other tests."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import Future
from threading import Thread
from typing import Any

import pytest

from raw_socket import RawSocket
from support import GROWTH_MAX_MIB, Programme, Server


def pytest_configure() -> None:
    if "KKANBU_BIN" not in os.environ:
        raise pytest.UsageError("set KKANBU_BIN to the server's binary")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that don't need their own."""
    running = Server(str(tmp_path_factory.mktemp("server")))
    yield running
    running.stop()


@pytest.fixture
def programme(server: Server) -> Programme:
    """A programme that nobody else uses."""
    return server.programme()


@pytest.fixture
def unharmed(server: Server) -> Iterator[None]:
    """For hostile tests: afterwards the server serves, and its memory has not grown wildly."""
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


@pytest.fixture(scope="session", autouse=True)
def slow(server: Server) -> dict[str, Future[Any]]:
    """Observations by name. They start with the first test; whoever asks for a result waits for the rest."""
    observations = {"header": _slow_header, "silent": _never_authenticates, "busy": _asks_but_never_authenticates,
                    "heartbeat": _never_answers_pings, "talkative": _answers_pings_otherwise}
    return {name: _beside(observe, server) for name, observe in observations.items()}


def _beside(observe: Any, server: Server) -> Future[Any]:
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(observe(server))
        except Exception as error:  # noqa: BLE001 - it is raised to whoever asks for the result
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future


def _slow_header(server: Server) -> float:
    """Seconds until the connection of a client that never finishes its header is closed."""
    with RawSocket(server, upgrade=False) as raw:
        raw.socket.sendall(b"GET /ws HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        return raw.seconds_until_end()


def _never_authenticates(server: Server) -> tuple[float, int]:
    """Seconds until the close of a session that says nothing, and the close code."""
    started = time.monotonic()
    with RawSocket(server) as raw:
        return raw.closed_after(started)


def _asks_but_never_authenticates(server: Server) -> tuple[float, int]:
    """The same for a session that keeps asking for challenges."""
    started = time.monotonic()
    programme = server.programme()
    with RawSocket(server) as raw:
        def ask() -> None:
            try:
                for number in range(100):
                    raw.command(number, "challenge", {"programme": programme.name})
                    time.sleep(0.5)
            except OSError:
                pass
        Thread(target=ask, daemon=True).start()
        return raw.closed_after(started)


def _never_answers_pings(server: Server) -> tuple[list[float], float, int]:
    """When pings came, and when and how the session of a client that doesn't answer them was closed."""
    programme = server.programme()
    with RawSocket(server) as raw:
        raw.socket.settimeout(80)
        raw.authenticate(programme)
        started, pings = time.monotonic(), []
        try:
            while True:
                opcode, payload = raw.receive()
                if opcode == 9:
                    pings.append(time.monotonic() - started)
                if opcode == 8:
                    return pings, time.monotonic() - started, int.from_bytes(payload[:2], "big")
        except (EOFError, ConnectionResetError):
            return pings, time.monotonic() - started, 1006


def _answers_pings_otherwise(server: Server) -> tuple[float, int]:
    """How long a session held that sends commands but no pongs, and how many replies it got."""
    programme = server.programme()
    with RawSocket(server) as raw:
        raw.authenticate(programme)
        started = time.monotonic()
        replies = 0
        while time.monotonic() - started < 57:
            time.sleep(8)
            assert raw.works()
            replies += 1
        return time.monotonic() - started, replies
