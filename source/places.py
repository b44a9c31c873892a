"""Places in a document: pages, headings, paragraphs and lines, and boxes on pages.

>>> lines = Lines("one\\r\\ntwo\\nthree")
>>> [lines.number(offset) for offset in (0, 5, 9)]
[1, 2, 3]
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from source.forking import lazy_property
from source.spans import Span, Spans

_STEP = 1 << 13  # characters


class Lines:
    r"""Line numbers of a text whose lines end with \n, \r or \r\n.

    The line count before every `_STEP` characters is computed on first use.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def number(self, offset: int) -> int:
        """The line at `offset`, from 1."""
        step = min(offset, len(self._text)) // _STEP
        return 1 + self._before[step] + self._ends(step * _STEP, offset)

    @lazy_property
    def _before(self) -> list[int]:
        starts = range(0, len(self._text), _STEP)
        return list(accumulate((self._ends(start, start + _STEP) for start in starts), initial=0))

    def _ends(self, start: int, end: int) -> int:
        r"""The number of lines that end in the range. A \r\n counts at its \r, which may lie before `start`."""
        count = self._text.count
        return count("\n", start, end) + count("\r", start, end) - count("\r\n", max(0, start - 1), end)


LONGEST_TITLE = 1000
"""Maximum length, in characters, of a document's or heading's title: it is shown with every quote."""


CLAUSE_LEVEL, ITEM_LEVEL = 50, 70
"""The levels from which on headings are the numbers of clauses and of a list's items, by their depth."""
TABLE_LEVEL, HEADER_LEVEL, GROUP_LEVEL = 98, 99, 100
"""The levels of a table's title, of its header row, and of a title within it, which are below all others.

Below them, at `GROUP_LEVEL + 1` and the number of its column, is a cell that spans several rows.
"""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading at offset `start`; level 1 is the highest.

    It applies up to the next heading of its level or above, or up to `end`: a
    table's header row is a heading of the rows below it. The automatic number of a
    paragraph, which doesn't stand in the text, is a heading of the paragraph and of
    those numbered below it.
    """

    start: int
    level: int
    title: str
    end: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", shortened(self.title))

    @property
    def is_number(self) -> bool:
        """Whether it is the automatic number of a clause or an item."""
        return CLAUSE_LEVEL <= self.level < TABLE_LEVEL

    @property
    def is_item(self) -> bool:
        """Whether it is the automatic number of a list's item, which is read together with the others."""
        return ITEM_LEVEL <= self.level < TABLE_LEVEL


class Labels:
    """What a format calls its paragraphs: one label for each, or none at all, in one text, as there may be millions.

    `joined`: the labels, each followed by a line feed.

    >>> labels = Labels.of(["A1:C1", "A2:C2"])
    >>> labels[1], len(labels), labels.joined
    ('A2:C2', 2, 'A1:C1\\nA2:C2\\n')
    """

    def __init__(self, joined: str = "") -> None:
        self.joined = joined

    @classmethod
    def of(cls, labels: Iterable[str]) -> Labels:
        """Collects labels; a line feed in one becomes a space."""
        return cls("".join(label.replace("\n", " ") + "\n" for label in labels))

    def __len__(self) -> int:
        return self.joined.count("\n")

    def __getitem__(self, at: int) -> str:
        start, end = (0 if at == 0 else int(self._ends[at - 1]) + 1), int(self._ends[at])
        return self.joined[start:end]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Labels) and self.joined == other.joined

    def __hash__(self) -> int:
        return hash(self.joined)

    def __repr__(self) -> str:
        return f"Labels({self.joined!r})"

    @lazy_property
    def _ends(self) -> NDArray[np.int64]:
        characters = np.frombuffer(self.joined.encode("utf-32-le", "surrogatepass"), np.uint32)
        return np.flatnonzero(characters == ord("\n"))


