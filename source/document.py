"""What every reader returns: a `Document` whose text never changes.

>>> from source.plain import read_plain
>>> document = read_plain("Title\\n\\nFirst things. Second things.", id="a.txt")
>>> [document.text[s.start:s.end] for s in document.quotable()]
['First things. Second things.']
>>> document.place(20).heading
('Title',)

All offsets are half-open and count Unicode code points of `Document.text`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

_NEWLINE = re.compile(r"\r\n|\r|\n")


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


class RegionKind(StrEnum):
    """Why a stretch of text is marked."""

    HEADING = "heading"
    SCRIPT = "script"  # program code that leaked into prose
    NAVIGATION = "navigation"  # buttons, menus, share links, cookie banners
    REPETITION = "repetition"  # the headline once more
    MARKUP = "markup"  # front matter, comments, raw HTML, rules
    ATTRIBUTION = "attribution"  # "Source: …": not prose, yet it may be what is asked for

    @property
    def quotable(self) -> bool:
        """Only the line that says where a text comes from is still quoted."""
        return self is RegionKind.ATTRIBUTION


@dataclass(frozen=True, slots=True)
class Region:
    """A marked stretch of text; marking never deletes, so offsets hold."""

    span: Span
    kind: RegionKind


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that stands at `start`; level 1 is the highest."""

    start: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, as a reader would cite it. Counts start at 1."""

    page: int | None
    heading: tuple[str, ...]
    paragraph: int | None
    line: int


@dataclass(frozen=True, slots=True)
class Places:
    """The paragraphs and headings of a text, each in reading order."""

    paragraphs: tuple[Span, ...] = ()
    headings: tuple[Heading, ...] = ()

    def paragraph(self, offset: int) -> int | None:
        """The number of the paragraph at `offset` (the one before, if between two)."""
        return bisect_right(self.paragraphs, offset, key=lambda span: span.start) or None

    def heading(self, offset: int) -> tuple[str, ...]:
        """The path of headings above `offset`, highest first."""
        path: list[Heading] = []
        for heading in self.headings:
            if heading.start > offset:
                break
            while path and path[-1].level >= heading.level:
                path.pop()
            path.append(heading)
        return tuple(heading.title for heading in path)


@dataclass(frozen=True, slots=True)
class Document:
    """One document: its whole text, and what is known about stretches of it.

    `sha256` is that of the file's bytes (of the record's line, in a collection);
    `extractor` names the reader and its version, because the same file read by
    another reader may have other offsets.
    """

    id: str
    title: str
    path: str
    sha256: str
    extractor: str
    text: str = field(repr=False)
    regions: tuple[Region, ...] = field(default=(), repr=False)
    places: Places = field(default=Places(), repr=False)

    def place(self, offset: int) -> Place:
        """The page, heading path, paragraph and line at `offset`."""
        return Place(
            page=None,
            heading=self.places.heading(offset),
            paragraph=self.places.paragraph(offset),
            line=len(_NEWLINE.findall(self.text, 0, offset)) + 1,
        )

    def quotable(self) -> list[Span]:
        """Each paragraph less the regions that are not quoted, trimmed of white space."""
        holes = [region.span for region in self.regions if not region.kind.quotable]
        return list(_trimmed(self.text, subtract(self.places.paragraphs, holes)))


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


def _trimmed(text: str, spans: Iterable[Span]) -> Iterable[Span]:
    for span in spans:
        inner = trim(text, span)
        if inner:
            yield inner
