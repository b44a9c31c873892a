"""The reading order of a page by its geometry: a recursive XY-cut.

The method is that of Nagy and Seth, "Hierarchical Representation of Optically Scanned Documents" (1984), with
two changes. Strips of the page that share a gutter are cut together, so that a column is not left at a gap
between its paragraphs. And a gutter is cut at only where the sentences on both sides run on in their own
column: otherwise it separates the columns of a table, which is read row by row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from source.formats.pdf.glyphs import SPACE, TAB
from source.formats.pdf.pieces import LEVEL, Piece, Row, Signs

_ASCENT, _DESCENT = 0.75, 0.25  # of the font's size
_GUTTER = 0.9  # of the font's size
_DRAWN_APART = 0.6  # of the font's size: a wider gap separates cells if they aren't drawn one after the other
_LEAST_GAIN = 2  # sentences that a cut keeps whole
_MOST_GUTTERS = 30  # of a part, that are tried
_DEEPEST = 12  # cuts within cuts

Stretches: TypeAlias = list[tuple[float, float, float]]
"""Parts of the page's width: start, end, and the largest font size in it."""


class XYCut:
    """Cuts a page."""

    def __init__(self, signs: Signs) -> None:
        self._signs = signs
        self._top = signs.baseline - _ASCENT * signs.size
        self._bottom = signs.baseline + _DESCENT * signs.size

    def rows(self) -> list[Row]:
        """The rows of the page in order."""
        return list(self._rows(list(range(len(self._signs.pieces))), 0))

    def _rows(self, part: list[int], depth: int) -> Iterator[Row]:
        for together, covered in self._alike(self._strips(part)):
            right = self._cut(together, covered) if depth < _DEEPEST else set()
            if right:
                yield from self._rows([each for each in together if each not in right], depth + 1)
                yield from self._rows([each for each in together if each in right], depth + 1)
            else:
                yield from self._read_across(together)

    def _strips(self, part: Iterable[int]) -> Iterator[list[int]]:
        """The parts between horizontal gaps."""
        strip: list[int] = []
        bottom = -np.inf
        for each in sorted(part, key=self._top.item):
            if strip and self._top[each] >= bottom:
                yield strip
                strip = []
            bottom = max(bottom, self._bottom[each])
            strip.append(each)
        yield strip

    def _alike(self, strips: Iterable[list[int]]) -> Iterator[tuple[list[int], Stretches]]:
        """Groups of strips, as long as they share a gutter, or have none; and what they cover of the width."""
        group: list[int] = []
        covered: Stretches = []
        for strip in strips:
            pieces = [self._signs.pieces[each] for each in strip]
            own = _merged(sorted((piece.left, piece.right, piece.size) for piece in pieces))
            both = _merged(sorted([*covered, *own]))
            if group and len(both) == 1 and (len(covered) > 1 or len(own) > 1):
                yield group, covered
                group, both = [], own
            group = group + strip
            covered = both
        yield group, covered

    def _cut(self, part: list[int], covered: Stretches) -> set[int]:
        """What is on the right of the gutter at which a part is best cut; empty if it is better read across."""
        best: set[int] = set()
        gain = _LEAST_GAIN - 1
        for start, _, _ in covered[1 : 1 + _MOST_GUTTERS]:
            right = {each for each in part if self._signs.left[each] >= start}
            won = self._gain(set(part) - right, right)
            if won > gain:
                best, gain = right, won
        return best

    def _gain(self, left: set[int], right: set[int]) -> int:
        """How many more sentences stay whole if left and right are read apart than labels are torn from values.

        None, unless it is so on both sides and for half of the lines that the gutter divides.
        """
        (on_left, divided), (on_right, _) = self._interrupted(left, right), self._interrupted(right, left)
        gain = on_left + on_right - sum(label in left and value in right for label, value, _ in self._signs.labels)
        return gain if on_left and on_right and 2 * gain >= divided else 0

    def _interrupted(self, part: set[int], other: set[int]) -> tuple[int, int]:
        """How many sentences of a part are interrupted by another part if both are read together, and how many lines.

        The lines of the two need not be level.
        """
        signs = self._signs
        lines = np.sort(signs.baseline[list(other)])
        starts = np.searchsorted(lines, signs.baseline - LEVEL * signs.size)
        ends = np.searchsorted(lines, signs.baseline + signs.size)
        sentences = sum(
            first in part and second in part and bool(starts[first] < starts[second]) for first, second in signs.run_ons
        )
        inside = list(part)
        return sentences, int((starts[inside] < ends[inside]).sum())

    def _read_across(self, part: Iterable[int]) -> Iterator[Row]:
        row: list[Piece] = []
        for piece in sorted((self._signs.pieces[each] for each in part), key=lambda piece: piece.baseline):
            if row and piece.baseline - row[0].baseline > LEVEL * row[0].size:
                yield joined(row)
                row = []
            row.append(piece)
        yield joined(row)


def _merged(stretches: Iterable[tuple[float, float, float]]) -> Stretches:
    """Stretches in the order of their starts, without the gaps that are too narrow for a gutter."""
    found: Stretches = []
    for start, end, size in stretches:
        if found and start - found[-1][1] < _GUTTER * max(size, found[-1][2]):
            found[-1] = found[-1][0], max(end, found[-1][1]), max(size, found[-1][2])
        else:
            found.append((start, end, size))
    return found


def joined(row: Iterable[Piece]) -> Row:
    """Pieces on one baseline as a row: from the left, or from the right if they read so."""
    pieces = sorted(row, key=lambda piece: piece.left)
    if 2 * sum(piece.right_to_left for piece in pieces) > len(pieces):
        pieces.reverse()
    return [replace(pieces[0], separator=None), *(_after(*pair) for pair in pairwise(pieces))]


def _after(before: Piece, piece: Piece) -> Piece:
    """A piece on the line of the one before it."""
    if piece.separator is not None and piece.number == before.number + 1:
        return piece
    wide = max(piece.left - before.right, before.left - piece.right) > _DRAWN_APART * before.size
    return replace(piece, separator=TAB if wide else SPACE)
