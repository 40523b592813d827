"""How sessions end. The last file by name, for its observations take a minute beside the other tests."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from support import PLAZA, Server, asynchronous


@asynchronous
async def test_a_server_that_stops_says_come_back(tmp_path: Path) -> None:
    server = Server(str(tmp_path))
    try:
        programme = server.programme()
        async with await programme.session() as wire:
            await wire.call("join", room=PLAZA)
            server.process.terminate()
            code, reason = await wire.closed()
            assert code == 4000 and re.fullmatch(r"come back in \d+", reason), (code, reason)
        await asyncio.to_thread(server.process.wait, 20)
    finally:
        server.stop()


@asynchronous
async def test_a_programme_that_ends_says_stay_away(server: Server) -> None:
    programme = server.programme()
    async with await programme.session() as wire:
        await wire.call("join", room=PLAZA)
        server.admin("programme.end", programme=programme.name)
        assert await wire.closed() == (4502, "programme_ended")


def test_a_slow_header(slow: dict[str, Future[Any]]) -> None:
    assert 5 < slow["header"].result(30) < 20


def test_a_session_that_does_not_authenticate(slow: dict[str, Future[Any]]) -> None:
    for name in ("silent", "busy"):
        seconds, code = slow[name].result(40)
        assert code == 4003
        assert 13 < seconds < 25


def test_the_heartbeat(slow: dict[str, Future[Any]]) -> None:
    """A ping every beat; who answers none for two beats is gone."""
    pings, seconds, code = slow["heartbeat"].result(75)
    assert pings and 15 < pings[0] < 35
    assert 45 < seconds < 70
    assert code == 4001


def test_signs_of_life(slow: dict[str, Future[Any]]) -> None:
    """Who answers no ping but sends something else is not gone."""
    seconds, replies = slow["talkative"].result(90)
    assert seconds > 55 and replies > 3
