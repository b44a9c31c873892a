"""What operators rely on: logins, limits, logs, health, metrics, a reverse proxy, and tools for assistants."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError, AuthenticationError
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from mcp.types import CallToolResult
from playwright.sync_api import Browser, Page, Route, expect
from qa_fixtures import free_port

import qa
from qa.web.http.passwords import line
from qa.web.page.scripts import script

from .conftest import ROOT, watched
from .proxy import proxied

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore")]

T = TypeVar("T")
QUESTION = "What does the ferryman of Kalmar carry?"
QUOTE = "The ferryman of Kalmar carries nineteen clocks."
NAME, PASSWORD = "anna", "open sesame: ✓"
JSON = {"content-type": "application/json", "accept": "application/json, text/event-stream"}


@dataclass(frozen=True)
class Served:
    """A running `python app.py`; `log`: what it prints."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]

    def lines(self, least: int = 0) -> list[str]:
        """The lines of the log, once there are at least so many."""
        until = time.monotonic() + 20
        while len(found := self.log.read_text("utf-8").splitlines()) < least and time.monotonic() < until:
            time.sleep(0.05)
        return found


@contextmanager
def served(folder: Path, index: Path, *flags: str) -> Iterator[Served]:
    port = free_port()
    log = folder / "log"
    with log.open("w", encoding="utf-8") as out:
        command = [sys.executable, "app.py", "--port", str(port), "--index", str(index), *flags]
        with subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, env=os.environ) as process:
            try:
                while f":{port}" not in log.read_text("utf-8"):
                    assert process.poll() is None, log.read_text("utf-8")
                    time.sleep(0.05)
                yield Served(f"http://127.0.0.1:{port}", log, process)
            finally:
                process.terminate()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("operators")
    sources = folder / "sources"
    sources.mkdir()
    (sources / "ferry.txt").write_text(f"{QUOTE} It leaves at dawn.\n", encoding="utf-8")
    (sources / "bridge.md").write_text("# The bridge\n\nThe bridge of Ystad has six arches.\n", encoding="utf-8")
    qa.rebuild(folder / "index", [sources])
    return folder / "index"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, index: Path) -> Iterator[Served]:
    """Without a login; with a low limit of uploads, tools and a log."""
    with served(tmp_path_factory.mktemp("plain"), index, "--max-upload", "1", "--mcp", "--access-log") as server:
        yield server


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory, index: Path) -> Iterator[Served]:
    """With a login."""
    folder = tmp_path_factory.mktemp("locked")
    (folder / "passwords").write_text(f"# the readers\n{line(NAME, PASSWORD)}\n", encoding="utf-8")
    (folder / "passwords").chmod(0o600)
    with served(folder, index, "--auth", str(folder / "passwords"), "--mcp") as server:
        yield server


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory, index: Path) -> Iterator[tuple[Served, str, list[str]]]:
    """Read-only, behind a proxy that strips /qa; its address there, and the requests outside that prefix."""
    port = free_port()
    flags = ("--read-only", "--mcp", "--access-log", "questions", "--root-path", "/qa/")
    with served(tmp_path_factory.mktemp("below"), index, *flags) as server, proxied(server.url, "/qa", port) as strays:
        yield server, f"http://127.0.0.1:{port}/qa", strays


def ask(url: str, question: str = QUESTION, **how: Any) -> list[str]:
    """Asks as curl does, in two steps; returns the event and its data."""
    with httpx.Client(base_url=url, timeout=60, **how) as client:
        event = client.post("/gradio_api/call/ask", json={"data": [question, [], []]}).raise_for_status().json()
        text = client.get(f"/gradio_api/call/ask/{event['event_id']}").raise_for_status().text
    return [part.partition(": ")[2] for part in text.strip().splitlines()]


def elsewhere(work: Coroutine[Any, Any, T]) -> T:
    """Runs it in another thread: in this one Playwright has an event loop already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


# Logins


def every_route() -> list[tuple[str, str]]:
    """Method and path of all of Gradio's own routes."""
    import gradio as gr
    from gradio.routes import App

    with gr.Blocks() as blocks:
        gr.api(lambda: 1, api_name="one")
    found = []
    waiting: list[Any] = list(App.create_app(blocks).routes)
    while waiting:
        route = waiting.pop()
        waiting += getattr(getattr(route, "original_router", route), "routes", None) or []
        found += [(method, re.sub(r"\{[^}]*\}", "x", route.path)) for method in getattr(route, "methods", None) or ()]
    return found


