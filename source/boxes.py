"""Where characters stand on their pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from source.places import Places
from source.spans import Span

_STRETCH = re.compile(r"[^\n\t]+")
SCALE = 65535
"""A corner's coordinate that is the page's whole width or height."""

Corners: TypeAlias = NDArray[np.uint16]
"""(characters, 4): left, top, right, bottom, from the page's top left corner; all 0 for a character without a box."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page (counted from 1), in shares of the page's width and height from its top left corner."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


def corners_of(points: NDArray[np.float64], width: float, height: float) -> Corners:
    """(n, 4) left, top, right, bottom on a page of that size, in its units → corners; none for what lies outside."""
    scaled = points / np.maximum([width, height, width, height], 1) * SCALE
    outside = (scaled[:, 2:] < 0).any(axis=1) | (scaled[:, :2] > SCALE).any(axis=1)
    scaled[outside] = 0
    return np.asarray(np.clip(np.rint(scaled), 0, SCALE), np.uint16)


def boxes_of(places: Places, span: Span, corners: Corners, text: str) -> tuple[Box, ...]:
    """A box around each line, or cell of a row, that a span stands on; none at all if any letter's place is not known.

    `corners`, `text`: those of the span's characters.
    """
    known: list[bool] = np.asarray(corners.any(axis=1)).tolist()
    if not all(has or char.isspace() for has, char in zip(known, text, strict=True)):
        return ()
    stretches = [Span(span.start + match.start(), span.start + match.end()) for match in _STRETCH.finditer(text)]
    found = ((each, corners[each.start - span.start : each.end - span.start]) for each in stretches)
    return tuple(_around(places.page(each.start) or 1, own) for each, own in found if own.any())


def _around(page: int, corners: Corners) -> Box:
    """The smallest box that holds all of them."""
    known = corners[corners.any(axis=1)].astype(np.float64) / SCALE
    left, top = known[:, :2].min(axis=0).tolist()
    right, bottom = known[:, 2:].max(axis=0).tolist()
    return Box(page, left, top, right, bottom)
