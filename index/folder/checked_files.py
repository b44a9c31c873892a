"""The files that a manifest lists with their SHA-256: hashed when written, checked before they are read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from index.errors import REBUILD, IndexCorrupt
from index.folder.arrays import Table
from index.folder.checksums import CheckedFile, block_digests, digests_size
from index.folder.filesystem import opened, read, reading
from index.folder.layout import Folder
from source import OnWait, cores, do_nothing, isolated, map_in_pool

Listing: TypeAlias = dict[str, tuple[str, int]]
"""Path inside the folder → (SHA-256, size in bytes); sorted by path, except that the block digests come last."""


_HASHED = 1 << 18  # bytes hashed at a time
_ALONE = 1 << 22
"""Bytes up to which all files are checked on one core: 4 MB."""


def fingerprints(folder: Folder) -> Listing:
    """Hashes every file of a folder. Writes the file of block digests."""
    found = {}
    with folder.blocks.open("wb") as blocks:
        for path in folder.files():
            digests, sha256 = block_digests(path)
            blocks.write(digests)
            found[path.relative_to(folder.root).as_posix()] = sha256, path.stat().st_size
    found[folder.blocks.name] = sha256_of(folder.blocks), folder.blocks.stat().st_size
    return found


def check_files(folders: Iterable[tuple[Folder, Listing]]) -> None:
    """Checks every file's SHA-256. Raises IndexCorrupt, naming the file."""
    for problem in damaged(folders).values():
        raise IndexCorrupt(problem)


def damaged(folders: Iterable[tuple[Folder, Listing]], on_wait: OnWait = do_nothing) -> dict[Folder, str]:
    """The folders with a damaged or missing file, each with a sentence that names the file.

    Raises StoreUnreachable if a file can't be read at the moment.
    """
    files = [(folder, name, facts) for folder, listing in folders for name, facts in listing.items()]
    paths = [folder.root / name for folder, name, _ in files]
    sha256s = [sha256 for _, _, (sha256, _) in files]
    sizes = [size for _, _, (_, size) in files]
    if sum(sizes) <= _ALONE:  # faster than starting threads
        found = list(map(_problem, zip(paths, sha256s, sizes, strict=True)))
    else:
        with ThreadPoolExecutor(cores()) as pool:
            found = list(map_in_pool(pool, _problem, zip(paths, sha256s, sizes, strict=True), on_wait))
    problems: dict[Folder, str] = {}
    for (folder, _, _), problem in zip(files, found, strict=True):
        if problem:
            problems.setdefault(folder, problem)
    return problems


def foreign(folder: Folder, listing: Listing) -> Iterator[Path]:
    """The files and folders inside `folder` that its manifest doesn't list."""
    own = {folder.manifest, folder.seal, *(folder.root / name for name in listing)}
    own |= {parent for path in own for parent in path.parents}
    with reading(folder.root):
        found = sorted(folder.root.rglob("*"))
    return (path for path in found if path not in own)


def _problem(file: tuple[Path, str, int]) -> str | None:
    path, sha256, size = file
    try:
        with reading(path):
            is_intact = path.stat().st_size == size and sha256_of(path) == sha256
    except OSError:
        return f"The index file {isolated(path)} is missing or not a regular file. {REBUILD}"
    return None if is_intact else f"The index file {isolated(path)} is damaged. {REBUILD}"


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file. It is read, not mapped: a mapped file that is truncated meanwhile kills the process."""
    digest = hashlib.sha256()
    with opened(path) as file:
        while data := file.read(_HASHED):
            digest.update(data)
    return digest.hexdigest()


class Files:
    """Opens the files that a manifest lists. Raises IndexCorrupt.

    `whole`: they have already been checked. Otherwise each block is checked when it is first read; in
    either case it is checked again after its file was written to.
    """

    def __init__(self, folder: Folder, listing: Listing, *, whole: bool) -> None:
        self._folder, self._listing, self._whole = folder, listing, whole
        blocks = folder.blocks
        check_files([(folder, {blocks.name: self._facts(blocks)})])
        self._digests = read(blocks, self._facts(blocks)[1])
        sizes = (digests_size(size) for _, size in listing.values())
        self._starts = dict(zip(listing, accumulate(sizes, initial=0), strict=False))

    def _facts(self, path: Path) -> tuple[str, int]:
        name = path.relative_to(self._folder.root).as_posix()
        if name not in self._listing:
            raise IndexCorrupt(f"The index file {isolated(path)} is not in the manifest. {REBUILD}")
        return self._listing[name]

    def file(self, path: Path) -> CheckedFile:
        """Opens a file."""
        _, size = self._facts(path)
        start = self._starts[path.relative_to(self._folder.root).as_posix()]
        digests = self._digests[start : start + digests_size(size)]
        return CheckedFile(path, size, digests, whole=self._whole)

    def table(self, path: Path, columns: int | None = None, dtype: DTypeLike = np.int64) -> Table:
        """Opens an array file."""
        return Table(self.file(path), columns, dtype)
