"""An overloaded server, and clients that are slow, silent or gone, over real sockets."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from qa.web.api.gradio import RequestErrors
from qa.web.http import bodies, connections
from qa.web.http.bodies import BodyLimits
from qa.web.http.concurrency import ConcurrencyLimit
from qa.web.http.config import Allowance, Limits
from qa.web.http.connections import Connections, max_connections
from qa.web.http.rate_limit import RateLimit
from qa.web.http.security import UPLOAD
from qa.web.http.upload_route import upload_routes
from qa.web.http.uploads import NoRoom, UploadGate, UploadSpool
from qa.web.page.actions import ActionRoute

pytestmark = pytest.mark.filterwarnings("ignore")
ACT = "/act"
LIMITS = Limits(actions=2, pending=5, uploads=1)


@dataclass
class Work:
    """Stands in for the page's actions: waits until it may go on, and counts."""

    may: threading.Event
    done: int = 0

    def act(self, data: Any) -> dict[str, Any]:
        if data == "wait":
            self.may.wait(10)
        if data == "bytes":
            return {"said": "x" * 12_000_000}
        self.done += 1
        return {"data": data}


async def broken(request: Request) -> Response:
    raise KeyError("secret")


async def large(request: Request) -> Response:
    return StreamingResponse(iter([b"x" * 2**16] * 500))


async def full(request: Request) -> Response:
    return PlainTextResponse("Queue is full.", 503)


