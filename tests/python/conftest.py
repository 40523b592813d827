"""The server that the tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from support import Programme, Server


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
