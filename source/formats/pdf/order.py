"""The order in which a page is read: as the page draws it, unless its geometry says otherwise.

There are three: as drawn; as drawn, with values moved to the labels beside them; and by an XY-cut. The one
that tears least apart is taken, as drawn if they are equal: most programs draw a page as it is read, and know
about figures, sidebars and tables what no geometry shows. Those that fill in forms, print, or lay recognised
text under a scan don't. Torn is a sentence that runs on into the line below, and a label and the value beside
it; and an order should not go up the page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from source.formats.pdf.pieces import Row, Signs, rises
from source.formats.pdf.xy_cut import XYCut, joined

_MOST = 3000  # pieces of a page, as a dense table has: to compare the orders of more may take seconds
_DISORDER = 0.1  # of a page's lines
_MIN_DISORDER = 4  # lines
_CLEARLY, _SHARE = 4, 0.2  # torn, or torn for each row: by how much the XY-cut must be better


def in_order(drawn: Sequence[Row]) -> tuple[list[Row], int]:
    """The rows of a page in reading order, and the number of signs that it is wrong.

    `drawn`: as the page draws them. Turned rows follow those in the direction that most of the page has.
    """
    letters: Counter[int] = Counter()
    for row in drawn:
        letters[row[0].angle] += sum(len(piece.text) for piece in row)
    rows: list[Row] = []
    doubts = 0
    for angle, _ in letters.most_common():
        found, doubt = _best([row for row in drawn if row[0].angle == angle])
        rows += found
        doubts += doubt
    return rows, doubts


def is_disordered(signs: int, lines: int) -> bool:
    """Whether a page has so many signs of a wrong order, of `in_order`, that it is doubtful."""
    return signs >= max(_MIN_DISORDER, _DISORDER * lines)


def _best(drawn: list[Row]) -> tuple[list[Row], int]:
    """Rows of one direction in the order that tears least apart, and how much that is, unless both orders agree.

    Then what seems torn is rather a table, whose cells begin with small letters.
    """
    pieces = [piece for row in drawn for piece in row]
    if len(drawn) < 2 or len(pieces) > _MOST:
        return drawn, rises(drawn)
    signs = Signs(pieces)
    best, torn = drawn, signs.torn(drawn)
    if not torn:
        return drawn, 0
    moved = _with_values(drawn, signs)
    if (torn_so := signs.torn(moved)) < torn:
        best, torn = moved, torn_so
    cut = XYCut(signs).rows()
    if torn - (torn_so := signs.torn(cut)) >= max(1, min(_CLEARLY, _SHARE * len(drawn))):
        return cut, torn_so
    agree = [piece.number for row in best for piece in row] == [piece.number for row in cut for piece in row]
    return best, rises(best) if agree else torn


def _with_values(drawn: list[Row], signs: Signs) -> list[Row]:
    """The rows as drawn, but where a label and the value beside it are in different rows, these become one."""
    row_of = {piece.number: at for at, row in enumerate(drawn) for piece in row}
    merged = dict(enumerate(drawn))
    place = list(range(len(drawn)))  # of each row: the row that it is now part of
    for label, value, _ in signs.labels:
        first, second = sorted(_last(place, row_of[signs.pieces[each].number]) for each in (label, value))
        if first != second:
            merged[first] = joined([*merged[first], *merged.pop(second)])
            place[second] = first
    return list(merged.values())


def _last(place: Sequence[int], row: int) -> int:
    while place[row] != row:
        row = place[row]
    return row
