"""A piece of a line, which is what reading orders are made of, and what belongs together on a page by its geometry."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from source.formats.pdf.forms import EMPTY, TICKED
from source.formats.pdf.glyphs import Glyph

CELL_GAP = 1.8  # of the font's size: a wider gap separates table cells
LEVEL = 0.4  # of the font's size: how far the baselines of what stands on one line may differ
_LEADING = 1.7  # of the font's size: the largest distance between lines of one paragraph
_OTHER_SIZE = 0.1  # of the font's size
_SHORTEST, _SHORTEST_DENSE = 16, 8  # characters of a line of prose; in scripts without spaces
_MOST_BELOW = 50  # pieces just below one, of which one may continue its sentence
_LABEL_WEIGHT = 2  # of a label with a colon: that it belongs to what is beside it is surer than other signs
_LONGEST_LABEL, _LONGEST_VALUE = 30, 40  # characters, where the label has no colon
_CLOSED = re.compile(r"[.!?:;。！？：；…][\"'”’»)\]\d]*$")
_LABEL = re.compile(rf"[:：][\s_.…]*$|^[{TICKED}{EMPTY}]$")  # or a check box, whose label follows it

Numbers: TypeAlias = NDArray[np.float64]
"""(pieces,): a number for each piece."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters that stand together on one line, without wide gaps.

    `number`: its place among the pieces of its page, in the order in which they are drawn. `separator`: the
    white space between it and the piece before it on its line; None if it begins a line. The other numbers
    are in points, along and across the line.
    """

    number: int
    run: list[Glyph | int]
    text: str
    separator: int | None
    left: float
    right: float
    baseline: float
    size: float
    angle: int

    @property
    def right_to_left(self) -> bool:
        """Whether it has letters that are read from the right."""
        return any(unicodedata.bidirectional(char) in {"R", "AL"} for char in self.text)

    @property
    def is_long(self) -> bool:
        """Whether it is long enough for a line of prose."""
        return len(self.text) >= (_SHORTEST_DENSE if self.text[-1:] >= "\u2e80" else _SHORTEST)

    @property
    def joined(self) -> list[Glyph | int]:
        """Its characters, after the white space before them."""
        return self.run if self.separator is None else [self.separator, *self.run]


Row: TypeAlias = list[Piece]
"""The pieces of a line, in order."""


class Signs:
    """Which pieces belong together, whatever the order in which they are drawn (pieces are given by index).

    `beside`: for each piece, the next one on its right on the same baseline. `run_ons`: pairs of pieces of
    which the second, just below the first, continues its sentence. `labels`: a label and the value beside it,
    with a weight.
    """

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = pieces
        numbers = np.array([(each.left, each.right, each.baseline, each.size) for each in pieces], np.float64)
        self.left, self.right, self.baseline, self.size = numbers.T
        self.beside = self._beside()
        likely = list(self._run_ons())
        self.run_ons = self._filled([pair for pair in likely if pieces[pair[0]].is_long])
        self.labels = list(self._labels({each for pair in likely for each in pair}))
        self._index = {piece.number: i for i, piece in enumerate(pieces)}

    def torn(self, rows: Sequence[Row]) -> int:
        """How much an order of rows tears apart, and how often it goes up the page."""
        order = [self._index[piece.number] for row in rows for piece in row]
        following = dict(pairwise(order))
        torn = sum(following.get(first) != second for first, second in self.run_ons)
        return torn + sum(w for label, value, w in self.labels if following.get(label) != value) + rises(rows)

    def _beside(self) -> list[int | None]:
        found: list[int | None] = [None] * len(self.pieces)
        order = np.argsort(self.baseline, kind="stable")
        lines = self.baseline[order]
        starts = np.searchsorted(lines, self.baseline - LEVEL * self.size).tolist()
        ends = np.searchsorted(lines, self.baseline + LEVEL * self.size, "right").tolist()
        for first, (start, end) in enumerate(zip(starts, ends, strict=True)):
            if end - start > 1:
                near = order[start:end]
                after = near[self.left[near] >= self.right[first] - self.size[first] / 2]
                after = after[after != first]
                found[first] = int(after[np.argmin(self.left[after])]) if len(after) else None
        return found

    def _run_ons(self) -> Iterator[tuple[int, int]]:
        order = np.argsort(self.baseline, kind="stable")
        lines = self.baseline[order]
        starts = np.searchsorted(lines, self.baseline + LEVEL * self.size).tolist()
        ends = np.searchsorted(lines, self.baseline + _LEADING * self.size, "right").tolist()
        both = ((first, second) for first, second in enumerate(self.beside) if second is not None)
        close = {first: second for first, second in both if self._close(first, second)}
        inside = set(close.values())
        for first, piece in enumerate(self.pieces):
            if first not in close and not _CLOSED.search(piece.text):
                near = order[starts[first] : min(ends[first], starts[first] + _MOST_BELOW)].tolist()
                below = (each for each in near if self._shared(first, each) > 0)
                second = next(below, None)
                if second is not None and second not in inside and _continues(piece, self.pieces[second]):
                    yield first, second

    def _filled(self, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """The pairs whose second line begins with a word for which the first had no room in its column."""
        above = {second: first for first, second in pairs}
        top: dict[int, int] = {}
        edge: dict[int, float] = {}
        for first, second in sorted(pairs, key=lambda pair: float(self.baseline[pair[0]])):
            top[first] = top.get(above.get(first, first), first)
            top[second] = top[first]
            edge[top[first]] = max(edge.get(top[first], -np.inf), self.right[first], self.right[second])
        return [(first, second) for first, second in pairs if self.right[first] + self._word(second) > edge[top[first]]]

    def _word(self, piece: int) -> float:
        """The width of its first word and the space before that."""
        text = self.pieces[piece].text
        share = (1 + len(text.split(maxsplit=1)[0])) / len(text)
        return float(share * (self.right[piece] - self.left[piece]))

    def _labels(self, flowing: set[int]) -> Iterator[tuple[int, int, int]]:
        """`flowing`: pieces of more than one line, even short ones."""
        ran = {each for pair in self.run_ons for each in pair}
        for label, value in enumerate(self.beside):
            if value is None or label in ran or value in ran or self.pieces[label].right_to_left:
                continue
            if _LABEL.search(self.pieces[label].text):
                yield label, value, _LABEL_WEIGHT
            elif (
                flowing.isdisjoint((label, value))
                and self._is_named(label, value)
                and (self._is_late(label, value) or self._is_late(value, label))
            ):
                yield label, value, 1

    def _is_named(self, label: int, value: int) -> bool:
        """Whether two pieces may be a label without a colon and its value."""
        one, other = self.pieces[label].text, self.pieces[value].text
        return len(one) <= _LONGEST_LABEL and len(other) <= _LONGEST_VALUE and any(map(str.isalnum, other))

    def _is_late(self, first: int, second: int) -> bool:
        """Whether something below the second was drawn after the first and before the second."""
        if second - first < 2:
            return False
        between = slice(first + 1, second)
        below = self.baseline[between] > self.baseline[second] + self.size[second]
        shared = np.minimum(self.right[between], self.right[second]) - np.maximum(self.left[between], self.left[second])
        return bool((below & (shared > 0)).any())

    def _close(self, first: int, second: int) -> bool:
        return bool(self.left[second] - self.right[first] < CELL_GAP * self.size[first])

    def _shared(self, first: int, second: int) -> float:
        return float(min(self.right[first], self.right[second]) - max(self.left[first], self.left[second]))


def _continues(one: Piece, other: Piece) -> bool:
    """Whether the font of a piece is that of the one above it, and its first word goes on in a sentence."""
    begin = other.text[:1]
    alike = abs(one.size - other.size) <= _OTHER_SIZE * max(one.size, other.size)
    return alike and begin.isalpha() and not begin.isupper()


def rises(rows: Sequence[Row]) -> int:
    """The number of rows that lie above the one before them, and not beside it."""
    return sum(_rises(*pair) for pair in pairwise(rows))


def _rises(before: Row, row: Row) -> bool:
    if row[0].baseline >= before[0].baseline - row[0].size:
        return False
    (left, right), (from_left, to_right) = (
        (min(piece.left for piece in each), max(piece.right for piece in each)) for each in (before, row)
    )
    return 2 * (min(right, to_right) - max(left, from_left)) > min(right - left, to_right - from_left)
