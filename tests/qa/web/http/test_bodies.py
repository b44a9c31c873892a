"""Bodies made to be expensive, sent to a whole server: what they cost others, and what memory they take."""

from __future__ import annotations

import json
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from qa_fixtures import served_book

from qa.web.http.config import Config
from qa.web.http.security import UPLOAD

FORM = {"content-type": "multipart/form-data; boundary=x"}
FILE = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
PROGRAM = ("/gradio_api/queue/join", "/gradio_api/call/ask", "/gradio_api/call/v2/ask", "/gradio_api/mcp")
Served = tuple[httpx.Client, Any]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A client of a server, and the server's Blocks."""
    with (
        served_book(tmp_path_factory.mktemp("served"), Config(mcp=True)) as (address, app, _),
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        yield client, app


@contextmanager
def nobody_waits(client: httpx.Client, seconds: float = 2.0) -> Iterator[None]:
    """Fails if another client has to wait longer than this for /health meanwhile."""
    over, longest = threading.Event(), [0.0]

    def watch() -> None:
        with httpx.Client(base_url=client.base_url, timeout=60) as other:
            while not over.wait(0.02):
                began = time.monotonic()
                assert other.get("/health").status_code == 200
                longest.append(time.monotonic() - began)

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        try:
            yield
        finally:
            over.set()
            watching.result()
    assert max(longest) < seconds


# Uploads


@pytest.mark.parametrize("codec", ["punycode", "idna", "utf-7"])
def test_an_upload_is_decoded_in_no_encoding_of_the_clients_choice(served: Served, codec: str) -> None:
    """Attack: a field of a megabyte in a codec that takes time with the square of its length."""
    client, _ = served
    field = b'--x\r\nContent-Disposition: form-data; name="files"\r\n\r\n' + b"a" * 700_000 + b"\r\n--x--\r\n"
    headers = {"content-type": f"multipart/form-data; charset={codec}; boundary=x"}
    with nobody_waits(client):
        refused = client.post(UPLOAD, content=field, headers=headers)
    assert (refused.status_code, refused.json()["title"]) == (400, "BadRequest")


def test_a_file_is_kept_byte_for_byte_whatever_its_name(served: Served) -> None:
    client, _ = served
    content = bytes(range(256)) * 5000 + b"\r\n--x\r\n--x-\r\n"
    sent = [("files", (name, content + name.encode())) for name in ("../a.txt", 'b"\\.txt', "c\u0301" * 500, "/")]
    paths = client.post(f"{UPLOAD}?upload_id={'x' * 5000}", files=sent).json()
    assert [Path(path).read_bytes() for path in paths] == [given for _, (_, given) in sent]
    assert len({Path(path).parent for path in paths}) == 1


@pytest.mark.parametrize(
    "form",
    [
        b"",
        b"a",
        b"--x--\r\n",
        FILE,
        FILE + b"abc",
        FILE + b"abc\r\n--x\r\n",
        FILE + b"abc\r\n--x--\r\n".replace(b"--x", b"--y"),
        FILE.replace(b'; filename="a.txt"', b"") + b"abc\r\n--x--\r\n",
        FILE.replace(b"filename=", b"filename*=utf-8''") + b"abc\r\n--x--\r\n",
        FILE + b"abc\r\n" + FILE.replace(b'; filename="a.txt"', b"") + b"abc\r\n--x--\r\n",
        (FILE + b"abc\r\n") * 21 + b"--x--\r\n",
        FILE.replace(b"a.txt", b"a" * 5000) + b"abc\r\n--x--\r\n",
        FILE.replace(b"\r\n\r\n", b"\r\na: b" * 20 + b"\r\n\r\n") + b"abc\r\n--x--\r\n",
    ],
)
def test_what_is_no_form_of_files_is_refused_and_leaves_nothing(served: Served, form: bytes) -> None:
    client, app = served
    folder = Path(app.app.uploaded_file_dir)
    before = set(folder.iterdir())
    refused = client.post(UPLOAD, content=form, headers=FORM)
    assert (refused.status_code, refused.json()["title"]) == (400, "BadRequest")
    assert set(folder.iterdir()) == before


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", *(f"multipart/form-data{end}" for end in ("", "; boundary=", f"; boundary={'x' * 71}"))],
)
def test_an_upload_of_another_type_is_refused(served: Served, kind: str) -> None:
    client, _ = served
    assert client.post(UPLOAD, content=FILE + b"a\r\n--x--\r\n", headers={"content-type": kind}).status_code == 400


def test_an_upload_whose_client_has_gone_leaves_nothing(served: Served) -> None:
    """Attack: uploads that are broken off, to fill the room for everyone's."""
    client, app = served
    folder = Path(app.app.uploaded_file_dir)
    before = len(list(folder.iterdir()))
    with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as going:
        head = f"POST {UPLOAD} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM['content-type']}\r\n"
        going.sendall(head.encode() + b"Content-Length: 9999\r\n\r\n" + FILE + b"abc")
        _wait_for(lambda: len(list(folder.iterdir())) == before + 1)
    _wait_for(lambda: len(list(folder.iterdir())) == before)


def _wait_for(condition: Any) -> None:
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


# JSON


