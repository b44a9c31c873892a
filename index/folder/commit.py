"""Locking an index folder for one writer, and committing what it wrote as the current generation.

Segments and generations are written to temporary folders, flushed to disk and
renamed; then CURRENT is replaced. Whenever a build is killed, CURRENT names a
complete generation: the old one or the new one (invariant 4).
"""

from __future__ import annotations

import errno
import json
import os
import socket
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import IndexUnwritable, StoreError, StoreUnreachable
from index.folder.filesystem import delete, publish, read, remove
from index.folder.generations import KEPT, delete_old, delete_unused, next_name, set_current
from index.folder.layout import UNFINISHED, GenerationLayout, Layout
from index.folder.manifest import Manifest, dump
from source import EXHAUSTED, OnWait, do_nothing, is_index, isolated, reason_of, wait_until

_OURS = Layout.names()
_KINDS = {stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder", stat.S_IFREG: "a file"}


def claim(root: Path) -> Layout:
    """Creates the folder of an index if needed, and checks that it may be written to.

    Apart from hidden files it must hold an index, or only files that a new index
    starts with. None of our file names may be a link, which may lead to somebody
    else's files, or a pipe, which would block us. Raises IndexUnwritable and OSError.
    """
    layout = Layout(root)
    if root.is_file():
        raise IndexUnwritable(layout.not_a_folder)
    root.mkdir(parents=True, exist_ok=True)
    found = {path.name for path in root.iterdir() if not path.name.startswith(".")}
    if found - _OURS and not is_index(found):  # other programs have a CURRENT, too
        raise IndexUnwritable(
            f"{isolated(root)} holds other files but no index. Name an empty or new folder with --index."
        )
    for name in sorted(found & _OURS):
        kind = stat.S_IFMT((root / name).lstat().st_mode)
        if kind != (stat.S_IFDIR if root / name in layout.folders else stat.S_IFREG):
            raise IndexUnwritable(
                f"{isolated(root / name)} is {_KINDS.get(kind, 'a special file')}, which no index has. "
                "Name another folder with --index."
            )
    return layout


@contextmanager
def locked(path: Path, patience: float, on_wait: OnWait) -> Iterator[None]:
    """Holds the lock of a file, waiting `patience` seconds if another process holds it. Raises Timeout.

    The operating system releases the lock when the process that holds it ends. The thread that
    holds it may take it again.
    """
    lock = FileLock(path, timeout=0, is_singleton=True)

    def acquire() -> bool:
        with suppress(Timeout):
            lock.acquire()
        return lock.is_locked

    if not wait_until(acquire, patience, on_wait):
        raise Timeout(str(path))
    try:
        yield
    finally:
        lock.release()


@contextmanager
def writing(root: Path, patience: float = 0.0, on_wait: OnWait = do_nothing) -> Iterator[Layout]:
    """Holds the exclusive right to write to an index; unfinished folders are removed before and after.

    So are the unused segments, if space on the disk runs out. Waits `patience` seconds for
    another build to end. Raises IndexUnwritable if it doesn't, or if the folder can't be
    written to.
    """
    try:
        layout = claim(root)
        for folder in (layout.segments, layout.generations):
            folder.mkdir(exist_ok=True)
        with locked(layout.lock, patience, on_wait):
            _record_writer(layout)
            _remove_unfinished(layout)
            try:
                with _giving_back_space(layout):
                    yield layout
            finally:
                _remove_unfinished(layout)
    except Timeout as error:
        raise IndexUnwritable(f"{_writer(layout)} is writing to {isolated(root)}. Wait for it to finish.") from error
    except OSError as error:
        raise unwritable(root, error) from error


@contextmanager
def _giving_back_space(layout: Layout) -> Iterator[None]:
    """Deletes the segments that no generation uses if space on the disk runs out."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            with suppress(OSError, StoreError):
                delete_unused(layout)
        raise


def unwritable(root: Path, error: OSError) -> IndexUnwritable:
    """The IndexUnwritable for a system error in the folder of an index."""
    is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    is_passing = error.errno in EXHAUSTED or error.errno == errno.EIO
    remedy = "Free some space or name another folder" if is_full else "Fix that, or name another folder"
    remedy = "Fix that and try again." if is_passing else f"{remedy} with --index."
    return IndexUnwritable(f"The index cannot be written to {isolated(root)} ({reason_of(error)}). {remedy}")


def _record_writer(layout: Layout) -> None:
    writer = {
        "process": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    layout.writer.write_text(json.dumps(writer), "utf-8")


def _writer(layout: Layout) -> str:
    """The build that holds the lock, in words."""
    try:
        writer = json.loads(read(layout.writer, 10_000))
        process, host, since = int(writer["process"]), str(writer["host"]), str(writer["since"])
        return f"Another build (process {process} on {isolated(host[:99])}, since {isolated(since[:25])})"
    except (OSError, StoreError, ValueError, KeyError, TypeError):
        return "Another build"


def _remove_unfinished(layout: Layout) -> None:
    for folder in (layout.segments, layout.generations):
        for unfinished in folder.glob(f"{UNFINISHED}*"):
            delete(unfinished)


def commit(layout: Layout, written: GenerationLayout, manifest: Manifest, broken: Iterable[Path] = ()) -> str:
    """Commits a generation as the current one and deletes old ones; returns its name.

    `broken`: damaged folders, which are deleted as well.
    """
    data = dump(manifest)
    digest = sha256(data).hexdigest()
    written.manifest.write_bytes(data)
    written.seal.write_text(digest, "ascii")
    name = next_name(layout)
    publish(written, layout.generations / name)
    set_current(layout, name, digest)
    with suppress(OSError, StoreUnreachable):  # the next build tries again
        for folder in broken:
            if folder.name not in (name, *manifest.segments):
                remove(folder)
        delete_old(layout, KEPT)
    return name
