"""The lines of a text, numbered.

>>> lines = Lines("one\\r\\ntwo\\nthree")
>>> [lines.number(offset) for offset in (0, 5, 9)]
[1, 2, 3]
"""

from __future__ import annotations

from functools import cached_property
from itertools import accumulate

_STEP = 1 << 13  # characters


class Lines:
    r"""Lines end at \n, \r or \r\n. How many there are before every so many characters is counted when first asked."""

    def __init__(self, text: str) -> None:
        self._text = text

    def number(self, offset: int) -> int:
        """The line at `offset`, from 1."""
        step = min(offset, len(self._text)) // _STEP
        return 1 + self._before[step] + self._ends(step * _STEP, offset)

    @cached_property
    def _before(self) -> list[int]:
        starts = range(0, len(self._text), _STEP)
        return list(accumulate((self._ends(start, start + _STEP) for start in starts), initial=0))

    def _ends(self, start: int, end: int) -> int:
        r"""The lines that end there. The \n of a \r\n ends none: its \r did, and that may stand before `start`."""
        count = self._text.count
        return count("\n", start, end) + count("\r", start, end) - count("\r\n", max(0, start - 1), end)
