"""Detects words that lost the spaces between them, and words spaced out letter by letter."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from source.quality.characters import LETTER, LOWER, SPACE, UPPER, Bounds, Kinds, index_of, runs

_LONG = 20  # letters: longer words have up to 3% of the letters of a page of German prose, less in other languages
_MIN_WORDS = 5  # different ones, because a single name, code or address may recur many times
_LONG_SHARE = 0.1  # of the page's letters, in long lower-case words: about what half of the spaces lost gives
_MIXED_SHARE = 0.25  # the same with capitals inside the words; a page of camelCase names has up to 19%
_SEAM_SHARE = 0.015  # of the page's words; a page of code has up to 1.3% in words not recognised as code
_COMMON_SHARE = 1 / 200  # of all words: the word before a seam must be a common one, such as "the"
_MIN_COMMON = 3  # occurrences of a common word
_RUN = 6  # single letters in a row; fewer may be initials
_MIN_SPACED = 20  # letters on a page: more than a spaced-out heading
_SPACED_SHARE = 0.05  # of the page's letters

_WORD = re.compile(r"[^\W\d_]+")
_CODE_BEFORE = frozenset("`'\"./_<$#@:\\-")
_CODE_AFTER = frozenset("`'\"(/_=>[\\")


class Words:
    """The words of a text (runs of letters), each with its page; the pages start at `starts`."""

    def __init__(self, text: str, kinds: Kinds, starts: Bounds) -> None:
        self._text = text
        self._kinds = kinds
        self._spans = runs((kinds >= LOWER) & (kinds <= LETTER))
        self._lengths = self._spans[:, 1] - self._spans[:, 0]
        self._pages = index_of(self._spans[:, 0], starts)
        self._words_on = np.bincount(self._pages, minlength=len(starts))
        self._letters_on = np.bincount(self._pages, self._lengths, minlength=len(starts))

    def joined(self, common: Callable[[], frozenset[str]]) -> Iterator[tuple[int, int]]:
        """The pages (from 0) with too many long words or seams ("theHouse"), each with the number of different ones.

        `common`: returns the most common words of the whole text; called only if needed.
        """
        small, mixed, seams = (defaultdict[int, set[str]](set) for _ in range(3))
        for index in np.flatnonzero(self._lengths > _LONG).tolist():
            word = self._word(index)
            if not word.isupper() and len(set(word)) >= _MIN_WORDS and not self._in_code(index):
                (small if word[1:] == word[1:].lower() else mixed)[int(self._pages[index])].add(word)
        for index in self._seams(common):
            seams[int(self._pages[index])].add(self._word(index))
        for page in sorted({*small, *mixed, *seams}):
            found = self._too_many(page, small[page], mixed[page])
            if len(seams[page]) >= max(_MIN_WORDS, _SEAM_SHARE * self._words_on[page]):
                found |= seams[page]
            if found:
                yield page, len(found)

    def spaced(self) -> Iterator[tuple[int, int]]:
        """The pages (from 0) with too many single letters ("t h i s"), each with the number of runs of them."""
        spans = self._spans
        next_by_one = (spans[1:, 0] - spans[:-1, 1] == 1) & (self._kinds[spans[:-1, 1]] == SPACE)
        single = self._lengths == 1
        counts, letters = Counter[int](), Counter[int]()
        found = runs(single[:-1] & single[1:] & next_by_one)
        for first, last in found[found[:, 1] - found[:, 0] >= _RUN - 1].tolist():
            run = self._text[spans[first, 0] : spans[last, 1]].split(" ")
            if len(run) >= _RUN and not all(a <= b for a, b in pairwise(run)):  # "A B C D E F" labels columns
                counts[int(self._pages[first])] += 1
                letters[int(self._pages[first])] += len(run)
        for page, count in sorted(counts.items()):
            if letters[page] >= max(_MIN_SPACED, _SPACED_SHARE * self._letters_on[page]):
                yield page, count

    def _word(self, index: int) -> str:
        start, end = self._spans[index].tolist()
        return self._text[start:end]

    def _too_many(self, page: int, small: set[str], mixed: set[str]) -> set[str]:
        """The page's long words if there are too many; none if they may be ordinary words of the language."""
        in_small, in_mixed = (sum(map(len, words)) for words in (small, mixed))
        letters = self._letters_on[page]
        too_many = in_small >= _LONG_SHARE * letters or in_small + in_mixed >= _MIXED_SHARE * letters
        return small | mixed if too_many and len(small | mixed) >= _MIN_WORDS else set()

    def _in_code(self, index: int) -> bool:
        start, end = self._spans[index].tolist()
        return self._text[start - 1 : start] in _CODE_BEFORE or self._text[end : end + 1] in _CODE_AFTER

    def _seams(self, common: Callable[[], frozenset[str]]) -> Iterator[int]:
        """The words made of a common word and a capitalised one ("theHouse") that don't look like code."""
        lower, upper = self._kinds == LOWER, self._kinds == UPPER
        seams = np.flatnonzero(lower[:-3] & upper[1:-2] & lower[2:-1] & lower[3:]) + 1
        if len(seams) < _MIN_WORDS:
            return
        for seam, index in zip(seams.tolist(), index_of(seams, self._spans[:, 0]).tolist(), strict=True):
            start, end = self._spans[index].tolist()
            left, right = self._text[start:seam], self._text[seam:end]
            two = right[1:].islower() and left[1:] == left[1:].lower()
            if two and left.lower() in common() and not self._in_code(index):
                yield index


def common_words(text: str) -> frozenset[str]:
    """The most frequent words of a text, in lower case."""
    counts = Counter(word.lower() for word in _WORD.findall(text))
    least = max(_MIN_COMMON, _COMMON_SHARE * counts.total())
    return frozenset(word for word, count in counts.items() if count >= least)
