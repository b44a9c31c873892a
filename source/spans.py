"""Stretches of text: half-open, in Unicode code points."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


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


def subtract(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """What is left of `spans` outside `holes`; both in ascending order.

    >>> subtract([Span(0, 9)], [Span(2, 4), Span(8, 12)])
    [Span(start=0, end=2), Span(start=4, end=8)]
    """
    left: list[Span] = []
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
                left.append(Span(start, hole.start))
            start = max(start, hole.end)
            at += 1
        if start < span.end:
            left.append(Span(start, span.end))
    return left


def trim(text: str, span: Span) -> Span:
    """`span` without the white space at its ends (possibly empty)."""
    start, end = span.start, span.end
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)
