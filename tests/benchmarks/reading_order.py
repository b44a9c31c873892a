"""How reading orders differ: as drawn, by XY-cut, and by Breuel's relations between lines, beside the one chosen.

    python tests/benchmarks/reading_order.py FILE.pdf...

`torn`: sentences and labels that an order tears apart, and its steps up the page, over all pages. `words`: the
share of words that stand in the same order as the page draws them (longest common subsequence), if it is drawn
line by line across its columns instead: read like that (across), in Breuel's order, and in the one chosen. Of a
page that isn't drawn as it is read, this says nothing. Last, of how many pages less than .98 of the words is in
order then, and how many of these are doubted.

Breuel's method (T. M. Breuel, "High Performance Document Layout Analysis", 2003) sorts lines topologically: one
comes before another if it is above and they overlap, or if it is on the left and nothing between them overlaps both.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import count
from pathlib import Path

import numpy as np
import pypdfium2

from source.formats.pdf.glyphs import PageTransform, glyphs
from source.formats.pdf.lines import drawn_rows
from source.formats.pdf.order import in_order, is_disordered
from source.formats.pdf.pieces import LEVEL, Piece, Row, Signs
from source.formats.pdf.xy_cut import XYCut

_MOST = 400  # pieces of a page: Breuel's relations take the cube of it
_SAME = 0.98  # of a page's words


def drawn_pages(path: Path) -> Iterator[list[Row]]:
    """The upright rows of each page as it draws them."""
    with pypdfium2.PdfDocument(path) as file:
        for page in file:
            text_page = page.get_textpage()
            drawn = list(glyphs(text_page, PageTransform(page, *page.get_size())))
            yield [row for row in drawn_rows(drawn) if not row[0].angle]


def by_relations(signs: Signs) -> list[Row]:
    """Breuel's order."""
    left, right, base = signs.left, signs.right, signs.baseline
    overlap = np.minimum.outer(right, right) > np.maximum.outer(left, left)
    above = np.less.outer(base, base - signs.size / 2)
    before = overlap & above
    for one, other in np.argwhere(np.less.outer(right, left + signs.size / 2) & ~overlap).tolist():
        low, high = sorted((base[one], base[other]))
        between = (base > low) & (base < high) & overlap[one] & overlap[other]
        before[one, other] |= not between.any()
    waiting = set(range(len(base)))
    order: list[int] = []
    while waiting:
        free = [each for each in waiting if not any(before[other, each] for other in waiting if other != each)]
        each = min(free or waiting, key=lambda each: (base[each], left[each]))
        waiting.remove(each)
        order.append(each)
    return [[signs.pieces[each]] for each in order]


def across(rows: list[Row]) -> list[Row]:
    """A page as if it had been drawn line by line across its columns."""
    level: list[list[Piece]] = []
    for piece in sorted((piece for row in rows for piece in row), key=lambda piece: piece.baseline):
        if level and piece.baseline - level[-1][0].baseline <= LEVEL * level[-1][0].size:
            level[-1].append(piece)
        else:
            level.append([piece])
    numbers = count()
    lines = [sorted(line, key=lambda piece: piece.left) for line in level]
    return [[replace(piece, number=next(numbers), separator=None) for piece in line] for line in lines]


def words(rows: list[Row]) -> list[str]:
    return " ".join(piece.text for row in rows for piece in row).split()


def same(drawn: list[Row], other: list[Row]) -> int:
    """How many words stand in the same order."""
    matcher = SequenceMatcher(None, words(drawn), words(other), autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks())


class Measured:
    """What is counted over the pages of a file."""

    def __init__(self) -> None:
        self.pages = self.words = self.lost = self.doubted = 0
        self.torn = [0] * 4
        self.same = [0] * 3

    def add(self, drawn: list[Row]) -> None:
        signs = Signs([piece for row in drawn for piece in row])
        by_breuel = by_relations(signs)
        for at, order in enumerate((drawn, XYCut(signs).rows(), by_breuel, in_order(drawn)[0])):
            self.torn[at] += signs.torn(order)
        lines = across(drawn)
        chosen, disorder = in_order(lines)
        found = [same(drawn, order) for order in (lines, by_breuel, chosen)]
        self.same = [total + each for total, each in zip(self.same, found, strict=True)]
        self.words += len(words(drawn))
        self.pages += 1
        if found[-1] < _SAME * len(words(drawn)):
            self.lost += 1
            self.doubted += is_disordered(disorder, len(chosen))

    def __str__(self) -> str:
        torn = " ".join(f"{each:6}" for each in self.torn)
        shares = " ".join(f"{each / max(1, self.words):6.3f}" for each in self.same)
        return f"{self.pages:5}  {torn}  {shares}  {self.lost:4} {self.doubted:7}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.pdf")
    print(f"{'':50}  {'torn':27}  {'words':20}  lost")
    heads = ["drawn", "XY-cut", "Breuel", "chosen", "across", "Breuel", "chosen"]
    print(f"{'file':44} pages  {' '.join(f'{head:>6}' for head in heads)}  pages doubted")
    for path in parser.parse_args().files:
        measured = Measured()
        with suppress(pypdfium2.PdfiumError):
            for drawn in drawn_pages(path):
                if 1 < sum(map(len, drawn)) <= _MOST:
                    measured.add(drawn)
        if measured.pages:
            print(f"{path.name[:44]:44} {measured}", flush=True)


if __name__ == "__main__":
    main()
