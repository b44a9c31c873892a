"""Repeated sentences: those that occur more than once in a collection, found by their text.

Each is stored as a 64-bit digest and its row. A match of digests is confirmed by
comparing the texts. Runs of white space count as one space.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.folder.arrays import ArrayWriter, Table

_CHUNK = 1 << 16  # sentences: there may be hundreds of millions


def write_repeats(path: Path, keys: NDArray[np.int64]) -> None:
    """Writes the table of repeated sentences: (n, 2), key and row, sorted. `keys`: (sentences,) `sentence_key`s."""
    rows = np.argsort(keys, kind="stable")
    as_before = np.zeros(len(rows) + 1, np.bool_)  # whether a row in this order has the key of the one before
    for first in range(1, len(rows), _CHUNK):
        found = keys[rows[first - 1 : first + _CHUNK]]
        as_before[first : first + len(found) - 1] = found[1:] == found[:-1]
    rows = rows[as_before[:-1] | as_before[1:]]
    with ArrayWriter(path, np.int64, 2) as file:
        for first in range(0, len(rows), _CHUNK):
            repeated = rows[first : first + _CHUNK]
            file.append(np.column_stack([keys[repeated], repeated]))


class Repeats:
    """The table of repeated sentences, as `write_repeats` writes it."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def all(self) -> NDArray[np.int64]:
        """(repeated sentences, 2): key and row, sorted."""
        return np.asarray(self._table[0 : len(self._table)])

    def rows(self, text: str, most: int) -> NDArray[np.int64]:
        """(n,): the first `most` sentences that may have this text, in order; none if it occurs only once."""
        wanted = sentence_key(text)
        low, high = 0, len(self._table)
        while low < high:
            middle = (low + high) // 2
            if self._table[middle][0] < wanted:
                low = middle + 1
            else:
                high = middle
        found = self._table[low : min(low + most, len(self._table))]
        return np.asarray(found[found[:, 0] == wanted, 1])


def same(one: str, other: str) -> bool:
    """Whether two texts are equal apart from white space."""
    return one.split() == other.split()


def sentence_key(text: str) -> int:
    """A 64-bit digest of a sentence, ignoring differences in white space."""
    digest = hashlib.blake2b(" ".join(text.split()).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)
