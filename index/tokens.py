"""Token vectors for late interaction, quantised to one signed byte per dimension.

A unit vector is scaled so that its largest component is ±127, and rounded; the
scale that restores unit length is stored with it. The cosine of two token vectors
differs from float32 by less than .004, and no metric of the evaluation sets
changes (`tests/benchmarks/token_forms.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

from index.blas import product
from index.encoder.protocol import Encoded
from index.types import FloatMatrix, Offsets


def token_type(dimension: int) -> np.dtype[np.void]:
    """The type of a stored token: int8 vector, the `scale` that makes it a unit vector, and its span in the passage."""
    vector: DTypeLike = np.dtype((np.int8, (dimension,)))
    return np.dtype([("vector", vector), ("scale", np.float32), ("start", np.int32), ("end", np.int32)])


def pack(encoded: Encoded, context: int) -> NDArray[np.void]:
    """The tokens of a text in stored form, without those of its first `context` characters, before the passage."""
    own = encoded.offsets[:, 0] >= context
    tokens = np.empty(int(own.sum()), token_type(encoded.tokens.shape[1]))
    tokens["vector"], tokens["scale"] = quantise(encoded.tokens[own])
    tokens["start"], tokens["end"] = (encoded.offsets[own] - context).T
    return tokens


def unpack(texts: Sequence[NDArray[np.void]]) -> Tokens:
    """The stored tokens of texts as `Tokens`, for comparison with a question's."""
    return Tokens(
        vectors=np.concatenate([tokens["vector"] for tokens in texts]).astype(np.float32),
        scales=np.concatenate([tokens["scale"] for tokens in texts]),
        ends=np.cumsum([len(tokens) for tokens in texts]),
        offsets=[np.column_stack([tokens["start"], tokens["end"]]).astype(np.int64) for tokens in texts],
    )


def quantise(tokens: FloatMatrix) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Quantises unit vectors (n, d) to int8 (n, d), and returns the scales (n,) that restore unit length."""
    largest = np.abs(tokens).max(axis=1, keepdims=True, initial=1e-12)
    scaled = np.rint(tokens * (127 / largest))
    length = np.sqrt(np.einsum("ij,ij->i", scaled, scaled))
    return scaled.astype(np.int8), (1 / np.maximum(length, 1e-12)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The token vectors of some passages, concatenated.

    `vectors`: (tokens, dimension), not yet multiplied by `scales`: (tokens,).
    `ends`: (passages,) where each passage's tokens end. `offsets`: for each
    passage (n, 2), relative to its start.
    """

    vectors: FloatMatrix
    scales: NDArray[np.float32]
    ends: NDArray[np.int64]
    offsets: list[Offsets]

    def cosines(self, query: FloatMatrix) -> list[FloatMatrix]:
        """The cosines of m unit vectors with each passage's n tokens: (m, n) for each passage."""
        products = product(query, self.vectors.T)
        return np.split(products * self.scales, self.ends[:-1], axis=1)
