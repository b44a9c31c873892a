"""What was encoded, text by text, wherever it lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from index.folder.arrays import Table
from index.folder.segment import Segment, segment_at
from index.tokens import Tokens, unpack
from index.types import FloatMatrix, Rows


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
        return unpack(self.packed(texts))

    def packed(self, texts: Rows) -> list[NDArray[np.void]]:
        """The tokens of each of these texts, as they are kept."""
        places = self._places.take(texts).tolist()
        return [segment_at(self._segments, number).tokens[first:last] for number, _, first, last in places]

    def counts(self, texts: Rows) -> Iterator[dict[str, int]]:
        """How often each of these texts has each of its terms."""
        for number, row, _, _ in self._places.take(texts).tolist():
            counts, ends = segment_at(self._segments, number).counts
            terms = segment_at(self._segments, number).terms
            yield {terms[term]: count for term, count in counts[int(ends[row]) : int(ends[row + 1])].tolist()}

    def lengths(self, texts: Rows) -> Rows:
        """(n,): how many terms each of these texts has, repeats included."""
        places = self._places.take(texts)
        lengths = np.zeros(len(texts), np.int64)
        for number in np.unique(places[:, 0]):
            own = places[:, 0] == number
            counts, ends = segment_at(self._segments, number).counts
            sums = np.concatenate([[0], np.cumsum(counts[:, 1], dtype=np.int64)])[ends]
            lengths[own] = np.diff(sums)[places[own, 1]]
        return lengths
