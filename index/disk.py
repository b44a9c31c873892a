"""Changes to an index folder that a kill or a power cut leaves done or not done, never half done."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from index.layout import UNFINISHED, Folder


def publish(written: Folder, target: Path) -> None:
    """Gives a folder that is written its name, once everything in it is on the disk."""
    paths = sorted(written.root.rglob("*"))
    for path in [*paths, written.root]:
        flush(path)
    written.root.rename(target)
    flush(target.parent)


def replace(path: Path, write: Callable[[Path], object], beside: Path | None = None) -> None:
    """Writes a file beside `path`, or as `beside` on the same disk, and puts it in its place."""
    beside = beside or path.with_name(f"{path.name}.new")
    write(beside)
    flush(beside)
    beside.replace(path)
    flush(path.parent)


def remove(folder: Path) -> None:
    """Removes a folder that nothing refers to; what cannot be removed yet is left for the next time.

    It loses its name first, so that half of it is never taken for a whole one.
    """
    gone = folder.with_name(f"{UNFINISHED}{folder.name}")
    try:
        folder.rename(gone)
    except OSError:
        return
    shutil.rmtree(gone, ignore_errors=True)


def flush(path: Path) -> None:
    """Waits until a file, or the list of files in a folder, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
