"""Reading and encoding on the machines of a Ray cluster; splitting and writing stay with the build.

Every processor of the cluster has a helper, an actor that holds the encoder and
a process of its own that parses files. A text is encoded alone and a file is read
alone, so what comes back is the same whoever does it, and it is taken in order.
A helper that dies, or whose machine does, is started again, on another machine
if need be, and does again what it had not given back.
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
from index.ray.cluster import LITTLE, unusable
from index.types import Offsets
from source import Document, ParserPool, SourceError

_TOGETHER = 8  # texts that are handed over at once
_AHEAD = 4  # times so many for each helper are on their way


class Helper:
    """What runs on the other machines. Raises what `encoder_of` raises."""

    def __init__(self, wanted: Identity) -> None:
        os.environ["CHAPTER_VERSE_THREADS"] = "1"  # the other processors have helpers of their own
        self._encoder = encoder_of(wanted)
        self._workers = ParserPool()

    def form(self) -> tuple[str, int]:
        """In what precision it encodes, and to how many dimensions."""
        return self._encoder.precision, self._encoder.dimension

    def encode(self, texts: list[str]) -> list[Encoded]:
        """What each text becomes."""
        return list(self._encoder.encode(texts))

    @ray.method(concurrency_group="reading")  # type: ignore[untyped-decorator]
    def read(self, data: bytes, suffix: str, facts: dict[str, str]) -> Document | SourceError:
        """The document in a file, or what is wrong with it: raised, Ray would wrap it up."""
        with NamedTemporaryFile(suffix=suffix) as file:
            file.write(data)
            file.flush()
            try:
                return self._workers.read(Path(file.name), **facts)
            except SourceError as error:
                return error


@contextmanager
def helpers(encoder: Encoder, leaves: bool) -> Iterator[list[Any]]:
    """A helper for each processor of the cluster that was joined, each with this encoder. Raises ClusterUnusable.

    `leaves`: whether the cluster is left afterwards, as `index.ray.cluster.joined` yields it; else they are ended here.
    """
    team: list[Any] = []
    try:
        for node in ray.nodes():
            team += _started(node, encoder.identity)
        _check(team, encoder)
        yield team
    finally:
        if not leaves:  # else Ray would tell the user of each that is at work
            for helper in team:
                ray.kill(helper)


def _started(node: dict[str, Any], wanted: Identity) -> list[Any]:
    """The helpers of a machine.

    Ray is told that they need next to no processor: those of a machine that died can then start on one that is full.
    """
    actor = ray.remote(num_cpus=LITTLE, max_restarts=-1, max_task_retries=-1, concurrency_groups={"reading": 1})(Helper)
    made = actor.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=True))
    return [made.remote(wanted) for _ in range(int(node["Resources"].get("CPU", 0)) if node["Alive"] else 0)]


def _check(team: Sequence[Any], encoder: Encoder) -> None:
    """That all encode as this machine does."""
    if not team:
        raise ClusterUnusable("The Ray cluster has no processor; start its nodes with `ray start --num-cpus N`.")
    for form in _got([helper.form.remote() for helper in team]):
        if form != (encoder.precision, encoder.dimension):
            raise ClusterUnusable(
                f"A machine of the Ray cluster encodes in {form[0]} and this one in {encoder.precision}, so "
                "that vectors would depend on who made them; build on machines of one kind."
            )


def _got(given: Any) -> Any:
    """What was asked for. Raises ClusterUnusable."""
    try:
        return ray.get(given)
    except RayError as error:
        raise unusable(error, "take part") from error


class RayEncoder:
    """An encoder whose passages are encoded by helpers. Raises ClusterUnusable."""

    def __init__(self, local: Encoder, team: Sequence[Any]) -> None:
        self._local, self._team = local, team
        self.identity, self.precision = local.identity, local.precision
        self.dimension, self.max_tokens = local.dimension, local.max_tokens

    def pieces(self, texts: Sequence[str]) -> list[Offsets]:
        return self._local.pieces(texts)

    def known(self, text: str) -> float:
        return self._local.known(text)

    def encode(self, texts: Iterable[str], *, query: bool = False) -> Iterator[Encoded]:
        return self._local.encode(texts, query=True) if query else self._encode(iter(texts))

    def _encode(self, texts: Iterator[str]) -> Iterator[Encoded]:
        waiting: deque[tuple[Any, int]] = deque()
        while some := list(islice(texts, _TOGETHER)):
            number = self._least_busy(waiting)
            waiting.append((self._team[number].encode.remote(some), number))
            if len(waiting) > _AHEAD * len(self._team):
                yield from _got(waiting.popleft()[0])
        while waiting:
            yield from _got(waiting.popleft()[0])

    def _least_busy(self, waiting: Iterable[tuple[Any, int]]) -> int:
        """Who has the least to do: machines are not all as fast."""
        helper_of = dict(waiting)
        busy: Counter[int] = Counter()
        if helper_of:
            _, undone = ray.wait(list(helper_of), num_returns=len(helper_of), timeout=0)
            busy.update(helper_of[each] for each in undone)
        return min(range(len(self._team)), key=lambda number: busy[number])


class RayParsers:
    """Reads files in helpers, as `source.ParserPool` does here. A file is sent there whole."""

    def __init__(self, team: Sequence[Any]) -> None:
        self.concurrency = len(team)
        self._turns = cycle(team)

    def read(self, file: Path, *, id: str, title: str, path: str, ocr: str = "") -> Document:
        """As `ParserPool.read`. Raises ClusterUnusable besides."""
        facts = {"id": id, "title": title, "path": path, "ocr": ocr}
        found = _got(next(self._turns).read.remote(file.read_bytes(), file.suffix, facts))
        if isinstance(found, SourceError):
            raise found
        assert isinstance(found, Document)
        return found

    def close(self) -> None:
        """Nothing: the helpers are ended by who started them, and with them what they read."""
