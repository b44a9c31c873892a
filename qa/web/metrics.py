"""`GET /metrics`: numbers for Prometheus and what reads its format."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from time import time

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from qa.web.counts import Counts, gauge
from qa.web.desk import Desk

METRICS = "/metrics"
_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PAGES = Path("/proc/self/statm")
_PAGE = 4096  # bytes


def metrics(desk: Desk, counts: Counts) -> Route:
    """The route. It has numbers alone: no names, and nothing that was asked."""
    started = time()

    def answer(request: Request) -> PlainTextResponse:
        lines = chain(counts.lines(), _of_index(desk), _of_process(started))
        return PlainTextResponse("\n".join(lines) + "\n", media_type=_TYPE, headers={"cache-control": "no-store"})

    return Route(METRICS, answer)


def _of_index(desk: Desk) -> Iterator[str]:
    edition = desk.book
    yield from gauge("chapter_verse_documents", "Documents in the index that answers.", edition.store.documents)
    yield from gauge("chapter_verse_passages", "Passages in the index that answers.", len(edition.store))
    yield from gauge("chapter_verse_generation", "The number of the index that answers.", int(edition.generation))


def _of_process(started: float) -> Iterator[str]:
    yield from gauge("process_start_time_seconds", "When the server was started, since 1970.", round(started, 3))
    if _PAGES.exists():  # Linux
        resident = int(_PAGES.read_text("ascii").split()[1]) * _PAGE
        yield from gauge("process_resident_memory_bytes", "Memory, the mapped files of the index included.", resident)
