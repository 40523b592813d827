"""A client of kkanbu in a terminal: python minimal.py JOIN-LINK [ROOM]. What is typed is posted; docs/CLIENTS.md explains it."""

import asyncio
import base64
import json
import os
import random
import re
import secrets
import sys
import threading
from collections import deque
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus


def base64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def seed_in(path):
    """Made once, and readable by its owner alone."""
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(secrets.token_bytes(16))
    except FileExistsError:
        pass
    with open(path, "rb") as file:
        return file.read()


def member_key(seed, programme):
    info = b"member-key\x00" + programme.encode()
    return Ed25519PrivateKey.from_private_bytes(HKDF(SHA256(), 32, b"kkanbu.v1", info).derive(seed))


def sign(key, challenge, server, programme):
    """Signs a challenge that is for us, and nothing else."""
    ours = {"algorithm": "Ed25519", "server": server, "programme": programme, "purpose": "session"}
    nonce = challenge["nonce"]
    if any(challenge[name] != value for name, value in ours.items()) or not re.fullmatch(r"[A-Za-z0-9_-]{43}", nonce):
        raise Over("this challenge is meant for somebody else; is the link right?")
    public = base64url(key.public_key().public_bytes_raw())
    text = "\n".join(["kkanbu.v1 challenge", *ours.values(), nonce, public])
    return {"key": public, "signature": base64url(key.sign(text.encode()))}


class Over(Exception):
    """There is no going on."""


class Refused(Exception):
    def __init__(self, error):
        super().__init__(error["message"])
        self.code, self.name, self.data = error["code"], error["message"], error.get("data", {})

    @property
    def passing(self):
        return 3000 <= self.code < 3500


def may_come_back(code):
    return 4000 <= code < 4500 or code in (1001, 1005, 1006) or 1011 <= code <= 1015


