"""Parsing and encoding on the machines of a Ray cluster; splitting and writing stay in the build process.

Every CPU of the cluster runs a worker, an actor that holds the encoder and a parser
process. Each text is encoded and each file parsed independently, and results are
taken in order, so the index doesn't depend on which worker did what. If a worker or
its machine dies, Ray restarts the worker, on another machine if necessary, and it
repeats the tasks whose results were lost.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from index.encoder.identity import Identity
from index.encoder.load import encoder_of
from index.encoder.protocol import Encoded, Encoder
from index.errors import ClusterUnusable
from index.ray.cluster import CPU_SHARE, unusable
from index.types import Offsets
from source import Document, JsonlLines, ParserPool, SourceError

_BATCH = 8  # texts sent to a worker at once
_AHEAD = 4  # batches under way for each worker


class RayWorker:
    """The Ray actor that runs on each CPU of the cluster. Raises the errors of `encoder_of`."""

    def __init__(self, encoder: Identity) -> None:
        os.environ["CHAPTER_VERSE_THREADS"] = "1"  # every other CPU has its own worker
        self._encoder = encoder_of(encoder)
        self._parsers = ParserPool()

    def vector_type(self) -> tuple[str, int]:
        """The precision and the dimension of its encoder."""
        return self._encoder.precision, self._encoder.dimension

    def encode(self, texts: list[str]) -> list[Encoded]:
        """Encodes texts."""
        return list(self._encoder.encode(texts))

    @ray.method(concurrency_group="reading")  # type: ignore[untyped-decorator]
    def read(self, data: bytes, suffix: str, facts: dict[str, str]) -> Document | SourceError:
        """Parses a file; returns the document, or the SourceError instead of raising it, which Ray would wrap."""
        with _temporary(data, suffix) as file:
            try:
                return self._parsers.read(file, **facts)
            except SourceError as error:
                return error

    @ray.method(concurrency_group="reading")  # type: ignore[untyped-decorator]
    def read_lines(self, data: bytes, number: int, path: str) -> tuple[list[Document], SourceError | None]:
        """Parses lines of a collection, of which the first has this number; returns what `Parsers.read_lines` does."""
        with _temporary(data, "") as file:
            try:
                return self._parsers.read_lines(file, JsonlLines(0, len(data), number), path)
            except SourceError as error:
                return [], error


@contextmanager
def _temporary(data: bytes, suffix: str) -> Iterator[Path]:
    with NamedTemporaryFile(suffix=suffix) as file:
        file.write(data)
        file.flush()
        yield Path(file.name)


@contextmanager
def started_workers(encoder: Encoder, disconnects: bool) -> Iterator[list[Any]]:
    """Starts a worker with this encoder on each CPU of the connected cluster. Raises ClusterUnusable.

    `disconnects`: what `index.ray.cluster.connected` yields; if true, disconnecting ends the workers, otherwise they
    are killed here.
    """
    workers: list[Any] = []
    try:
        for node in ray.nodes():
            workers += _start_on(node, encoder.identity)
        _check(workers, encoder)
        yield workers
    finally:
        if not disconnects:  # otherwise Ray would print a message for each busy worker
            for worker in workers:
                ray.kill(worker)


def _start_on(node: dict[str, Any], encoder: Identity) -> list[Any]:
    """Starts the workers of a machine.

    They request hardly any CPU, so that the workers of a machine that died can restart on a fully booked one.
    """
    groups = {"reading": 1}
    actor = ray.remote(num_cpus=CPU_SHARE, max_restarts=-1, max_task_retries=-1, concurrency_groups=groups)(RayWorker)
    pinned = actor.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=True))
    return [pinned.remote(encoder) for _ in range(int(node["Resources"].get("CPU", 0)) if node["Alive"] else 0)]


def _check(workers: Sequence[Any], encoder: Encoder) -> None:
    """Checks that all workers encode as this machine does. Raises ClusterUnusable."""
    if not workers:
        raise ClusterUnusable("The Ray cluster has no CPUs. Start its nodes with `ray start --num-cpus N`.")
    for precision, dimension in _result([worker.vector_type.remote() for worker in workers]):
        if (precision, dimension) != (encoder.precision, encoder.dimension):
            raise ClusterUnusable(
                f"A machine of the Ray cluster encodes in {precision} and this one in {encoder.precision}, so the "
                "vectors would differ between machines. Build on machines of the same kind."
            )


def _result(task: Any) -> Any:
    """The result of a Ray task, or of several. Raises ClusterUnusable."""
    try:
        return ray.get(task)
    except RayError as error:
        raise unusable(error, "take part") from error


class RayEncoder:
    """An Encoder that encodes passages on the workers and questions locally. Raises ClusterUnusable."""

    def __init__(self, local: Encoder, workers: Sequence[Any]) -> None:
        self._local, self._workers = local, workers
        self.identity, self.precision = local.identity, local.precision
        self.dimension, self.max_tokens = local.dimension, local.max_tokens

    def pieces(self, texts: Sequence[str]) -> list[Offsets]:
        return self._local.pieces(texts)

    def known(self, text: str) -> float:
        return self._local.known(text)

    def encode(self, texts: Iterable[str], *, query: bool = False) -> Iterator[Encoded]:
        return self._local.encode(texts, query=True) if query else self._encode(iter(texts))

    def _encode(self, texts: Iterator[str]) -> Iterator[Encoded]:
        pending: deque[tuple[Any, int]] = deque()
        while batch := list(islice(texts, _BATCH)):
            number = self._least_busy(pending)
            pending.append((self._workers[number].encode.remote(batch), number))
            if len(pending) > _AHEAD * len(self._workers):
                yield from _result(pending.popleft()[0])
        while pending:
            yield from _result(pending.popleft()[0])

    def _least_busy(self, pending: Iterable[tuple[Any, int]]) -> int:
        """The worker with the fewest unfinished batches, because machines differ in speed."""
        worker_of = dict(pending)
        busy: Counter[int] = Counter()
        if worker_of:
            _, undone = ray.wait(list(worker_of), num_returns=len(worker_of), timeout=0)
            busy.update(worker_of[each] for each in undone)
        return min(range(len(self._workers)), key=lambda number: busy[number])


class RayParsers:
    """Parses files on the workers, as `source.ParserPool` does locally. The whole file is sent to a worker.

    Containers are parsed here: they are read in many small batches, each of which would send the whole file.
    """

    def __init__(self, workers: Sequence[Any]) -> None:
        self.concurrency = len(workers)
        self._turns = cycle(workers)
        self._local = ParserPool()
        self.members, self.read_members = self._local.members, self._local.read_members

    def read(self, file: Path, *, id: str, title: str, path: str, ocr: str = "", charset: str = "") -> Document:
        """As `ParserPool.read`. Also raises ClusterUnusable."""
        facts = {"id": id, "title": title, "path": path, "ocr": ocr, "charset": charset}
        found = _result(next(self._turns).read.remote(file.read_bytes(), file.suffix, facts))
        if isinstance(found, SourceError):
            raise found
        assert isinstance(found, Document)
        return found

    def read_lines(self, file: Path, lines: JsonlLines, path: str) -> tuple[list[Document], SourceError | None]:
        """As `ParserPool.read_lines`. Also raises ClusterUnusable."""
        with file.open("rb") as collection:
            collection.seek(lines.start)
            data = collection.read(len(lines))
        documents, error = _result(next(self._turns).read_lines.remote(data, lines.number, path))
        return documents, error

    def close(self) -> None:
        """Ends the local parsers; `started_workers` ends the workers and theirs."""
        self._local.close()
