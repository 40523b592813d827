"""HAProxy with our configuration on loopback, a recorder that stands in for the server, and what a flood is made of."""

from __future__ import annotations

import datetime
import os
import re
import socket
import socketserver
import ssl
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CONFIGURATION = Path(__file__).parents[2] / "deploy/proxy/haproxy.cfg"
CONNECTIONS = 4_000
READY_SECONDS = 15


def certificate(folder: Path) -> Path:
    """A certificate of this test's own for localhost, its key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
    signed = built.not_valid_after(now + datetime.timedelta(days=2)).sign(key, hashes.SHA256())
    (folder / "tls.crt").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return folder / "tls.crt"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Proxy:
    """A proxy before a server, in a folder of its own. `changed` turns the configuration into a worse one."""

    def __init__(self, server: int, ops: int, changed: dict[str, str] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kkanbu-proxy-"))
        self.folder.chmod(0o777)  # so that it could write here, if it wanted to
        self.https, self.http = free_port(), free_port()
        text = CONFIGURATION.read_text(encoding="utf-8")
        for old, new in (changed or {}).items():
            assert old in text
            text = text.replace(old, new)
        if os.geteuid() != 0:  # nobody else can become another user
            text = re.sub(r"^ +(user|group) haproxy\n", "", text, flags=re.MULTILINE)
        self.configuration = self.folder / "haproxy.cfg"
        self.configuration.write_text(text, encoding="utf-8")
        environment = {"PATH": os.environ["PATH"], "TMPDIR": str(self.folder),
                       "KKANBU_SERVER": f"127.0.0.1:{server}", "KKANBU_OPS_PORT": str(ops),
                       "KKANBU_HTTPS": f"127.0.0.1:{self.https}", "KKANBU_HTTP": f"127.0.0.1:{self.http}",
                       "KKANBU_CERTIFICATE": str(certificate(self.folder)), "KKANBU_CONNECTIONS": str(CONNECTIONS)}
        self.given = set(self.folder.iterdir())
        self.output = self.folder / "output.log"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen([os.environ["HAPROXY"], "-f", str(self.configuration)], cwd=self.folder,
                                            env=environment, stdout=output, stderr=output)
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            assert self.process.poll() is None, self.output.read_text(encoding="utf-8")
            try:
                if b" 200 " in self.ask("127.0.0.1", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")[:20]:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError(self.output.read_text(encoding="utf-8"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(10)

    def tls(self) -> ssl.SSLContext:
        """Trusts this proxy alone."""
        return ssl.create_default_context(cafile=str(self.folder / "tls.crt"))

    def connect(self, source: str, port: int | None = None) -> socket.socket:
        """A TCP connection from one of loopback's addresses."""
        return socket.create_connection(("127.0.0.1", port or self.https), timeout=10, source_address=(source, 0))

    def let_in(self, source: str, tries: int) -> list[socket.socket]:
        """Those of so many connections that are not refused."""
        opened = []
        for _ in range(tries):
            try:
                opened.append(self.connect(source))
            except ConnectionResetError:
                pass
        # Refused or not is known when the proxy has looked at it.
        time.sleep(0.05)
        return [connection for connection in opened if is_open(connection)]

    def ask(self, source: str, request: str) -> bytes:
        """The beginning of the answer to a request over TLS."""
        with self.tls().wrap_socket(self.connect(source), server_hostname="localhost") as connection:
            connection.sendall(request.encode())
            return connection.recv(65_536)

    def open_for_writing(self) -> list[str]:
        """Files that its processes hold open for writing."""
        found = []
        for entry in Path(f"/proc/{self.process.pid}/fd").iterdir():
            try:
                target = os.readlink(entry)
                info = Path(f"/proc/{self.process.pid}/fdinfo/{entry.name}").read_text()
            except FileNotFoundError:
                # A connection that ended meanwhile: a log stays open.
                continue
            flags = int(info.split("flags:")[1].split()[0], 8)
            if flags & os.O_ACCMODE != os.O_RDONLY and target.startswith("/") and Path(target).is_file():
                found.append(target)
        return found


class Recorder:
    """Keeps every header that it is sent and says yes to everything."""

    def __init__(self) -> None:
        self.heads: list[str] = []
        heads = self.heads

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                head = b""
                while not head.endswith(b"\r\n\r\n") and (line := self.rfile.readline()):
                    head += line
                if not head.startswith(b"GET /readyz"):
                    heads.append(head.decode("latin-1"))
                self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")

        class Listener(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._listener = Listener(("127.0.0.1", 0), Handler)
        self.port = int(self._listener.server_address[1])
        threading.Thread(target=self._listener.serve_forever, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        self._listener.shutdown()
        self._listener.server_close()


class Flood:
    """Connections of one address, opened as fast as they are refused, until it is told to end."""

    def __init__(self, proxy: Proxy, source: str, keep: int | None = None) -> None:
        self._proxy, self._source, self._keep = proxy, source, keep
        self._ending = threading.Event()
        self.held: list[socket.socket] = []
        self.tried = 0
        self.held_most = 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()
        self.let_go()

    def _run(self) -> None:
        while not self._ending.is_set():
            fresh = self._proxy.let_in(self._source, 100)
            self.tried += 100
            self.held = [connection for connection in self.held if is_open(connection)] + fresh
            self.held_most = max(self.held_most, len(self.held))

    def let_go(self) -> None:
        for connection in self.held:
            connection.close()
        self.held = []


def is_open(connection: socket.socket) -> bool:
    """Whether the other side has not closed it; closes it here too where it has."""
    connection.setblocking(False)
    try:
        if connection.recv(1, socket.MSG_PEEK):
            return True
    except BlockingIOError:
        return True
    except OSError:
        pass
    connection.close()
    return False
