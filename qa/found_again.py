"""Where a quote stands in a later version of its document, moved or changed."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate, islice

from source import Span

_WORDS = 3  # in a row, that are looked for together
_MOST = 200  # such rows of a quote, and places of each
_ENOUGH = 0.5  # of the quote's rows of words: so many must stand close together
_LONGER = 1.5  # times the quote's length: how close


def moved(text: str, quote: str) -> Span | None:
    """Where the same words stand in `text`, white space aside."""
    words = [(match.start(), match[0]) for match in re.finditer(r"\S+", text)]
    sought = " ".join(quote.split())
    found = " ".join(word for _, word in words).find(sought) if sought else -1
    if found < 0:
        return None
    starts = list(accumulate((len(word) + 1 for _, word in words), initial=0))

    def place(at: int) -> int:
        number = bisect_right(starts, at) - 1
        return words[number][0] + at - starts[number]

    return Span(place(found), place(found + len(sought) - 1) + 1)


def changed(text: str, quote: str) -> Span | None:
    """Where most of a quote's words stand, in rows of three, close together; None if nowhere."""
    rows = list(dict.fromkeys(islice(_rows(quote), _MOST)))
    places = sorted((match.start(), match.end(), row) for row in rows for match in _occurrences(text, row))
    near: Counter[str] = Counter()
    first, most, best = 0, 0, range(0)
    for last, (start, _, row) in enumerate(places):
        near[row] += 1
        while places[first][0] + int(_LONGER * len(quote)) <= start:
            gone = places[first][2]
            near[gone] -= 1
            if not near[gone]:
                del near[gone]
            first += 1
        if len(near) > most:
            most, best = len(near), range(first, last + 1)
    if not best or most < _ENOUGH * len(rows):
        return None
    return Span(places[best[0]][0], max(places[each][1] for each in best))


def _rows(quote: str) -> Iterator[str]:
    words = re.findall(r"\w+", quote)
    for i in range(max(1, len(words) - _WORDS + 1)):
        if row := words[i : i + _WORDS]:
            yield r"\W+".join(map(re.escape, row))


def _occurrences(text: str, row: str) -> list[re.Match[str]]:
    return list(islice(re.finditer(rf"\b{row}\b", text), _MOST))
