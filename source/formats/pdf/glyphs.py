"""The characters that a PDF page draws and their positions, one at a time, as PDFium reports them."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

TAB, SPACE = 9, 32

_BOLD = 600  # font weight
_FONT_NAME = 64  # bytes of a font's name that are examined
_HYPHEN = 45
_NOT_A_CHARACTER = frozenset({0, 0xFFFE, 0xFFFF})
_LAST_CODE = 0x10FFFF  # PDFium gives a font's own codes, which may be larger, if it doesn't say what they mean
_INVISIBLE = 3  # the text rendering mode that draws nothing
_NEARLY = 2  # degrees from upright or a right angle: a page that was not scanned quite straight
_MAX_PATHS, _MAX_POINTS = 16, 64  # of a clipping path that are examined
_MARGIN = 0.5  # points, for what is at the very edge of a clip

Rectangle = tuple[float, float, float, float]
"""Left, bottom, right and top, in the page's own coordinates."""
_Axis = tuple[float, float, float]
"""The factors of x and y, and the constant, of a position along a direction on the page as shown, in points."""


class Glyph(NamedTuple):
    """A character that the page draws, in points.

    `along`, `end`: where it starts and ends along its line; `across`: its baseline, across the
    line, growing from line to line. `size`: that of the font. `angle`: that of the line on the page as
    shown, in degrees clockwise. `identified`: whether its font says which character it is. `corner`: its box.
    """

    code: int
    along: float
    end: float
    across: float
    size: float
    angle: int
    bold: bool
    identified: bool
    corner: Rectangle


class PageTransform:
    """Maps the page's own coordinates to those of the page as shown: cropped, rotated, from the top left corner."""

    def __init__(self, page: Any, width: float, height: float) -> None:
        self.width, self.height = width, height
        origin, right, up = (self._corner(page, *point) for point in ((0, 0), (1000, 0), (0, 1000)))
        self._origin = np.array(origin)
        self._matrix = np.array([np.subtract(right, origin), np.subtract(up, origin)]) / 1000
        self._directions: list[list[float]] = self._matrix.tolist()

    def _corner(self, page: Any, x: float, y: float) -> tuple[float, float]:
        import pypdfium2.raw as pdfium

        at = ctypes.c_int(), ctypes.c_int()
        scale = 100  # because PDFium returns whole pixels
        wide, high = round(self.width * scale), round(self.height * scale)
        pdfium.FPDF_PageToDevice(page.raw, 0, 0, wide, high, 0, x, y, ctypes.byref(at[0]), ctypes.byref(at[1]))
        return at[0].value / scale, at[1].value / scale

    def points(self, corners: NDArray[np.float64]) -> NDArray[np.float64]:
        """Maps (n, 4) left, bottom, right, top on the page to left, top, right, bottom as shown, in points."""
        first = corners[:, :2] @ self._matrix + self._origin
        second = corners[:, 2:] @ self._matrix + self._origin
        return np.hstack([np.minimum(first, second), np.maximum(first, second)])

    def angle(self, x: float, y: float) -> float:
        """The direction (x, y) on the page as shown, in degrees clockwise from 0 (rightwards) to 360."""
        (right_x, down_x), (right_y, down_y) = self._directions
        return math.degrees(math.atan2(x * down_x + y * down_y, x * right_x + y * right_y)) % 360

    def axis(self, angle: int) -> _Axis:
        """The axis along an angle on the page as shown."""
        turned = math.radians(angle)
        direction = np.round([math.cos(turned), math.sin(turned)], 12)
        along: list[float] = (self._matrix @ direction).tolist()
        return along[0], along[1], float(self._origin @ direction)


class _Style(NamedTuple):
    """What the characters of one piece of text (one operator of the page) have in common.

    `along`, `across`: axes of `PageTransform`. `column`: of vertical writing, a point in its axis.
    `clip`: outside it, nothing is seen; None if there is no clip.
    """

    size: float
    angle: int
    bold: bool
    column: tuple[float, float] | None
    along: _Axis
    across: _Axis
    clip: Rectangle | None


