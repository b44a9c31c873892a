"""How reading orders differ: as drawn, by XY-cut, and by Breuel's relations between lines, beside the one chosen.

    python tests/benchmarks/reading_order.py FILE.pdf...

`torn`: sentences and labels that an order tears apart, and its steps up the page, over all pages. `same`: the
share of words that stand in the same order as in the one chosen (longest common subsequence). Breuel's method
(T. M. Breuel, "High Performance Document Layout Analysis", 2003) sorts lines topologically: one comes before
another if it is above and they overlap, or if it is on the left and nothing between them overlaps both.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pypdfium2

from source.formats.pdf.glyphs import PageTransform, glyphs
from source.formats.pdf.lines import drawn_rows
from source.formats.pdf.order import in_order
from source.formats.pdf.pieces import Row, Signs
from source.formats.pdf.xy_cut import XYCut

_MOST = 400  # pieces of a page: Breuel's relations take the cube of it


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


def words(rows: list[Row]) -> list[str]:
    return " ".join(piece.text for row in rows for piece in row).split()


def same(one: list[Row], other: list[Row]) -> tuple[int, int]:
    """How many words stand in the same order, and how many there are."""
    ours = words(one)
    matcher = SequenceMatcher(None, ours, words(other), autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks()), len(ours)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.pdf")
    names = ("drawn", "XY-cut", "Breuel", "chosen")
    print(f"{'file':44} {'pages':>5} " + " ".join(f"{name + ' torn/same':>18}" for name in names))
    for path in parser.parse_args().files:
        torn, kept, total, pages = [0] * 4, [0] * 4, 0, 0
        try:
            drawn_of = list(drawn_pages(path))
        except pypdfium2.PdfiumError:
            continue
        for upright in drawn_of:
            pieces = [piece for row in upright for piece in row]
            if not 1 < len(pieces) <= _MOST:
                continue
            signs = Signs(pieces)
            chosen = in_order(upright)[0]
            orders = (upright, XYCut(signs).rows(), by_relations(signs), chosen)
            pages += 1
            for at, order in enumerate(orders):
                torn[at] += signs.torn(order)
                part, whole = same(chosen, order)
                kept[at] += part
            total += whole
        table = " ".join(f"{torn[at]:10} / {kept[at] / max(1, total):.3f}" for at in range(4))
        print(f"{path.name[:44]:44} {pages:5} {table}", flush=True)


if __name__ == "__main__":
    main()