class Client:
    def __init__(self, link, seed, room=None):
        parts = urlsplit(link)
        join = re.fullmatch("/join/([^/]+)/([^/]+)", parts.fragment)
        if join is None:
            raise Over("this is no join link")
        self.server, self.programme, self.code = f"{parts.scheme}://{parts.netloc}", join[1], join[2]
        self.key, self.room = member_key(seed, self.programme), room
        self.position = None  # of the last publication that was shown
        self.outbox, self.typed = deque(), asyncio.Event()
        self.held = None  # a post that needs the person's word
        self.attempt, self.last_id = 0, 0

    async def call(self, method, **params):
        self.last_id += 1
        reply = self.waiting[self.last_id] = asyncio.get_running_loop().create_future()
        frame = {"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}
        await self.socket.send(json.dumps(frame, ensure_ascii=False))
        return await reply

    async def read(self):
        """Takes frames until the connection ends; then whoever waits for a reply is told so."""
        try:
            while True:
                self.take(json.loads(await self.socket.recv()))
        except (ConnectionClosed, OSError) as end:
            for reply in self.waiting.values():
                if not reply.done():
                    reply.set_exception(end)
            raise

    def take(self, frame):
        if "method" in frame:
            return self.take_push(frame["method"], frame["params"])
        reply = self.waiting.pop(frame["id"])
        if "error" in frame:
            return reply.set_exception(Refused(frame["error"]))
        result = frame["result"]
        if "position" in result and (self.position is None or not result["recovered"]):
            self.position = result["position"]
            print(f"-- you are {result['handle']}, among {result['size']}", flush=True)
        reply.set_result(result)

    async def come_in(self):
        challenge = await self.call("challenge", programme=self.programme)
        proof = sign(self.key, challenge, self.server, self.programme)
        welcome = await self.call("authenticate", **proof, code=self.code)
        self.attempt = 0
        if self.room is None:
            self.room = next((room["room"] for room in welcome["rooms"] if room["phase"] == "open"), None)
            if self.room is None:
                raise Over("no room is open now")
        if self.position is None:
            await self.call("join", room=self.room)
            anew = True
        else:
            reply = await self.call("resume", room=self.room, position=self.position)
            anew = not reply["recovered"]
        if anew:
            # What came after the position comes as pushes.
            page = await self.call("history", room=self.room, before=self.position["offset"] + 1, limit=20)
            for post in page["posts"]:
                self.show(post)

    def take_push(self, method, params):
        if method == "publication" and params["room"] == self.room:
            if params["offset"] != self.position["offset"] + 1:
                raise OSError("there is a hole; resume")
            self.position = self.position | {"offset": params["offset"]}
            self.show(params)
        elif method == "room_ended" and params["room"] == self.room:
            if params["code"] >= 2500:
                raise Over(f"the room has ended: {params['reason']}")
            raise OSError("resume")

    def show(self, said):
        kind = said.get("kind", "post")
        if said.get("retracted") or kind == "retract":
            text = "(taken back)"
        elif said.get("hidden") or kind == "hide":
            text = "(hidden by a moderator)"
        else:
            text = said.get("body") or said.get("text")
        if text is not None:
            about = f" (about {said['target']})" if "target" in said else ""
            print(f"{said['offset']:>5}  {said.get('author', kind)}{about}: {text}", flush=True)

    def say(self, body):
        if body == "!" and self.held:
            self.outbox.append(self.held | {"confirmed": True})
            self.held = None
        elif body:
            self.outbox.append({"room": self.room, "key": base64url(secrets.token_bytes(16)), "body": body})
        self.typed.set()

    async def write(self):
        """Comes in, and sends what waits: one after another, so that their order holds."""
        await self.come_in()
        while True:
            while self.outbox:
                await self.post(self.outbox[0])
                self.outbox.popleft()
            self.typed.clear()
            await self.typed.wait()

    async def post(self, params):
        while True:
            try:
                return await self.call("post", **params | {"room": self.room})
            except Refused as refused:
                if refused.name == "confirm_needed":
                    self.held = params
                    kinds = ", ".join(finding["kind"] for finding in refused.data["findings"])
                    return print(f"-- not sent, this may name somebody: {kinds}. Type ! to send it all the same", flush=True)
                if not refused.passing:
                    return print(f"-- not sent: {refused}", flush=True)
                await asyncio.sleep(refused.data.get("retry_after_ms", 1000) / 1000)

    async def run(self):
        while True:
            wait = random.uniform(0, min(30, 0.5 * 2**self.attempt))
            self.attempt = min(self.attempt + 1, 10)
            try:
                await self.one_connection()
            except ConnectionClosed as closed:
                code, reason = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")
                if not may_come_back(code):
                    raise Over(f"the server has closed for good: {code}") from closed
                if told := re.fullmatch(r"come back in (\d+)", reason):
                    wait = int(told[1]) / 1000
            except Refused as refused:
                if not refused.passing:
                    raise Over(f"refused: {refused}") from refused
            except InvalidStatus as answer:
                if answer.response.status_code != 503:
                    raise
            except OSError:
                pass
            await asyncio.sleep(wait)

    async def one_connection(self):
        url = re.sub("^http", "ws", self.server) + "/ws"
        self.waiting = {}
        # A server that answers no ping for two and a half of its heartbeats is gone.
        async with connect(url, subprotocols=["kkanbu.v1"], compression=None, ping_interval=25, ping_timeout=37) as self.socket:
            tasks = [asyncio.create_task(self.read()), asyncio.create_task(self.write())]
            try:
                await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


async def main(link, room=None):
    client, loop = Client(link, seed_in("kkanbu.seed"), room), asyncio.get_running_loop()

    def listen():
        for line in sys.stdin:
            loop.call_soon_threadsafe(client.say, line.strip())

    threading.Thread(target=listen, daemon=True).start()
    await client.run()


if __name__ == "__main__":
    try:
        asyncio.run(main(*sys.argv[1:]))
    except Over as over:
        sys.exit(f"-- {over}")
    except KeyboardInterrupt:
        pass
