"""What was encoded, text by text, wherever it lies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from index.arrays import Rows, Table
from index.encoder import FloatMatrix
from index.segment import Segment, segment_at
from index.tokens import Tokens, unpack


class Texts:
    """The texts of a generation. `places`: (texts, 4), as in `texts.npy`; `segments`: at least one."""

    def __init__(self, places: Table, segments: Sequence[Segment]) -> None:
        self._places, self._segments = places, segments

    def __len__(self) -> int:
        return len(self._places)

    @property
    def dimension(self) -> int:
        return self._segments[0].dimension

    def vectors(self, texts: Rows) -> FloatMatrix:
        """(n, dimension): the unit vectors of these texts."""
        places = self._places.take(texts)
        found = np.empty((len(texts), self.dimension), np.float32)
        for number in np.unique(places[:, 0]):
            own = places[:, 0] == number
            found[own] = segment_at(self._segments, int(number)).vectors.take(places[own, 1])
        return found

    def tokens(self, texts: Rows) -> Tokens:
        """The token vectors of these texts."""
        places = self._places.take(texts).tolist()
        return unpack([segment_at(self._segments, number).tokens[first:last] for number, _, first, last in places])