def test_without_a_login_no_route_says_or_does_anything(locked: Served) -> None:
    routes = [
        *every_route(),
        ("POST", "/act"),
        ("POST", "/gradio_api/mcp"),
        ("POST", "/gradio_api/mcp/"),
        ("GET", "/none"),
        ("GET", script().path),
    ]
    assert len(routes) > 50
    assert ("POST", "/gradio_api/component_server") in routes
    with httpx.Client(base_url=locked.url, timeout=30) as client:
        statuses = {route: client.request(*route).status_code for route in routes}
        page = client.get("/").text
    answered = {path for (_, path), status in statuses.items() if status not in (401, 404)}
    drawn_with = {
        "/theme.css",
        "/gradio_api/theme.css",
        "/favicon.ico",
        "/robots.txt",
        "/static/x",
        "/assets/x",
        "/svelte/x",
    }
    assert answered <= {"/", "/login", "/login/"} | drawn_with
    assert not any(word in page for word in ("ferry", "Kalmar", "Ystad", "/ask", "retrieve", "rebuild"))


def test_a_reader_logs_in(locked: Served, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{locked.url}/?q={quote(QUESTION)}")
    page.get_by_label("username").fill(NAME)
    page.get_by_label("password").fill("open barley")
    page.get_by_role("button", name="Login").click()
    expect(page.get_by_text("Incorrect Credentials")).to_be_visible()
    page.get_by_label("username").fill(NAME)
    page.get_by_label("password").fill(PASSWORD)
    page.get_by_role("button", name="Login").click()
    expect(page.get_by_text(QUOTE).first).to_be_visible()
    context.close()


@contextmanager
def logged_in(browser: Browser, url: str) -> Iterator[Page]:
    """A page of a browser with a session."""
    context = browser.new_context()
    assert context.request.post(f"{url}/login", form={"username": NAME, "password": PASSWORD}).ok
    yield context.new_page()
    context.close()


def test_a_reader_logs_out(locked: Served, browser: Browser) -> None:
    """Below a path, too. Cookies do not depend on the port, so the session is that of the page behind the proxy."""
    port = free_port()
    with proxied(locked.url, "/qa", port) as strays:
        for url in (locked.url, f"http://127.0.0.1:{port}/qa"):
            with logged_in(browser, locked.url) as page, logged_in(browser, locked.url) as elsewhere_too:
                page.goto(f"{url}/logout")
                page.get_by_role("link", name="Back to the page")
                page.get_by_role("button", name="Log out").click()
                page.wait_for_url(f"{url}/")
                for each in (page, elsewhere_too):
                    assert each.request.get(f"{locked.url}/config").status == 401
        with logged_in(browser, locked.url) as page:
            page.goto(f"{locked.url}/logout")
            page.get_by_role("button", name="Log out").click()
            expect(page.get_by_label("username")).to_be_visible()
    assert [path for path in strays if "logout" in path] == []


def test_another_site_logs_nobody_out(locked: Served, browser: Browser) -> None:
    """Attack: links, images, frames and forms of another site that lead to `/logout`, over plain HTTP."""
    site, address = f"http://localhost:{free_port()}", f"{locked.url}/logout"
    pages = {
        "image": f"<img src='{address}'><iframe src='{address}'></iframe>",
        "fetch": f"<script>fetch('{address}', {{method: 'POST', mode: 'no-cors', credentials: 'include'}})</script>",
        "form": f"<form method=post action='{address}'></form><script>document.forms[0].submit()</script>",
        "link": f"<script>location.href = '{address}'</script>",
    }

    def show(route: Route) -> None:
        route.fulfill(body=pages[route.request.url.rpartition("/")[2]], content_type="text/html")

    with logged_in(browser, locked.url) as page:
        page.route(f"{site}/*", show)
        for name in pages:
            with page.expect_request(address):
                page.goto(f"{site}/{name}", wait_until="commit")
            page.wait_for_timeout(200)
            assert page.request.get(f"{locked.url}/config").status == 200
        # A browser that doesn't say where the request comes from, as over plain HTTP from another machine.
        assert page.request.get(address).status == 200
        assert page.request.get(f"{locked.url}/config").status == 200
        assert page.request.post(address, headers={"origin": "null"}).status == 403
        assert page.request.get(f"{locked.url}/config").status == 200


def test_a_program_logs_in(locked: Served) -> None:
    with pytest.raises(AuthenticationError):
        Client(locked.url, verbose=False)
    client = Client(locked.url, verbose=False, auth=(NAME, PASSWORD))
    assert client.predict(api_name="/ask", question=QUESTION)["quotes"][0]["text"] == QUOTE
    client.close()


def test_a_program_sends_its_password_with_each_request(locked: Served) -> None:
    event, data = ask(locked.url, auth=(NAME, PASSWORD))
    assert (event, json.loads(data)[0]["quotes"][0]["text"]) == ("complete", QUOTE)
    assert httpx.get(f"{locked.url}/config", auth=(NAME, "open barley")).status_code == 401
    assert httpx.get(f"{locked.url}/config", headers={"authorization": "Basic ???"}).status_code == 401


def test_who_guesses_has_to_wait_and_nobody_else(locked: Served) -> None:
    """Attack: guessing passwords, by name and by client."""

    def log_in(name: str, password: str, client: str) -> httpx.Response:
        form = {"username": name, "password": password}
        return httpx.post(f"{locked.url}/login", data=form, headers={"x-forwarded-for": client})

    statuses = [log_in(f"guess {n}", "x", "192.0.2.1").status_code for n in range(5)]
    assert statuses == [400] * 5
    refused = log_in(NAME, PASSWORD, "192.0.2.1")
    assert (refused.status_code, refused.json()["title"]) == (429, "TooManyWrong")
    assert 50 <= int(refused.headers["retry-after"]) <= 60
    assert log_in(NAME, PASSWORD, "192.0.2.2").status_code == 200
    for n in range(5):
        httpx.get(f"{locked.url}/config", auth=("nobody", "x"), headers={"x-forwarded-for": f"192.0.2.1{n}"})
    assert log_in("nobody", "x", "192.0.2.3").status_code == 429


def test_of_many_attempts_to_log_in_most_are_refused_at_once(locked: Served) -> None:
    """Attack: attempts to log in under other names and, behind some proxies, addresses."""

    async def statuses() -> list[int]:
        async with httpx.AsyncClient(base_url=locked.url, timeout=60) as client:

            async def log_in(n: int) -> int:
                form, sender = {"username": f"guess {n}", "password": "x"}, {"x-forwarded-for": f"198.51.100.{n}"}
                return (await client.post("/login", data=form, headers=sender)).status_code

            return await asyncio.gather(*map(log_in, range(60)))

    counts = Counter(elsewhere(statuses()))
    assert set(counts) == {400, 503} and counts[503] >= 20


def test_others_are_served_while_passwords_are_tried(locked: Served) -> None:
    async def order() -> list[str]:
        done: list[str] = []
        async with httpx.AsyncClient(base_url=locked.url, timeout=60) as client:

            async def log_in(n: int) -> None:
                form = {"username": f"reader {n}", "password": "x"}
                await client.post("/login", data=form, headers={"x-forwarded-for": f"192.0.2.2{n}"})
                done.append("login")

            async def look() -> None:
                await asyncio.sleep(0.2)
                await client.get("/robots.txt")
                done.append("look")

            await asyncio.gather(*(log_in(n) for n in range(10)), look())
        return done

    assert elsewhere(order()).index("look") < 8


# Health


def test_health(plain: Served, index: Path) -> None:
    said = httpx.get(f"{plain.url}/health")
    assert said.status_code == 200
    generation = qa.load(index).generation
    assert said.json() == {"status": "ok", "generation": generation, "documents": 2, "passages": 2}


def test_health_says_little_where_there_is_a_login(locked: Served) -> None:
    assert httpx.get(f"{locked.url}/health").json() == {"status": "ok"}


def test_health_once_the_index_is_gone(locked: Served, plain: Served, index: Path) -> None:
    away = index.rename(index.with_name("away"))
    try:
        time.sleep(2.1)  # a result is valid for two seconds
        said = httpx.get(f"{plain.url}/health")
        assert (said.status_code, said.json()["title"]) == (503, "IndexMissing")
        assert httpx.get(f"{locked.url}/health").json() == {"status": "unreadable"}
    finally:
        away.rename(index)
    time.sleep(2.1)
    assert httpx.get(f"{plain.url}/health").status_code == 200
    logged = [each.split()[3:6] for each in plain.lines() if "/health" in each]
    assert logged == [["GET", "/health", "503"]]


# Logs


LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d [0-9a-f]{8} 127\.0\.0\.1 (GET|HEAD|POST) /\S* \d{3} \d+"
)


