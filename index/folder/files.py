"""Folders whose every file is known by its SHA-256, and is read only once it is what was written."""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from index.errors import REBUILD, IndexCorrupt
from index.folder.arrays import Table
from index.folder.checksums import CheckedFile, block_digests, digests_size
from index.folder.disk import opened, read
from index.folder.layout import Folder
from source import cores
from source.waiting import OnWait, nothing, results

Listing: TypeAlias = dict[str, tuple[str, int]]
"""Path inside the folder → SHA-256, bytes; sorted, but for the block digests, which come last."""


_ALONE = 1 << 22
"""Bytes up to which one core checks them all."""


def fingerprints(folder: Folder) -> Listing:
    """The SHA-256 and size of every file of a folder. Writes the file of block digests."""
    found = {}
    with folder.blocks.open("wb") as blocks:
        for path in folder.files():
            digests, sha256 = block_digests(path)
            blocks.write(digests)
            found[path.relative_to(folder.root).as_posix()] = sha256, path.stat().st_size
    found[folder.blocks.name] = sha256_of(folder.blocks), folder.blocks.stat().st_size
    return found


def check_files(folders: Iterable[tuple[Folder, Listing]]) -> None:
    """Raises IndexCorrupt, naming the file, unless every file is the one that was written."""
    for complaint in damaged(folders).values():
        raise IndexCorrupt(complaint)


def damaged(folders: Iterable[tuple[Folder, Listing]], meanwhile: OnWait = nothing) -> dict[Folder, str]:
    """The folders with a file that is not the one that was written, and a sentence that names it."""
    files = [(folder, name, facts) for folder, listing in folders for name, facts in listing.items()]
    paths = [folder.root / name for folder, name, _ in files]
    sha256s = [sha256 for _, _, (sha256, _) in files]
    sizes = [size for _, _, (_, size) in files]
    if sum(sizes) <= _ALONE:  # sooner read than shared out
        found = list(map(_complaint, zip(paths, sha256s, sizes, strict=True)))
    else:
        with ThreadPoolExecutor(cores()) as pool:
            found = list(results(pool, _complaint, zip(paths, sha256s, sizes, strict=True), meanwhile))
    complaints: dict[Folder, str] = {}
    for (folder, _, _), complaint in zip(files, found, strict=True):
        if complaint:
            complaints.setdefault(folder, complaint)
    return complaints


def foreign(folder: Folder, listing: Listing) -> Iterator[Path]:
    """The files and folders in a folder that are not its own."""
    own = {folder.manifest, folder.seal, *(folder.root / name for name in listing)}
    own |= {parent for path in own for parent in path.parents}
    return (path for path in sorted(folder.root.rglob("*")) if path not in own)


def _complaint(file: tuple[Path, str, int]) -> str | None:
    path, sha256, size = file
    try:
        if path.stat().st_size != size or sha256_of(path) != sha256:
            return f"The index file {path} is damaged; {REBUILD}."
    except OSError:
        return f"The index file {path} is missing or cannot be read; {REBUILD}."
    return None


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, read by memory map so that its pages serve the next reader too."""
    with opened(path) as file:
        if not os.fstat(file.fileno()).st_size:
            return hashlib.sha256().hexdigest()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            return hashlib.sha256(view).hexdigest()


class Files:
    """The files of a folder, each opened when it is asked for. Raises IndexCorrupt.

    `whole`: they have been checked. Otherwise each block is checked when it is first read.
    """

    def __init__(self, folder: Folder, listing: Listing, *, whole: bool) -> None:
        self._folder, self._listing = folder, listing
        self._blocks = None if whole else self._open_blocks()

    def _open_blocks(self) -> tuple[bytes, dict[str, int]]:
        path = self._folder.blocks
        check_files([(self._folder, {path.name: self._facts(path)})])
        at, starts = 0, {}
        for name, (_, size) in self._listing.items():
            starts[name] = at
            at += digests_size(size)
        return read(path, self._facts(path)[1]), starts

    def _facts(self, path: Path) -> tuple[str, int]:
        name = path.relative_to(self._folder.root).as_posix()
        if name not in self._listing:
            raise IndexCorrupt(f"The index file {path} is not in the manifest; {REBUILD}.")
        return self._listing[name]

    def file(self, path: Path) -> CheckedFile:
        _, size = self._facts(path)
        if self._blocks is None:
            return CheckedFile(path, size, None)
        digests, starts = self._blocks
        start = starts[path.relative_to(self._folder.root).as_posix()]
        return CheckedFile(path, size, digests[start : start + digests_size(size)])

    def table(self, path: Path, columns: int | None = None, dtype: DTypeLike = np.int64) -> Table:
        return Table(self.file(path), columns, dtype)
