"""Token vectors for late interaction, kept as one signed byte a dimension.

A unit vector is scaled so that its largest component is ±127 and rounded; the
scale is not kept, because only the direction counts and the length is taken
again when it is read. Against float32 the cosine between two token vectors is
off by less than .004, and no figure of the evaluation sets moves
(`tests/benchmarks/token_forms.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.encoder import FloatMatrix, Offsets, unit


def quantise(tokens: FloatMatrix) -> NDArray[np.int8]:
    """(n, d) unit vectors to (n, d) bytes."""
    largest = np.abs(tokens).max(axis=1, keepdims=True, initial=1e-12)
    return np.asarray(np.rint(tokens * (127 / largest)), np.int8)


def restore(quantised: NDArray[np.int8]) -> FloatMatrix:
    """(n, d) bytes to (n, d) unit vectors."""
    return unit(quantised.astype(np.float32))


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """The token vectors of every passage, one after another.

    `vectors`: (tokens, dimension) int8. `spans`: (tokens, 2) document offsets.
    `ends`: (passages + 1,), passage p's tokens being `ends[p]:ends[p + 1]`.
    """

    vectors: NDArray[np.int8]
    spans: NDArray[np.int32]
    ends: NDArray[np.int64]

    def of(self, passages: NDArray[np.int64]) -> tuple[FloatMatrix, list[Offsets]]:
        """The unit vectors of these passages' tokens, one passage after another (n, dimension),
        and each passage's document offsets (tokens, 2)."""
        rows = [slice(int(self.ends[passage]), int(self.ends[passage + 1])) for passage in passages]
        vectors = restore(np.concatenate([self.vectors[each] for each in rows]))
        return vectors, [self.spans[each].astype(np.int64) for each in rows]
