"""Writing a generation beside the old one, and swapping it in at one stroke.

The files of a new generation are written into a folder of no meaning, flushed
to disk, and renamed; then CURRENT is replaced. Whatever is killed when, CURRENT
names a complete generation: the old one or the new one (invariant 4).
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import IndexUnwritable
from index.layout import GenerationLayout, Layout
from index.manifest import Manifest

_KEPT = 2  # generations: the one that answers, and the one a reader may just be opening
_UNFINISHED = "unfinished-"


@contextmanager
def writing(root: Path) -> Iterator[GenerationLayout]:
    """A new, empty generation folder; it is removed if the writer fails.

    Raises IndexUnwritable if the folder takes no files or another build is at work.
    """
    layout = Layout(root)
    try:
        layout.generations.mkdir(parents=True, exist_ok=True)
        with FileLock(root / "lock", timeout=0):
            for left in layout.generations.glob(f"{_UNFINISHED}*"):
                shutil.rmtree(left, ignore_errors=True)
            folder = layout.generations / f"{_UNFINISHED}{os.getpid()}"
            folder.mkdir()
            try:
                yield GenerationLayout(folder)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    except Timeout as error:
        raise IndexUnwritable(f"Another build is writing to {root}; wait until it has ended.") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise IndexUnwritable(
            f"The index cannot be written to {root} ({reason}); free room there or name another folder with --index."
        ) from error


def commit(root: Path, written: GenerationLayout, manifest: Manifest) -> str:
    """Makes what was written the generation that answers; its name is returned."""
    layout = Layout(root)
    data = manifest.dump()
    written.manifest.write_bytes(data)
    for path in [*written.files(), written.blocks, written.manifest]:
        _flush(path)
    for folder in [written.words.root, written.root]:
        _flush(folder)
    name = f"{max((int(old.name) for old in _generations(layout)), default=0) + 1:06d}"
    written.root.rename(layout.generations / name)
    _flush(layout.generations)
    replace(layout.current, lambda path: path.write_text(f"{name} {hashlib.sha256(data).hexdigest()}\n", "ascii"))
    for old in _generations(layout)[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return name


def replace(path: Path, write: Callable[[Path], object]) -> None:
    """Writes a file beside `path` and puts it in its place, safe against a kill or a power cut."""
    beside = path.with_name(f"{path.name}.new")
    write(beside)
    _flush(beside)
    beside.replace(path)
    _flush(path.parent)


def _generations(layout: Layout) -> list[Path]:
    """The committed generations, oldest first."""
    return sorted(path for path in layout.generations.iterdir() if path.name.isdecimal())


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
