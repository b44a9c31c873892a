"""Simulates a power failure after any prefix of a build's file operations.

    python tests/crash/power.py

Whatever was not flushed may be lost: the content of a file since its last fsync, and names added
or removed since the fsync of their folder. Two disks are simulated: one that keeps names at once
and content only when it is flushed (files come out empty), and one that keeps neither. After each
flush, rename and removal the folder is rebuilt as either disk would have it. It must hold the old
or the new version, complete, and the next build must succeed.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from collection import debris, use_hash_encoder, version_of, write

from index import build

_WATCHED = ("rename", "replace", "unlink", "rmdir", "mkdir")


class Disk:
    """The part of a folder that is on disk: content by inode, names by folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.content: dict[int, bytes] = {}
        self.names: dict[int, dict[str, int]] = {}
        for path in [root, *root.rglob("*")]:
            self.flushed(path)

    def flushed(self, path: Path) -> None:
        """Flushes `path`: what it holds now is on disk."""
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            self.names[status.st_ino] = {child.name: child.stat().st_ino for child in path.iterdir()}
        else:
            self.content[status.st_ino] = path.read_bytes()

    def after_failure(self, to: Path, *, names_at_once: bool) -> None:
        """Writes to `to` what is found after the power failure."""
        self._restore(self.root.stat().st_ino, self.root, to, names_at_once)

    def _restore(self, inode: int, now: Path | None, to: Path, names_at_once: bool) -> None:
        to.mkdir()
        kept = self.names.get(inode, {})
        if names_at_once and now is not None:
            kept = {child.name: child.stat().st_ino for child in now.iterdir()}
        for name, child in kept.items():
            here = now / name if now is not None and (now / name).exists() else None
            if child in self.names or (here is not None and here.is_dir()):
                self._restore(child, here, to / name, names_at_once)
            else:
                (to / name).write_bytes(self.content.get(child, b""))


@contextmanager
def watching(root: Path, happened: Any) -> Iterator[Disk]:
    """Calls `happened(disk)` after each operation in the folder that may or may not have reached the disk."""
    disk = Disk(root)
    fsync = os.fsync

    def flush(handle: int) -> None:
        fsync(handle)
        path = Path(f"/proc/self/fd/{handle}").readlink()
        if root in (path, *path.parents):
            disk.flushed(path)
            happened(disk)

    def told(name: str) -> Any:
        original = getattr(os, name)

        def operation(*arguments: Any, **named: Any) -> Any:
            result = original(*arguments, **named)
            if str(root) in os.fspath(arguments[-1] if name in ("rename", "replace") else arguments[0]):
                happened(disk)
            return result

        return operation

    patches = [patch.object(os, "fsync", flush), *(patch.object(os, name, told(name)) for name in _WATCHED)]
    for each in patches:
        each.start()
    try:
        yield disk
    finally:
        for each in patches:
            each.stop()


def run(scratch: Path) -> Counter[str]:
    """Runs one build, checked after each operation; returns how many states held the old and the new version."""
    use_hash_encoder()
    root, sources, states = scratch / "index", scratch / "sources", scratch / "states"
    write(sources, 1)
    build(root, [sources])
    write(sources, 2)
    states.mkdir()
    taken: list[Path] = []

    def happened(disk: Disk) -> None:
        for names_at_once in (True, False):
            taken.append(states / str(len(taken)))
            disk.after_failure(taken[-1], names_at_once=names_at_once)

    with watching(root, happened):
        build(root, [sources])
    assert len(taken) > 50, len(taken)
    found: Counter[str] = Counter()
    for state in taken:
        version = version_of(state)
        assert version in (1, 2)
        found["the old version" if version == 1 else "the new version"] += 1
        build(state, [sources])
        assert version_of(state) == 2 and not debris(state)
        shutil.rmtree(state)
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        print(f"states after a power failure: {dict(run(Path(scratch)))}; 0 unreadable, 0 mixed")


if __name__ == "__main__":
    main()
