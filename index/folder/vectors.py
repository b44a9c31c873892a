"""Vector search: FAISS with one bit per dimension proposes texts, whose full vectors are then compared exactly.

The codes are RaBitQ's (Gao & Long 2024) in FAISS's fast-scan layout, 56 bytes for 384
dimensions, and every query scans all of them. `tests/benchmarks/vector_forms.py` compares
the recall with an inverted file and with exact search.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from index.errors import REBUILD, IndexCorrupt
from index.folder.arrays import Table
from index.folder.checksums import CheckedFile
from index.folder.segment import EncodedTexts
from index.store import cosines, nearest_among
from index.types import FloatMatrix, Rows
from source import PerProcess, after_fork, isolated

_RESCORED = 8  # texts compared exactly for each passage requested
_LEAST = 400  # texts compared exactly at least
_TRAINED_ON = 1 << 16  # vectors
_CHUNK = 1 << 14  # vectors added at a time
_KIND = 4  # bytes, with which each kind of index begins
_SETTINGS = (
    "d", "metric_type", "M", "M2", "nbits", "ksub", "bbs", "code_size", "qb", "centered", "implem", "skip", "qbs",
)  # fmt: skip
_CODE_SETTINGS = ("d", "metric_type", "code_size", "nb_bits")

_one_limit = PerProcess(Lock)  # FAISS has one for all threads
# The threads of its OpenMP, like all others, don't survive a fork; the child would wait for them forever.
after_fork(partial(faiss.omp_set_num_threads, 1))


class StoredVectors:
    """The passage vectors of a generation on disk.

    `passages`: (passages, 4). `text_passages`, `ends`: the passages of each text, as in `index.folder.layout`.
    """

    def __init__(self, index: Any, texts: EncodedTexts, passages: Table, text_passages: Table, ends: Table) -> None:
        self._index, self._texts = index, texts
        self._passages, self._text_passages, self._ends = passages, text_passages, ends

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def nearest(
        self, vector: NDArray[np.float32], count: int, among: Rows | None = None
    ) -> tuple[Rows, NDArray[np.float32]]:
        if among is not None:
            return nearest_among(self, vector, count, among)
        texts = self._candidates(vector, max(_RESCORED * count, _LEAST))
        scores = cosines(self._texts.vectors(texts), vector)
        best = np.argsort(-scores, kind="stable")[:count]
        first, last = self._ends.take(texts[best]), self._ends.take(texts[best] + 1)
        rows = self._text_passages.take_runs(first, last)
        of_rows = np.repeat(scores[best], last - first)
        order = np.lexsort((rows, -of_rows))[:count]
        return rows[order], of_rows[order]

    def _candidates(self, vector: NDArray[np.float32], count: int) -> Rows:
        if count >= len(self._texts):
            return np.arange(len(self._texts))
        _, found = self._index.search(vector[None], count)
        return np.sort(found[0][found[0] >= 0])

    def of(self, passages: Rows) -> FloatMatrix:
        return self._texts.vectors(self._passages.take(passages)[:, 3])


def write_index(path: Path, texts: EncodedTexts) -> None:
    """Writes the FAISS index of texts."""
    count, dimension = len(texts), texts.dimension
    index = _empty(dimension)
    sample = texts.vectors(np.unique(np.linspace(0, count - 1, min(count, _TRAINED_ON)).astype(np.int64)))
    # Training on the origin too keeps the centroid off the unit sphere, so no vector coincides with it.
    index.train(np.concatenate([sample, np.zeros((1, dimension), np.float32)]))
    for start in range(0, count, _CHUNK):
        index.add(texts.vectors(np.arange(start, min(start + _CHUNK, count))))
    with path.open("wb") as file:
        # Through a callback: on Windows, FAISS can't open a path that isn't ASCII.
        faiss.write_index(index, faiss.PyCallbackIOWriter(file.write, 1 << 20))  # type: ignore[attr-defined]


def read_index(file: CheckedFile, count: int, dimension: int) -> faiss.Index:
    """Loads the FAISS index of `count` vectors; the file is checked before FAISS parses it. Raises IndexCorrupt."""
    data = np.frombuffer(file.read(0, len(file)), np.uint8)
    kind = faiss.serialize_index(_empty(dimension))[:_KIND]
    try:
        if not np.array_equal(data[:_KIND], kind):  # other kinds may name files, which FAISS would open
            raise RuntimeError("another kind of index")
        with _one_limit():
            faiss.set_deserialization_vector_byte_limit(len(data))  # or it allocates whatever the file says
            index = faiss.deserialize_index(data)
    except (RuntimeError, MemoryError) as error:
        raise IndexCorrupt(f"The index file {isolated(file.path)} isn't a FAISS index. {REBUILD}") from error
    if not _is_expected(index, count, _empty(dimension)):
        raise IndexCorrupt(f"The index file {isolated(file.path)} holds another FAISS index. {REBUILD}")
    return index


def _is_expected(index: Any, count: int, empty: Any) -> bool:
    """Whether the settings and sizes are those that `write_index` writes.

    FAISS trusts whatever the file says and would read past the end of its arrays.
    """
    if type(index) is not type(empty) or (index.ntotal, index.is_trained) != (count, True):
        return False
    settings = all(getattr(index, name) == getattr(empty, name) for name in _SETTINGS)
    codes = all(getattr(index.rabitq, name) == getattr(empty.rabitq, name) for name in _CODE_SETTINGS)
    rows = -(-count // empty.bbs) * empty.bbs
    sizes = (index.ntotal2, index.codes.size(), index.center.size()) == (rows, rows * empty.code_size, empty.d)
    return settings and codes and sizes


def _empty(dimension: int) -> Any:
    return faiss.index_factory(dimension, "RaBitQfs", faiss.METRIC_INNER_PRODUCT)
