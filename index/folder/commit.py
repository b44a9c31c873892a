"""Committing: one process at a time may write to an index, and what it writes becomes the current generation.

Segments and generations are written into temporary folders, flushed to disk and
renamed; then CURRENT is replaced. Whatever is killed when, CURRENT names a
complete generation: the old one or the new one (invariant 4).
"""

from __future__ import annotations

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

from index.errors import IndexUnwritable
from index.folder.disk import publish, read, remove
from index.folder.generations import KEPT, forget, names, point_to
from index.folder.layout import UNFINISHED, GenerationLayout, Layout
from index.folder.manifest import Manifest, dump
from source.errors import reason_of

_OURS = Layout.names()


def claim(root: Path) -> Layout:
    """The folder of an index that is to be written to, made if it is not there.

    It must hold an index, or nothing but what one begins with; hidden files
    aside. No name of ours may be a link, for what lies behind one is somebody
    else's, or a pipe, which would keep us waiting.
    Raises IndexUnwritable, and OSError.
    """
    layout = Layout(root)
    root.mkdir(parents=True, exist_ok=True)
    there = {path.name for path in root.iterdir() if not path.name.startswith(".")}
    if layout.current.name not in there and there - _OURS:
        raise IndexUnwritable(f"{root} holds other files and no index; name an empty folder or a new one with --index.")
    for name in there & _OURS:
        if stat.S_IFMT((root / name).lstat().st_mode) not in (stat.S_IFREG, stat.S_IFDIR):
            raise IndexUnwritable(f"{root / name} is a link or no file, as no index has; name another with --index.")
    return layout


@contextmanager
def writing(root: Path) -> Iterator[Layout]:
    """The right to write to an index, alone; what is left unfinished is removed before and after.

    The lock is the system's, and goes with the process that holds it. Raises
    IndexUnwritable if the folder takes no files or another build is at work.
    """
    try:
        layout = claim(root)
        for folder in (layout.segments, layout.generations):
            folder.mkdir(exist_ok=True)
        with FileLock(layout.lock, timeout=0):
            _say_who(layout)
            _clear(layout)
            try:
                yield layout
            finally:
                _clear(layout)
    except Timeout as error:
        raise IndexUnwritable(f"{_holder(layout)} is writing to {root}; wait until it has ended.") from error
    except OSError as error:
        raise unwritable(root, error) from error


def unwritable(root: Path, error: OSError) -> IndexUnwritable:
    """The system's error about the folder of an index as one of ours."""
    reason = reason_of(error)
    return IndexUnwritable(
        f"The index cannot be written to {root} ({reason}); free room there or name another folder with --index."
    )


def _say_who(layout: Layout) -> None:
    who = {
        "process": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    layout.writer.write_text(json.dumps(who), "utf-8")


def _holder(layout: Layout) -> str:
    """Who holds the lock, as far as that is known."""
    try:
        who = json.loads(read(layout.writer, 10_000))
        return f"Another build (process {int(who['process'])} on {who['host']!s:.99}, since {who['since']!s:.25})"
    except (OSError, ValueError, KeyError, TypeError):
        return "Another build"


def _clear(layout: Layout) -> None:
    for folder in (layout.segments, layout.generations):
        for left in folder.glob(f"{UNFINISHED}*"):
            shutil.rmtree(left, ignore_errors=True)


def commit(layout: Layout, written: GenerationLayout, manifest: Manifest, broken: Iterable[Path] = ()) -> str:
    """Makes what was written the generation that answers; its name is returned. Old ones are forgotten.

    `broken`: folders that are damaged; they are of use to nobody now.
    """
    data = dump(manifest)
    digest = sha256(data).hexdigest()
    written.manifest.write_bytes(data)
    written.seal.write_text(digest, "ascii")
    name = f"{max((int(old) for old in names(layout)), default=0) + 1:06d}"
    publish(written, layout.generations / name)
    point_to(layout, name, digest)
    with suppress(OSError):  # the next build has another try
        for folder in broken:
            if folder.name not in (name, *manifest.segments):
                remove(folder)
        forget(layout, KEPT)
    return name
