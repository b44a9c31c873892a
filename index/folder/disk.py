"""The files of an index folder: read for what they are, and changed so that a kill leaves nothing half done."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from index.folder.layout import UNFINISHED, Folder

# A link may lead anywhere, and opening a pipe would wait for ever; Windows has neither flag.
_AS_IT_IS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def opened(path: Path) -> BinaryIO:
    """A file to read. Raises OSError also for a link, a pipe, a device: an index has none."""
    file = os.fdopen(os.open(path, os.O_RDONLY | _AS_IT_IS), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "not an ordinary file", path)
    return file


def appending(path: Path) -> int:
    """A descriptor of a file to read and add to, made for its owner alone if it is not there. Raises as `opened`."""
    return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _AS_IT_IS, 0o600)


def read(path: Path, most: int) -> bytes:
    """What a file holds. Raises OSError as `opened`, and for one of more than `most` bytes."""
    with opened(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, "larger than it can be", path)
    return data


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
