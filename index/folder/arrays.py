"""Arrays and sorted string tables in `.npy` files, written row by row and read through a memory map."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

from index.errors import REBUILD, IndexCorrupt
from index.folder.checksums import BLOCK, CheckedFile
from source import isolated


class ArrayWriter:
    """Writes an `.npy` file by appending rows of `columns` numbers, or single values if `columns` is None."""

    def __init__(self, path: Path, dtype: DTypeLike, columns: int | None = None) -> None:
        self._file: IO[bytes] = path.open("wb")
        self._dtype = np.dtype(dtype)
        self._columns = columns
        self.rows = 0
        self._write_header()

    def append(self, rows: Any) -> None:
        """Appends rows (n, columns), or values (n,)."""
        array = np.ascontiguousarray(rows, self._dtype)
        self._file.write(array.data)
        self.rows += len(array)

    def _write_header(self) -> None:
        shape = (self.rows,) if self._columns is None else (self.rows, self._columns)
        fields = {"descr": npy.dtype_to_descr(self._dtype), "fortran_order": False, "shape": shape}
        npy.write_array_header_1_0(self._file, fields)  # its padding leaves room for the rows to grow

    def __enter__(self) -> ArrayWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._file.seek(0)
            self._write_header()
        self._file.close()


class Table:
    """The rows of an `.npy` file. A row or a slice of rows is a view of the file, not a copy.

    Row numbers often come from another file, so a row that doesn't exist raises IndexCorrupt.
    """

    def __init__(self, file: CheckedFile, columns: int | None = None, dtype: DTypeLike = np.int64) -> None:
        """`columns`: values in a row; None if the rows are single values. Raises IndexCorrupt for any other array."""
        self._file = file
        try:
            head = io.BytesIO(bytes(file.read(0, min(BLOCK, len(file)))))
            npy.read_magic(head)
            shape, _, found = npy.read_array_header_1_0(head)
            if found != np.dtype(dtype) or not shape or shape[1:] != (() if columns is None else (columns,)):
                raise ValueError("another type or number of dimensions or columns")
            self._start = head.tell()
            self._array = np.frombuffer(memoryview(file._bytes), found, offset=self._start).reshape(shape)
        except IndexCorrupt:
            raise
        except Exception as error:  # NumPy's header parser raises whatever Python's own parsers raise
            raise IndexCorrupt(
                f"The index file {isolated(file.path)} holds another kind of array. {REBUILD}"
            ) from error
        self._row = self._array.itemsize * (columns or 1)
        self._length = len(self._array)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, rows: int | slice) -> NDArray[Any]:
        first, last = (rows, rows + 1) if isinstance(rows, int) else (rows.start or 0, rows.stop)
        last = self._length if last is None else last
        if not 0 <= first <= last <= self._length:
            raise self._missing_rows()
        self._file.check(self._start + first * self._row, self._start + last * self._row)
        return np.asarray(self._array[rows])

    def take(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """A copy of these rows."""
        if rows.size and not 0 <= rows.min() <= rows.max() < self._length:
            raise self._missing_rows()
        self._file.check_each(self._start + rows * self._row, self._row)
        return np.asarray(self._array[rows])

    def take_runs(self, first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[Any]:
        """A copy of the rows from each `first` up to its `last`, run after run. The runs must not overlap."""
        lengths = last - first
        if lengths.size and not 0 <= lengths.min() <= lengths.max() <= lengths.sum() <= self._length:
            raise self._missing_rows()
        return self.take(runs(first, lengths))

    def _missing_rows(self) -> IndexCorrupt:
        return IndexCorrupt(
            f"The index file {isolated(self._file.path)} lacks rows that another file refers to. {REBUILD}"
        )


def runs(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """The row numbers of these runs, concatenated."""
    ends = np.cumsum(lengths)
    return np.arange(int(lengths.sum())) + np.repeat(starts - ends + lengths, lengths)


def ascends(numbers: NDArray[np.int64]) -> bool:
    """Whether the numbers are in non-decreasing order."""
    return bool((numbers[1:] >= numbers[:-1]).all())


def write_strings(characters: Path, ends: Path, strings: Iterable[str]) -> None:
    """Writes a string table; `Strings.find` needs the strings unique and sorted by `key`."""
    with ArrayWriter(characters, np.uint8) as bytes_, ArrayWriter(ends, np.int64) as ends_:
        ends_.append([0])
        for string in strings:
            bytes_.append(np.frombuffer(key(string), np.uint8))
            ends_.append([bytes_.rows])


def key(string: str) -> bytes:
    """The sort key of a string: its UTF-8 bytes."""
    return string.encode("utf-8", "surrogatepass")


def all_strings(characters: Table, ends: Table) -> list[str]:
    """All strings of a string table, in order. Raises IndexCorrupt if they aren't UTF-8."""
    text, bounds = characters[0 : len(characters)].tobytes(), ends[0 : len(ends)].tolist()
    try:
        return [text[start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(bounds)]
    except UnicodeDecodeError as error:
        raise IndexCorrupt(f"The index has ids or terms that aren't valid UTF-8. {REBUILD}") from error


class Strings:
    """A string table on disk, as `write_strings` writes it; sorted, so that a string is found by binary search."""

    def __init__(self, characters: Table, ends: Table) -> None:
        if not len(ends):
            raise IndexCorrupt(f"The index has an empty list of ids or terms. {REBUILD}")
        self._characters = characters
        self._ends = ends

    def __len__(self) -> int:
        return len(self._ends) - 1

    def all(self) -> list[str]:
        """All strings, in order."""
        return all_strings(self._characters, self._ends)

    def find(self, string: str) -> int | None:
        """The row of `string`; None if the table doesn't have it."""
        return self._search(key(string), self._at)

    def find_all(self, strings: Iterable[str]) -> list[int | None]:
        """As `find`, for many strings, whose searches read mostly the same rows."""
        at = cache(self._at)
        return [self._search(key(string), at) for string in strings]

    def _search(self, wanted: bytes, at: Callable[[int], bytes]) -> int | None:
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            found = at(middle)
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
