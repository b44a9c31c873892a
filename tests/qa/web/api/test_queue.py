"""Bounds on the calls and results that wait, in all and of one client."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from qa_fixtures import served_book

from qa.web.http.concurrency import ConcurrencyLimit
from qa.web.http.config import Config, Limits
from qa.web.http.error_log import RepeatFilter
from qa.web.state import AppState

LIMITS = Limits(pending=8, streams=8, files=6, uploads=4)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[httpx.Client, Any, AppState]]:
    with (
        served_book(tmp_path, Config(limits=LIMITS)) as (address, app, state),
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        yield client, app, state


def fetched(client: httpx.Client, event: str, name: str = "ask") -> str:
    return client.get(f"/gradio_api/call/{name}/{event}").text


def test_results_that_nobody_fetches_are_not_kept_for_ever(served: tuple[httpx.Client, Any, AppState]) -> None:
    """Attack: results that are requested and never fetched, to fill the memory."""
    client, app, _ = served
    names = {each.api_name: number for number, each in app.fns.items()}
    known = 0
    for number in range(60):
        asked = {
            "data": ["clocks", 5, []],
            "fn_index": names["retrieve"],
            "session_hash": "one" if number % 2 else f"{number}",
        }
        while client.post("/gradio_api/queue/join", json=asked).status_code == 503:
            time.sleep(0.05)
        known = max(known, sum(map(len, app._queue.pending_event_ids_session.values())))
    assert known == 8  # half of what there is for all
    assert len(app._queue.pending_messages_per_session) <= 8 and len(app._queue.event_ids_to_events) <= 8
    event = client.post("/gradio_api/call/ask", json={"data": ["What does the ferryman carry?", [], []]}).json()
    assert "nineteen clocks" in fetched(client, event["event_id"])


def call(client: httpx.Client, sender: str, k: int = 5, **named: str) -> httpx.Response:
    """Calls `retrieve` as a client behind a proxy."""
    asked = {"data": ["clocks", k, []], **named}
    while True:
        called = client.post("/gradio_api/call/retrieve", json=asked, headers={"x-forwarded-for": sender})
        if called.status_code != 503:
            return called
        time.sleep(0.02)


def test_a_stream_of_invented_sessions_displaces_nobody_elses_results(
    served: tuple[httpx.Client, Any, AppState],
) -> None:
    """Attack: calls under ever new names of sessions, so that other clients' results are dropped."""
    client, _, _ = served
    kept = [call(client, "192.0.2.2").json()["event_id"] for _ in range(3)]
    for number in range(40):
        call(client, "192.0.2.1", session_hash=f"invented {number}")
    assert all("nineteen clocks" in fetched(client, event, "retrieve") for event in kept)


def held(app: Any) -> int:
    """The bytes of all results that have not been fetched, in whatever form they are kept."""
    queues = app._queue.pending_messages_per_session.values()
    messages = [vars(message) for each in list(queues) for message in list(each._queue)]
    return sum(len(each.get("encoded", b"")) + len(json.dumps(each.get("output"))) for each in messages)


def test_results_that_nobody_fetches_take_bounded_memory(tmp_path: Path) -> None:
    """Attack: tiny calls of large results, which are not fetched; from one client, then from several."""
    wide = (" " * 900).join(["clocks", "river", "lamp", "stone", "boat", "tower", "mill", "bridge", "meadow", "winter"])
    text = "\n\n".join(f"{wide} {number}." for number in range(130))
    with (
        served_book(tmp_path, Config(limits=Limits(result_megabytes=1)), text) as (address, app, _),
        httpx.Client(base_url=address, timeout=60) as client,
    ):

        def finish() -> int:
            until = time.monotonic() + 20
            while app._queue.event_ids_to_events and time.monotonic() < until:
                time.sleep(0.02)
            return held(app)

        size = len(fetched(client, call(client, "192.0.2.1", k=40).json()["event_id"], "retrieve"))
        assert 150_000 < size < 250_000
        mine = [call(client, "192.0.2.1", k=40).json()["event_id"] for _ in range(6)]
        other = call(client, "192.0.2.2", k=40).json()["event_id"]
        assert 2 * size < finish() <= 2**19 + size  # half for one client, and the other's
        assert "clocks" in fetched(client, other, "retrieve")
        assert "clocks" in fetched(client, mine[-1], "retrieve")
        dropped = client.get(f"/gradio_api/call/retrieve/{mine[0]}")
        assert (dropped.status_code, dropped.json()["title"]) == (404, "ResultMissing")
        for number in range(10):
            call(client, f"192.0.2.{number}", k=40)
        assert 3 * size < finish() <= 2**20
        too_large = fetched(client, call(client, "192.0.2.1", k=1000).json()["event_id"], "retrieve")
        assert too_large.startswith("event: error") and "larger than 0.5 MB. Ask for less at once." in too_large


