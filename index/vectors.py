"""The passages' vectors in FAISS: searched exactly while that is fast, by an inverted file beyond.

Beyond `EXACT` passages the vectors are sorted into cells and kept as one bit a
dimension (RaBitQ: Gao & Long 2024, in FAISS's fast-scan form); the best by
those bits are compared again by their exact vectors, read from a memory map.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

from index.arrays import CheckedFile, Rows, Table
from index.encoder import FloatMatrix

EXACT = 100_000
"""Passages up to which every vector is compared: 150 MB, about 10 ms."""

_CELL_SHARE = 8  # one in so many cells is looked into: of real texts 32 finds .92 of the nearest ten, 16 .95, 8 .97
_RESCORED = 4  # vectors compared exactly for each one wanted
_TRAINED_ON = 40  # vectors for each cell
_CHUNK = 1 << 14


class Vectors(Protocol):
    """The unit vectors of the passages."""

    def nearest(
        self, vector: NDArray[np.float32], count: int, among: Rows | None = None
    ) -> tuple[Rows, NDArray[np.float32]]:
        """The passages nearest to a unit vector: rows (count,), cosines (count,). `among`: of these rows alone."""

    def of(self, passages: Rows) -> FloatMatrix:
        """(n, dimension): the unit vectors of these passages."""


class FlatVectors:
    """Every vector in memory, every one compared."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    def nearest(
        self, vector: NDArray[np.float32], count: int, among: Rows | None = None
    ) -> tuple[Rows, NDArray[np.float32]]:
        if among is not None:
            return _nearest_among(self, vector, count, among)
        scores, rows = self._index.search(vector[None], min(count, self._index.ntotal))
        return rows[0], scores[0]

    def of(self, passages: Rows) -> FloatMatrix:
        return np.asarray(self._index.reconstruct_batch(passages))


class InvertedVectors:
    """Bits in memory, exact vectors on disk. `text_of`: from passages to rows of `exact`."""

    def __init__(self, index: Any, exact: Table, text_of: Callable[[Rows], Rows]) -> None:
        index.nprobe = max(1, index.nlist // _CELL_SHARE)
        self._index, self._exact, self._text_of = index, exact, text_of

    def nearest(
        self, vector: NDArray[np.float32], count: int, among: Rows | None = None
    ) -> tuple[Rows, NDArray[np.float32]]:
        if among is not None:
            return _nearest_among(self, vector, count, among)
        _, found = self._index.search(vector[None], min(count * _RESCORED, self._index.ntotal))
        rows = found[0][found[0] >= 0]
        scores = self.of(rows) @ vector
        best = np.argsort(-scores, kind="stable")[:count]
        return rows[best], scores[best]

    def of(self, passages: Rows) -> FloatMatrix:
        return np.asarray(self._exact.take(self._text_of(passages)))


def _nearest_among(
    vectors: Vectors, vector: NDArray[np.float32], count: int, among: Rows
) -> tuple[Rows, NDArray[np.float32]]:
    """Every one of these rows compared, some at a time."""
    parts = [vectors.of(among[start : start + _CHUNK]) @ vector for start in range(0, len(among), _CHUNK)]
    scores = np.concatenate([np.zeros(0, np.float32), *parts])
    best = np.argsort(-scores, kind="stable")[:count]
    return among[best], scores[best]


def write_index(path: Path, exact: FloatMatrix, text_of: NDArray[np.int64]) -> bool:
    """Writes the FAISS index of passages; True if it wants the exact vectors beside it.

    `exact`: (texts, dimension), best a memory map. `text_of`: (passages,) rows of it.
    """
    count, dimension = len(text_of), exact.shape[1]
    index: Any
    if count <= EXACT:
        index = faiss.IndexFlatIP(dimension)
    else:
        cells = 1 << round(np.log2(4 * np.sqrt(count)))
        index = faiss.index_factory(dimension, f"IVF{cells},RaBitQfs", faiss.METRIC_INNER_PRODUCT)
        drawn = np.random.default_rng(0).choice(len(exact), min(len(exact), cells * _TRAINED_ON), replace=False)
        index.train(np.ascontiguousarray(exact[np.sort(drawn)]))
    for start in range(0, count, _CHUNK):
        index.add(np.ascontiguousarray(exact[text_of[start : start + _CHUNK]]))
    with path.open("wb") as file:
        # Not by its name: on Windows FAISS opens no path that is not ASCII.
        faiss.write_index(index, faiss.PyCallbackIOWriter(file.write, 1 << 20))  # type: ignore[attr-defined]
    return count > EXACT


def read_index(file: CheckedFile) -> faiss.Index:
    """The FAISS index in a file, which is checked whole before FAISS sees it."""
    return faiss.deserialize_index(np.frombuffer(file.read(0, len(file)), np.uint8))
