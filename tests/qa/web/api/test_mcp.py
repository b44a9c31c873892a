"""The tools for assistants: turns, clients that have gone, and messages that cannot be answered."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from qa_fixtures import served_book

from qa.web.http.config import Config, Limits
from qa.web.state import AppState

pytestmark = pytest.mark.filterwarnings("ignore")
ACCEPT = {"accept": "application/json, text/event-stream"}
PATH = "/gradio_api/mcp"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, AppState]]:
    with (
        served_book(tmp_path_factory.mktemp("served"), Config(mcp=True, limits=Limits(actions=2))) as served,
        httpx.Client(base_url=served[0], timeout=60, headers=ACCEPT) as client,
    ):
        yield client, served[2]


def question(text: str) -> dict[str, Any]:
    arguments = {"name": "ask", "arguments": {"question": text}}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": arguments}


def test_calls_whose_client_has_gone_are_not_answered(
    served: tuple[httpx.Client, AppState], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack: slow calls, each abandoned at once, for whose answers everyone would wait."""
    client, state = served
    asked, may, ask = [], Event(), type(state.book).ask

    def slow(book: Any, text: str, *rest: Any, **options: Any) -> Any:
        asked.append(text)
        if text == "Slow?":
            may.wait(20)
        return ask(book, text, *rest, **options)

    monkeypatch.setattr(type(state.book), "ask", slow)
    body = json.dumps(question("Slow?")).encode()
    address = urlsplit(str(client.base_url))
    head = f"POST {PATH} HTTP/1.1\r\nHost: {address.netloc}\r\nAccept: {ACCEPT['accept']}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    for _ in range(10):
        with socket.create_connection((str(address.hostname), address.port or 0)) as gone:
            gone.sendall(head.encode() + body)
            time.sleep(0.02)
    time.sleep(0.2)
    may.set()
    answer = client.post("/act", json={"data": {"action": "ask", "question": "What does the ferryman carry?"}})
    assert "nineteen clocks" in answer.text
    assert asked == ["Slow?", "Slow?", "What does the ferryman carry?"]


@pytest.mark.parametrize("number", ['"\\ud800"', "null", "1.5", "true", "[1]"])
def test_a_message_whose_id_cannot_be_answered_is_refused(served: tuple[httpx.Client, AppState], number: str) -> None:
    client, _ = served
    refused = client.post(
        PATH, content=f'{{"jsonrpc":"2.0","id":{number},"method":"ping"}}', headers={"content-type": "application/json"}
    )
    assert (refused.status_code, refused.json()["title"]) == (400, "BadRequest")
