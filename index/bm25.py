"""The formula of BM25 (Robertson & Zaragoza 2009), in Lucene's form."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Lucene's defaults; passages are of much the same length, so little hangs on them.
_K1 = 1.2
_B = 0.75

Numbers = NDArray[Any]


def rarity(frequency: Numbers, passages: int) -> Numbers:
    """(n,): the inverse document frequency of terms that so many of the passages have."""
    return np.asarray(np.log1p((passages - frequency + 0.5) / (frequency + 0.5)))


def penalty(lengths: Numbers, mean: float) -> Numbers:
    """(n,): what passages of so many terms are held against; `mean`: of all lengths."""
    return np.asarray(_K1 * (1 - _B + _B * lengths / max(mean, 1e-9)))


def scores(rarity: Numbers, count: Numbers, penalty: Numbers) -> NDArray[np.float32]:
    """(n,): what passages score for a term that they have `count` times."""
    return np.asarray(rarity * count / (count + penalty), np.float32)