def test_the_log_has_a_line_for_each_request_without_the_question(plain: Served) -> None:
    before = len(plain.lines())
    httpx.get(f"{plain.url}/?q=clocks+of+Kalmar")
    httpx.get(f"{plain.url}/a%20b%0Ac")
    ask(plain.url)
    lines = plain.lines(before + 4)
    assert [each.split()[3:6] for each in lines[before : before + 3]] == [
        ["GET", "/", "200"], ["GET", "/a%20b%0Ac", "404"], ["POST", "/gradio_api/call/ask", "200"],
    ]  # fmt: skip
    assert all(LINE.fullmatch(each) for each in lines if not each.startswith("Chapter & Verse is at"))
    assert "Kalmar" not in plain.log.read_text("utf-8")


def test_no_request_leaves_a_traceback(plain: Served) -> None:
    """Attack: broken requests, and requests without a `Host`, to fill the disk with tracebacks."""
    port, before = int(plain.url.rpartition(":")[2]), len(plain.log.read_bytes())
    forged = b"Origin: http://evil.example\r\n"
    for sent, status in [
        (b"GET /health HTTP/1.0\r\n\r\n", 200),
        (b"GET /config HTTP/1.0\r\n" + forged + b"\r\n", 403),
        (b"OPTIONS / HTTP/1.0\r\n" + forged + b"Access-Control-Request-Method: GET\r\n\r\n", 403),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"\x16\x03\x01", 400),
        (b"GET / HTTP/1.1\r\nHost: [::1\r\nConnection: close\r\n\r\n", 403),
        (b"GET /gradio_api/queue/data?session_hash=x HTTP/1.0\r\n\r\n", 404),
        (b"GET /" + b"x" * 60_000 + b" HTTP/1.0\r\n\r\n", 404),
        (b"GET /health HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", 200),
    ]:
        for _ in range(30):
            with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
                connection.sendall(sent)
                assert int(connection.recv(100).split()[1]) == status, sent[:60]
    log = plain.log.read_bytes()[before:]
    assert b"Traceback" not in log
    assert log.count(b"Invalid HTTP request received.") <= 10
    assert len(log) < 9 * 30 * 150


