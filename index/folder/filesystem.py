"""Safe file access in an index folder: reads refuse links and pipes, and writes are atomic and flushed to disk."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from index.errors import StoreUnreachable
from index.folder.layout import UNFINISHED, Folder
from index.progress import counted
from source import isolated, lacking, reason_of

# A link may lead anywhere, and opening a pipe would block forever. Windows lacks the first two flags.
_OPEN_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

NO_SUCH_FILE = {
    errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENXIO, errno.EINVAL, errno.EFBIG,
    errno.ENAMETOOLONG,
}  # fmt: skip
"""System errors that mean there is no such file, or something else in its place."""

_NO_FSYNC = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}  # what a file system says that can't flush a folder


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """A context for reading a file or a folder of an index. Raises StoreUnreachable if that fails at the moment.

    Of the system's errors only those of NO_SUCH_FILE pass: they mean damage. All others, such as "too many open
    files", say nothing about the index, which must not be repaired then.
    """
    try:
        yield
    except OSError as error:
        _raise_passing(path, error)
        raise


def _raise_passing(path: Path, error: OSError) -> None:
    if error.errno not in NO_SUCH_FILE:
        problem = f"{isolated(path)} could not be read: {reason_of(error)}"
        raise StoreUnreachable(f"{problem}. Fix that and try again.") from error


def opened(path: Path) -> BinaryIO:
    """Opens a regular file. Raises OSError, also for a link, a pipe or a device. Use it in `reading`."""
    file = os.fdopen(os.open(path, os.O_RDONLY | _OPEN_FLAGS), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "not an ordinary file", path)
    return file


def entries(folder: Path) -> list[Path]:
    """What is in a folder, sorted; empty if there is none. Raises StoreUnreachable."""
    try:
        with reading(folder):
            return sorted(folder.iterdir())
    except OSError:
        return []


def folders(folder: Path) -> list[Path]:
    """The folders in a folder, sorted, without links: these may lead to somebody else's files. As `entries`."""
    with reading(folder):
        return [path for path in entries(folder) if _is_folder(path)]


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def is_there(path: Path) -> bool:
    """Whether there is a file or folder, or a link. Raises StoreUnreachable if that can't be determined."""
    try:
        with reading(path):
            path.lstat()
    except OSError:
        return False
    return True


def appending(path: Path) -> int:
    """Opens a file for reading and appending, created readable by its owner only. Raises OSError, also for a link.

    Returns the file descriptor.
    """
    return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _OPEN_FLAGS, 0o600)


def read(path: Path, most: int) -> bytes:
    """The content of a file. Raises as `reading` and `opened`, and OSError for a file of more than `most` bytes."""
    try:  # not `reading`, which would take more calls: each question reads CURRENT
        with opened(path) as file:
            data = file.read(min(os.fstat(file.fileno()).st_size, most) + 1)  # Python takes as much memory at once
    except OSError as error:
        _raise_passing(path, error)
        raise
    if len(data) > most:
        raise OSError(errno.EFBIG, "file too large", path)
    return data


def require_space(folder: Path, size: int) -> None:
    """Raises OSError (ENOSPC) unless `size` bytes can be written to `folder` with some space to spare."""
    if missing := lacking(folder, size):
        raise OSError(errno.ENOSPC, f"{counted(-(-missing >> 20), 'more megabyte')} of disk space must be free")


def publish(written: Folder, target: Path) -> None:
    """Flushes a finished folder to disk, then renames it to `target`."""
    paths = sorted(written.root.rglob("*"))
    for path in [*paths, written.root]:
        flush(path)
    written.root.rename(target)
    flush(target.parent)


def replace(path: Path, write: Callable[[Path], object], beside: Path | None = None) -> None:
    """Replaces a file atomically: writes a temporary file, flushes it, and renames it to `path`.

    `beside`: the temporary file, on the same disk; by default next to `path`.
    """
    beside = beside or path.with_name(f"{path.name}.new")
    write(beside)
    flush(beside)
    beside.replace(path)
    flush(path.parent)


def remove(folder: Path) -> None:
    """Removes a folder that nothing refers to; what cannot be removed now is left to a later build.

    The folder is renamed first, so that a partly removed one is never taken for a complete one.
    """
    doomed = folder.with_name(f"{UNFINISHED}{folder.name}")
    try:
        folder.rename(doomed)
    except OSError:
        return
    delete(doomed)


def delete(path: Path) -> None:
    """Deletes a file, a folder or a link, and nothing that a link leads to; what can't be deleted now is left."""
    if _is_folder(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def flush(path: Path) -> None:
    """Waits until a file, or the entries of a folder if the file system can do that, are on disk (fsync)."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_FSYNC or not _is_folder(path):
            raise
    finally:
        os.close(handle)
