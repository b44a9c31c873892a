"""What the server was asked and how long it took, in numbers: for `GET /metrics`, and to know when all is answered."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from threading import Lock
from time import time

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from qa.edition import Edition

# The paths that are told apart, beside the endpoints. Any other may be made up, and would be remembered for good.
_ROUTES = {
    "/", "/act", "/health", "/metrics", "/login", "/logout", "/gradio_api/upload", "/gradio_api/mcp",
    "/gradio_api/queue/join", "/gradio_api/queue/data",
}  # fmt: skip
_CALL = re.compile(r"(/gradio_api/call/\w+)(?:/\w+)?")
_WITHIN = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds: the buckets of the histogram."""


@dataclass(slots=True)
class _Times:
    buckets: list[int] = field(default_factory=lambda: [0] * (len(_WITHIN) + 1))
    seconds: float = 0.0


class Metrics:
    """Safe to use from several threads. `endpoints`: their names."""

    def __init__(self, endpoints: Set[str] = frozenset()) -> None:
        self._routes = _ROUTES | {f"/gradio_api/call/{each}" for each in endpoints}
        self._lock = Lock()
        self._answered: Counter[tuple[str, int]] = Counter()
        self._times: defaultdict[str, _Times] = defaultdict(_Times)
        self._working = 0

    @property
    def working(self) -> int:
        """Requests that have no whole answer yet."""
        return self._working

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """While a request is answered."""
        with self._lock:
            self._working += 1
        try:
            yield
        finally:
            with self._lock:
                self._working -= 1

    def answered(self, path: str, status: int, seconds: float) -> None:
        """A request was answered with this status, so long after it came."""
        call = _CALL.fullmatch(path)
        route = call[1] if call else path
        route = route if route in self._routes else "other"
        with self._lock:
            self._answered[route, status] += 1
            times = self._times[route]
            times.buckets[bisect_left(_WITHIN, seconds)] += 1
            times.seconds += seconds

    def lines(self) -> Iterator[str]:
        """In the text format of Prometheus (version 0.0.4)."""
        with self._lock:
            answered, times = dict(self._answered), {route: (*each.buckets,) for route, each in self._times.items()}
            seconds, working = {route: each.seconds for route, each in self._times.items()}, self._working
        yield from gauge("chapter_verse_requests_in_progress", "Requests that have no whole answer yet.", working)
        yield from _head("chapter_verse_requests_total", "counter", "Requests that were answered.")
        for (route, status), count in sorted(answered.items()):
            yield f'chapter_verse_requests_total{{path="{route}",status="{status}"}} {count}'
        name = "chapter_verse_request_seconds"
        yield from _head(name, "histogram", "How long a request took.")
        for route, buckets in sorted(times.items()):
            for number, within in enumerate((*map(str, _WITHIN), "+Inf")):
                yield f'{name}_bucket{{path="{route}",le="{within}"}} {sum(buckets[: number + 1])}'
            yield f'{name}_sum{{path="{route}"}} {seconds[route]:.6f}'
            yield f'{name}_count{{path="{route}"}} {sum(buckets)}'


def gauge(name: str, says: str, value: float) -> Iterator[str]:
    """A number that goes up and down, with what it says."""
    yield from _head(name, "gauge", says)
    yield f"{name} {value}"


def _head(name: str, kind: str, says: str) -> Iterator[str]:
    yield f"# HELP {name} {says}"
    yield f"# TYPE {name} {kind}"


METRICS = "/metrics"
_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PAGES = Path("/proc/self/statm")
_PAGE = 4096  # bytes


def metrics(edition: Callable[[], Edition], counts: Metrics) -> Route:
    """The route. It has numbers alone: no names, and nothing that was asked."""
    started = time()

    def answer(request: Request) -> PlainTextResponse:
        lines = chain(counts.lines(), _of_index(edition()), _of_process(started))
        return PlainTextResponse("\n".join(lines) + "\n", media_type=_TYPE, headers={"cache-control": "no-store"})

    return Route(METRICS, answer)


def _of_index(edition: Edition) -> Iterator[str]:
    yield from gauge("chapter_verse_documents", "Documents in the index that answers.", edition.store.documents)
    yield from gauge("chapter_verse_passages", "Passages in the index that answers.", len(edition.store))
    yield from gauge("chapter_verse_generation", "The number of the index that answers.", int(edition.generation))


def _of_process(started: float) -> Iterator[str]:
    yield from gauge("process_start_time_seconds", "When the server was started, since 1970.", round(started, 3))
    if _PAGES.exists():  # Linux
        resident = int(_PAGES.read_text("ascii").split()[1]) * _PAGE
        yield from gauge("process_resident_memory_bytes", "Memory, the mapped files of the index included.", resident)