def test_a_request_has_an_id_in_its_answer_and_its_line(plain: Served) -> None:
    name = httpx.get(f"{plain.url}/config").headers["x-request-id"]
    time.sleep(0.2)
    (logged,) = [each for each in plain.lines() if name in each]
    assert logged.split()[1:5] == [name, "127.0.0.1", "GET", "/config"]


def test_metrics_count_what_was_asked_and_name_nothing(plain: Served, locked: Served) -> None:
    def value(line: str) -> float:
        said = httpx.get(f"{plain.url}/metrics").text.splitlines()
        return float(next((each.rpartition(" ")[2] for each in said if each.startswith(line)), 0))

    asked = 'chapter_verse_requests_total{path="/gradio_api/call/ask",status="200"}'
    other = 'chapter_verse_requests_total{path="other",status="404"}'
    before, others = value(asked), value(other)
    ask(plain.url)
    httpx.get(f"{plain.url}/made-up")
    httpx.get(f"{plain.url}/gradio_api/call/made_up")
    assert (value(asked), value(other)) == (before + 2, others + 2)  # a question is two requests
    assert value('chapter_verse_request_seconds_bucket{le="+Inf",path="/gradio_api/call/ask"}') == before + 2
    assert value("chapter_verse_documents ") == 2 and value("process_resident_memory_bytes ") > 1e7
    assert value("chapter_verse_requests_in_progress ") >= 1  # this one
    text = httpx.get(f"{plain.url}/metrics")
    assert text.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "_created" not in text.text and "python_" not in text.text
    assert "made" not in text.text and "ferry" not in text.text
    assert httpx.get(f"{locked.url}/metrics").status_code == 401
    assert httpx.get(f"{locked.url}/metrics", auth=(NAME, PASSWORD)).status_code == 200


