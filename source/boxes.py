"""Where characters stand on their pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

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


@dataclass(frozen=True, slots=True)
class Boxes:
    """The corners of every character of a document, and the pages' sizes (pages, 2) in points."""

    corners: Corners
    sizes: NDArray[np.float32]


def line_boxes(page: int, corners: Corners, text: str) -> Iterator[Box]:
    """One box around each line that `text` stands on, all on one page; nothing if any letter's place is not known.

    `corners`: those of the text's characters.
    """
    has: NDArray[np.bool_] = np.asarray(corners.any(axis=1))
    if any(not known and not char.isspace() for known, char in zip(has.tolist(), text, strict=True)):
        return
    line: Corners | None = None
    for corner in corners[has]:
        if line is not None and _same_line(line, corner):
            line = np.concatenate([np.minimum(line[:2], corner[:2]), np.maximum(line[2:], corner[2:])])
            continue
        if line is not None:
            yield _box(page, line)
        line = corner
    if line is not None:
        yield _box(page, line)


def _same_line(line: Corners, corner: Corners) -> bool:
    """Whether the two overlap by half of the lower one's height, and are not a column apart."""
    _, top, right, bottom = map(int, line)
    shared = min(bottom, int(corner[3])) - max(top, int(corner[1]))
    lower = min(bottom - top, int(corner[3]) - int(corner[1]))
    return 2 * shared >= lower and int(corner[0]) - right < SCALE // 5


def _box(page: int, corner: Corners) -> Box:
    left, top, right, bottom = (float(each) / SCALE for each in corner)
    return Box(page, left, top, right, bottom)