NO_LABELS = Labels()


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a document, as a person would cite it. Numbers start at 1.

    `page` is None if the format has no pages, `paragraph` if it has or if its paragraphs
    have labels, and `line` if the lines of the text are not those of the file.
    `page_name`: what the format calls a page ("slide"). `label`: what it calls the
    paragraph ("A7:F7"), and `label_name` what such labels are ("cells").
    """

    page: int | None
    heading: tuple[str, ...]
    paragraph: int | None
    line: int | None
    page_name: str = "page"
    label: str = ""
    label_name: str = ""

    @property
    def numbered(self) -> dict[str, int | str]:
        """The numbers, and the label, by their names."""
        counts = {self.page_name: self.page, self.label_name: self.label or None}
        counts |= {"paragraph": self.paragraph, "line": self.line}
        return {name: count for name, count in counts.items() if count is not None}

    @property
    def numbers(self) -> str:
        """The numbers with their names: "page 12", "paragraph 3, line 8", or "cells A7:F7"."""
        return ", ".join(f"{name} {count}" for name, count in self.numbered.items())


@dataclass(frozen=True, slots=True)
class Places:
    """The paragraphs and headings of a text, each in reading order.

    `paragraphs`: given in any form, kept as `Spans`, because there may be millions.
    `pages`: the offset at which each page (or slide) starts; empty if the format has none.
    `own_lines`: whether the lines of the text are those of the file. `labels`: what the format calls each paragraph, if
    it names them, and `label_name` what such labels are ("cells").
    """

    paragraphs: Sequence[Span] = ()
    headings: tuple[Heading, ...] = ()
    pages: tuple[int, ...] = ()
    page_name: str = "page"
    own_lines: bool = True
    labels: Labels = NO_LABELS
    label_name: str = ""
    _above: tuple[int, ...] = field(init=False, repr=False, compare=False)  # the index of each heading's parent, or -1

    def __post_init__(self) -> None:
        object.__setattr__(self, "paragraphs", Spans.of(self.paragraphs))
        object.__setattr__(self, "_above", tuple(_parents(self.headings)))

    def page(self, offset: int) -> int | None:
        """The number of the page at `offset`, from 1."""
        return bisect_right(self.pages, offset) or None

    def paragraph(self, offset: int) -> int | None:
        """The number of the paragraph at `offset`, from 1 (between two, the number of the one before)."""
        return bisect_right(self.paragraphs, offset, key=lambda span: span.start) or None

    def label(self, offset: int) -> str:
        """The label of the paragraph at `offset`, or before it; empty if the format has none."""
        number = self.paragraph(offset) if self.labels.joined else None
        return self.labels[number - 1] if number else ""

    def heading(self, offset: int) -> tuple[str, ...]:
        """The titles of the headings that apply at `offset`, highest level first."""
        return tuple(each.title for each in self.headings_at(offset))

    def headings_at(self, offset: int) -> tuple[Heading, ...]:
        """The headings that apply at `offset`, highest level first."""
        path: list[Heading] = []
        at = bisect_right(self.headings, offset, key=lambda heading: heading.start) - 1
        while at >= 0:
            path.append(self.headings[at])
            at = self._above[at]
        return tuple(each for each in reversed(path) if each.end is None or offset < each.end)


def _parents(headings: Iterable[Heading]) -> Iterator[int]:
    """The index of each heading's parent, the last heading before it of a higher level; -1 if there is none."""
    path: list[tuple[int, int]] = []  # level and position
    for position, heading in enumerate(headings):
        while path and path[-1][0] >= heading.level:
            path.pop()
        yield path[-1][1] if path else -1
        path.append((heading.level, position))


def shortened(title: str) -> str:
    """The title, cut to `LONGEST_TITLE` characters with an ellipsis if it is longer."""
    return title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"


_STRETCH = re.compile(r"[^\n\t]+")
SCALE = 65535
"""The coordinate of the page's right and bottom edges."""

Corners: TypeAlias = NDArray[np.uint16]
"""(characters, 4): left, top, right, bottom, from the page's top left corner, in 1/`SCALE` of the page's size.

All 0 for a character without a box.
"""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page (from 1), in fractions of the page's width and height from its top left corner."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


def corners_of(points: NDArray[np.float64], width: float, height: float) -> Corners:
    """Scales (n, 4) left, top, right, bottom, in the units of `width` and `height`, to corners; 0 outside the page."""
    scaled = points / np.maximum([width, height, width, height], 1) * SCALE
    outside = (scaled[:, 2:] < 0).any(axis=1) | (scaled[:, :2] > SCALE).any(axis=1)
    scaled[outside] = 0
    return np.asarray(np.clip(np.rint(scaled), 0, SCALE), np.uint16)


def boxes_of(places: Places, span: Span, corners: Corners, text: str) -> tuple[Box, ...]:
    """One box for each line, or table cell, that a span covers; none if the position of any letter is unknown.

    `corners`, `text`: those of the span's characters.
    """
    known: list[bool] = np.asarray(corners.any(axis=1)).tolist()
    if not all(has or char.isspace() for has, char in zip(known, text, strict=True)):
        return ()
    stretches = [Span(span.start + match.start(), span.start + match.end()) for match in _STRETCH.finditer(text)]
    placed = ((each, corners[each.start - span.start : each.end - span.start]) for each in stretches)
    return tuple(_around(places.page(each.start) or 1, own) for each, own in placed if own.any())


def _around(page: int, corners: Corners) -> Box:
    """The smallest box around all the corners."""
    known = corners[corners.any(axis=1)].astype(np.float64) / SCALE
    left, top = known[:, :2].min(axis=0).tolist()
    right, bottom = known[:, 2:].max(axis=0).tolist()
    return Box(page, left, top, right, bottom)
