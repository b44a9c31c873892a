"""Where a quote stands in a later version of its document, moved or changed."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from source import Span

_WORDS = 3  # in a row, that are looked for together
_MOST = 200  # such rows of a quote, and places of each
_ENOUGH = 0.5  # of the quote's rows of words: so many must stand close together
_LONGER = 1.5  # times the quote's length: how close


def moved(text: str, quote: str) -> Span | None:
    """Where the same words stand in `text`, white space aside."""
    pattern = r"\s+".join(map(re.escape, quote.split()))
    match = re.search(pattern, text) if pattern else None
    return Span(*match.span()) if match else None


def changed(text: str, quote: str) -> Span | None:
    """Where most of a quote's words stand, in rows of three, close together; None if nowhere."""
    rows = list(_rows(quote))[:_MOST]
    places = sorted((match.start(), match.end(), row) for row in rows for match in _occurrences(text, row))
    starts = [place[0] for place in places]
    best: tuple[int, Span] | None = None
    for first, start in enumerate(starts):
        near = places[first : bisect_left(starts, start + int(_LONGER * len(quote)))]
        met = len({row for _, _, row in near})
        if met >= _ENOUGH * len(set(rows)) and (best is None or met > best[0]):
            best = met, Span(start, max(end for _, end, _ in near))
    return best[1] if best else None


def _rows(quote: str) -> Iterator[str]:
    words = re.findall(r"\w+", quote)
    for i in range(max(1, len(words) - _WORDS + 1)):
        if row := words[i : i + _WORDS]:
            yield r"\W+".join(map(re.escape, row))


def _occurrences(text: str, row: str) -> list[re.Match[str]]:
    found = []
    for match in re.finditer(rf"\b{row}\b", text):
        found.append(match)
        if len(found) == _MOST:
            break
    return found
