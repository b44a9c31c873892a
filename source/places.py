"""Where something is: pages, headings, paragraphs and lines, and boxes on pages.

>>> lines = Lines("one\\r\\ntwo\\nthree")
>>> [lines.number(offset) for offset in (0, 5, 9)]
[1, 2, 3]
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from source.spans import Span

_STEP = 1 << 13  # characters


class Lines:
    r"""Lines end at \n, \r or \r\n. How many there are before every so many characters is counted when first asked."""

    def __init__(self, text: str) -> None:
        self._text = text

    def number(self, offset: int) -> int:
        """The line at `offset`, from 1."""
        step = min(offset, len(self._text)) // _STEP
        return 1 + self._before[step] + self._ends(step * _STEP, offset)

    @cached_property
    def _before(self) -> list[int]:
        starts = range(0, len(self._text), _STEP)
        return list(accumulate((self._ends(start, start + _STEP) for start in starts), initial=0))

    def _ends(self, start: int, end: int) -> int:
        r"""The lines that end there. The \n of a \r\n ends none: its \r did, and that may stand before `start`."""
        count = self._text.count
        return count("\n", start, end) + count("\r", start, end) - count("\r\n", max(0, start - 1), end)


LONGEST_TITLE = 1000
"""Characters of the title of a document or heading, which is told with every quote."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that stands at `start`; level 1 is the highest.

    It holds up to the next one of its level or above, or up to `end`: a table's
    header row is a heading to its rows.
    """

    start: int
    level: int
    title: str
    end: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", shortened(self.title))


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, as a reader of such a file would cite it. Counts start at 1.

    `page`: None where the format has none; `paragraph` where pages count, and
    `line` where the lines of the text are not the file's own. `page_name`: what
    a page is called ("slide").
    """

    page: int | None
    heading: tuple[str, ...]
    paragraph: int | None
    line: int | None
    page_name: str = "page"

    @property
    def numbers(self) -> str:
        """Its numbers, in words: "page 12", or "paragraph 3, line 8"."""
        counts = {self.page_name: self.page, "paragraph": self.paragraph, "line": self.line}
        return ", ".join(f"{name} {count}" for name, count in counts.items() if count is not None)


@dataclass(frozen=True, slots=True)
class Places:
    """The paragraphs and headings of a text, each in reading order.

    `pages`: where each page (or slide) starts; empty where the format has none.
    `own_lines`: whether the lines are those of the file.
    """

    paragraphs: tuple[Span, ...] = ()
    headings: tuple[Heading, ...] = ()
    pages: tuple[int, ...] = ()
    page_name: str = "page"
    own_lines: bool = True
    _above: tuple[int, ...] = field(init=False, repr=False, compare=False)  # each heading's own heading, or -1

    def __post_init__(self) -> None:
        object.__setattr__(self, "_above", tuple(_parents(self.headings)))

    def page(self, offset: int) -> int | None:
        """The number of the page at `offset`, from 1."""
        return bisect_right(self.pages, offset) or None

    def paragraph(self, offset: int) -> int | None:
        """The number of the paragraph at `offset` (the one before, if between two)."""
        return bisect_right(self.paragraphs, offset, key=lambda span: span.start) or None

    def heading(self, offset: int) -> tuple[str, ...]:
        """The path of headings above `offset`, highest first."""
        path: list[Heading] = []
        at = bisect_right(self.headings, offset, key=lambda heading: heading.start) - 1
        while at >= 0:
            path.append(self.headings[at])
            at = self._above[at]
        return tuple(each.title for each in reversed(path) if each.end is None or offset < each.end)


def _parents(headings: Iterable[Heading]) -> Iterator[int]:
    """The position of the heading that each one stands under: the last before it of a higher level."""
    path: list[tuple[int, int]] = []  # level and position
    for position, heading in enumerate(headings):
        while path and path[-1][0] >= heading.level:
            path.pop()
        yield path[-1][1] if path else -1
        path.append((heading.level, position))


def shortened(title: str) -> str:
    """A title as it is, or as much of it as is told, and an ellipsis."""
    return title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"


_STRETCH = re.compile(r"[^\n\t]+")
SCALE = 65535
"""A corner's coordinate that is the page's whole width or height."""

Corners: TypeAlias = NDArray[np.uint16]
"""(characters, 4): left, top, right, bottom, from the page's top left corner; all 0 for a character without a box."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page (counted from 1), in shares of the page's width and height from its top left corner."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


def corners_of(points: NDArray[np.float64], width: float, height: float) -> Corners:
    """(n, 4) left, top, right, bottom on a page of that size, in its units → corners; none for what lies outside."""
    scaled = points / np.maximum([width, height, width, height], 1) * SCALE
    outside = (scaled[:, 2:] < 0).any(axis=1) | (scaled[:, :2] > SCALE).any(axis=1)
    scaled[outside] = 0
    return np.asarray(np.clip(np.rint(scaled), 0, SCALE), np.uint16)


def boxes_of(places: Places, span: Span, corners: Corners, text: str) -> tuple[Box, ...]:
    """A box around each line, or cell of a row, that a span stands on; none at all if any letter's place is not known.

    `corners`, `text`: those of the span's characters.
    """
    known: list[bool] = np.asarray(corners.any(axis=1)).tolist()
    if not all(has or char.isspace() for has, char in zip(known, text, strict=True)):
        return ()
    stretches = [Span(span.start + match.start(), span.start + match.end()) for match in _STRETCH.finditer(text)]
    found = ((each, corners[each.start - span.start : each.end - span.start]) for each in stretches)
    return tuple(_around(places.page(each.start) or 1, own) for each, own in found if own.any())


def _around(page: int, corners: Corners) -> Box:
    """The smallest box that holds all of them."""
    known = corners[corners.any(axis=1)].astype(np.float64) / SCALE
    left, top = known[:, :2].min(axis=0).tolist()
    right, bottom = known[:, 2:].max(axis=0).tolist()
    return Box(page, left, top, right, bottom)