# Shutdown


@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGINT])
def test_a_request_in_progress_is_answered_when_the_server_stops(
    tmp_path: Path, index: Path, signal_: signal.Signals
) -> None:
    with (
        served(tmp_path, index) as server,
        ThreadPoolExecutor(6) as pool,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):

        def act(number: int) -> httpx.Response:
            asked = {"action": "ask", "question": f"{QUESTION} {'indeed ' * number}"}
            return client.post("/act", json={"data": asked})

        assert [each.status_code for each in pool.map(act, range(6))] == [200] * 6  # all are connected
        asked = [pool.submit(act, number) for number in range(6, 12)]
        time.sleep(0.05)
        server.process.send_signal(signal_)
        assert server.process.wait(30) == 0
        assert [each.result().status_code for each in asked] == [200] * 6
        assert all("error" not in each.result().json() for each in asked)
    assert "Traceback" not in server.log.read_text("utf-8")


def test_questions_are_logged_where_they_are_asked_for(below: tuple[Served, str, list[str]]) -> None:
    """Line breaks in a question are escaped, or they would forge lines of the log."""
    server, url, _ = below
    ask(url, "Who waits\nat dawn?")
    client = Client(f"{url}/", verbose=False)
    client.predict(api_name="/retrieve", query="six arches")
    client.close()
    log = server.log.read_text("utf-8")
    assert log.count("question 'Who waits\\nat dawn?'") == 1
    assert log.count("query 'six arches'") == 1


# Limits


def upload(url: str, size: int) -> httpx.Response:
    return httpx.post(f"{url}/gradio_api/upload", files={"files": ("a.txt", b"a" * size)})


