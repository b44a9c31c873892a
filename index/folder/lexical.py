"""The lexical index of a generation on disk: postings written, and the highest BM25 scores found.

The postings of each term, with the score that each passage gets for it, stand
one after another in a file that is mapped, not loaded. The passages that score
highest are found as by MaxScore (Turtle & Flood 1995, section 4.2): rare words
first; once the words that are left cannot lift another passage to the top, they
are only looked up for the passages that are in the running.

While they are written, postings are spooled to disk as they come, and sorted by term at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import IO

import numpy as np
from numpy.typing import NDArray

from index import bm25
from index.bm25 import Lexical
from index.errors import REBUILD, IndexCorrupt
from index.folder.arrays import ArrayWriter, Strings, Table, key, write_strings
from index.folder.files import Files
from index.folder.layout import WordsLayout
from index.types import Rows, Scores

_CHUNK = 1 << 20  # postings read from the spool at a time
_SORTED = 1 << 22  # postings sorted at a time
_POSTING = np.dtype([("term", np.int32), ("passage", np.int32), ("count", np.int32)])

Postings = NDArray[np.void]


class PostingsWriter:
    """Takes the terms of some passages after others, and writes the index of them all.

    In memory are the vocabulary and one number a passage; everything else is in `spool`, an
    empty file that is open for reading and writing.
    """

    def __init__(self, spool: IO[bytes]) -> None:
        self._spool = spool
        self._vocabulary: dict[str, int] = {}
        self._lengths: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        self._passages = 0

    def numbers(self, terms: Iterable[str]) -> NDArray[np.int32]:
        """(n,): what each term is called in `add`."""
        return np.array([self._vocabulary.setdefault(term, len(self._vocabulary)) for term in terms], np.int32)

    def add(self, terms: NDArray[np.int32], counts: NDArray[np.int32], ends: NDArray[np.int64]) -> None:
        """The terms of the next passages, one passage after another, and how often each has them.

        `ends`: (passages + 1,), those of passage p being `ends[p]:ends[p + 1]`.
        """
        rows = np.empty(len(terms), _POSTING)
        rows["term"], rows["count"] = terms, counts
        rows["passage"] = np.repeat(np.arange(len(ends) - 1) + self._passages, np.diff(ends))
        self._spool.write(rows.tobytes())
        self._lengths.append(np.diff(np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])[ends]))
        self._passages += len(ends) - 1

    def finish(self, layout: WordsLayout) -> None:
        """Writes the files."""
        occurrences = np.zeros(len(self._vocabulary), np.int64)
        for chunk in self._chunks():
            occurrences += np.bincount(chunk["term"], minlength=len(occurrences))
        words = sorted((word for word, number in self._vocabulary.items() if occurrences[number]), key=key)
        write_strings(layout.terms, layout.term_ends, words)
        numbers = np.array([self._vocabulary[word] for word in words], np.int64)
        row_of = np.zeros(len(occurrences), np.int32)
        row_of[numbers] = np.arange(len(words), dtype=np.int32)
        frequency = occurrences[numbers]
        starts = np.concatenate([[0], np.cumsum(frequency)])
        with ArrayWriter(layout.starts, np.int64) as file:
            file.append(starts)
        self._write_postings(layout, row_of, starts)

    def _write_postings(self, layout: WordsLayout, row_of: NDArray[np.int32], starts: NDArray[np.int64]) -> None:
        frequency = np.diff(starts)
        lengths = np.concatenate(self._lengths).astype(np.float64)
        idf = bm25.idf(frequency, len(lengths))
        length_norm = bm25.length_norm(lengths, float(lengths.mean()))
        with (
            ArrayWriter(layout.postings, np.int32) as passages,
            ArrayWriter(layout.scores, np.float32) as scores,
            ArrayWriter(layout.largest, np.float32) as largest,
        ):
            for first, last in _runs(starts):
                postings = self._sorted(row_of, first, last)
                row = row_of[postings["term"]]
                count = postings["count"]
                score = bm25.scores(idf[row], count, length_norm[postings["passage"]])
                passages.append(postings["passage"])
                scores.append(score)
                largest.append(np.maximum.reduceat(score, starts[first:last] - starts[first]))

    def _sorted(self, row_of: NDArray[np.int32], first: int, last: int) -> Postings:
        """The postings of the words in rows `first` to `last`, by word and then by passage."""
        found = []
        for chunk in self._chunks():
            row = row_of[chunk["term"]]
            found.append(chunk[(row >= first) & (row < last)])
        postings = np.concatenate(found)
        return postings[np.argsort(row_of[postings["term"]], kind="stable")]

    def _chunks(self) -> Iterator[Postings]:
        self._spool.seek(0)
        while data := self._spool.read(_CHUNK * _POSTING.itemsize):
            yield np.frombuffer(data, _POSTING)


def _runs(starts: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Runs of words that have about `_SORTED` postings together: first row, row after the last."""
    first = 0
    while first < len(starts) - 1:
        last = int(np.searchsorted(starts, starts[first] + _SORTED, "right")) - 1
        last = max(last, first + 1)
        yield first, last
        first = last


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

    def search(self, query: str, count: int, among: Rows | None = None) -> Rows:
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
