"""Token vectors for late interaction, kept as one signed byte a dimension.

A unit vector is scaled so that its largest component is ±127 and rounded; what
makes it a unit vector again is kept beside it. Against float32 the cosine
between two token vectors is off by less than .004, and no figure of the
evaluation sets moves (`tests/benchmarks/token_forms.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from threadpoolctl import ThreadpoolController

from index.encoder.protocol import Encoded
from index.types import FloatMatrix, Offsets


def token_type(dimension: int) -> np.dtype[np.void]:
    """A token: its vector, times `scale` to have a unit vector, and its place in the passage."""
    vector: DTypeLike = np.dtype((np.int8, (dimension,)))
    return np.dtype([("vector", vector), ("scale", np.float32), ("start", np.int32), ("end", np.int32)])


def pack(encoded: Encoded, context: int) -> NDArray[np.void]:
    """The tokens of a text, less those of its `context`: the characters before the passage."""
    own = encoded.offsets[:, 0] >= context
    tokens = np.empty(int(own.sum()), token_type(encoded.tokens.shape[1]))
    tokens["vector"], tokens["scale"] = quantise(encoded.tokens[own])
    tokens["start"], tokens["end"] = (encoded.offsets[own] - context).T
    return tokens


def unpack(texts: Sequence[NDArray[np.void]]) -> Tokens:
    """The tokens of some texts, to be compared with a question's."""
    return Tokens(
        vectors=np.concatenate([tokens["vector"] for tokens in texts]).astype(np.float32),
        scales=np.concatenate([tokens["scale"] for tokens in texts]),
        ends=np.cumsum([len(tokens) for tokens in texts]),
        offsets=[np.column_stack([tokens["start"], tokens["end"]]).astype(np.int64) for tokens in texts],
    )


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
