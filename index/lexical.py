"""BM25 over words: what is asked of them wherever they are kept, and how they are found on disk.

There the postings of each word, with the score that each passage gets for it, stand
one after another in a file that is mapped, not loaded. The passages that score
highest are found as by MaxScore (Turtle & Flood 1995, section 4.2): rare words
first; once the words that are left cannot lift another passage to the top, they
are only looked up for the passages that are in the running.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from index import bm25
from index.arrays import Rows, Scores, Table
from index.checked import Files
from index.errors import REBUILD, IndexCorrupt
from index.layout import WordsLayout
from index.strings import Strings
from index.words import query_words, split_words

_LONG = 4096  # passages with a word from which on it pays to ask whether it can still matter


@dataclass(frozen=True, slots=True)
class Posting:
    """The passages that hold a word of the query, and their scores for it, times the word's repeats there."""

    passages: NDArray[np.int32]
    scores: Scores
    largest: float
    repeats: int

    def at(self, rows: Rows) -> Scores:
        """(n,): the score of each of these passages."""
        found = np.searchsorted(self.passages, rows)
        found[found == len(self.passages)] = 0
        return np.where(self.passages[found] == rows, self.scores[found], np.float32(0)) * np.float32(self.repeats)


class Lexical(ABC):
    """BM25 scores of passages for a query's words, and what words mean in this collection.

    `count`: how many passages there are. `languages`: those of the documents.
    """

    def __init__(self, *, count: int, languages: Sequence[str], stopwords: Iterable[str]) -> None:
        self._count = count
        self._languages = languages
        self.stopwords = frozenset(stopwords)

    @abstractmethod
    def top(self, query: str, count: int, among: Rows | None = None) -> Rows:
        """The passages with the highest scores above 0, at most `count`, in no order; of those `among` which alone."""

    @abstractmethod
    def scores(self, query: str, rows: Rows) -> Scores:
        """(n,): the BM25 score of each of these passages; all zero when no word of the query occurs."""

    @abstractmethod
    def frequencies(self, terms: Sequence[str]) -> list[int]:
        """How many passages have each of these terms."""

    def content_words(self, query: str) -> list[str]:
        """The words of the query that are not stopwords, folded, without repeats."""
        return list(dict.fromkeys(word for word in split_words(query) if word not in self.stopwords))

    def rarity(self, words: Sequence[str]) -> Scores:
        """(n,): BM25's inverse document frequency of each word; a word no passage has is the rarest."""
        stems = [self._stems(word) for word in words]
        found = iter(self.frequencies([stem for each in stems for stem in each]))
        most = [max((next(found) for _ in each), default=0) for each in stems]
        return bm25.rarity(np.array(most, np.float32), self._count).astype(np.float32)

    def contains(self, text: str, words: Sequence[str]) -> NDArray[np.bool_]:
        """(n,): whether each word, by its stem, stands in `text`."""
        terms = set(query_words(text, self._languages))
        return np.array([not terms.isdisjoint(self._stems(word)) for word in words], bool)

    def _terms(self, query: str) -> dict[str, int]:
        """The terms to look for, and how often the query has each."""
        return Counter(query_words(query, self._languages))

    def _stems(self, word: str) -> list[str]:
        return query_words(word, self._languages)


class StoredLexical(Lexical):
    """The words of a generation in a folder.

    `starts`: (words + 1,), the postings of word w being rows `starts[w]:starts[w + 1]`
    of `passages` and `scores`. `largest`: (words,) the highest score of each.
    """

    def __init__(
        self,
        terms: Strings,
        starts: Table,
        passages: Table,
        scores: Table,
        largest: Table,
        *,
        count: int,
        languages: Sequence[str],
        stopwords: Iterable[str],
    ) -> None:
        super().__init__(count=count, languages=languages, stopwords=stopwords)
        self._all = terms.all
        self._row = lru_cache(1 << 12)(terms.find)  # a question looks its words up several times
        self._starts = starts
        self._passages, self._scores, self._largest = passages, scores, largest

    def top(self, query: str, count: int, among: Rows | None = None) -> Rows:
        if among is not None:
            return among[_highest(self.scores(query, among), count)]
        postings = sorted(self._postings(query), key=lambda posting: len(posting.passages))
        left = sum(posting.largest * posting.repeats for posting in postings)
        scores = np.zeros(self._count, np.float32)
        for i, posting in enumerate(postings):
            if len(posting.passages) > _LONG and (floor := _kth(scores, count)) > left:
                rows = np.flatnonzero(scores >= floor - left)
                found = scores[rows]
                for rest in postings[i:]:
                    found += rest.at(rows)
                return rows[_highest(found, count)]
            try:
                scores[posting.passages] += posting.scores * np.float32(posting.repeats)
            except IndexError as error:
                raise IndexCorrupt(f"The index names passages that it does not have; {REBUILD}.") from error
            left -= posting.largest * posting.repeats
        return _highest(scores, count)

    def scores(self, query: str, rows: Rows) -> Scores:
        scores = np.zeros(len(rows), np.float32)
        for posting in self._postings(query):
            scores += posting.at(rows)
        return scores

    def _postings(self, query: str) -> Iterator[Posting]:
        for term, repeats in self._terms(query).items():
            if (row := self._row(term)) is not None:
                start, end = map(int, self._starts[row : row + 2])
                if start >= end:
                    raise IndexCorrupt(f"The index says of a word that no passage has it; {REBUILD}.")
                largest = float(self._largest[row])
                yield Posting(self._passages[start:end], self._scores[start:end], largest, repeats)

    def frequencies(self, terms: Sequence[str]) -> list[int]:
        return [self._frequency(term) for term in terms]

    def vocabulary(self) -> Iterator[tuple[str, int]]:
        """Every term, and how many passages have it."""
        return zip(self._all(), np.diff(self._starts[0 : len(self._starts)]).tolist(), strict=True)

    def _frequency(self, term: str) -> int:
        row = self._row(term)
        if row is None:
            return 0
        start, end = self._starts[row : row + 2]
        return int(end - start)


def _kth(scores: Scores, count: int) -> float:
    """The `count`-th highest of the scores; 0 if not so many are above 0."""
    above = scores[scores > 0]
    return float(np.partition(above, len(above) - count)[len(above) - count]) if len(above) >= count else 0.0


def _highest(scores: Scores, count: int) -> Rows:
    """Where the `count` highest scores above 0 are."""
    rows = np.argpartition(-scores, count)[:count] if len(scores) > count else np.arange(len(scores))
    return rows[scores[rows] > 0].astype(np.int64)


def open_lexical(files: Files, layout: WordsLayout, passages: int, languages: list[str]) -> StoredLexical:
    """The words of a generation. Raises IndexCorrupt."""
    stopwords = files.file(layout.stopwords)
    words = stopwords.json()
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise IndexCorrupt(f"The index file {stopwords.path} is no list of words; {REBUILD}.")
    return StoredLexical(
        Strings(files.table(layout.terms, dtype=np.uint8), files.table(layout.term_ends)),
        files.table(layout.starts),
        files.table(layout.postings, dtype=np.int32),
        files.table(layout.scores, dtype=np.float32),
        files.table(layout.largest, dtype=np.float32),
        count=passages,
        languages=languages,
        stopwords=words,
    )
