"""Spans of text: half-open ranges of Unicode code points."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import overload

import numpy as np
from numpy.typing import NDArray

from source.forking import lazy_property


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of code points: `text[start:end]`."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def overlaps(self, other: Span) -> bool:
        """Whether the two share at least one character."""
        return self.start < other.end and other.start < self.end


_CHUNK = 1 << 12  # spans
_WHITE = 1 << 10  # characters


class Spans(Sequence[Span]):
    """An immutable sequence of spans in 8 bytes each; a tuple of `Span`s takes fifteen times as much.

    `rows`: (n, 2), the start and end of each.

    >>> spans = Spans.of([Span(0, 2), Span(5, 7)])
    >>> spans[1], len(spans), spans == Spans(spans.rows.copy())
    (Span(start=5, end=7), 2, True)
    """

    __slots__ = ("rows",)

    def __init__(self, rows: NDArray[np.int32]) -> None:
        self.rows = rows

    @classmethod
    def of(cls, spans: Iterable[Span]) -> Spans:
        """Collects spans; they may come from a generator."""
        if isinstance(spans, Spans):
            return spans
        offsets = array("i")
        for span in spans:
            offsets.extend((span.start, span.end))
        return cls(np.frombuffer(offsets, np.int32).reshape(-1, 2))

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, at: int) -> Span: ...

    @overload
    def __getitem__(self, at: slice) -> Spans: ...

    def __getitem__(self, at: int | slice) -> Span | Spans:
        if isinstance(at, slice):
            return Spans(self.rows[at])
        return Span(*self.rows[at].tolist())

    def __iter__(self) -> Iterator[Span]:
        for first in range(0, len(self), _CHUNK):
            for start, end in self.rows[first : first + _CHUNK].tolist():
                yield Span(start, end)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spans) and np.array_equal(self.rows, other.rows)

    def __hash__(self) -> int:
        return hash(self.rows.tobytes())

    def __repr__(self) -> str:
        return f"Spans({list(self)!r})"


class SpanIndex:
    """An index of spans that answers whether any of them overlaps a given one. It is built on first use.

    >>> index = SpanIndex([Span(5, 7), Span(0, 2)])
    >>> index.overlap(Span(2, 5)), index.overlap(Span(1, 3))
    (False, True)
    """

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = spans

    def overlap(self, span: Span) -> bool:
        """Whether any indexed span overlaps `span`."""
        # Of the spans that start before its end, the one that ends last decides.
        starts, reach = self._order
        return reach[bisect_left(starts, span.end)] > span.start

    @lazy_property
    def _order(self) -> tuple[list[int], list[int]]:
        """The starts in ascending order, and for each position the largest end among the spans before it."""
        spans = sorted(self._spans)
        return [span.start for span in spans], list(accumulate((span.end for span in spans), max, initial=-1))


def subtract(spans: Iterable[Span], holes: Iterable[Span]) -> Iterator[Span]:
    """The parts of `spans` outside `holes`; both in ascending order.

    >>> list(subtract([Span(0, 9)], [Span(2, 4), Span(8, 12)]))
    [Span(start=0, end=2), Span(start=4, end=8)]
    """
    pending = sorted(holes)
    first = 0
    for span in spans:
        start = span.start
        while first < len(pending) and pending[first].end <= start:
            first += 1
        at = first
        while at < len(pending) and pending[at].start < span.end:
            hole = pending[at]
            if hole.start > start:
                yield Span(start, hole.start)
            start = max(start, hole.end)
            at += 1
        if start < span.end:
            yield Span(start, span.end)


def trim(text: str, span: Span) -> Span:
    """`span` without the white space at its ends (possibly empty)."""
    start, end = span.start, span.end
    while start < end and text[start].isspace():  # there may be millions, so they are counted a piece at a time
        piece = text[start : min(start + _WHITE, end)]
        start += len(piece) - len(piece.lstrip())
    while end > start and text[end - 1].isspace():
        piece = text[max(end - _WHITE, start) : end]
        end -= len(piece) - len(piece.rstrip())
    return Span(start, end)
