"""`GET /metrics`: requests, index and memory as Prometheus metrics."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set
from contextlib import AbstractContextManager
from pathlib import Path
from time import time

from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qa.edition import Edition

METRICS = "/metrics"
# The paths with a label of their own, besides the endpoints. Clients can invent any other path, and labels are kept.
_PATHS = {
    "/", "/act", "/health", "/metrics", "/login", "/logout", "/gradio_api/upload", "/gradio_api/mcp",
    "/gradio_api/queue/join", "/gradio_api/queue/data",
}  # fmt: skip
_CALL = re.compile(r"(/gradio_api/call/\w+)(?:/\w+)?")
_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # seconds
_STATM = Path("/proc/self/statm")
_PAGE = 4096  # bytes of memory

# Otherwise each label would have a second series, with the time when it was first seen.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """Counts and times requests. Safe to use from several threads.

    >>> metrics = Metrics({"ask"})
    >>> with metrics.in_progress():
    ...     metrics.requests_in_progress
    1
    >>> metrics.observe("/gradio_api/call/ask/5f0c1a7e", status=200, seconds=0.3)
    >>> 'chapter_verse_requests_total{path="/gradio_api/call/ask",status="200"} 1.0' in metrics.text().splitlines()
    True
    """

    def __init__(self, endpoints: Set[str] = frozenset()) -> None:
        """`endpoints`: the names of the endpoints, each of which is counted separately."""
        self.registry = CollectorRegistry()  # not the package's own: that also reads garbage collector and process
        self._paths = _PATHS | {f"/gradio_api/call/{endpoint}" for endpoint in endpoints}
        self._in_progress = Gauge("chapter_verse_requests_in_progress", "Requests in progress.", registry=self.registry)
        self._requests = Counter(
            "chapter_verse_requests", "Requests answered.", ("path", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "chapter_verse_request_seconds", "Duration of requests in seconds.", ("path",),
            buckets=_BUCKETS, registry=self.registry,
        )  # fmt: skip

    @property
    def requests_in_progress(self) -> int:
        """The number of requests that have not been answered completely."""
        (gauge,) = self._in_progress.collect()
        return int(gauge.samples[0].value)

    def in_progress(self) -> AbstractContextManager[None]:
        """Counts a request as being in progress while the context is open."""
        return self._in_progress.track_inprogress()

    def observe(self, path: str, status: int, seconds: float) -> None:
        """Counts an answered request, with its status and duration."""
        call = _CALL.fullmatch(path)
        path = call[1] if call else path
        label = path if path in self._paths else "other"
        self._requests.labels(label, str(status)).inc()
        self._seconds.labels(label).observe(seconds)

    def text(self) -> str:
        """All metrics of the registry in the text format of Prometheus, version 0.0.4."""
        return generate_latest(self.registry).decode()


def metrics_route(edition: Callable[[], Edition], metrics: Metrics) -> Route:
    """The route, which adds the metrics of index and process. It returns only numbers, no names or questions.

    `edition`: returns the current one.
    """
    metrics.registry.register(_ServerCollector(edition))

    def answer(request: Request) -> Response:
        headers = {"content-type": CONTENT_TYPE_PLAIN_0_0_4, "cache-control": "no-store"}
        return Response(metrics.text(), headers=headers)

    return Route(METRICS, answer)


class _ServerCollector(Collector):
    """Collects the metrics of the index and the process whenever they are requested."""

    def __init__(self, edition: Callable[[], Edition]) -> None:
        self._edition = edition
        self._started = time()

    def collect(self) -> Iterator[Metric]:
        edition = self._edition()
        yield _gauge("chapter_verse_documents", "Documents in the current index.", edition.store.documents)
        yield _gauge("chapter_verse_passages", "Passages in the current index.", len(edition.store))
        yield _gauge("chapter_verse_generation", "Number of the current generation.", int(edition.generation))
        yield _gauge("process_start_time_seconds", "Start time, in seconds since 1970.", round(self._started, 3))
        if _STATM.exists():  # Linux
            resident = int(_STATM.read_text("ascii").split()[1]) * _PAGE
            yield _gauge("process_resident_memory_bytes", "Memory in bytes, with mapped index files.", resident)


def _gauge(name: str, documentation: str, value: float) -> Metric:
    return GaugeMetricFamily(name, documentation, value)
