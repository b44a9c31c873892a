"""The characters that a PDF page draws and their positions, one at a time, as PDFium reports them."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BOLD = 600  # font weight
_FONT_NAME = 64  # bytes of a font's name that are examined
_HYPHEN = 45
_NOT_A_CHARACTER = frozenset({0, 0xFFFE, 0xFFFF})
_INVISIBLE = 3  # the text rendering mode that draws nothing


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character that the page draws, in points.

    `along`, `end`: where it starts and ends along its line; `across`: its baseline, across the
    line. `size`: that of the font. `angle`: that of the line, in radians. `corner`: left, bottom,
    right and top in the page's own coordinates.
    """

    code: int
    along: float
    end: float
    across: float
    size: float
    angle: float
    bold: bool
    corner: tuple[float, float, float, float]


class PageTransform:
    """Maps the page's own coordinates to those of the page as shown: cropped, rotated, from the top left corner."""

    def __init__(self, page: Any, width: float, height: float) -> None:
        self.width, self.height = width, height
        origin, right, up = (self._corner(page, *point) for point in ((0, 0), (1000, 0), (0, 1000)))
        self._origin = np.array(origin)
        self._matrix = np.array([np.subtract(right, origin), np.subtract(up, origin)]) / 1000

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


def glyphs(text_page: Any) -> Iterator[Glyph | None]:
    """The characters in the page's order; None for a space that PDFium adds and the page doesn't draw."""
    import pypdfium2.raw as pdfium

    raw = text_page.raw
    left, right, bottom, top, x, y = (ctypes.c_double() for _ in range(6))
    matrix, font = pdfium.FS_MATRIX(), ctypes.create_string_buffer(_FONT_NAME)
    for index in range(text_page.count_chars()):
        code = pdfium.FPDFText_GetUnicode(raw, index)
        if pdfium.FPDFText_IsGenerated(raw, index) == 1:
            yield None
            continue
        if pdfium.FPDFText_IsHyphen(raw, index) == 1:
            code = _HYPHEN
        if code in _NOT_A_CHARACTER or 0xD800 <= code <= 0xDFFF:
            code = 0xFFFD
        pdfium.FPDFText_GetCharBox(raw, index, left, right, bottom, top)
        pdfium.FPDFText_GetCharOrigin(raw, index, x, y)
        pdfium.FPDFText_GetMatrix(raw, index, matrix)
        angle = max(0.0, pdfium.FPDFText_GetCharAngle(raw, index))
        size = pdfium.FPDFText_GetFontSize(raw, index) * math.hypot(matrix.c, matrix.d)
        bold = pdfium.FPDFText_GetFontWeight(raw, index) >= _BOLD
        if not bold:  # many fonts don't give their weight, but have it in their name
            pdfium.FPDFText_GetFontInfo(raw, index, font, _FONT_NAME, None)
            bold = b"bold" in font.value.lower()
        corner = left.value, bottom.value, right.value, top.value
        along, end, across = _turned(x.value, y.value, corner, angle)
        yield Glyph(code, along, end, across, size, angle, bold, corner)


def _turned(x: float, y: float, corner: tuple[float, float, float, float], angle: float) -> tuple[float, float, float]:
    """Where a character starts and ends along its line, and its baseline across the line."""
    if not angle:
        return x, corner[2], y
    cos, sin = math.cos(angle), math.sin(angle)
    ends = [px * cos + py * sin for px in (corner[0], corner[2]) for py in (corner[1], corner[3])]
    return x * cos + y * sin, max(ends), y * cos - x * sin


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
