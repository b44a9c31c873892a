"""Vectors that are nearest to another, by comparison with each."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.arrays import Rows
from index.encoder import FloatMatrix

_CHUNK = 1 << 14


class Vectors(Protocol):
    """The unit vectors of the passages."""

    def nearest(
        self, vector: NDArray[np.float32], count: int, among: Rows | None = None
    ) -> tuple[Rows, NDArray[np.float32]]:
        """The passages nearest to a unit vector: rows (count,), cosines (count,). `among`: of these rows alone."""

    def of(self, passages: Rows) -> FloatMatrix:
        """(n, dimension): the unit vectors of these passages."""


def nearest_among(
    vectors: Vectors, vector: NDArray[np.float32], count: int, among: Rows
) -> tuple[Rows, NDArray[np.float32]]:
    """Every one of these rows compared, some at a time."""
    parts = [cosines(vectors.of(among[start : start + _CHUNK]), vector) for start in range(0, len(among), _CHUNK)]
    scores = np.concatenate([np.zeros(0, np.float32), *parts])
    best = np.argsort(-scores, kind="stable")[:count]
    return among[best], scores[best]


def cosines(vectors: FloatMatrix, vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n,): each row's own sum, so that its last bits do not depend on the rows beside it."""
    return np.asarray(np.einsum("ij,j->i", vectors, vector))