@contextmanager
def serving(
    middleware: list[Middleware], work: Work, most: int = 1000, spool: UploadSpool | None = None
) -> Iterator[int]:
    """Runs uvicorn as Gradio does, with our connections, and yields the port."""
    routes = [*(upload_routes(spool) if spool else []), Route("/gradio_api/call/ask", full, methods=["POST"])]
    app = Starlette(
        routes=[
            *routes,
            *ActionRoute(work.act, LIMITS, RateLimit(Allowance(100, 1))).routes,
            Route("/broken", broken),
            Route("/large", large),
        ],
        middleware=middleware,
    )
    config = uvicorn.Config(app, port=0, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    config.http_protocol_class = Connections(most)  # type: ignore[assignment]
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        work.may.set()
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def work() -> Work:
    return Work(threading.Event())


@pytest.fixture
def port(work: Work) -> Iterator[int]:
    with serving(
        [Middleware(RequestErrors), Middleware(BodyLimits, 1), Middleware(ConcurrencyLimit, LIMITS)], work
    ) as found:
        yield found


def post(port: int, data: Any, path: str = ACT) -> httpx.Response:
    return httpx.post(f"http://127.0.0.1:{port}{path}", json={"data": data}, timeout=20)


def head(length: int = 10, path: str = ACT) -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode()


def opened(port: int, sent: bytes = b"") -> socket.socket:
    one = socket.create_connection(("127.0.0.1", port), timeout=20)
    one.sendall(sent)
    return one


# Overload


def test_one_too_many_is_told_at_once_and_the_rest_is_answered(port: int, work: Work) -> None:
    async def crowd() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            asked = [asyncio.create_task(client.post(ACT, json={"data": "wait"})) for _ in range(40)]
            began = time.monotonic()
            while sum(each.done() for each in asked) < 35:
                assert time.monotonic() - began < 10
                await asyncio.sleep(0.01)
            work.may.set()
            return await asyncio.gather(*asked)

    with ThreadPoolExecutor(1) as pool:  # after browser tests, this thread has an event loop
        answers = pool.submit(asyncio.run, crowd()).result()
    assert sorted(each.status_code for each in answers) == [200] * 5 + [503] * 35
    shed = next(each for each in answers if each.status_code == 503)
    assert shed.json()["title"] == "Crowded"
    assert shed.headers["retry-after"] == "2"
    assert post(port, "after").json() == {"data": "after"}


def test_requests_of_disconnected_clients_are_dropped(port: int, work: Work) -> None:
    body = json.dumps({"data": "wait"}).encode()
    working = [opened(port, head(len(body)) + body) for _ in range(2)]
    time.sleep(0.3)  # until they have their places
    gone = [opened(port, head(len(body)) + body) for _ in range(3)]
    time.sleep(0.3)
    for one in gone:
        one.close()
    time.sleep(0.3)
    work.may.set()
    for one in working:
        assert b"200 OK" in one.recv(100)
    assert post(port, "after").status_code == 200
    assert work.done == 3


def test_a_full_queue_of_gradio_is_a_crowd_too(port: int) -> None:
    refused = post(port, 1, "/gradio_api/call/ask")
    assert (refused.status_code, refused.json()["title"]) == (503, "Crowded")


def test_what_cannot_be_read_is_no_failure_of_the_server(port: int, caplog: pytest.LogCaptureFixture) -> None:
    """Attack: JSON a million brackets deep, bytes that aren't UTF-8, an empty body."""
    assert httpx.get(f"http://127.0.0.1:{port}/broken").status_code == 400
    assert "(KeyError in test_limits.py:" in caplog.text
    assert "secret" not in caplog.text
    for body in (
        b"",
        b"[]",
        b"{",
        b'{"data": NaN}',
        b"[" * 1_000_000,
        b'{"a":' * 500_000,
        b"9" * 100_000,
        b"\xff",
        b"null",
    ):
        assert httpx.post(f"http://127.0.0.1:{port}{ACT}", content=body).status_code == 400


# Slow, silent and endless clients


def test_a_slow_body_is_given_up_and_keeps_nobody_waiting(
    port: int, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack: a body that arrives a byte at a time."""
    monkeypatch.setattr(bodies, "_TIMEOUT", 1.0)
    slow = [opened(port, head(1000) + b"{") for _ in range(20)]
    assert post(port, 1).status_code == 200
    for _ in range(3):
        time.sleep(0.2)
        for one in slow:
            one.sendall(b" ")
    assert all(b"408" in one.recv(100) for one in slow)


def test_incomplete_bodies_take_bounded_memory(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack: many bodies begun together, to fill the memory."""
    monkeypatch.setattr(bodies, "_MAX_HELD", 3_000_000)
    coming = [opened(port, head(2_000_000) + b" " * 1_000_000) for _ in range(4)]
    answered = [one for one in coming if _soon(one, 0.5)]
    assert answered
    assert all(b"503" in one.recv(100) for one in answered)
    assert post(port, "a question").status_code == 200
    if sys.platform == "linux":  # any address in 127.0.0.0/8 is local
        with httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.2")) as other:
            large = {"data": " " * 900_000}
            assert other.post(f"http://127.0.0.1:{port}{ACT}", json=large, timeout=20).status_code == 200
    for one in coming:
        one.close()
    time.sleep(0.2)
    assert post(port, " " * 1_000_000).status_code == 200


def _soon(one: socket.socket, seconds: float) -> bool:
    one.settimeout(seconds)
    try:
        return bool(one.recv(100, socket.MSG_PEEK))
    except TimeoutError:
        return False


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: ", head(5) + b"[", head(5) + b"[]   GET / HT"])
def test_a_connection_that_says_nothing_more_is_closed(port: int, monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(connections, "_HEAD_TIMEOUT", 0.5)
    monkeypatch.setattr(bodies, "_TIMEOUT", 0.5)
    one = opened(port, sent)
    began = time.monotonic()
    try:
        while one.recv(1000):
            pass
    except ConnectionResetError:
        pass
    assert time.monotonic() - began < 10


def test_a_body_without_end_that_is_refused_is_not_read_for_ever(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_HEAD_TIMEOUT", 0.5)
    one = opened(port, head(1 << 40))
    assert b"413" in one.recv(100)
    with pytest.raises(OSError):
        for _ in range(200):
            one.sendall(b" " * 1000)
            time.sleep(0.02)


def test_an_answer_that_is_not_read_is_given_up(port: int, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_READ_TIMEOUT", 0.5)
    body = json.dumps({"data": "bytes"}).encode()
    unread = [opened(port, head(len(body)) + body) for _ in range(2)]
    assert all(_soon(one, 10) for one in unread)
    time.sleep(1)
    assert post(port, 1).status_code == 200
    for one in unread:
        size = 0
        try:
            while got := one.recv(1 << 20):
                size += len(got)
        except ConnectionResetError:
            pass
        assert 0 < size < 12_000_000


def test_an_upgrade_to_what_there_is_not_is_ignored(
    port: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log would advise to install a library for web sockets, which nothing here uses."""
    upgrade = b"GET /broken HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    log = logging.getLogger("uvicorn.error")
    with monkeypatch.context() as logged:
        logged.setattr(log, "level", logging.WARNING)
        logged.setattr(log, "handlers", [caplog.handler])
        log.manager._clear_cache()  # type: ignore[attr-defined]
        assert b"400" in opened(port, upgrade).recv(100)
    assert "upgrade" not in caplog.text and "WebSocket" not in caplog.text


def test_heads_are_bounded(port: int) -> None:
    one = opened(port, b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    with pytest.raises(OSError):
        for number in range(100_000):
            one.sendall(b"x-%d: %s\r\n" % (number, b"y" * 1000))
            if _soon(one, 0.0001):
                assert b"400" in one.recv(100)
                raise OSError
    assert post(port, 1).status_code == 200


@pytest.mark.parametrize(
    "told",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: xchunked",
        b"Content-Length: 5\r\nContent-Length: 50",
        b"Content-Length: +5",
        b"Content-Length: 5_0",
        b"Content-Length : 5",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        b"Transfer-Encoding\x0b: chunked",
        b"X: \x00\r\nContent-Length: 5",
        b"Host: evil.example\r\nContent-Length: 5",
    ],
)
def test_a_request_is_not_smuggled_in_another(port: int, work: Work, told: bytes) -> None:
    """Attack: a request whose end is given in two ways, or whose head isn't HTTP."""
    hidden = b'POST /act HTTP/1.1\r\nHost: localhost\r\nContent-Length: 14\r\n\r\n{"data": "it"}'
    one = opened(port, b"POST /act HTTP/1.1\r\nHost: localhost\r\n" + told + b"\r\n\r\n0\r\n\r\n" + hidden)
    answered = b""
    while got := one.recv(1000):
        answered += got
    assert answered.startswith(b"HTTP/1.1 400") and answered.count(b"HTTP/1.1") == 1
    assert work.done == 0


def test_for_one_connection_too_many_the_longest_idle_one_goes(work: Work) -> None:
    with serving([], work, most=10) as port:
        idle = [opened(port) for _ in range(10)]
        time.sleep(0.2)
        assert post(port, 1).status_code == 200
        assert _soon_closed(idle[0])
        assert not _soon_closed(idle[9])
        more = [opened(port) for _ in range(30)]
        time.sleep(0.2)
        assert _soon_closed(idle[9])
        assert post(port, 2).status_code == 200
        assert not _soon_closed(more[-1])


def test_for_one_connection_too_many_one_that_does_not_read_goes(work: Work) -> None:
    """Attack: as many connections as there may be, on each of which an answer waits to be read."""
    with serving([], work, most=10) as port:
        unread = [opened(port, b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n") for _ in range(10)]
        assert all(_soon(one, 10) for one in unread)
        time.sleep(0.3)
        for number in range(3):
            assert post(port, number).status_code == 200
        for one in unread:
            one.close()


def test_pages_that_take_long_to_draw_keep_no_question_from_being_answered() -> None:
    may = threading.Event()

    def act(data: Any) -> dict[str, Any]:
        if data["action"] == "part":
            may.wait(20)
        return {"said": data["action"]}

    acts = ActionRoute(act, Limits(), RateLimit(Allowance(9, 9)))
    with TestClient(Starlette(routes=acts.routes)) as client, ThreadPoolExecutor(20) as pool:
        drawing = [pool.submit(client.post, ACT, json={"data": {"action": "part"}}) for _ in range(20)]
        time.sleep(0.2)
        for _ in range(3):
            assert client.post(ACT, json={"data": {"action": "ask"}}).json() == {"said": "ask"}
        assert sum(each.done() for each in drawing) == 4  # get a 503, which leaves places for questions
        may.set()
        assert sorted(each.result().status_code for each in drawing) == [200] * 16 + [503] * 4


def test_requests_that_are_begun_and_not_ended_keep_nobody_out(work: Work) -> None:
    with serving([], work, most=10) as port:
        begun = [opened(port, head(100) + b"{") for _ in range(10)]
        time.sleep(0.2)
        for number in range(3):
            assert post(port, number).status_code == 200
        assert _soon_closed(begun[0]) and not _soon_closed(begun[9])
        for one in begun:
            one.close()  # otherwise the server would wait for them when it stops


def _soon_closed(one: socket.socket) -> bool:
    one.settimeout(0.3)
    try:
        return one.recv(1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


def test_a_process_can_have_as_many_connections_as_files_but_some(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    asked = []
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (1024, 4096))
    monkeypatch.setattr(resource, "setrlimit", lambda kind, limits: asked.append(limits))
    assert max_connections() == 4096 - 256
    assert asked == [(4096, 4096)]
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (256, 256))
    assert max_connections() == 128


# Uploads


def upload(port: int, size: int = 1000) -> httpx.Response:
    return httpx.post(f"http://127.0.0.1:{port}{UPLOAD}", files={"files": ("a.txt", b"x" * size)}, timeout=20)


def spooling(limits: Limits, allowance: Allowance) -> tuple[UploadSpool, list[Middleware]]:
    spool = UploadSpool(limits)
    return spool, [
        Middleware(UploadGate, spool, RateLimit(allowance), 1),
        Middleware(BodyLimits, 1),
        Middleware(ConcurrencyLimit, limits),
    ]


def test_one_client_sends_so_many_uploads(work: Work) -> None:
    spool, middleware = spooling(LIMITS, Allowance(3, 60))
    with serving(middleware, work, spool=spool) as port:
        assert [upload(port).status_code for _ in range(3)] == [200] * 3
        refused = upload(port)
        assert (refused.status_code, refused.json()["title"]) == (429, "TooOften")
        assert refused.headers["retry-after"] == "1"


def test_the_folder_of_uploads_may_be_cleaned_away(work: Work) -> None:
    spool, middleware = spooling(LIMITS, Allowance(3, 60))
    spool.folder.rmdir()
    with serving(middleware, work, spool=spool) as port:
        assert upload(port).status_code == 200
    assert spool.folder.stat().st_mode & 0o777 == 0o700


def test_uploads_have_room_for_so_much_until_an_hour_has_passed(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    spool, middleware = spooling(Limits(uploaded_megabytes=1, uploaded_files=20), Allowance(100, 60))
    with serving(middleware, work, spool=spool) as port:
        large = upload(port, 900_000).json()[0]
        refused = upload(port, 200_000)
        assert (refused.status_code, refused.json()["title"]) == (507, "NoRoom")
        later = time.monotonic() + 3700
        monkeypatch.setattr("qa.web.http.uploads.monotonic", lambda: later)
        kept = [upload(port) for _ in range(11)]
        assert [each.status_code for each in kept] == [200] * 10 + [507]
        assert not spool.has(large) and not Path(large).exists()
        assert {str(path) for path in spool.folder.iterdir()} == {each.json()[0] for each in kept[:10]}


def test_the_disk_keeps_some_room(work: Work) -> None:
    spool, middleware = spooling(Limits(free_megabytes=1 << 40), Allowance(100, 60))
    with serving(middleware, work, spool=spool) as port:
        assert upload(port).status_code == 507


def test_uploads_in_progress_count_against_the_free_space(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack: uploads begun together, for each of which alone there is room."""
    monkeypatch.setattr("source.disk.shutil.disk_usage", lambda _: SimpleNamespace(total=2**40, free=100 * 2**20))
    spool = UploadSpool(Limits(free_megabytes=40))
    with spool.reserved("one", 40 * 2**20):
        with spool.reserved("other", 20 * 2**20), pytest.raises(NoRoom):
            spool.reserved("third", 2**20).__enter__()
        with pytest.raises(NoRoom):
            spool.reserved("other", 40 * 2**20).__enter__()
    with spool.reserved("other", 40 * 2**20):
        spool.create("other")


def test_a_disk_that_is_full_is_told(work: Work) -> None:
    resource = pytest.importorskip("resource")
    spool, middleware = spooling(LIMITS, Allowance(100, 60))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with serving(middleware, work, spool=spool) as port:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))  # stands for the size of the disk
        try:
            refused = upload(port, 900_000)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert (refused.status_code, refused.json()["title"]) == (507, "NoRoom")
        assert list(spool.folder.iterdir()) == []
        assert upload(port, 900_000).status_code == 200


def test_uploads_of_killed_servers_are_removed_and_those_of_running_ones_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left, used = UploadSpool(LIMITS).folder, UploadSpool(LIMITS).folder
    (tmp_path / "other").mkdir()
    (tmp_path / "chapter-verse-uploads-link").symlink_to(tmp_path / "other")
    for each in (left, tmp_path / "other"):
        (each / "a.txt").touch()
        for path in (each / "a.txt", each):
            os.utime(path, (0, 0))
    own = UploadSpool(LIMITS).folder
    assert not left.exists()
    assert used.exists()
    assert (tmp_path / "other" / "a.txt").exists()
    assert own.stat().st_mode & 0o777 == 0o700


def test_one_client_has_half_of_the_room_for_uploads(work: Work) -> None:
    """Attack: tiny files by the thousand, or large ones, so that nobody else can upload for an hour."""
    spool, middleware = spooling(Limits(uploaded_megabytes=1, uploaded_files=40), Allowance(100, 60))
    small = [("files", ("a.txt", b"x"))]
    with serving(middleware, work, spool=spool) as port:
        url = f"http://127.0.0.1:{port}{UPLOAD}"
        with httpx.Client() as greedy, httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.2")) as other:
            assert greedy.post(url, files=small * 21).status_code == 400
            assert greedy.post(url, files=small * 15).status_code == 200
            refused = greedy.post(url, files=small * 6)  # of which there is room for five
            assert (refused.status_code, refused.json()["title"]) == (507, "NoRoom")
            assert greedy.post(url, files=small * 5).status_code == 200
            assert greedy.post(url, files=small).status_code == 507
            assert len(list(spool.folder.iterdir())) == 20
            if sys.platform == "linux":  # any address in 127.0.0.0/8 is local
                assert other.post(url, files=small * 20).status_code == 200
                assert other.post(url, files=small).status_code == 507


def test_one_client_has_half_of_the_bytes_for_uploads() -> None:
    spool = UploadSpool(Limits(uploaded_megabytes=4))
    with spool.reserved("greedy", 2**21), pytest.raises(NoRoom):
        spool.reserved("greedy", 2**10).__enter__()
    with spool.reserved("greedy", 3 * 2**20), spool.reserved("other", 2**20), pytest.raises(NoRoom):
        spool.reserved("third", 2**10).__enter__()
    with spool.reserved("greedy", 2**10), spool.reserved("greedy", 2**20):
        pass
