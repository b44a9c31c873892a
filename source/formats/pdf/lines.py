"""Turns a PDF page into lines, in reading order.

PDFium gives the characters, and the spaces that a page shows only as gaps. Characters
drawn one after the other on one baseline form pieces, which end at wide gaps; `order`
puts pieces together to lines, and lines in order.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import count, groupby, pairwise
from typing import Any

import numpy as np

from source.formats.pdf.forms import EMPTY, TICKED, Tick
from source.formats.pdf.glyphs import SPACE, TAB, Glyph, PageTransform, glyphs, has_ocr_layer, is_blank
from source.formats.pdf.order import in_order
from source.formats.pdf.pieces import CELL_GAP, Piece, Row
from source.formats.pdf.scans import is_scan
from source.places import Corners, corners_of

_SAME_BASELINE = 0.5  # of the font's size: the next line is farther away
_RAISED = 0.8  # of the larger font's size: how far smaller characters are raised or lowered in formulas
_SMALLER, _HIGHER, _CLOSE = 0.85, 0.2, 0.3  # of the font's size: a footnote mark
_BACK = 1.0  # of the font's size: a step back of this width starts a line (kerning and accents step back less)
_PIECE_GAP = 0.9  # of the font's size: a wider gap may separate columns, or the words of a spread line
_SAME_CELLS = 0.1  # of the font's size: how far the baselines of two cells that overlap may differ
_SUNK = 0.2  # of a check box's height: how far it reaches below the baseline of its line
# Spacing accents and their combining forms.
_MARKS = "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327\u0328"
_ACCENTS = dict(zip("`´ˆ˜¯˘˙¨˚˝ˇ¸˛", _MARKS, strict=True)) | dict(zip(_MARKS, _MARKS, strict=True))
_WITH_DOT = {"ı": "i", "ȷ": "j"}


@dataclass(frozen=True, slots=True)
class PdfLine:
    """A line of a page.

    `corners`: (characters, 4), those of `text`. `angle`: its direction on the page as shown, in
    degrees clockwise. The other numbers are in points, from the page's top left corner; those
    of a turned line are measured along and across it, as if the page were turned with it.
    """

    text: str
    corners: Corners
    left: float
    right: float
    baseline: float
    size: float
    bold: bool
    angle: int = 0

    @property
    def upright(self) -> bool:
        """Whether it isn't turned."""
        return not self.angle

    @property
    def cells(self) -> int:
        """The number of table cells, which wide gaps separate."""
        return self.text.count("\t") + 1


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of a page in reading order; width and height in points, as it is shown.

    `recognised`: the text comes from OCR. `blank`: nothing is drawn on the page. `scan`: it shows a picture of
    text, and has little text itself. `disorder`: the signs that the order is wrong. `unidentified`: the characters
    whose font doesn't say what they are.
    """

    lines: list[PdfLine]
    width: float
    height: float
    recognised: bool = False
    blank: bool = False
    scan: bool = False
    disorder: int = 0
    unidentified: int = 0


def read_page(page: Any, ticks: Sequence[Tick] = ()) -> Page:
    """Extracts the lines of a page (a pypdfium2 PdfPage). `ticks`: its check boxes."""
    width, height = page.get_size()
    transform = PageTransform(page, width, height)
    text_page = page.get_textpage()
    drawn = _with_ticks(list(glyphs(text_page, transform)), ticks, transform)
    rows, disorder = in_order(drawn_rows(drawn))
    lines = [_line(row, transform) for row in rows]
    unidentified = sum(not isinstance(each, int) and not each.identified for each in drawn)
    layer, blank = has_ocr_layer(text_page), is_blank(page)
    text_page.close()
    scan = bool(lines) and not layer and is_scan(page, transform, [line.corners for line in lines])
    return Page([line for line in lines if line.text], width, height, layer, blank, scan, disorder, unidentified)


def drawn_rows(drawn: list[Glyph | int]) -> list[Row]:
    """The rows of a page as it draws them."""
    numbers = count()
    rows: list[Row] = []
    for run in _runs(_ligatures(drawn)):
        first, *others = _pieces(run, numbers)
        if rows and _runs_under(rows[-1][-1], first):
            rows[-1] += [replace(first, separator=TAB), *others]
        else:
            rows.append([first, *others])
    return rows


def _runs_under(last: Piece, piece: Piece) -> bool:
    """Whether a table's cell is so long that it reaches under the next one, `piece`."""
    level = abs(piece.baseline - last.baseline) < _SAME_CELLS * last.size
    return piece.angle == last.angle and level and last.left + last.size < piece.left < last.right


