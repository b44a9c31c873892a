"""Requests are measured and have ids."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from qa_fixtures import build_book
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.testclient import TestClient

from qa.web.http.access_log import AccessLog, log_request_ids, request_id
from qa.web.http.metrics import Metrics, metrics_route


def test_log_messages_about_a_request_begin_with_its_id(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("chapter-verse")
    for _ in range(2):
        log_request_ids()
    log.warning("%d%% done", 5)
    token = request_id.set("0123abcd")
    log.warning("%d%% done", 6)
    request_id.reset(token)
    assert caplog.messages == ["5% done", "0123abcd 6% done"]


def test_a_line_is_short_whatever_the_client_sends() -> None:
    """Attack: paths, methods and client names of 60 kilobytes, to fill the disk with the log."""
    lines: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await Response()(scope, receive, send)

    for long in ("x" * 60_000, "é" * 1000):
        client = TestClient(AccessLog(app, Metrics(), lines.append), client=(long, 1))
        client.request("X" * 60_000, f"/{long}")
    assert len(lines) == 2
    assert all(len(line) < 700 and len(line.split()) == 7 for line in lines)


def test_invented_paths_share_a_label() -> None:
    """Attack: invented paths, to fill the memory with their counts."""
    metrics = Metrics({"ask"})
    for number in range(100):
        metrics.observe(f"/{number}", 404, 0.001)
        metrics.observe(f"/gradio_api/call/{number}", 403, 0.001)
        metrics.observe(f"/gradio_api/call/ask/{number}", 200, 0.3)
    metrics.observe("/act", 200, 31)
    assert len(metrics.text().splitlines()) < 60

    def value(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(f"chapter_verse_{name}", labels)

    ask = "/gradio_api/call/ask"
    assert value("requests_total", path=ask, status="200") == 100
    assert value("requests_total", path="other", status="403") == 100
    assert value("request_seconds_bucket", path=ask, le="0.25") == 0
    assert value("request_seconds_bucket", path=ask, le="0.5") == 100
    assert value("request_seconds_bucket", path="/act", le="30.0") == 0
    assert value("request_seconds_bucket", path="/act", le="+Inf") == 1
    assert value("request_seconds_sum", path="/act") == 31


def test_metrics_are_in_the_format_that_prometheus_reads(tmp_path: Path) -> None:
    book = build_book(tmp_path, {"a.txt": "The Zorblax bridge was opened in 1931."})
    metrics = Metrics()
    metrics.observe("/act", 200, 0.1)
    client = TestClient(Starlette(routes=[metrics_route(book.now, metrics)]))
    response = client.get("/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = {family.name: family.type for family in text_string_to_metric_families(response.text)}
    process = {"process_resident_memory_bytes": "gauge"} if sys.platform == "linux" else {}
    assert found == {
        "chapter_verse_requests_in_progress": "gauge",
        "chapter_verse_requests": "counter",
        "chapter_verse_request_seconds": "histogram",
        "chapter_verse_documents": "gauge",
        "chapter_verse_passages": "gauge",
        "chapter_verse_generation": "gauge",
        "process_start_time_seconds": "gauge",
        **process,
    }