def test_a_result_that_nobody_fetches_is_dropped_after_a_while(tmp_path: Path) -> None:
    with (
        served_book(tmp_path, Config(limits=Limits(result_lifetime=0.5))) as (address, app, _),
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        event = call(client, "192.0.2.1").json()["event_id"]
        queue, until = app._queue, time.monotonic() + 10
        while (queue.pending_event_ids_session or queue.pending_messages_per_session) and time.monotonic() < until:
            time.sleep(0.02)
        assert not queue.pending_event_ids_session and not queue.pending_messages_per_session
        assert client.get(f"/gradio_api/call/retrieve/{event}").status_code == 404


@pytest.mark.parametrize("name", ["", "x" * 101])
def test_a_session_needs_a_name_of_bounded_length(
    served: tuple[httpx.Client, Any, AppState], name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Attack: an empty name, whose call Gradio would accept and fail on, and whose stream would never end."""
    client, app, _ = served
    asked = {"data": ["clocks", 5, []], "session_hash": name}
    number = next(number for number, each in app.fns.items() if each.api_name == "retrieve")
    assert client.post("/gradio_api/call/retrieve", json=asked).status_code == 400
    assert client.post("/gradio_api/queue/join", json={**asked, "fn_index": number}).status_code == 400
    assert client.get(f"/gradio_api/queue/data?session_hash={name}").status_code == 404
    assert not app._queue.event_ids_to_events
    assert "Traceback" not in capfd.readouterr().err


def test_a_result_that_does_not_exist_is_not_waited_for(
    served: tuple[httpx.Client, Any, AppState], capfd: pytest.CaptureFixture[str]
) -> None:
    """Attack: unknown sessions and calls, each of which Gradio answers with a traceback in the log."""
    client, _, _ = served
    for path in (
        "queue/data?session_hash=unknown", "queue/data", "queue/data?session_hash=%00%ff", "call/ask/UNKNOWN",
        "call/v2/ask/UNKNOWN", "call/ask/%00%ff", "call/rebuild/..", f"call/ask/{'x' * 5000}",
    ):  # fmt: skip
        assert client.get(f"/gradio_api/{path}").status_code == 404
    assert "Traceback" not in capfd.readouterr().err


def test_a_result_is_fetched_once_and_forgotten(served: tuple[httpx.Client, Any, AppState]) -> None:
    """Attack: thousands of calls, each of which Gradio would remember."""
    client, app, _ = served
    asked = {"data": ["clocks", 5, []], "session_hash": "one"}
    for call in (client.post("/gradio_api/call/retrieve", json=asked | {"session_hash": None}) for _ in range(3)):
        event = call.json()["event_id"]
        assert "nineteen clocks" in fetched(client, event, "retrieve")
        again = client.get(f"/gradio_api/call/retrieve/{event}")
        assert (again.status_code, again.json()["title"]) == (404, "ResultMissing")
    names = {each.api_name: number for number, each in app.fns.items()}
    for _ in range(3):
        client.post("/gradio_api/queue/join", json=asked | {"fn_index": names["retrieve"]})
        assert "nineteen clocks" in client.get("/gradio_api/queue/data?session_hash=one").text
    queue, until = app._queue, time.monotonic() + 10  # the response is complete a moment before
    while (queue.pending_event_ids_session or queue.pending_messages_per_session) and time.monotonic() < until:
        time.sleep(0.01)
    assert not queue.pending_event_ids_session and not queue.pending_messages_per_session


def test_errors_of_endpoints_are_logged_and_not_printed_without_end(
    served: tuple[httpx.Client, Any, AppState], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Attack: a question that an endpoint fails on, again and again."""
    client, _, state = served
    handler = logging.StreamHandler()
    handler.addFilter(RepeatFilter())
    logging.getLogger("chapter-verse").addHandler(handler)

    def fail(*_: object, **__: object) -> None:
        raise KeyError("broken")

    monkeypatch.setattr(type(state.book), "ask", fail)
    try:
        for _ in range(5):
            event = client.post("/gradio_api/call/ask", json={"data": ["Who?", [], []]}).json()["event_id"]
            assert fetched(client, event).startswith("event: error")
    finally:
        logging.getLogger("chapter-verse").removeHandler(handler)
    said = capfd.readouterr()
    assert "KeyError: 'broken'" in said.err
    assert (said.out + said.err).count("Traceback") == 1


def test_the_description_of_the_endpoints_has_nobodys_host(served: tuple[httpx.Client, Any, AppState]) -> None:
    """Attack: a first request with another `Host`, to be in what every later client reads."""
    client, _, _ = served
    for path in ("info", "openapi.json", "info?all_endpoints=true"):
        first = client.get(f"/gradio_api/{path}", headers={"host": "localhost:1"}).text
        assert client.get(f"/gradio_api/{path}").text == first
        assert "localhost" not in first and "127.0.0.1" not in first
        assert "retrieve" in first


def test_rebuilds_that_wait_leave_places_to_questions(
    served: tuple[httpx.Client, Any, AppState], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack: rebuilds by the dozen, to keep other programs' questions out."""
    client, _, _ = served
    may = Event()
    monkeypatch.setattr("qa.library.Library.rebuild", lambda *_: str(may.wait(30)))
    try:
        came = [client.post("/gradio_api/call/rebuild", json={"data": []}).status_code for _ in range(20)]
        assert came.count(200) <= 6 and 503 in came
        event = client.post("/gradio_api/call/ask", json={"data": ["What does the ferryman carry?", [], []]})
        assert "nineteen clocks" in fetched(client, event.json()["event_id"])
    finally:
        may.set()


def test_the_results_of_a_session_are_fetched_once_at_a_time(
    served: tuple[httpx.Client, Any, AppState], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Attack: many streams of a session, each of which would leave a task and a traceback behind."""
    client, app, state = served
    may, ask = Event(), type(state.book).ask
    monkeypatch.setattr(type(state.book), "ask", lambda *given, **rest: may.wait(20) and ask(*given, **rest))
    asked = {"data": ["What does the ferryman carry?", [], []], "session_hash": "one"}
    try:
        assert client.post("/gradio_api/call/ask", json=asked).status_code == 200
        with client.stream("GET", "/gradio_api/queue/data?session_hash=one") as stream:
            again = client.get("/gradio_api/queue/data?session_hash=one")
            assert (again.status_code, again.json()["title"]) == (409, "SessionInUse")
            may.set()
            assert "nineteen clocks" in "".join(stream.iter_text())
        may.clear()
        assert client.post("/gradio_api/call/ask", json=asked).status_code == 200
        with client.stream("GET", "/gradio_api/queue/data?session_hash=one"):
            time.sleep(0.3)  # until it waits for messages
            app._queue.pending_messages_per_session.pop("one")  # as when there are too many results
        until = time.monotonic() + 10
        while (left := heartbeats()) and time.monotonic() < until:
            time.sleep(0.05)
        assert left == 0
    finally:
        may.set()
    assert "Traceback" not in capfd.readouterr().err


def heartbeats() -> int:
    """How many tasks there are that send a sign of life to a stream."""
    return sum("heartbeat" in repr(task.get_coro()) for task in list(asyncio.tasks._all_tasks))  # type: ignore[attr-defined]


def test_a_call_that_has_ended_is_cancelled_without_a_trace(served: tuple[httpx.Client, Any, AppState]) -> None:
    """Attack: the same call cancelled again and again, each time with a message that is kept."""
    client, app, _ = served
    event = client.post("/gradio_api/call/ask", json={"data": ["Who?", [], []], "session_hash": "one"}).json()
    cancelled = {"session_hash": "one", "fn_index": 0, **event}
    messages, until = app._queue.pending_messages_per_session["one"], time.monotonic() + 10
    while app._queue.event_ids_to_events and time.monotonic() < until:
        time.sleep(0.02)
    waiting = messages.qsize()
    for _ in range(5):
        assert client.post("/gradio_api/cancel", json=cancelled).json() == {"success": True}
    assert messages.qsize() == waiting
    for wrong in ("{}", "[]", "1", '{"session_hash": [], "event_id": 1}', "[" * 10_000):
        assert client.post("/gradio_api/cancel", content=wrong).status_code in (400, 422)


def test_a_client_has_half_of_the_queue_and_its_turn(
    served: tuple[httpx.Client, Any, AppState], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack: calls by the dozen, small or large, so that every other program waits for all of them."""
    client, app, state = served
    may, asked, ask = Event(), list[str](), type(state.book).ask

    def slow(book: Any, text: str, *rest: Any, **options: Any) -> Any:
        asked.append(text)
        may.wait(20)
        return ask(book, text, *rest, **options)

    def call(text: str, history: list[str], client: httpx.Client = client) -> int:
        return client.post("/gradio_api/call/ask", json={"data": [text, history, []]}).status_code

    monkeypatch.setattr(type(state.book), "ask", slow)
    monkeypatch.setattr("qa.web.api.calls._MAX_HELD", 1_000_000)
    try:
        assert [call("Large?", ["x" * 200_000]) for _ in range(4)] == [200, 200, 503, 503]
        assert [call("Small?", []) for _ in range(10)] == [200] * 6 + [503] * 4  # of which two run
        if sys.platform == "linux":  # any address in 127.0.0.0/8 is local
            transport = httpx.HTTPTransport(local_address="127.0.0.2")
            with httpx.Client(base_url=client.base_url, transport=transport, timeout=60) as other:
                assert call("Other?", [], other) == 200
            texts = [event.data.data[0] for event in app._queue.event_queue_per_concurrency_id["ask"].queue]
            assert texts == ["Small?", "Other?", "Small?", "Small?", "Small?"]
    finally:
        may.set()


def test_one_client_has_half_of_the_places_that_are_held_for_as_long_as_one_likes() -> None:
    """Attack: questions, streams and uploads that one client begins and keeps open."""

    async def run() -> None:
        may = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await may.wait()

        crowd = ConcurrencyLimit(app, LIMITS)

        def comes(client: str, method: str, path: str) -> asyncio.Task[int]:
            async def come() -> int:
                statuses = [200]

                async def receive() -> Any:
                    await may.wait()

                async def send(message: Any) -> None:
                    statuses.append(message.get("status", statuses[-1]))

                scope = {"type": "http", "method": method, "path": path, "client": (client, 1), "headers": []}
                await crowd(scope, receive, send)
                return statuses[-1]

            return asyncio.create_task(come())

        for method, path, half in (
            ("POST", "/act", 8), ("POST", "/gradio_api/mcp", 8),
            ("GET", "/gradio_api/queue/data", 4), ("POST", "/gradio_api/upload", 2), ("GET", "/assets/a.js", 3),
        ):  # fmt: skip
            greedy = [comes("192.0.2.1", method, path) for _ in range(2 * half)]
            others = [comes("192.0.2.2", method, path) for _ in range(half)]
            await asyncio.sleep(0.05)
            may.set()
            assert [await each for each in greedy] == [200] * half + [503] * half
            assert [await each for each in others] == [200] * half
            may.clear()

    with ThreadPoolExecutor(1) as pool:  # after browser tests, this thread has an event loop
        pool.submit(asyncio.run, run()).result()