def _with_ticks(drawn: list[Glyph | int], ticks: Sequence[Tick], transform: PageTransform) -> list[Glyph | int]:
    """The characters with a sign for each check box in place of what is drawn in it."""
    if not ticks:
        return drawn
    inside = _inside(drawn, ticks)
    found = [each for each, hidden in zip(drawn, inside, strict=True) if not hidden]
    for tick in ticks:
        left, top, right, bottom = transform.points(np.array([tick.box]))[0].tolist()
        code, size = ord(TICKED if tick.on else EMPTY), bottom - top
        found.append(Glyph(code, left, right, bottom - _SUNK * size, size, 0, False, True, tick.box))
    return found


def _inside(drawn: Sequence[Glyph | int], ticks: Sequence[Tick]) -> list[bool]:
    """Which characters are drawn in check boxes."""
    nowhere = (np.nan,) * 4
    corners = np.array([nowhere if isinstance(each, int) else each.corner for each in drawn]).reshape(-1, 4)
    x, y = (corners[:, 0] + corners[:, 2]) / 2, (corners[:, 1] + corners[:, 3]) / 2
    found = np.zeros(len(drawn), bool)
    for left, bottom, right, top in (tick.box for tick in ticks):
        found |= (left <= x) & (x <= right) & (bottom <= y) & (y <= top)
    return found.tolist()


def _ligatures(drawn: list[Glyph | int]) -> list[Glyph | int]:
    """Puts the letters of right-to-left ligatures in order, where PDFium reversed them together with their line.

    It doesn't if the file gives the ligature as one character (U+FEFB) that Unicode takes apart.
    """
    boxes = [None if isinstance(each, int) else each.corner for each in drawn]
    if not any(one and one == other for one, other in pairwise(boxes)):
        return drawn
    found: list[Glyph | int] = []
    for _, group in groupby(drawn, lambda each: each.corner if isinstance(each, Glyph) else None):
        one = list(group)
        codes = [each.code for each in one if isinstance(each, Glyph)]
        if len(set(codes)) > 1 and all(map(_right_to_left, codes)) and "".join(map(chr, codes)) not in _taken_apart():
            one.reverse()
        found += one
    return found


@cache
def _taken_apart() -> frozenset[str]:
    """What Unicode's Arabic ligatures stand for."""
    forms = [*range(0xFB50, 0xFE00), *range(0xFE70, 0xFF00)]
    return frozenset(whole for code in forms if len(whole := unicodedata.normalize("NFKC", chr(code))) > 1)


def _runs(drawn: list[Glyph | int]) -> Iterator[list[Glyph | int]]:
    """The characters that are drawn one after the other on one baseline, with the spaces and tabs between them."""
    run: list[Glyph | int] = []
    last: Glyph | None = None
    main: Glyph | None = None  # the line's largest character, whose baseline others are raised or lowered from
    gap = 0
    for glyph in drawn:
        if isinstance(glyph, int) or chr(glyph.code).isspace():
            gap = TAB if TAB in (gap, glyph) else SPACE
            continue
        if last and main and glyph.along < last.along and _is_accent(glyph.code) and _follows(last, main, glyph):
            _insert(run, glyph)
            continue
        if last is None or main is None or not _follows(last, main, glyph):
            if run:
                yield run
            run, main = [], glyph
        elif gap == TAB or glyph.along - last.end > CELL_GAP * last.size:
            run.append(TAB)
        elif gap and not _is_raised(last, glyph):
            run.append(SPACE)
        run.append(glyph)
        last, gap = glyph, 0
        main = glyph if glyph.size > main.size else main
    if run:
        yield run


def _pieces(run: list[Glyph | int], numbers: Iterator[int]) -> Iterator[Piece]:
    """Divides a run at its wide gaps."""
    start, separator = 0, None
    for at, each in enumerate(run):
        if isinstance(each, int) and (each == TAB or _is_wide(run[at - 1], run[at + 1])):
            yield _piece(run[start:at], separator, next(numbers))
            start, separator = at + 1, each
    yield _piece(run[start:], separator, next(numbers))


def _is_wide(last: Glyph | int, glyph: Glyph | int) -> bool:
    return not isinstance(last, int) and not isinstance(glyph, int) and glyph.along - last.end > _PIECE_GAP * last.size


