"""Late interaction: how well each word piece of a question is met by its best match in a text.

The rule is MaxSim (Khattab & Zaharia 2020, ColBERT, section 3.2), here over the
embedding model's own token vectors, untrained.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from index import FloatMatrix


def best_matches(similarities: FloatMatrix) -> NDArray[np.float32]:
    """(n,): the best of each row of (n, tokens) cosines; -1 where there are no tokens."""
    return np.asarray(similarities.max(axis=1, initial=-1.0), np.float32)


def rescale(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """`scores` moved and stretched to reach from 0 to 1; all 0 where they are all the same."""
    low, high = scores.min(initial=np.inf), scores.max(initial=-np.inf)
    if not high > low:
        return np.zeros_like(scores)
    return np.asarray((scores - low) / (high - low), np.float32)
