"""A table of strings on disk; a sorted one is searched without being read."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np

from index.arrays import ArrayWriter, Table
from index.errors import REBUILD, IndexCorrupt


def write_strings(characters: Path, ends: Path, strings: Iterable[str]) -> None:
    """Writes strings; `Strings` finds them only if they are sorted by their UTF-8 bytes, each once."""
    with ArrayWriter(characters, np.uint8) as bytes_, ArrayWriter(ends, np.int64) as ends_:
        ends_.append([0])
        for string in strings:
            bytes_.append(np.frombuffer(key(string), np.uint8))
            ends_.append([bytes_.rows])


def key(string: str) -> bytes:
    """What strings are sorted by."""
    return string.encode("utf-8", "surrogatepass")


def all_strings(characters: Table, ends: Table) -> list[str]:
    """All that `write_strings` wrote, in order. Raises IndexCorrupt for anything else."""
    text, bounds = characters[0 : len(characters)].tobytes(), ends[0 : len(ends)].tolist()
    try:
        return [text[start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(bounds)]
    except UnicodeDecodeError as error:
        raise IndexCorrupt(f"The index has names or words that are no text; {REBUILD}.") from error


class Strings:
    """What `write_strings` wrote."""

    def __init__(self, characters: Table, ends: Table) -> None:
        self._characters = characters
        self._ends = ends

    def __len__(self) -> int:
        return len(self._ends) - 1

    def all(self) -> list[str]:
        """All of them, in order."""
        return all_strings(self._characters, self._ends)

    def find(self, string: str) -> int | None:
        """The row of `string`, by binary search; None if it is not there."""
        wanted = key(string)
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            found = self._at(middle)
            if found == wanted:
                return middle
            if found < wanted:
                low = middle + 1
            else:
                high = middle
        return None

    def _at(self, row: int) -> bytes:
        start, end = self._ends[row : row + 2]
        return self._characters[int(start) : int(end)].tobytes()
