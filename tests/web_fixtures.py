"""A web server and a proxy on this machine, which answer as the tests say.

A plugin that the tests import too: PYTEST_DONT_REWRITE, there is no assertion in it.
"""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

Reply = Callable[[BaseHTTPRequestHandler], None]


class Site(ThreadingHTTPServer):
    """A server. `pages`: what a path is answered with. `asked`: the path and the headers of each request."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages: dict[str, Reply] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.scheme = "http"

    @property
    def place(self) -> str:
        """Its host and port."""
        return f"127.0.0.1:{self.server_address[1]}"

    def at(self, path: str) -> str:
        """The address of a path."""
        return f"{self.scheme}://{self.place}{path}"

    def has(self, path: str, body: bytes, kind: str = "text/html", status: int = 200, **headers: str) -> str:
        """Answers a path with these bytes; returns its address. A header `Last_Modified` is sent as Last-Modified."""

        def reply(request: BaseHTTPRequestHandler) -> None:
            tag = headers.get("ETag")
            same = tag is not None and request.headers.get("If-None-Match") == tag
            request.send_response(304 if same else status)
            for name, value in headers.items():
                request.send_header(name.replace("_", "-"), value)
            if not same:
                request.send_header("Content-Type", kind)
                request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            if not same:
                request.wfile.write(body)

        self.pages[path] = reply
        return self.at(path)

    def leads(self, path: str, to: str, status: int = 302) -> str:
        """Redirects a path; returns its address."""
        return self.has(path, b"", status=status, Location=to)

    def encrypt(self, certificate: Path) -> None:
        """Answers by TLS from now on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.scheme = "https"

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing of a client that has gone."""


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers.items())))
        reply = self.server.pages.get(self.path)
        if reply is None:
            self.send_error(404)
        else:
            reply(self)

    def do_CONNECT(self) -> None:
        """Connects to where the pages say that the place is, and passes everything on."""
        self.server.asked.append((f"CONNECT {self.path}", dict(self.headers.items())))
        reply = self.server.pages.get(self.path)
        if reply is None:
            self.send_error(403)
        else:
            reply(self)

    def log_message(self, format: str, *arguments: object) -> None:
        """Prints nothing."""


def tunnel_to(site: Site) -> Reply:
    """How a proxy answers CONNECT: with a tunnel to a server."""

    def reply(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        with socket.create_connection(("127.0.0.1", site.server_address[1])) as other:
            client = request.connection
            back = threading.Thread(target=_pass_on, args=(other, client), daemon=True)
            back.start()
            _pass_on(client, other)
            back.join(5)
        request.close_connection = True

    return reply


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


@contextmanager
def serving() -> Iterator[Site]:
    """A server while the context lasts."""
    with Site() as site:
        thread = threading.Thread(target=site.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield site
        finally:
            site.shutdown()
            thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as each:
        yield each


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch, no_proxy: None) -> Iterator[Site]:
    """A server that the environment names as its proxy."""
    with serving() as each:
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://user:pass@{each.place}")
        yield each


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names no proxy, whatever that of this machine does."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 and example.com with its key, which nobody has signed but itself."""
    if not shutil.which("openssl"):
        pytest.skip("openssl isn't installed")
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    made = path.with_name("key.pem"), path.with_name("certificate.pem")
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1,DNS:example.com",
            "-keyout", str(made[0]), "-out", str(made[1]),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_bytes(b"".join(each.read_bytes() for each in made))
    return path