def _piece(run: list[Glyph | int], separator: int | None, number: int) -> Piece:
    drawn = [each for each in run if isinstance(each, Glyph)]
    _, alongs, ends, _, sizes, *_ = zip(*drawn, strict=True)
    return Piece(
        number=number,
        run=run,
        text="".join(chr(each if isinstance(each, int) else each.code) for each in run),
        separator=separator,
        left=min(alongs),
        right=max(ends),
        baseline=drawn[0].across,
        size=sorted(sizes)[len(sizes) // 2],
        angle=drawn[0].angle,
    )


def _follows(last: Glyph, main: Glyph, glyph: Glyph) -> bool:
    """Whether a character is on the same line as the one before it."""
    if (glyph.along, glyph.across) == (last.along, last.across):  # letters of a ligature, or of an ActualText
        return True
    if glyph.angle != last.angle or not (_level(last, glyph) or _level(main, glyph)):
        return False
    lowered = 2 * main.size if glyph.size < _SMALLER * main.size else 0  # in formulas, a subscript below a superscript
    ahead = glyph.along > last.end - max(_BACK * max(last.size, glyph.size), lowered)
    return ahead or any(map(_steps_back, (glyph.code, last.code)))


def _level(one: Glyph, other: Glyph) -> bool:
    small, large = sorted((one.size, other.size))
    return abs(one.across - other.across) < (_RAISED if small < _SMALLER * large else _SAME_BASELINE) * large


def _is_raised(last: Glyph, glyph: Glyph) -> bool:
    """Whether a character is small and raised close after a word, like a footnote mark: no space separates them."""
    close = glyph.along - last.end < _CLOSE * last.size
    return close and glyph.size < _SMALLER * last.size and last.across - glyph.across > _HIGHER * last.size


def _steps_back(code: int) -> bool:
    """Whether a character may be left of the one drawn before it: an accent, or a right-to-left character."""
    return _right_to_left(code) or _is_accent(code)


def _is_accent(code: int) -> bool:
    return unicodedata.category(chr(code)) in {"Sk", "Mn"}


def _insert(run: list[Glyph | int], accent: Glyph) -> None:
    """Moves an accent (often a quotation mark) that was drawn late to before the character at its position."""
    at = next(i for i, each in enumerate(run) if isinstance(each, Glyph) and each.end > accent.along)
    run.insert(at, accent)


def _composed(run: list[Glyph | int]) -> list[Glyph | int]:
    """Combines each letter and the accent drawn over it (as TeX does) into one character."""
    found: list[Glyph | int] = []
    for each in run:
        last = found[-1] if found else None
        if isinstance(last, Glyph) and isinstance(each, Glyph) and (one := _one_letter(last, each)):
            found[-1] = one
        else:
            found.append(each)
    return found


def _one_letter(first: Glyph, second: Glyph) -> Glyph | None:
    accent, letter = (first, second) if chr(first.code) in _ACCENTS else (second, first)
    mark = _ACCENTS.get(chr(accent.code))
    middle = (accent.corner[0] + accent.corner[2]) / 2
    if mark is None or accent.angle or not letter.corner[0] <= middle <= letter.corner[2]:
        return None
    whole = unicodedata.normalize("NFC", _WITH_DOT.get(chr(letter.code), chr(letter.code)) + mark)
    if len(whole) > 1:
        return None
    a, b = accent.corner, letter.corner
    corner = min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])
    return letter._replace(code=ord(whole), corner=corner)


def _right_to_left(code: int) -> bool:
    return unicodedata.bidirectional(chr(code)) in {"R", "AL", "AN"}


def _line(row: Row, transform: PageTransform) -> PdfLine:
    run = _composed([each for piece in row for each in piece.joined])
    drawn = [each for each in run if isinstance(each, Glyph)]
    points = transform.points(np.array([each.corner for each in drawn], np.float64))
    corners = np.zeros((len(run), 4), np.uint16)
    corners[[not isinstance(each, int) for each in run]] = corners_of(points, transform.width, transform.height)
    sizes = sorted(each.size for each in drawn)
    first = drawn[0]
    return PdfLine(
        text="".join(chr(each if isinstance(each, int) else each.code) for each in run),
        corners=corners,
        left=min(each.along for each in drawn) if first.angle else float(points[:, 0].min()),
        right=max(each.end for each in drawn),
        baseline=first.across,
        size=sizes[len(sizes) // 2],
        bold=2 * sum(each.bold for each in drawn) > len(drawn),
        angle=first.angle,
    )