def glyphs(text_page: Any, transform: PageTransform) -> Iterator[Glyph | int]:
    """The visible characters in the page's order.

    A plain code is white space that isn't drawn: a space that PDFium adds, or a tab
    where a table cell hides the rest of its text.
    """
    import pypdfium2.raw as pdfium

    raw = text_page.raw
    left, right, bottom, top, x, y = (ctypes.c_double() for _ in range(6))
    styles = _Styles(raw, transform)
    for index in range(text_page.count_chars()):
        code = pdfium.FPDFText_GetUnicode(raw, index)
        if code <= SPACE and pdfium.FPDFText_IsGenerated(raw, index) == 1:
            yield SPACE
            continue
        style = styles.at(index)
        if code in _NOT_A_CHARACTER or 0xD800 <= code <= 0xDFFF or code > _LAST_CODE:
            code = 0xFFFD
        if not chr(code).isalnum() and pdfium.FPDFText_IsHyphen(raw, index) == 1:
            code = _HYPHEN
        pdfium.FPDFText_GetCharBox(raw, index, left, right, bottom, top)
        pdfium.FPDFText_GetCharOrigin(raw, index, x, y)
        corner = left.value, bottom.value, right.value, top.value
        if style.clip and not _is_seen(corner, style.clip, style.angle % 180 == 90):
            yield SPACE if chr(code).isspace() else TAB
            continue
        along, end, across = _placed(style, x.value, y.value, corner)
        identified = pdfium.FPDFText_HasUnicodeMapError(raw, index) != 1
        yield Glyph(code, along, end, across, style.size, style.angle, style.bold, identified, corner)


def _placed(style: _Style, x: float, y: float, corner: Rectangle) -> tuple[float, float, float]:
    """Where a character starts and ends along its line, and its baseline across the line."""
    (ax, ay, a), (cx, cy, c) = style.along, style.across
    left, bottom, right, top = corner
    if style.column:
        end = ax * x + ay * y + a
        return end - style.size, end, cx * style.column[0] + cy * style.column[1] + c
    end = a + max(ax * left, ax * right) + max(ay * bottom, ay * top)
    return ax * x + ay * y + a, end, cx * x + cy * y + c


class _Styles:
    """Finds the style of each character; PDFium gives one to each piece of text."""

    def __init__(self, raw: Any, transform: PageTransform) -> None:
        self._raw = raw
        self._transform = transform
        self._known: dict[int | None, _Style] = {}
        self._axes: dict[int, tuple[_Axis, _Axis]] = {}

    def at(self, index: int) -> _Style:
        import pypdfium2.raw as pdfium

        drawn = pdfium.FPDFText_GetTextObject(self._raw, index)
        key = _address(drawn)
        style = self._known.get(key)
        if style is None:
            style = self._known[key] = self._style(index, drawn)
        return style

    def _style(self, index: int, drawn: Any) -> _Style:
        import pypdfium2.raw as pdfium

        raw = self._raw
        shown, own = pdfium.FS_MATRIX(), pdfium.FS_MATRIX()
        pdfium.FPDFText_GetMatrix(raw, index, shown)
        pdfium.FPDFPageObj_GetMatrix(drawn, own)
        font_size = pdfium.FPDFText_GetFontSize(raw, index)
        size = abs(font_size) * math.hypot(shown.c, shown.d)
        size = size if math.isfinite(size) else 0.0
        sign = math.copysign(1, font_size)
        vertical = self._is_vertical(index, drawn, shown, size)
        way = (-sign * shown.c, -sign * shown.d) if vertical else (sign * shown.a, sign * shown.b)
        angle = _straight(self._transform.angle(*way))
        if angle not in self._axes:
            self._axes[angle] = self._transform.axis(angle), self._transform.axis(angle + 90)
        clip = _clip(drawn, own, shown) if drawn else None
        column = (shown.e, shown.f) if vertical else None
        return _Style(size, angle, self._is_bold(index), column, *self._axes[angle], clip)

    def _is_bold(self, index: int) -> bool:
        import pypdfium2.raw as pdfium

        if pdfium.FPDFText_GetFontWeight(self._raw, index) >= _BOLD:
            return True
        font = ctypes.create_string_buffer(_FONT_NAME)  # many fonts don't give their weight, but have it in their name
        pdfium.FPDFText_GetFontInfo(self._raw, index, font, _FONT_NAME, None)
        return b"bold" in font.value.lower()

    def _is_vertical(self, index: int, drawn: Any, shown: Any, size: float) -> bool:
        """Whether a piece of text, of which this is the first character, is written from top to bottom.

        Then its second character is below the first one, as its letters stand (`shown`: the matrix).
        """
        import pypdfium2.raw as pdfium

        if _address(pdfium.FPDFText_GetTextObject(self._raw, index + 1)) != _address(drawn):
            return False
        x, y, next_x, next_y = (ctypes.c_double() for _ in range(4))
        pdfium.FPDFText_GetCharOrigin(self._raw, index, x, y)
        pdfium.FPDFText_GetCharOrigin(self._raw, index + 1, next_x, next_y)
        right, down = next_x.value - x.value, y.value - next_y.value
        length = math.hypot(shown.c, shown.d) or 1.0
        up_x, up_y = shown.c / length, shown.d / length
        along, below = abs(right * up_y + down * up_x), abs(down * up_y - right * up_x)
        return bool(along < size / 2 < below < 2 * size)


