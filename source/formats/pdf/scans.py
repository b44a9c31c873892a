"""Recognises scans that carry a little real text: a stamp, a fax's header, the line of a signing service.

Such a page has text, but it accounts for little of the ink. The ink is measured in a small rendering, and
only of pages with little text and a picture.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from source.formats.pdf.glyphs import PageTransform, Rectangle
from source.places import SCALE, Corners

_MOST_TEXT = 400  # characters: a page with more is not a scan with a stamp
_LEAST_COVERED = 0.03  # of the page, by pictures: less is a logo
_MOST_OBJECTS = 500  # of a page that are searched for pictures
_DEEPEST = 3  # forms within forms
_DOTS = 60  # per inch of the rendering
_MAX_PIXELS = 1_000_000
_PAPER, _INK = 24, 64  # of 256: how much darker than the paper its noise may be, and ink must be
_LEAST_PAPER = 0.6  # of the pictures: a photograph has less of one shade
_LEAST_THIN = 0.5  # of the ink, next to paper: shapes and photographs have less
_LEAST_INK = 300  # pixels: about ten words
_OWN = 0.2  # of the ink: so little of it is the page's own text


def is_scan(page: Any, transform: PageTransform, corners: Sequence[Corners]) -> bool:
    """Whether most of what a page (a pypdfium2 PdfPage) shows is text in pictures.

    `corners`: those of the characters of each line of its own text.
    """
    if sum(map(len, corners)) > _MOST_TEXT:
        return False
    boxes = list(_pictures(page.raw, 0, [_MOST_OBJECTS]))
    if not boxes:
        return False
    shown = transform.points(np.array(boxes, np.float64)) / np.maximum([transform.width, transform.height] * 2, 1)
    shown = np.clip(np.nan_to_num(shown), 0, 1)
    if _covered(shown) < _LEAST_COVERED:
        return False
    return _shows_text(page, shown, corners)


def _pictures(holder: Any, depth: int, left: list[int]) -> Iterator[Rectangle]:
    """The pictures' boxes on the page, of those in forms too. `left`: how many more objects may be examined."""
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFFormObj_CountObjects(holder) if depth else pdfium.FPDFPage_CountObjects(holder)
    for index in range(count):
        if left[0] <= 0:
            return
        left[0] -= 1
        each = pdfium.FPDFFormObj_GetObject(holder, index) if depth else pdfium.FPDFPage_GetObject(holder, index)
        kind = pdfium.FPDFPageObj_GetType(each)
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            box = [ctypes.c_float() for _ in range(4)]
            if pdfium.FPDFPageObj_GetBounds(each, *box):
                yield box[0].value, box[1].value, box[2].value, box[3].value
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
            yield from _pictures(each, depth + 1, left)


def _covered(boxes: NDArray[np.float64]) -> float:
    """The share of the page that boxes cover, in fractions of its size; where they overlap, it counts twice."""
    return float(((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).sum())


def _shows_text(page: Any, pictures: NDArray[np.float64], corners: Sequence[Corners]) -> bool:
    width, height = page.get_size()
    scale = min(_DOTS / 72, (_MAX_PIXELS / max(1.0, width * height)) ** 0.5)
    shades = np.asarray(page.render(scale=scale).to_pil().convert("L"), np.int16)
    in_pictures, in_text = np.zeros(shades.shape, bool), np.zeros(shades.shape, bool)
    _fill(in_pictures, pictures)
    for line in corners:
        known = line[line.any(axis=1)].astype(np.float64) / SCALE
        if len(known):
            _fill(in_text, np.array([[*known[:, :2].min(axis=0), *known[:, 2:].max(axis=0)]]))
    pictured = shades[in_pictures]
    if not pictured.size:
        return False
    paper = int(np.bincount(pictured, minlength=256).argmax())
    ink = shades < paper - _INK
    own, other = np.count_nonzero(ink & in_text), ink & in_pictures & ~in_text
    count = np.count_nonzero(other)
    light = ~ink
    thin = other[:, 1:-1] & (light[:, :-2] | light[:, 2:])
    return bool(
        count >= _LEAST_INK
        and own <= _OWN * (own + count)
        and np.mean(np.abs(pictured - paper) <= _PAPER) >= _LEAST_PAPER
        and np.count_nonzero(thin) >= _LEAST_THIN * count
    )


def _fill(mask: NDArray[np.bool_], boxes: NDArray[np.float64]) -> None:
    """Sets what lies in boxes, given in fractions of the page's size."""
    high, wide = mask.shape
    for left, top, right, bottom in boxes.tolist():
        mask[int(top * high) : int(np.ceil(bottom * high)), int(left * wide) : int(np.ceil(right * wide))] = True