@pytest.mark.parametrize("path", ["/act", *PROGRAM])
def test_json_of_too_many_values_is_not_parsed(served: Served, path: str) -> None:
    """Attack: a body whose values take thirty times its memory, or whose depth exhausts the stack."""
    client, _ = served
    tiny = b"[" + b",".join([b"[]"] * 110_000) + b"]"
    for body in (b'{"data":%s}' % tiny, b'{"data":%s}' % (b"[" * 900 + b"]" * 900), "[[]]".encode("utf-16")):
        refused = client.post(path, content=body, headers={"content-type": "application/json"})
        assert (refused.status_code, refused.json()["title"]) == (400, "BadRequest")
        assert "values" in refused.json()["error"]


def test_a_question_about_thousands_of_documents_is_answered(served: Served) -> None:
    client, _ = served
    documents, history = ["ferry.txt"] * 9_000, ["Who carries clocks?"] * 500
    asked = {"action": "ask", "question": "What does the ferryman carry?", "history": history, "documents": documents}
    assert "nineteen clocks" in client.post("/act", json={"data": asked}).text
    event = client.post("/gradio_api/call/ask", json={"data": [asked["question"], history, documents]}).json()
    assert "nineteen clocks" in client.get(f"/gradio_api/call/ask/{event['event_id']}").text


def test_bodies_that_wait_are_neither_parsed_nor_kept_beyond_measure(served: Served) -> None:
    """Attack: large bodies by the dozen, to fill the memory while they wait for their turn."""
    client, _ = served
    body = b'{"data":{"action":"draw","answers":[' + b",".join([b"[%s]" % (b" " * 70)] * 49_000) + b"]}}"

    def post(_: int) -> int:
        return httpx.post(client.base_url.join("/act"), content=body, timeout=60).status_code

    tracemalloc.start()
    try:
        with nobody_waits(client, 5), ThreadPoolExecutor(48) as pool:  # tracing makes everything slow
            statuses = list(pool.map(post, range(48)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert set(statuses) <= {200, 503} and 200 in statuses
    assert peak < 250_000_000


def test_a_slow_action_takes_no_slot_of_a_quick_one(served: Served) -> None:
    """Attack: a slow action under the name of a quick one."""
    client, _ = served
    for fields in (
        b'"\\u0061ction": "welcome"',
        b'"action": "welcome", "quote": {"action": "ask"}',
        b'"action": "w\\u0065lcome"',
    ):
        assert client.post("/act", content=b'{"data": {%s}}' % fields).status_code == 400
    said = client.post("/act", content='{"data": {"x": "\\"action\\": \\"ask\\"", "action" : "welcome"}}')
    assert "html" in said.json()


@pytest.mark.parametrize("path", ["/login", "/health", "/gradio_api/theme.css", "/nothing"])
def test_other_requests_have_small_bodies(served: Served, path: str) -> None:
    """Attack: a login form of megabytes, in a slow codec."""
    client, _ = served
    headers = {"content-type": "multipart/form-data; boundary=x; charset=punycode"}
    sent = client.post(path, content=b"a" * 20_000, headers=headers)
    assert sent.status_code in (413, 404)


# Tiny pieces


def test_a_body_in_tiny_chunks_is_refused_and_keeps_nobody_waiting(served: Served) -> None:
    """Attack: chunks of one byte, thousands in a packet, which are parsed one by one."""
    client, _ = served
    host, port = client.base_url.host, client.base_url.port or 0
    head = b"POST /act HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with nobody_waits(client):
        for _ in range(20):
            with socket.create_connection((host, port), timeout=20) as one:
                try:
                    one.sendall(head + b"1\r\n \r\n" * 100_000)
                    assert b"400" in one.recv(100)
                except ConnectionError:
                    pass  # it was refused before it was sent whole


def test_tiny_chunks_after_the_response_are_no_error_of_the_server(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    client, _ = served
    host, port = client.base_url.host, client.base_url.port or 0
    with socket.create_connection((host, port), timeout=20) as one:
        one.sendall(b"POST /nothing HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert b"404" in one.recv(2000)
        one.sendall(b"1\r\n \r\n" * 1000)
        try:
            while one.recv(1000):
                pass
        except ConnectionError:
            pass
    assert client.get("/health").status_code == 200
    assert not [record for record in caplog.records if record.exc_info]


def test_a_body_in_ordinary_chunks_is_read(served: Served) -> None:
    client, _ = served
    asked = json.dumps({"data": {"action": "ask", "question": "What does the ferryman carry?"}}).encode()

    def in_chunks(size: int) -> Iterator[bytes]:
        for start in range(0, len(asked), size):
            yield asked[start : start + size]

    for size in (1, 20, 1000):
        assert "nineteen clocks" in client.post("/act", content=in_chunks(size)).text


# What Gradio keeps


def test_what_a_client_invents_is_not_kept(served: Served) -> None:
    """Attack: names of sessions as long as a request may be, one for each call, and ids of uploads."""
    from gradio import routes

    client, app = served
    asked = {"data": ["clocks", 5, []], "fn_index": 1, "session_hash": "s" * 101}
    assert client.post("/gradio_api/queue/join", json=asked).status_code == 400
    asked["session_hash"] = "s" * 100
    assert client.post("/gradio_api/queue/join", json=asked).status_code == 200
    assert not app._queue.event_analytics
    assert "s" * 101 not in app._queue.pending_messages_per_session
    client.post(f"{UPLOAD}?upload_id=invented", files={"files": ("a.txt", b"a")})
    assert not routes.file_upload_statuses._statuses and not routes.file_upload_statuses._signals
