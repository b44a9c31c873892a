"""Limits on how often a client may change the documents, through page, endpoint and tool together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from qa_fixtures import served_book

from qa.web.http.config import Allowance, Config
from qa.web.http.rate_limit import RateLimit, TooOften

pytestmark = pytest.mark.filterwarnings("ignore")


def waits(rate: RateLimit, client: str) -> int:
    try:
        rate.count(client)
    except TooOften as error:
        return error.wait
    return 0


def test_a_client_may_continue_after_waiting_and_no_other_client_waits() -> None:
    now = 0.0
    rate = RateLimit(Allowance(2, 30), now=lambda: now)
    assert [waits(rate, "a") for _ in range(4)] == [0, 0, 2, 2]
    assert waits(rate, "b") == 0
    now = 2.0
    assert [waits(rate, "a") for _ in range(2)] == [0, 2]
    now = 1000.0
    assert [waits(rate, "a") for _ in range(3)] == [0, 0, 2]


def test_what_costs_more_takes_more() -> None:
    now = 0.0
    rate = RateLimit(Allowance(100, 60), now=lambda: now)
    rate.count("a", 80)
    with pytest.raises(TooOften) as refused:
        rate.count("a", 50)
    assert refused.value.wait == 30
    rate.count("a", 20)
    now = 50.0
    rate.count("a", 50)


class Client:
    """A client that rebuilds the index in each of the three ways."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=60)

    def page(self) -> httpx.Response:
        return self._http.post("/act", json={"data": {"action": "rebuild", "language": "en"}})

    def endpoint(self, name: str, *data: Any) -> tuple[str, Any]:
        event = self._http.post(f"/gradio_api/call/{name}", json={"data": data}).json()["event_id"]
        head, _, tail = self._http.get(f"/gradio_api/call/{name}/{event}").text.rpartition("\ndata: ")
        return head.rpartition("event: ")[2], json.loads(tail)

    def tool(self, name: str) -> dict[str, Any]:
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": {}}}
        headers = {"accept": "application/json, text/event-stream"}
        found: dict[str, Any] = self._http.post("/gradio_api/mcp", json=call, headers=headers).json()["result"]
        return found


def test_a_client_has_the_documents_changed_so_often_in_whatever_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.web.state.CHANGES", Allowance(3, 1))
    with served_book(tmp_path, Config(mcp=True)) as (address, _, state):
        client = Client(address)
        assert client.page().status_code == 200
        while state.builds.now.state == "running":
            pass
        assert client.endpoint("rebuild")[0] == "complete"
        assert not client.tool("rebuild")["isError"]
        refused = client.page()
        assert (refused.status_code, refused.json()["title"]) == (429, "TooOften")
        kind, error = client.endpoint("rebuild")
        assert (kind, error["title"], "Try again in" in error["error"]) == ("error", "TooOften", True)
        result = client.tool("rebuild")
        assert (result["isError"], result["structuredContent"]["title"]) == (True, "TooOften")
        assert client.endpoint("ask", "What does the ferryman carry?", [], [])[0] == "complete"
        assert not client.tool("documents")["isError"]
