"""Index files in memory, read or mapped, with a SHA-256 checked for each block.

Hashing a large index whole would delay the first question by seconds. So the
SHA-256 of a block is checked when the block is first read, and always before its
bytes are used. This is our own code because `.npy` and FAISS files have no checksums,
and we found no maintained library that adds them to mapped files (zarr's are heavier).

Only large files are mapped: a mapping keeps a file descriptor, and overwriting
the file changes the mapped bytes. Reading a byte that it no longer has would kill the
process (SIGBUS). So before each use of a mapped file its size and the time of its last
change are compared, and a file that was written to is checked again.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import REBUILD, IndexCorrupt
from index.folder.filesystem import opened, reading
from source import isolated

BLOCK = 1 << 15
"""Bytes of a block: 32 KB."""
_MAPPED = 1 << 20
"""Bytes from which a file is mapped; a smaller one is read: 1 MB, so all of a small index but its token vectors."""
_HELD = 1 << 26
"""Bytes of a file that may be resident before its pages are released to the system: 64 MB."""
_NO_DESCRIPTOR: dict[str, Any] = {"trackfd": False} if sys.version_info >= (3, 13) and os.name == "posix" else {}
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
    """An index file in memory; `read` checks bytes against their SHA-256 before it returns them.

    `digests`: the digests of its blocks; None if there are none, for a file that has been
    checked whole. `whole`: it has been checked whole, although there are. Raises IndexCorrupt,
    and StoreUnreachable if it can't be read at the moment.
    """

    def __init__(self, path: Path, size: int, digests: bytes | None, *, whole: bool = False) -> None:
        self.path = path
        self._name = os.fspath(path)  # quicker to look up
        self._size, self._digests = size, digests
        self._large = size > _HELD and hasattr(mmap, "MADV_DONTNEED")  # missing on Windows
        self._resident = 0
        self._bytes: bytes | mmap.mmap = b""
        self._mapped: mmap.mmap | None = None
        if digests is not None and len(digests) != digests_size(size):
            raise self._damaged()
        try:
            self._load()
        except OSError:
            raise IndexCorrupt(f"The index file {isolated(path)} is missing or not a regular file. {REBUILD}") from None
        self._checked = np.zeros(-(-size // BLOCK), bool)
        self._all_checked = whole or digests is None

    def _load(self) -> None:
        with reading(self.path), opened(self.path) as file:
            self._status = os.fstat(file.fileno())
            if self._status.st_size != self._size:
                raise self._damaged()
            if self._size < _MAPPED:
                self._bytes = file.read(self._size)
            else:
                with suppress(ValueError):  # truncated a moment ago
                    self._mapped = mmap.mmap(file.fileno(), self._size, access=mmap.ACCESS_READ, **_NO_DESCRIPTOR)
                    self._bytes = self._mapped
        if len(self._bytes) != self._size:
            raise self._damaged()

    def __len__(self) -> int:
        return len(self._bytes)

    def read(self, start: int, end: int) -> memoryview:
        """The bytes from `start` to `end`, not copied."""
        if not 0 <= start <= end <= len(self._bytes):
            raise IndexCorrupt(f"The index file {isolated(self.path)} is shorter than another file says. {REBUILD}")
        self.check(start, end)
        return memoryview(self._bytes)[start:end]

    def json(self) -> Any:
        """The file's content, parsed as JSON."""
        try:
            return json.loads(bytes(self.read(0, len(self))))
        except (ValueError, RecursionError) as error:
            raise IndexCorrupt(f"The index file {isolated(self.path)} is not valid JSON. {REBUILD}") from error

    def check(self, start: int, end: int) -> None:
        """Checks the blocks that hold these bytes, unless they have been checked already."""
        if self._mapped is not None:
            self._look()
        if self._large:
            self._limit_resident(max(end - start, _MAPPED_AT_ONCE))
        if self._all_checked:
            return
        first, last = start // BLOCK, -(-end // BLOCK)
        if self._checked[first:last].all():
            return
        for block in range(first, last):
            if not self._checked[block]:
                self._check_block(block)

    def check_each(self, starts: NDArray[np.int64], length: int) -> None:
        """As `check`, for the `length` bytes from each of `starts`."""
        if self._mapped is not None:
            self._look()
        if self._large:
            self._limit_resident(len(starts) * max(length, _MAPPED_AT_ONCE))
        if self._all_checked:
            return
        blocks = np.concatenate([starts // BLOCK, (starts + max(length - 1, 0)) // BLOCK])
        for block in np.unique(blocks[~self._checked[blocks]]):
            self._check_block(int(block))

    def _look(self) -> None:
        """Raises IndexCorrupt if the file has another size than is mapped; has it checked again if it was written to.

        A file that was deleted or renamed stays mapped as it is.
        """
        try:
            now = os.stat(self._name)  # noqa: PTH116 (a third of the time of Path.stat)
        except OSError:
            return
        opened = self._status
        if (now.st_mtime_ns, now.st_size) == (opened.st_mtime_ns, opened.st_size) or now.st_ino != opened.st_ino:
            return
        if now.st_size != self._size or self._digests is None:
            raise self._damaged()
        self._status, self._checked[:], self._all_checked = now, False, False

    def _limit_resident(self, more: int) -> None:
        """Releases pages once too many are resident; they stay in the system's cache, and views stay valid."""
        self._resident += more
        if self._resident > _HELD and self._mapped is not None:
            self._resident = more
            self._mapped.madvise(mmap.MADV_DONTNEED)

    def _check_block(self, block: int) -> None:
        assert self._digests is not None
        bytes = memoryview(self._bytes)[block * BLOCK : (block + 1) * BLOCK]
        if hashlib.sha256(bytes).digest() != self._digests[block * _DIGEST : (block + 1) * _DIGEST]:
            raise self._damaged()
        self._checked[block] = True

    def _damaged(self) -> IndexCorrupt:
        return IndexCorrupt(f"The index file {isolated(self.path)} is damaged. {REBUILD}")
