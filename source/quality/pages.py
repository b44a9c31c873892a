"""Finds the pages whose text shows signs of differing from the file, whatever the format.

>>> doubts_of("Clean text.", pages=(0,))
[]
>>> doubts_of("Clean text.\\nt h e s e s p a c e s a r e t o o m a n y", pages=(0, 12))
[Doubt(kind=<DoubtKind.SPACED_WORDS: 'spaced-out words'>, page=2, count=1)]

A text is judged page by page; one without pages, in stretches of the length of a
page. A page is doubtful only if a sign occurs often enough: an occasional slip may
be the author's own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np

from source.document import Doubt, DoubtKind
from source.quality.characters import CONTROL, PRIVATE, SPACE, UNDECODABLE, WHITE, Bounds, Kinds, index_of, kinds_of
from source.quality.joined_words import Words, common_words

_STRETCH = 4000  # characters: a full page
_PIECE = 1 << 21  # characters processed together, which bounds the memory
_MIN_COUNT = 3  # characters on a page
_MIN_SHARE = 1 / 1000  # of the page's characters: one in a dozen lines
_ODD = {PRIVATE: DoubtKind.PRIVATE_USE, CONTROL: DoubtKind.CONTROL, UNDECODABLE: DoubtKind.UNDECODABLE}


def doubts_of(text: str, pages: tuple[int, ...]) -> list[Doubt]:
    """The doubts about each page, or about the whole text if it has no pages, sorted by page and kind.

    `pages`: the offsets at which pages start. The counts, on doubtful pages only, are
    of odd characters, of different words that are joined, and of runs of spaced-out
    letters. Private-use characters surrounded by white space are not counted: they are
    bullets and icons. Takes linear time.
    """
    starts = np.array(sorted({0, *pages}) if pages else range(0, len(text), _STRETCH), np.int64)
    common = cache(lambda: common_words(text))
    counts: Counter[tuple[int, DoubtKind]] = Counter()
    first = 0
    while first < len(starts):
        last = int(np.searchsorted(starts, starts[first] + _PIECE))
        end = int(starts[last]) if last < len(starts) else len(text)
        for kind, page, count in _signs(text[starts[first] : end], starts[first:last] - starts[first], common):
            counts[bisect_right(pages, int(starts[first + page])), kind] += count
        first = last
    order = list(DoubtKind)
    ranked = sorted(counts, key=lambda each: (each[0], order.index(each[1])))
    return [Doubt(kind, page or None, counts[page, kind]) for page, kind in ranked]


def _signs(text: str, starts: Bounds, common: Callable[[], frozenset[str]]) -> Iterator[tuple[DoubtKind, int, int]]:
    """Each kind of doubt with its page, as an index into `starts`, and its count."""
    kinds = kinds_of(text)
    words = Words(text, kinds, starts)
    for kind, doubt in _ODD.items():
        yield from ((doubt, page, count) for page, count in _odd(kinds, kind, starts))
    yield from ((DoubtKind.JOINED_WORDS, page, count) for page, count in words.joined(common))
    yield from ((DoubtKind.SPACED_WORDS, page, count) for page, count in words.spaced())


def _odd(kinds: Kinds, kind: int, starts: Bounds) -> Iterator[tuple[int, int]]:
    """The pages with too many characters of a kind, each with their number."""
    hits = np.flatnonzero(kinds == kind)
    if kind == PRIVATE:
        white = np.pad((kinds == SPACE) | (kinds == WHITE), 1, constant_values=True)
        hits = hits[~(white[hits] & white[hits + 2])]
    counts = np.bincount(index_of(hits, starts), minlength=len(starts))
    least = np.maximum(_MIN_COUNT, _MIN_SHARE * np.diff(starts, append=len(kinds)))
    yield from ((page, int(counts[page])) for page in np.flatnonzero(counts >= least).tolist())