def in_pieces(size: int) -> Iterator[bytes]:
    for _ in range(size // 65536):
        yield b" " * 65536


def test_uploads_are_bounded(plain: Served) -> None:
    """Attack: an upload beyond the limit, in pieces."""
    assert upload(plain.url, 2**20).status_code == 200
    refused = upload(plain.url, 2**20 + 2**17)
    assert (refused.status_code, refused.json()["title"]) == (413, "RequestTooLarge")
    head = b'--x\r\ncontent-disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'

    def form() -> Iterator[bytes]:
        yield head
        yield from in_pieces(2**21)

    kind = {"content-type": "multipart/form-data; boundary=x"}
    refused = httpx.post(f"{plain.url}/gradio_api/upload", content=form(), headers=kind)
    assert (refused.status_code, refused.json()["title"]) == (413, "RequestTooLarge")


@pytest.mark.parametrize("path", ["/gradio_api/call/ask", "/act", "/gradio_api/mcp"])
def test_every_other_request_is_bounded(plain: Served, path: str) -> None:
    """Attack: a body of gigabytes, with or without a Content-Length."""
    for body in (b" " * (2**22 + 1), in_pieces(2**22 + 2**17)):
        refused = httpx.post(f"{plain.url}{path}", content=body, headers=JSON)
        assert (refused.status_code, refused.json()["title"]) == (413, "RequestTooLarge")


# Read-only


def test_read_only_changes_nothing(below: tuple[Served, str, list[str]]) -> None:
    server, url, _ = below
    client = Client(f"{url}/", verbose=False)
    endpoints = set(client.view_api(return_format="dict")["named_endpoints"])
    client.close()
    assert endpoints == {"/ask", "/retrieve", "/documents"}
    assert httpx.post(f"{server.url}/gradio_api/call/rebuild", json={"data": []}).status_code == 404
    refused = upload(server.url, 1)
    assert (refused.status_code, refused.json()["title"]) == (403, "ReadOnly")
    assert upload(url, 1).status_code == 403
    assert set(tools_of(server.url)) == {"ask", "retrieve", "documents"}


@pytest.mark.parametrize("path", ["file=http://example.org/", "proxy=https://x.hf.space/", "deep_link?session_hash=x"])
def test_other_routes_of_gradio_are_closed(plain: Served, path: str) -> None:
    """Attack: Gradio's own routes that serve files, fetch addresses or act as a proxy."""
    assert httpx.get(f"{plain.url}/gradio_api/{path}").status_code == 404


# Other sites


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "localhost:{port}"}, 200),
        ({"host": "[::1]:{port}"}, 200),
        ({"host": "evil.example"}, 403),
        ({"host": "127.0.0.1.evil.example:{port}"}, 403),
        ({"origin": "http://127.0.0.1:{port}"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://127.0.0.1:1"}, 403),
        ({"origin": "https://127.0.0.1:{port}"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://evil.example", "x-forwarded-host": "evil.example"}, 403),
    ],
)
def test_pages_of_other_sites_get_nothing(plain: Served, headers: dict[str, str], status: int) -> None:
    """Attack: requests with another `Origin`, `null` or another port, and DNS rebinding."""
    port = plain.url.rpartition(":")[2]
    sent = {name: value.format(port=port) for name, value in headers.items()}
    for answer in (
        httpx.get(f"{plain.url}/config", headers=sent),
        httpx.post(f"{plain.url}/gradio_api/call/ask", json={"data": [QUESTION, [], []]}, headers=sent),
    ):
        assert answer.status_code == status
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_a_client_cannot_choose_the_addresses_of_the_page(plain: Served) -> None:
    """Attack: `X-Forwarded-Host`, to put another address into the page."""
    forged = {"x-forwarded-host": "evil.example", "x-gradio-server": "http://evil.example"}
    assert "evil.example" not in httpx.get(plain.url, headers=forged).text


# Behind a reverse proxy


def test_the_page_works_below_a_path(browser: Browser, below: tuple[Served, str, list[str]]) -> None:
    """With chats of its own: other paths of the host may have other servers."""
    _, url, strays = below
    with watched(browser, url) as open_page:
        page = open_page(at=f"/?q={quote(QUESTION)}")
        expect(page.get_by_text(QUOTE).first).to_be_visible()
        chats = [key for key in page.evaluate("Object.keys(localStorage)") if "chat" in key]
        assert chats and all(key.startswith("chapter-verse/qa:chat:") for key in chats)
        page.reload()
        expect(page.get_by_text(QUOTE).first).to_be_visible()
    assert strays == []


def test_programs_ask_below_a_path(below: tuple[Served, str, list[str]]) -> None:
    _, url, strays = below
    client = Client(f"{url}/", verbose=False)
    assert client.predict(api_name="/ask", question=QUESTION)["quotes"][0]["text"] == QUOTE
    client.close()
    event, data = ask(url)
    assert (event, json.loads(data)[0]["quotes"][0]["text"]) == ("complete", QUOTE)
    assert strays == []


def test_the_public_address_is_a_name_of_the_server(tmp_path: Path, index: Path) -> None:
    with served(tmp_path, index, "--root-path", "https://docs.example/qa") as server:
        from_page = {"host": "docs.example", "origin": "https://docs.example"}
        assert '"root":"https://docs.example/qa"' in httpx.get(server.url, headers=from_page).text
        assert httpx.get(f"{server.url}/config", headers={"origin": "https://docs.example"}).status_code == 200
        assert httpx.get(f"{server.url}/config", headers={"host": "evil.example"}).status_code == 403


# Tools for assistants


def with_tools(url: str, use: Callable[[ClientSession], Any], auth: httpx.Auth | None = None) -> Any:
    async def session() -> Any:
        async with (
            streamablehttp_client(f"{url}/gradio_api/mcp", auth=auth) as (read, write, _),
            ClientSession(read, write) as client,
        ):
            capabilities = (await client.initialize()).capabilities
            assert capabilities.tools
            assert not capabilities.resources
            assert not capabilities.prompts
            return await use(client)

    return elsewhere(asyncio.wait_for(session(), 60))


def tools_of(url: str) -> dict[str, Any]:
    async def listed(client: ClientSession) -> dict[str, Any]:
        return {tool.name: tool for tool in (await client.list_tools()).tools}

    found: dict[str, Any] = with_tools(url, listed)
    return found


def called(url: str, name: str, arguments: dict[str, Any], auth: httpx.Auth | None = None) -> CallToolResult:
    async def call(client: ClientSession) -> CallToolResult:
        return await client.call_tool(name, arguments)

    result: CallToolResult = with_tools(url, call, auth)
    return result


def test_an_assistant_asks(plain: Served) -> None:
    result = called(plain.url, "ask", {"question": QUESTION})
    assert not result.isError
    assert json.loads(result.content[0].text) == result.structuredContent == json.loads(ask(plain.url)[1])[0]
    assert result.structuredContent["quotes"][0]["text"] == QUOTE


def test_only_the_functions_of_the_api_are_tools(plain: Served) -> None:
    found = tools_of(plain.url)
    assert set(found) == {"ask", "retrieve", "documents", "rebuild"}
    assert "verbatim quotes" in found["ask"].description
    assert found["ask"].inputSchema["required"] == ["question"]
    assert "oldest first" in found["ask"].inputSchema["properties"]["history"]["description"]
    assert [name for name, tool in found.items() if not tool.annotations.readOnlyHint] == ["rebuild"]


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("ask", {"question": " "}, "Please type a question."),
        ("ask", {}, "question"),
        ("ask", {"question": "Who?", "who": 1}, "ask takes question, history, documents"),
        ("retrieve", {"query": "river", "k": "many"}, "k must be a whole number"),
        ("act", {}, "There is no tool 'act'"),
    ],
)
def test_a_tool_says_what_is_wrong(plain: Served, name: str, arguments: dict[str, Any], said: str) -> None:
    result = called(plain.url, name, arguments)
    assert result.isError
    assert result.structuredContent["title"] == "UsageError"
    assert said in result.structuredContent["error"]


