"""Turns a PDF page into lines, in the order in which the page draws them.

PDFium gives the characters, and the spaces that a page shows only as gaps. The order
is that of the program which wrote the page: it goes down one column and then the
next. Lines are found by the baselines of their characters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from source.formats.pdf.glyphs import Glyph, PageTransform, glyphs, has_ocr_layer, is_blank
from source.places import Corners, corners_of

_SAME_BASELINE = 0.5  # of the font's size: the next line is farther away
_RAISED = 0.8  # of the larger font's size: how far smaller characters are raised or lowered in formulas
_SMALLER, _HIGHER, _CLOSE = 0.85, 0.2, 0.3  # of the font's size: a footnote mark
_CELL_GAP = 1.8  # of the font's size: a wider gap separates table cells
_BACK = 1.0  # of the font's size: a step back of this width starts a line (kerning and accents step back less)
_TAB, _SPACE = 9, 32
# Spacing accents and their combining forms.
_MARKS = "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327\u0328"
_ACCENTS = dict(zip("`´ˆ˜¯˘˙¨˚˝ˇ¸˛", _MARKS, strict=True)) | dict(zip(_MARKS, _MARKS, strict=True))
_WITH_DOT = {"ı": "i", "ȷ": "j"}


@dataclass(frozen=True, slots=True)
class PdfLine:
    """A line of a page.

    `corners`: (characters, 4), those of `text`. The other numbers are in points, from the
    page's top left corner. `upright`: whether it isn't rotated.
    """

    text: str
    corners: Corners
    left: float
    right: float
    baseline: float
    size: float
    bold: bool
    upright: bool

    @property
    def cells(self) -> int:
        """The number of table cells, which wide gaps separate."""
        return self.text.count("\t") + 1


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of a page in its own order; width and height in points, as it is shown.

    `recognised`: the text comes from OCR. `blank`: nothing is drawn on the page.
    """

    lines: list[PdfLine]
    width: float
    height: float
    recognised: bool = False
    blank: bool = False


def read_page(page: Any) -> Page:
    """Extracts the lines of a page (a pypdfium2 PdfPage)."""
    width, height = page.get_size()
    transform = PageTransform(page, width, height)
    text_page = page.get_textpage()
    lines = [_line(run, transform) for run in _runs(_ligatures(list(glyphs(text_page))))]
    found = Page([line for line in lines if line.text], width, height, has_ocr_layer(text_page), is_blank(page))
    text_page.close()
    return found


def _ligatures(drawn: list[Glyph | None]) -> list[Glyph | None]:
    """Puts the letters of right-to-left ligatures in order, which PDFium reversed together with their line."""
    found: list[Glyph | None] = []
    for glyph in drawn:
        before = found[-1] if found else None
        one = glyph and before and glyph.corner == before.corner and glyph.code != before.code
        if one and glyph and _right_to_left(glyph.code):
            found.insert(-1, glyph)
        else:
            found.append(glyph)
    return found


def _runs(drawn: list[Glyph | None]) -> Iterator[list[Glyph | int]]:
    """The characters of each line, with the spaces and tabs between them."""
    run: list[Glyph | int] = []
    last: Glyph | None = None
    main: Glyph | None = None  # the line's largest character, whose baseline others are raised or lowered from
    gap = False
    for glyph in drawn:
        if glyph is None or chr(glyph.code).isspace():
            gap = True
            continue
        if last and main and glyph.along < last.along and _is_accent(glyph.code) and _follows(last, main, glyph):
            _insert(run, glyph)
            continue
        if last is None or main is None or not _follows(last, main, glyph):
            if run:
                yield run
            run, main = [], glyph
        elif glyph.along - last.end > _CELL_GAP * last.size:
            run.append(_TAB)
        elif gap and not _is_raised(last, glyph):
            run.append(_SPACE)
        run.append(glyph)
        last, gap = glyph, False
        main = glyph if glyph.size > main.size else main
    if run:
        yield run


def _follows(last: Glyph, main: Glyph, glyph: Glyph) -> bool:
    """Whether a character is on the same line as the one before it."""
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
    return close and glyph.size < _SMALLER * last.size and glyph.across - last.across > _HIGHER * last.size


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
    return replace(letter, code=ord(whole), corner=corner)


def _right_to_left(code: int) -> bool:
    return unicodedata.bidirectional(chr(code)) in {"R", "AL", "AN"}


def _line(run: list[Glyph | int], transform: PageTransform) -> PdfLine:
    run = _composed(run)
    drawn = [each for each in run if isinstance(each, Glyph)]
    points = transform.points(np.array([each.corner for each in drawn], np.float64))
    corners = np.zeros((len(run), 4), np.uint16)
    corners[[not isinstance(each, int) for each in run]] = corners_of(points, transform.width, transform.height)
    sizes = sorted(each.size for each in drawn)
    first = drawn[0]
    origin = transform.points(np.array([[first.along, first.across] * 2]))[0] if not first.angle else points[0]
    return PdfLine(
        text="".join(chr(each if isinstance(each, int) else each.code) for each in run),
        corners=corners,
        left=float(points[:, 0].min()),
        right=float(points[:, 2].max()),
        baseline=float(origin[3]),
        size=sizes[len(sizes) // 2],
        bold=2 * sum(each.bold for each in drawn) > len(drawn),
        upright=not first.angle,
    )
