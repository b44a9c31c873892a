"""Spans of text: half-open ranges of Unicode code points."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

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


def subtract(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """The parts of `spans` outside `holes`; both in ascending order.

    >>> subtract([Span(0, 9)], [Span(2, 4), Span(8, 12)])
    [Span(start=0, end=2), Span(start=4, end=8)]
    """
    remaining: list[Span] = []
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
                remaining.append(Span(start, hole.start))
            start = max(start, hole.end)
            at += 1
        if start < span.end:
            remaining.append(Span(start, span.end))
    return remaining


def trim(text: str, span: Span) -> Span:
    """`span` without the white space at its ends (possibly empty)."""
    start, end = span.start, span.end
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)