def test_an_assistant_logs_in(locked: Served) -> None:
    auth = httpx.BasicAuth(NAME, PASSWORD)
    result = called(locked.url, "ask", {"question": QUESTION}, auth)
    assert result.structuredContent["quotes"][0]["text"] == QUOTE
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert httpx.post(f"{locked.url}/gradio_api/mcp", json=request, headers=JSON).status_code == 401


def test_messages_that_nobody_understands_are_refused_and_not_logged(plain: Served) -> None:
    """The package for MCP would log such messages, with the questions in them."""

    def sent(body: bytes) -> httpx.Response:
        headers = {**JSON, "accept": "application/json, text/event-stream"}
        return httpx.post(f"{plain.url}/gradio_api/mcp", content=body, headers=headers)

    for body in (b"[" * 100_000, b'{"a":' * 100_000, b'{"jsonrpc": "2.0", "id": NaN}', b"\xff", b""):
        assert sent(body).status_code == 400
    arguments = {"name": "ask", "arguments": {"question": "SECRET"}}
    for message in ({"method": "tools/call"}, {"method": "tools/cal", "id": 1}, {"method": "x\nFORGED", "id": 2}):
        assert sent(json.dumps({"jsonrpc": "2.0", "params": arguments, **message}).encode()).status_code < 500
    called(plain.url, "ask", {"question": QUESTION})
    log = "\n".join(plain.lines())
    assert "SECRET" not in log and "FORGED" not in log and "Traceback" not in log


# Errors


def test_an_error_has_the_name_of_its_kind(plain: Served) -> None:
    event, data = ask(plain.url, " ")
    said = json.loads(data)
    assert (event, said["title"]) == ("error", "UsageError")
    assert said["error"].startswith("Please type a question.")
    client = Client(plain.url, verbose=False)
    with pytest.raises(AppError) as caught:
        client.predict(api_name="/retrieve", query="river", documents=["none"])
    client.close()
    assert (caught.value.title, str(caught.value)) == ("DocumentMissing", caught.value.message)


# The documentation


@pytest.mark.parametrize(("kind", "command"), [("python", [sys.executable, "-c"]), ("sh", ["sh", "-ec"])])
def test_its_examples_run(plain: Served, kind: str, command: list[str]) -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8").replace("http://127.0.0.1:7860", plain.url)
    examples = re.findall(rf"^```{kind}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert examples
    for example in examples:
        asked = example.replace("Who is Wang Wen?", QUESTION)
        ran = subprocess.run([*command, asked], capture_output=True, text=True, timeout=120, check=False)
        assert QUOTE in ran.stdout, ran.stderr
