"""Locking an index folder for one writer, and committing what it wrote as the current generation.

Segments and generations are written to temporary folders, flushed to disk and
renamed; then CURRENT is replaced. Whenever a build is killed, CURRENT names a
complete generation: the old one or the new one (invariant 4).
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import IndexUnwritable, StoreUnreachable
from index.folder.filesystem import publish, read, remove
from index.folder.generations import KEPT, delete_old, names, set_current
from index.folder.layout import UNFINISHED, GenerationLayout, Layout
from index.folder.manifest import Manifest, dump
from source import EXHAUSTED, reason_of

_OURS = Layout.names()


def claim(root: Path) -> Layout:
    """Creates the folder of an index if needed, and checks that it may be written to.

    Apart from hidden files it must hold an index, or only files that a new index
    starts with. None of our file names may be a link, which may lead to somebody
    else's files, or a pipe, which would block us. Raises IndexUnwritable and OSError.
    """
    layout = Layout(root)
    root.mkdir(parents=True, exist_ok=True)
    found = {path.name for path in root.iterdir() if not path.name.startswith(".")}
    if layout.current.name not in found and found - _OURS:
        raise IndexUnwritable(f"{root} holds other files but no index. Name an empty or new folder with --index.")
    for name in found & _OURS:
        if stat.S_IFMT((root / name).lstat().st_mode) not in (stat.S_IFREG, stat.S_IFDIR):
            raise IndexUnwritable(
                f"{root / name} is a link or a special file, which no index has. Name another folder with --index."
            )
    return layout


@contextmanager
def writing(root: Path) -> Iterator[Layout]:
    """Holds the exclusive right to write to an index; unfinished folders are removed before and after.

    The operating system releases the lock when the process that holds it ends. Raises
    IndexUnwritable if the folder can't be written to or another build is running.
    """
    try:
        layout = claim(root)
        for folder in (layout.segments, layout.generations):
            folder.mkdir(exist_ok=True)
        with FileLock(layout.lock, timeout=0):
            _record_writer(layout)
            _remove_unfinished(layout)
            try:
                yield layout
            finally:
                _remove_unfinished(layout)
    except Timeout as error:
        raise IndexUnwritable(f"{_writer(layout)} is writing to {root}. Wait for it to finish.") from error
    except OSError as error:
        raise unwritable(root, error) from error


def unwritable(root: Path, error: OSError) -> IndexUnwritable:
    """The IndexUnwritable for a system error in the folder of an index."""
    is_passing = error.errno in EXHAUSTED or error.errno == errno.EIO
    remedy = "Fix that and try again." if is_passing else "Free some space or name another folder with --index."
    return IndexUnwritable(f"The index cannot be written to {root} ({reason_of(error)}). {remedy}")


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
        return f"Another build (process {process} on {host:.99}, since {since:.25})"
    except (OSError, ValueError, KeyError, TypeError):
        return "Another build"


def _remove_unfinished(layout: Layout) -> None:
    for folder in (layout.segments, layout.generations):
        for unfinished in folder.glob(f"{UNFINISHED}*"):
            shutil.rmtree(unfinished, ignore_errors=True)


def commit(layout: Layout, written: GenerationLayout, manifest: Manifest, broken: Iterable[Path] = ()) -> str:
    """Commits a generation as the current one and deletes old ones; returns its name.

    `broken`: damaged folders, which are deleted as well.
    """
    data = dump(manifest)
    digest = sha256(data).hexdigest()
    written.manifest.write_bytes(data)
    written.seal.write_text(digest, "ascii")
    name = f"{max((int(old) for old in names(layout)), default=0) + 1:06d}"
    publish(written, layout.generations / name)
    set_current(layout, name, digest)
    with suppress(OSError, StoreUnreachable):  # the next build tries again
        for folder in broken:
            if folder.name not in (name, *manifest.segments):
                remove(folder)
        delete_old(layout, KEPT)
    return name
