"""Index files mapped into memory, with a SHA-256 checked for each block.

Hashing a large index whole would delay the first question by seconds. So the
SHA-256 of a block is checked when the block is first read, and always before its
bytes are used. This is our own code because `.npy` and FAISS files have no checksums,
and we found no maintained library that adds them to mapped files (zarr's are heavier).
"""

from __future__ import annotations

import hashlib
import io
import json
import mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import REBUILD, IndexCorrupt
from index.folder.filesystem import opened, reading

BLOCK = 1 << 15
"""Bytes of a block: 32 KB."""
_HELD = 1 << 26
"""Bytes of a file that may be resident before its pages are released to the system: 64 MB."""
_MAPPED_AT_ONCE = 1 << 16  # bytes that Linux makes resident around each byte read
_DIGEST = hashlib.sha256().digest_size


def block_digests(path: Path) -> tuple[bytes, str]:
    """The SHA-256 digests of a file's blocks, concatenated, and the SHA-256 of the whole file in hexadecimal."""
    blocks, whole = bytearray(), hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            blocks += hashlib.sha256(block).digest()
            whole.update(block)
    return bytes(blocks), whole.hexdigest()


def digests_size(size: int) -> int:
    """Bytes of the block digests of a file of `size` bytes."""
    return -(-size // BLOCK) * _DIGEST


class CheckedFile:
    """An index file, mapped into memory; `read` checks bytes against their SHA-256 before it returns them.

    `digests`: the digests of its blocks, or None for a file that has already been
    checked whole. Raises IndexCorrupt, and StoreUnreachable if it can't be read at the moment.
    """

    def __init__(self, path: Path, size: int, digests: bytes | None) -> None:
        self.path = path
        self._digests = digests
        self._checked = np.full(-(-size // BLOCK), digests is None)
        self._large = size > _HELD and hasattr(mmap, "MADV_DONTNEED")  # missing on Windows
        self._resident = 0
        try:
            with reading(path), opened(path) as file:
                found = file.seek(0, io.SEEK_END)
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if found else b""
        except OSError:
            raise IndexCorrupt(f"The index file {path} is missing or not a regular file. {REBUILD}") from None
        if found != size or (digests is not None and len(digests) != digests_size(size)):
            raise IndexCorrupt(f"The index file {path} is damaged. {REBUILD}")

    def __len__(self) -> int:
        return len(self._bytes)

    def read(self, start: int, end: int) -> memoryview:
        """The bytes from `start` to `end`, not copied."""
        if not 0 <= start <= end <= len(self._bytes):
            raise IndexCorrupt(f"The index file {self.path} is shorter than another file says. {REBUILD}")
        self.check(start, end)
        return memoryview(self._bytes)[start:end]

    def json(self) -> Any:
        """The file's content, parsed as JSON."""
        try:
            return json.loads(bytes(self.read(0, len(self))))
        except (ValueError, RecursionError) as error:
            raise IndexCorrupt(f"The index file {self.path} is not valid JSON. {REBUILD}") from error

    def check(self, start: int, end: int) -> None:
        """Checks the blocks that hold these bytes, unless they have been checked already."""
        if self._large:
            self._limit_resident(max(end - start, _MAPPED_AT_ONCE))
        first, last = start // BLOCK, -(-end // BLOCK)
        if self._checked[first:last].all():
            return
        for block in range(first, last):
            if not self._checked[block]:
                self._check_block(block)

    def check_each(self, starts: NDArray[np.int64], length: int) -> None:
        """As `check`, for the `length` bytes from each of `starts`."""
        if self._large:
            self._limit_resident(len(starts) * max(length, _MAPPED_AT_ONCE))
        blocks = np.concatenate([starts // BLOCK, (starts + max(length - 1, 0)) // BLOCK])
        for block in np.unique(blocks[~self._checked[blocks]]):
            self._check_block(int(block))

    def _limit_resident(self, more: int) -> None:
        """Releases pages once too many are resident; they stay in the system's cache, and views stay valid."""
        self._resident += more
        if self._resident > _HELD and isinstance(self._bytes, mmap.mmap):
            self._resident = more
            self._bytes.madvise(mmap.MADV_DONTNEED)

    def _check_block(self, block: int) -> None:
        assert self._digests is not None
        bytes = memoryview(self._bytes)[block * BLOCK : (block + 1) * BLOCK]
        if hashlib.sha256(bytes).digest() != self._digests[block * _DIGEST : (block + 1) * _DIGEST]:
            raise IndexCorrupt(f"The index file {self.path} is damaged. {REBUILD}")
        self._checked[block] = True
