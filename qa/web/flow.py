"""Whether the line breaks of a text mean anything, or only end lines of a typewriter's width."""

from __future__ import annotations

import re

_WIDTHS = range(55, 130)  # of the longest line, where a program or a typist has wrapped prose
_FILLED = 0.6  # of the longest line: a wrapped line ends where the next word did not fit
_ITEM = re.compile(r"\s*(?:[-*•–—·+|>]|\(?\w{1,3}[.)])\s")


def flows(text: str) -> bool:
    """Whether lines may be put together where they are shown: the text itself stays as it is.

    >>> flows("It was the best of times, it was the worst of times, it was\\nthe age of wisdom, it was the age")
    True
    >>> flows("Shall I compare thee to a summer's day?\\nThou art more lovely and more temperate:")
    False
    """
    lines = [line.rstrip() for line in text.split("\n")]
    if len(lines) < 2 or max(map(len, lines)) not in _WIDTHS:
        return False
    full = _FILLED * max(map(len, lines))
    return all(len(line) >= full for line in lines[1:-1]) and not any(_ITEM.match(line) for line in lines[1:])