def _address(drawn: Any) -> int | None:
    return ctypes.addressof(drawn.contents) if drawn else None


def _straight(angle: float) -> int:
    """The angle in whole degrees; an angle that is nearly a right one is made so, and an impossible one upright."""
    if not math.isfinite(angle):
        return 0
    right = round(angle / 90) * 90
    return (right if abs(angle - right) <= _NEARLY else round(angle)) % 360


def _clip(drawn: Any, own: Any, shown: Any) -> Rectangle | None:
    """The rectangle around what the clipping paths of a text leave of the page; None if there are none.

    `own`, `shown`: the text's matrix within its form and on the page. A clip is given in the form's coordinates.
    """
    import pypdfium2.raw as pdfium

    path = pdfium.FPDFPageObj_GetClipPath(drawn)
    count = pdfium.FPDFClipPath_CountPaths(path) if path else 0
    if count <= 0:
        return None
    found = [-math.inf, -math.inf, math.inf, math.inf]
    for number in range(min(count, _MAX_PATHS)):
        if points := _points(path, number):
            xs, ys = zip(*(_mapped(point, own, shown) for point in points), strict=True)
            found = [max(found[0], min(xs)), max(found[1], min(ys)), min(found[2], max(xs)), min(found[3], max(ys))]
    return found[0], found[1], found[2], found[3]


def _points(path: Any, number: int) -> list[tuple[float, float]]:
    """The points of a clipping path; none if it has too many to be a rectangle."""
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFClipPath_CountPathSegments(path, number)
    if count > _MAX_POINTS:
        return []
    x, y = ctypes.c_float(), ctypes.c_float()
    segments = (pdfium.FPDFClipPath_GetPathSegment(path, number, index) for index in range(count))
    return [(x.value, y.value) for each in segments if pdfium.FPDFPathSegment_GetPoint(each, x, y)]


def _mapped(point: tuple[float, float], own: Any, shown: Any) -> tuple[float, float]:
    """Maps a point of a form to the page: from the form to the text's own coordinates, then to the page."""
    determinant = own.a * own.d - own.b * own.c
    if not determinant or _same(own, shown):
        return point
    x, y = point[0] - own.e, point[1] - own.f
    x, y = (own.d * x - own.c * y) / determinant, (own.a * y - own.b * x) / determinant
    return shown.a * x + shown.c * y + shown.e, shown.b * x + shown.d * y + shown.f


def _same(one: Any, other: Any) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in "abcdef")


def _is_seen(corner: Rectangle, clip: Rectangle, turned: bool) -> bool:
    """Whether half of a character along its line, and any of it across, is inside the clip.

    Some programs draw a line in an upper and a lower half.
    """
    wide, high = (_MARGIN + min(corner[i + 2], clip[i + 2]) - max(corner[i], clip[i]) for i in (0, 1))
    along, across, length = (high, wide, corner[3] - corner[1]) if turned else (wide, high, corner[2] - corner[0])
    return 2 * along >= length and across > 0


def has_ocr_layer(text_page: Any) -> bool:
    """Whether the page's text is an invisible layer over an image, added by an OCR program."""
    import pypdfium2.raw as pdfium

    if not text_page.count_chars():
        return False
    drawn = pdfium.FPDFText_GetTextObject(text_page.raw, 0)
    return bool(drawn) and pdfium.FPDFTextObj_GetTextRenderMode(drawn) == _INVISIBLE


def is_blank(page: Any) -> bool:
    """Whether nothing is drawn on a page."""
    import pypdfium2.raw as pdfium

    return bool(pdfium.FPDFPage_CountObjects(page.raw) == 0)
