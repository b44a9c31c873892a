"""The BM25 index of a generation on disk: writing postings, and searching them with MaxScore.

The postings of each term, with the BM25 score of each passage for it, are
contiguous in a file that is mapped, not loaded. The search follows MaxScore
(Turtle & Flood 1995, section 4.2): it adds up the rarest terms first. Once the
remaining terms cannot lift another passage into the top `count`, it only looks
them up for the remaining candidates. When postings are written, they are spooled
to disk and sorted by term at the end, so that memory doesn't grow with them.

Why our own: builds must be reproducible byte for byte, every block of a file is
checked against its SHA-256 before use, `scores` must score arbitrary passages,
and folders and LanceDB must share one scorer (`index.bm25`). Neither tantivy-py
nor bm25s offers all of that.
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
from index.folder.checked_files import Files
from index.folder.layout import WordsLayout
from index.types import Rows, Scores
from source import isolated

_CHUNK = 1 << 20  # postings read from the spool at a time
_MANY = 64  # terms that are looked up together, and not again
_SORTED = 1 << 22  # postings sorted at a time
_POSTING = np.dtype([("term", np.int32), ("passage", np.int32), ("count", np.int32)])

Postings = NDArray[np.void]


class PostingsWriter:
    """Writes the BM25 index of passages whose terms are added in chunks.

    Only the vocabulary and one number per passage are held in memory; the postings go to `spool`, an
    empty file open for reading and writing.
    """

    def __init__(self, spool: IO[bytes]) -> None:
        self._spool = spool
        self._vocabulary: dict[str, int] = {}
        self._lengths: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        self._passages = 0

    def numbers(self, terms: Iterable[str]) -> NDArray[np.int32]:
        """(n,): the numbers by which `add` refers to these terms."""
        return np.array([self._vocabulary.setdefault(term, len(self._vocabulary)) for term in terms], np.int32)

    def add(self, terms: NDArray[np.int32], counts: NDArray[np.int32], ends: NDArray[np.int64]) -> None:
        """Adds the terms of the next passages and their counts, passage after passage.

        `counts`: (n, 2), in the passage and in its context. `ends`: (passages + 1,); the terms of passage p are
        `terms[ends[p]:ends[p + 1]]`.
        """
        rows = np.empty(len(terms), _POSTING)
        rows["term"], rows["count"] = terms, bm25.occurrences(counts)
        rows["passage"] = np.repeat(np.arange(len(ends) - 1) + self._passages, np.diff(ends))
        self._spool.write(rows.tobytes())
        self._lengths.append(np.diff(np.concatenate([[0], np.cumsum(counts[:, 0], dtype=np.int64)])[ends]))
        self._passages += len(ends) - 1

    def finish(self, layout: WordsLayout) -> None:
        """Writes the files of the index."""
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
        """The postings of the terms in rows `first` to `last`, sorted by term, then by passage."""
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
    """Runs of terms with about `_SORTED` postings in all: first row, row after the last."""
    first = 0
    while first < len(starts) - 1:
        last = int(np.searchsorted(starts, starts[first] + _SORTED, "right")) - 1
        last = max(last, first + 1)
        yield first, last
        first = last


_LONG = 4096  # postings of a term above which it pays to check whether the term can still matter


@dataclass(frozen=True, slots=True)
class Posting:
    """The postings of one query term: the passages with it and their scores for it.

    `largest`: the highest of the scores. `repeats`: how often the query has the term; scores count so many times.
    """

    passages: NDArray[np.int32]
    scores: Scores
    largest: float
    repeats: int

    def at(self, rows: Rows) -> Scores:
        """(n,): the score of each of these passages, multiplied by `repeats`."""
        found = np.searchsorted(self.passages, rows)
        found[found == len(self.passages)] = 0
        return np.where(self.passages[found] == rows, self.scores[found], np.float32(0)) * np.float32(self.repeats)


class StoredLexical(Lexical):
    """BM25 over the postings of a generation on disk.

    `starts`: (terms + 1,); the postings of term t are rows `starts[t]:starts[t + 1]`
    of `passages` and `scores`. `largest`: (terms,) the highest score of each term.
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
        self._row = lru_cache(1 << 12)(terms.find)  # a question looks each of its terms up several times
        self._rows = terms.find_all
        self._starts = starts
        self._passages, self._scores, self._largest = passages, scores, largest

    def search(self, query: str, count: int, among: Rows | None = None) -> Rows:
        if among is not None:
            return among[_highest(self.scores(query, among), count)]
        postings = sorted(self._postings(query), key=lambda posting: len(posting.passages))
        remaining = sum(posting.largest * posting.repeats for posting in postings)  # the most that is still to come
        scores = np.zeros(self._count, np.float32)
        for i, posting in enumerate(postings):
            if len(posting.passages) > _LONG and (floor := _kth(scores, count)) > remaining:
                rows = np.flatnonzero(scores >= floor - remaining)
                found = scores[rows]
                for rest in postings[i:]:
                    found += rest.at(rows)
                return rows[_highest(found, count)]
            try:
                scores[posting.passages] += posting.scores * np.float32(posting.repeats)
            except IndexError as error:
                raise IndexCorrupt(f"The index refers to passages that don't exist. {REBUILD}") from error
            remaining -= posting.largest * posting.repeats
        return _highest(scores, count)

    def scores(self, query: str, rows: Rows) -> Scores:
        scores = np.zeros(len(rows), np.float32)
        for posting in self._postings(query):
            scores += posting.at(rows)
        return scores

    def found_in(self, words: Sequence[str], rows: Rows) -> NDArray[np.bool_]:
        found = np.zeros((len(words), len(rows)), bool)
        for at, word in enumerate(words):
            for stem in self._stems(word):
                if posting := self._posting(stem, 1):
                    found[at] |= posting.at(rows) > 0
        return found

    def _postings(self, query: str) -> Iterator[Posting]:
        for term, repeats in self._terms(query).items():
            if posting := self._posting(term, repeats):
                yield posting

    def _posting(self, term: str, repeats: int) -> Posting | None:
        """The posting of a term that a query has `repeats` times; None if no passage has it."""
        if (row := self._row(term)) is None:
            return None
        start, end = map(int, self._starts[row : row + 2])
        if start >= end:
            raise IndexCorrupt(f"The index has a term without passages. {REBUILD}")
        return Posting(self._passages[start:end], self._scores[start:end], float(self._largest[row]), repeats)

    def frequencies(self, terms: Sequence[str]) -> list[int]:
        rows = map(self._row, terms) if len(terms) < _MANY else self._rows(terms)
        return [self._frequency(row) for row in rows]

    def vocabulary(self) -> Iterator[tuple[str, int]]:
        """Every term, with the number of passages that contain it."""
        return zip(self._all(), np.diff(self._starts[0 : len(self._starts)]).tolist(), strict=True)

    def _frequency(self, row: int | None) -> int:
        if row is None:
            return 0
        start, end = self._starts[row : row + 2]
        return int(end - start)


def _kth(scores: Scores, count: int) -> float:
    """The `count`-th highest score; 0 if fewer scores are above 0."""
    above = scores[scores > 0]
    return float(np.partition(above, len(above) - count)[len(above) - count]) if len(above) >= count else 0.0


def _highest(scores: Scores, count: int) -> Rows:
    """The positions of the `count` highest scores above 0, unordered."""
    rows = np.argpartition(-scores, count)[:count] if len(scores) > count else np.arange(len(scores))
    return rows[scores[rows] > 0].astype(np.int64)


def open_lexical(files: Files, layout: WordsLayout, passages: int, languages: list[str]) -> StoredLexical:
    """Opens the BM25 index of a generation. Raises IndexCorrupt."""
    stopwords = files.file(layout.stopwords)
    words = stopwords.json()
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise IndexCorrupt(f"The index file {isolated(stopwords.path)} isn't a list of words. {REBUILD}")
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
