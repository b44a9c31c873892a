"""The kind of each character of a text, as an array, which is fast to search in long texts."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

SPACE, WHITE, LOWER, UPPER, LETTER, PRIVATE, CONTROL, UNDECODABLE = range(1, 9)
"""Kinds of characters. WHITE: other white space than SPACE. LETTER: a letter without case. 0: anything else."""

Kinds: TypeAlias = NDArray[np.uint8]
"""(characters,): the kind of each character."""
Bounds: TypeAlias = NDArray[np.int64]
"""(n,) offsets, or (n, 2) starts and ends."""

# Latin, Greek, Cyrillic, Armenian, Hebrew, Arabic and Georgian: scripts that put spaces between words.
_SPACED_SCRIPTS = (range(0x700), range(0x10A0, 0x1100), range(0x1E00, 0x2000))
_CONTROLS = (range(0x09), range(0x0E, 0x20), range(0x7F, 0x85), range(0x86, 0xA0), range(0xFDD0, 0xFDF0))


def kinds_of(text: str) -> Kinds:
    """The kind of each character. Only letters of scripts that put spaces between words count as letters."""
    return _table()[np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)]


def runs(mask: NDArray[np.bool_]) -> Bounds:
    """The runs of consecutive true values in `mask`: (runs, 2), starts and ends.

    >>> runs(np.array([True, True, False, True])).tolist()
    [[0, 2], [3, 4]]
    """
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0))
    return edges.reshape(-1, 2)


def index_of(offsets: Bounds, starts: Bounds) -> Bounds:
    """For each offset, the index of the last of `starts` that is not after it."""
    return np.searchsorted(starts, offsets, "right") - 1


@cache
def _table() -> Kinds:
    """The kind of every code point."""
    table = np.zeros(0x110000, np.uint8)
    for script in _SPACED_SCRIPTS:
        for code in script:
            if (char := chr(code)).isalpha():
                table[code] = LOWER if char.islower() else UPPER if char.isupper() else LETTER
    table[[code for code in range(0x3001) if chr(code).isspace()]] = WHITE
    table[0x20] = SPACE
    for controls in _CONTROLS:
        table[controls.start : controls.stop] = CONTROL
    table[0xFFFE::0x10000] = table[0xFFFF::0x10000] = CONTROL  # noncharacters, as those from U+FDD0 on
    for first, last in ((0xE000, 0xF8FF), (0xF0000, 0xFFFFD), (0x100000, 0x10FFFD)):
        table[first : last + 1] = PRIVATE
    table[0xFFFD] = UNDECODABLE
    table[0xD800:0xE000] = UNDECODABLE  # lone surrogates
    return table
