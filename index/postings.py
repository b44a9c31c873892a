"""Writing the lexical index: postings are spooled to disk as they come, and sorted by word at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO

import numpy as np
from numpy.typing import NDArray

from index import bm25
from index.arrays import ArrayWriter
from index.layout import WordsLayout
from index.strings import key, write_strings

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
        rarity = bm25.rarity(frequency, len(lengths))
        penalty = bm25.penalty(lengths, float(lengths.mean()))
        with (
            ArrayWriter(layout.postings, np.int32) as passages,
            ArrayWriter(layout.scores, np.float32) as scores,
            ArrayWriter(layout.largest, np.float32) as largest,
        ):
            for first, last in _runs(starts):
                postings = self._sorted(row_of, first, last)
                row = row_of[postings["term"]]
                count = postings["count"]
                score = bm25.scores(rarity[row], count, penalty[postings["passage"]])
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
