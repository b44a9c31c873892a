"""Vector and BM25 search over the passages of a generation in LanceDB."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from lancedb.query import MatchQuery
from numpy.typing import NDArray

from index import bm25
from index.bm25 import Lexical
from index.lance.keys import Keys, of_term
from index.lance.sealed_rows import SealedRows, SealedTable
from index.lance.tables import Values
from index.store import cosines, nearest_among
from index.text.passages import LONGEST_PASSAGE
from index.types import FloatMatrix, Rows, Scores

_DISTANCE = "_distance"
_WARMING = 900.0  # seconds
_FOUND = 1.25  # passages taken from the engine per one requested: its distances are approximate, ours exact,
# and it counts the words of the context for a passage's length
_EF = 8  # HNSW's search width (ef) per passage requested


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage without its text.

    `sentences`: (n, 3): start, end, whether it is a repeated sentence. `counts`: occurrences of each term,
    its context's included. `length`: the number of its terms without its context.
    """

    row: int
    document: int
    sentences: NDArray[np.int64]
    counts: Counter[str]
    length: int
    vector: NDArray[np.float32]

    @classmethod
    def of(cls, dimension: int, row: int, values: Values) -> PassageRow:
        """Decodes a row. `dimension`: of the vectors. Raises ValueError."""
        document, sentences, terms, length, vector = values
        spans = np.frombuffer(sentences, np.int64).reshape(-1, 3)
        numbers = np.frombuffer(vector, np.float32)
        if not 0 < len(spans) <= LONGEST_PASSAGE or len(numbers) != dimension or length < 0:
            raise ValueError("a passage without sentences or length, or with a vector of another dimension")
        start, end = spans[:, 0].min(), spans[:, 1].max()
        if not 0 <= start < end <= start + LONGEST_PASSAGE or (spans[:, 0] >= spans[:, 1]).any():
            raise ValueError("a passage that is too long, or an empty sentence")
        return cls(row, document, spans, Counter(terms.split()), length, numbers)


class LanceVectors:
    """The vectors of the passages.

    `partitions`: graphs of the engine's index, 0 if it has none and compares every vector. `dimension`: that of the
    vectors.
    """

    def __init__(self, table: SealedTable, passages: SealedRows[PassageRow], partitions: int, dimension: int) -> None:
        self._table, self._passages, self._partitions, self._dimension = table, passages, partitions, dimension

    def nearest(
        self, vector: NDArray[np.float32], count: int, among: Rows | None = None
    ) -> tuple[Rows, NDArray[np.float32]]:
        if among is not None:
            return nearest_among(self, vector, count, among)
        rows = np.array(self._table.search(self._search(vector, count), _DISTANCE), np.int64)
        scores = cosines(self.of(rows), vector)
        order = np.lexsort((rows, -scores))[:count]
        return rows[order], scores[order]

    def _search(self, vector: NDArray[np.float32], count: int) -> Any:
        query = self._table.query().nearest_to(vector).column("vector").distance_type("l2").limit(ceil(_FOUND * count))
        return query.nprobes(self._partitions).ef(_EF * count) if self._partitions else query

    def warm(self) -> None:
        """Loads the engine's index into memory, 0.5 KB a passage, which may take longer than a question may wait."""
        if self._partitions:
            self._table.search(self._search(np.zeros(self._dimension, np.float32), 1), _DISTANCE, _WARMING)

    def of(self, passages: Rows) -> FloatMatrix:
        found = self._passages.get(passages.tolist())
        return np.stack([each.vector for each in found]) if found else np.zeros((0, self._dimension), np.float32)


class LanceLexical(Lexical):
    """BM25 search over the passages. `length`: the average number of terms in a passage."""

    def __init__(
        self, table: SealedTable, passages: SealedRows[PassageRow], keys: Keys, *, count: int, length: float,
        languages: Sequence[str], stopwords: Sequence[str],
    ) -> None:  # fmt: skip
        super().__init__(count=count, languages=languages, stopwords=stopwords)
        self._table, self._passages, self._keys, self._length = table, passages, keys, length

    def search(self, query: str, count: int, among: Rows | None = None) -> Rows:
        rows = self._candidates(query, count) if among is None else among
        scores = self.scores(query, rows)
        best = np.lexsort((rows, -scores))[:count]
        return rows[best[scores[best] > 0]]

    def _candidates(self, query: str, count: int) -> Rows:
        terms = self._terms(query)
        known = [term for term, frequency in zip(terms, self.frequencies(list(terms)), strict=True) if frequency]
        if not known:
            return np.zeros(0, np.int64)
        words = " ".join(term for term in known for _ in range(terms[term]))
        search = self._table.query().nearest_to_text(MatchQuery(words, "terms")).limit(ceil(_FOUND * count))
        return np.array(self._table.search(search, "_score"), np.int64)

    def scores(self, query: str, rows: Rows) -> Scores:
        terms = self._terms(query)
        passages = self._passages.get(rows.tolist())
        length_norm = bm25.length_norm(np.array([each.length for each in passages], np.float64), self._length)
        scores = np.zeros(len(rows), np.float32)
        frequencies = self.frequencies(list(terms))
        idf = bm25.idf(np.array(frequencies, np.int64), self._count)
        for at, (term, repeats) in enumerate(terms.items()):
            if frequencies[at]:
                counts = np.array([each.counts[term] for each in passages], np.int32)
                scores += bm25.scores(idf[at], counts, length_norm) * np.float32(repeats)
        return scores

    def found_in(self, words: Sequence[str], rows: Rows) -> NDArray[np.bool_]:
        passages = self._passages.get(rows.tolist())
        stems = [self._stems(word) for word in words]
        found = [[any(stem in each.counts for stem in own) for each in passages] for own in stems]
        return np.array(found, bool).reshape(len(words), len(rows))

    def frequencies(self, terms: Sequence[str]) -> list[int]:
        found = self._keys.find(map(of_term, terms))
        return [int(found.get(of_term(term), 0)) for term in terms]
