"""The tutorial for client developers: its blocks are the file beside it, and that file is a client that works."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Callable
from pathlib import Path

from support import Programme, Server, Wire, asynchronous

DOCS = Path(__file__).parents[2] / "docs"
ROOM = "room-1"
PATIENCE = 20


def blocks() -> str:
    """The tutorial's Python, put together as files are: two empty lines before what stands at the left edge, else one."""
    text = (DOCS / "CLIENTS.md").read_text(encoding="utf-8")
    first, *more = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return first + "".join(("\n" if block.startswith(" ") else "\n\n") + block for block in more)


class Terminal:
    """The tutorial's client as a person runs it."""

    def __init__(self, process: Process) -> None:
        self.process, self.seen = process, ""

    @classmethod
    async def of(cls, link: str, folder: Path) -> Terminal:
        program = folder / "minimal.py"
        program.write_text(blocks(), encoding="utf-8")
        surroundings = os.environ | {"no_proxy": "localhost,127.0.0.1", "PYTHONIOENCODING": "utf-8"}
        return cls(await asyncio.create_subprocess_exec(
            sys.executable, str(program), link, ROOM, cwd=folder, stdin=PIPE, stdout=PIPE, stderr=STDOUT, env=surroundings))

    def types(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())

    async def shows(self, wanted: str | Callable[[str], bool]) -> None:
        assert self.process.stdout is not None
        there = wanted if callable(wanted) else lambda text: wanted in text
        while not there(self.seen):
            line = await asyncio.wait_for(self.process.stdout.readline(), PATIENCE)
            assert line, f"it ended: {self.seen}"
            self.seen += line.decode()

    async def ends(self) -> str:
        assert self.process.stdout is not None
        rest = await asyncio.wait_for(self.process.stdout.read(), PATIENCE)
        await self.process.wait()
        self.seen += rest.decode()
        assert "Traceback" not in self.seen
        return self.seen


async def colleague(programme: Programme, seed: bytes | None = None) -> Wire:
    wire = await programme.session("mentor", seed)
    await wire.call("join", room=ROOM)
    return wire


def test_the_blocks_are_the_file() -> None:
    assert blocks() == (DOCS / "clients" / "minimal.py").read_text(encoding="utf-8")


@asynchronous
async def test_it_reads_and_posts(programme: Programme, tmp_path: Path) -> None:
    async with await colleague(programme) as mentor:
        await mentor.post(ROOM, "먼저 쓴 글")
        terminal = await Terminal.of(programme.links["mentee"], tmp_path)
        await terminal.shows("먼저 쓴 글")
        terminal.types("안녕하세요")
        assert (await mentor.push())["offset"] == 1
        assert (await mentor.push())["body"] == "안녕하세요"
        await terminal.shows(": 안녕하세요")
        terminal.types("010-1234-5678로 전화 주세요")
        await terminal.shows("may name somebody: phone")
        terminal.types("!")
        assert (await mentor.push())["body"] == "010-1234-5678로 전화 주세요"
        terminal.process.kill()
        await terminal.ends()
    assert (tmp_path / "kkanbu.seed").stat().st_mode & 0o777 == 0o600
    assert len((tmp_path / "kkanbu.seed").read_bytes()) == 16


@asynchronous
async def test_nothing_is_lost_or_twice_when_the_server_was_killed(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    folder.mkdir()
    server = Server(str(folder))
    try:
        programme = server.programme()
        seed = secrets.token_bytes(16)
        terminal = await Terminal.of(programme.links["mentee"], tmp_path)
        terminal.types("하나")
        await terminal.shows(": 하나")
        server.kill()
        terminal.types("둘")
        terminal.types("셋")
        server.restart()
        await terminal.shows(": 셋")
        async with await colleague(programme, seed) as mentor:
            await mentor.post(ROOM, "넷")
            await terminal.shows(": 넷")
            said = [post["body"] for post in (await mentor.call("history", room=ROOM, limit=50))["posts"]]
        assert said == ["하나", "둘", "셋", "넷"]
        assert [terminal.seen.count(f": {body}\n") for body in said] == [1, 1, 1, 1]
        terminal.process.kill()
        await terminal.ends()
    finally:
        server.stop()


@asynchronous
async def test_it_stops_where_coming_back_is_no_use(server: Server, tmp_path: Path) -> None:
    programme = server.programme()
    terminal = await Terminal.of(programme.links["mentee"], tmp_path)
    await terminal.shows("you are")
    server.admin("programme.end", programme=programme.name)
    assert "closed for good: 4502" in await terminal.ends()
    again = await Terminal.of(programme.links["mentee"], tmp_path)
    assert "refused: unknown_programme" in await again.ends()
    lost = await Terminal.of("http://localhost/#/join", tmp_path)
    assert "no join link" in await lost.ends()


@asynchronous
async def test_it_shows_what_moderators_do(server: Server, programme: Programme, tmp_path: Path) -> None:
    place = {"programme": programme.name, "room": ROOM}
    terminal = await Terminal.of(programme.links["mentee"], tmp_path)
    terminal.types("하나")
    await terminal.shows(": 하나")
    handle = server.admin("room.posts", **place, limit=1)["posts"][0]["author"]
    server.admin("room.notice", **place, text="오늘은 6시에 마칩니다.")
    server.admin("post.hide", **place, offset=1)
    await terminal.shows("notice: 오늘은 6시에 마칩니다.")
    await terminal.shows("(about 1): (hidden by a moderator)")
    server.admin("member.remove", **place, handle=handle)
    assert "the room has ended: removed" in await terminal.ends()
