"""Who may write to an index, and how what is written becomes the generation that answers.

Segments and generations are written into folders of no meaning, flushed to disk,
and renamed; then CURRENT is replaced. Whatever is killed when, CURRENT names a
complete generation: the old one or the new one (invariant 4).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from index.claim import claim
from index.current import read_current
from index.disk import publish, read, remove, replace
from index.errors import REBUILD, IndexCorrupt, IndexUnwritable, StoreError
from index.layout import UNFINISHED, GenerationLayout, Layout
from index.manifest import Manifest, dump, load_manifest
from source.errors import reason_of

KEPT = 5
"""Generations that are kept."""
_GENERATION, _SEGMENT, _SHA256 = (re.compile(each) for each in ("[0-9]{6,}", "[0-9a-f]{32}", "[0-9a-f]{64}"))


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


def point_to(layout: Layout, name: str, sha256: str) -> None:
    """Makes this the generation that answers."""
    replace(layout.current, lambda path: path.write_text(f"{name} {sha256}\n", "ascii"))


def names(layout: Layout) -> list[str]:
    """The names of the committed generations, oldest first."""
    with suppress(FileNotFoundError):
        return sorted(path.name for path in layout.generations.iterdir() if _GENERATION.fullmatch(path.name))
    return []


def segments_in(layout: Layout) -> list[Path]:
    """The folders of committed segments. What else lies there is somebody's own, and left alone."""
    return sorted(path for path in layout.segments.iterdir() if _SEGMENT.fullmatch(path.name))


def sealed(generation: GenerationLayout) -> str:
    """The SHA-256 that the manifest of a generation was committed with. Raises IndexCorrupt."""
    try:
        seal = read(generation.seal, 100).decode("ascii")
    except (OSError, ValueError):
        seal = ""
    if not _SHA256.fullmatch(seal):
        raise IndexCorrupt(f"The index file {generation.seal} is missing or damaged; {REBUILD}.")
    return seal


def forget(layout: Layout, kept: int) -> None:
    """Keeps the generation that answers and the last others, `kept` in all; removes what none of them has.

    What cannot be gone back to, because something of it is missing, is not kept. While
    one cannot be read, no segment is removed: it may be read again another time.
    """
    current, _ = read_current(layout)
    others = [name for name in names(layout) if name != current]
    last = {current, *others[len(others) - min(len(others), kept - 1) :]}
    used: set[str] = set()
    all_read = True
    for name in names(layout):
        generation = layout.generation(name)
        if name not in last or (name != current and not generation.seal.exists()):
            remove(generation.root)
            continue
        try:
            segments = load_manifest(generation, sealed(generation)).segments
        except StoreError:
            all_read = False
            continue
        if name == current or all(layout.segment(segment).root.exists() for segment in segments):
            used.update(segments)
        else:
            remove(generation.root)
    if all_read:
        for path in segments_in(layout):
            if path.name not in used:
                remove(path)
