"""Requests are counted and have ids."""

from __future__ import annotations

import logging

import pytest

from qa.web.http.access_log import name_requests, request_id
from qa.web.http.metrics import Metrics


def test_what_is_said_of_a_request_begins_with_its_id(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("chapter-verse")
    for _ in range(2):
        name_requests()
    log.warning("%d%% done", 5)
    token = request_id.set("0123abcd")
    log.warning("%d%% done", 6)
    request_id.reset(token)
    assert caplog.messages == ["5% done", "0123abcd 6% done"]


def test_paths_that_are_made_up_are_one() -> None:
    """Attack: invented paths, to fill the memory with their counts."""
    counts = Metrics({"ask"})
    for number in range(100):
        counts.answered(f"/{number}", 404, 0.001)
        counts.answered(f"/gradio_api/call/{number}", 403, 0.001)
        counts.answered(f"/gradio_api/call/ask/{number}", 200, 0.3)
    counts.answered("/act", 200, 31)
    lines = list(counts.lines())
    assert len(lines) < 60
    assert 'chapter_verse_requests_total{path="/gradio_api/call/ask",status="200"} 100' in lines
    assert 'chapter_verse_requests_total{path="other",status="403"} 100' in lines
    assert 'chapter_verse_request_seconds_bucket{path="/gradio_api/call/ask",le="0.25"} 0' in lines
    assert 'chapter_verse_request_seconds_bucket{path="/gradio_api/call/ask",le="0.5"} 100' in lines
    assert 'chapter_verse_request_seconds_bucket{path="/act",le="30.0"} 0' in lines
    assert 'chapter_verse_request_seconds_bucket{path="/act",le="+Inf"} 1' in lines
    assert 'chapter_verse_request_seconds_sum{path="/act"} 31.000000' in lines
