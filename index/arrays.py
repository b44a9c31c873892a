"""Arrays on disk: written row by row, read through a memory map, checked block by block.

A file is `.npy`, so that anything reads it. Hashing a large index whole would
keep the first question waiting for seconds, so that a block's SHA-256 is
checked when the block is first read, and always before its bytes are used.
"""

from __future__ import annotations

import hashlib
import io
import json
import mmap
from pathlib import Path
from types import TracebackType
from typing import IO, Any, TypeAlias

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

from index.errors import REBUILD, IndexCorrupt

Rows: TypeAlias = NDArray[np.int64]
Scores: TypeAlias = NDArray[np.float32]

BLOCK = 1 << 15
"""Bytes that are checked together."""
_HELD = 1 << 26
"""Bytes of a file that may be resident before they are handed back to the system: 64 MB."""
_MAPPED_AT_ONCE = 1 << 16  # bytes that Linux makes resident around each one that is read
_DIGEST = hashlib.sha256().digest_size


class ArrayWriter:
    """An `.npy` file of rows (`columns`,), or of numbers, that grows at its end."""

    def __init__(self, path: Path, dtype: DTypeLike, columns: int | None = None) -> None:
        self._file: IO[bytes] = path.open("wb")
        self._dtype = np.dtype(dtype)
        self._columns = columns
        self.rows = 0
        self._write_header()

    def append(self, rows: Any) -> None:
        """Adds rows (n, columns), or numbers (n,)."""
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


def block_digests(path: Path) -> tuple[bytes, str]:
    """The SHA-256 of each block of a file, one after another, and that of the whole in hexadecimal."""
    blocks, whole = bytearray(), hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            blocks += hashlib.sha256(block).digest()
            whole.update(block)
    return bytes(blocks), whole.hexdigest()


def digests_size(size: int) -> int:
    """How many bytes the digests of the blocks of a file of `size` bytes take."""
    return -(-size // BLOCK) * _DIGEST


class CheckedFile:
    """A file of an index, mapped into memory. `read` gives its bytes once they are what was written.

    `digests`: the digests of its blocks, or None for a file that was checked
    whole. Raises IndexCorrupt.
    """

    def __init__(self, path: Path, size: int, digests: bytes | None) -> None:
        self.path = path
        self._digests = digests
        self._checked = np.full(-(-size // BLOCK), digests is None)
        self._large = size > _HELD and hasattr(mmap, "MADV_DONTNEED")  # which Windows has not
        self._resident = 0
        try:
            with path.open("rb") as file:
                found = file.seek(0, io.SEEK_END)
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if found else b""
        except OSError:
            raise IndexCorrupt(f"The index file {path} is missing or cannot be read; {REBUILD}.") from None
        if found != size or (digests is not None and len(digests) != digests_size(size)):
            raise IndexCorrupt(f"The index file {path} is damaged; {REBUILD}.")

    def __len__(self) -> int:
        return len(self._bytes)

    def read(self, start: int, end: int) -> memoryview:
        """The bytes from `start` to `end`, without a copy."""
        self.check(start, end)
        return memoryview(self._bytes)[start:end]

    def json(self) -> Any:
        """What the file says, if it is JSON."""
        try:
            return json.loads(bytes(self.read(0, len(self))))
        except (ValueError, RecursionError) as error:
            raise IndexCorrupt(f"The index file {self.path} is no JSON; {REBUILD}.") from error

    def check(self, start: int, end: int) -> None:
        """Checks the blocks that hold these bytes, unless they have been."""
        if self._large:
            self._hand_back(max(end - start, _MAPPED_AT_ONCE))
        first, last = start // BLOCK, -(-end // BLOCK)
        if self._checked[first:last].all():
            return
        for block in range(first, last):
            if not self._checked[block]:
                self._check_block(block)

    def check_each(self, starts: NDArray[np.int64], length: int) -> None:
        """As `check` for the `length` bytes from each of `starts`."""
        if self._large:
            self._hand_back(len(starts) * max(length, _MAPPED_AT_ONCE))
        blocks = np.concatenate([starts // BLOCK, (starts + max(length - 1, 0)) // BLOCK])
        for block in np.unique(blocks[~self._checked[blocks]]):
            self._check_block(int(block))

    def _hand_back(self, more: int) -> None:
        """Keeps the resident part of a large file small: it stays in the system's cache, and views of it stay whole."""
        self._resident += more
        if self._resident > _HELD and isinstance(self._bytes, mmap.mmap):
            self._resident = more
            self._bytes.madvise(mmap.MADV_DONTNEED)

    def _check_block(self, block: int) -> None:
        assert self._digests is not None
        bytes = memoryview(self._bytes)[block * BLOCK : (block + 1) * BLOCK]
        if hashlib.sha256(bytes).digest() != self._digests[block * _DIGEST : (block + 1) * _DIGEST]:
            raise IndexCorrupt(f"The index file {self.path} is damaged; {REBUILD}.")
        self._checked[block] = True


class Table:
    """The rows of an `.npy` file. A row or a run of rows is a view of the file, not a copy."""

    def __init__(self, file: CheckedFile) -> None:
        self._file = file
        try:
            head = io.BytesIO(bytes(file.read(0, min(BLOCK, len(file)))))
            npy.read_magic(head)
            shape, _, dtype = npy.read_array_header_1_0(head)
            if not shape:
                raise ValueError("it has no rows")
            self._start = head.tell()
            self._array = np.frombuffer(memoryview(file._bytes), dtype, offset=self._start).reshape(shape)
        except IndexCorrupt:
            raise
        except Exception as error:  # NumPy's reader of a header raises what Python's own parsers do
            raise IndexCorrupt(f"The index file {file.path} holds no array of numbers; {REBUILD}.") from error
        self.columns = int(np.prod(shape[1:], dtype=int))
        """How many numbers are in a row."""
        self._row = self._array.itemsize * self.columns

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, rows: int | slice) -> NDArray[Any]:
        first, last = (rows, rows + 1) if isinstance(rows, int) else (rows.start or 0, rows.stop)
        last = len(self) if last is None else last
        self._file.check(self._start + first * self._row, self._start + last * self._row)
        return np.asarray(self._array[rows])

    def take(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """A copy of these rows."""
        self._file.check_each(self._start + rows * self._row, self._row)
        return np.asarray(self._array[rows])


def runs(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers of all these runs, one run after another."""
    ends = np.cumsum(lengths)
    return np.arange(int(lengths.sum())) + np.repeat(starts - ends + lengths, lengths)
