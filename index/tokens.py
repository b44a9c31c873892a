"""Token vectors for late interaction, kept as one signed byte a dimension.

A unit vector is scaled so that its largest component is ±127 and rounded; what
makes it a unit vector again is kept beside it. Against float32 the cosine
between two token vectors is off by less than .004, and no figure of the
evaluation sets moves (`tests/benchmarks/token_forms.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from index.arrays import Table
from index.encoder import FloatMatrix, Offsets


def quantise(tokens: FloatMatrix) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """(n, d) unit vectors to (n, d) bytes, and (n,) what to multiply them by to have unit vectors again."""
    largest = np.abs(tokens).max(axis=1, keepdims=True, initial=1e-12)
    scaled = np.rint(tokens * (127 / largest))
    length = np.sqrt(np.einsum("ij,ij->i", scaled, scaled))
    return scaled.astype(np.int8), (1 / np.maximum(length, 1e-12)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The token vectors of some passages, one passage after another.

    `vectors`: (tokens, dimension), to be multiplied by `scales`: (tokens,).
    `ends`: (passages,) where each passage's tokens end. `offsets`: for each
    passage (n, 2), counted from the passage's start.
    """

    vectors: FloatMatrix
    scales: NDArray[np.float32]
    ends: NDArray[np.int64]
    offsets: list[Offsets]

    def cosines(self, query: FloatMatrix) -> list[FloatMatrix]:
        """For each passage (m, n): the cosines of m unit vectors with its tokens."""
        with _one_thread:
            products = query @ self.vectors.T
        return np.split(products * self.scales, self.ends[:-1], axis=1)


class _OneThread:
    """While anybody is inside, BLAS works in one thread.

    For a product as small as a question's two wait for each other longer than
    one computes; beside a busy neighbour the wait was four times the rest of the
    retrieval. Counted, because a limit that one thread lifts while another
    computes would change the last bits of what that one gets.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._limit: Any = None

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._limit = _blas().limit(limits=1)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._limit.restore_original_limits()


_one_thread = _OneThread()


@lru_cache(maxsize=1)
def _blas() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """The token vectors of every encoded text, one after another.

    `vectors`: (tokens, dimension) int8. `scales`: (tokens,). `spans`: (tokens, 2)
    offsets in the text. `ends`: (texts + 1,), text t's tokens being `ends[t]:ends[t + 1]`.
    """

    vectors: Table
    scales: Table
    spans: Table
    ends: Table

    def of(self, texts: NDArray[np.int64]) -> Tokens:
        rows = [slice(*map(int, self.ends[int(text) : int(text) + 2])) for text in texts]
        return Tokens(
            vectors=np.concatenate([self.vectors[each] for each in rows]).astype(np.float32),
            scales=np.concatenate([self.scales[each] for each in rows]),
            ends=np.cumsum([each.stop - each.start for each in rows]),
            offsets=[self.spans[each].astype(np.int64) for each in rows],
        )
