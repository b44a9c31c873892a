"""The generations in an index folder: which one is current, which others are kept, and for how long."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from index.errors import REBUILD, IndexCorrupt, IndexMissing, StoreError
from index.folder.disk import read, remove, replace
from index.folder.layout import GenerationLayout, Layout
from index.folder.manifest import load_manifest

KEPT = 5
"""Generations that are kept; each build deletes older ones."""
_GENERATION, _SEGMENT, _SHA256 = (re.compile(each) for each in ("[0-9]{6,}", "[0-9a-f]{32}", "[0-9a-f]{64}"))


def read_current(layout: Layout) -> tuple[str, str]:
    """The name of the generation that answers and its manifest's SHA-256. Raises IndexMissing."""
    try:
        text = read(layout.current, 200).decode("ascii")
        name, sha256 = text.split()
    except FileNotFoundError:
        raise IndexMissing(f"There is no index in {layout.root}; run `python -m index build` to make it.") from None
    except (OSError, ValueError):
        raise _unsaid(layout) from None
    if not name.isalnum() or len(sha256) != 64 or text != f"{name} {sha256}\n":  # the name becomes a path
        raise _unsaid(layout)
    return name, sha256


def _unsaid(layout: Layout) -> IndexMissing:
    return IndexMissing(f"The index in {layout.root} does not say which generation is current; {REBUILD}.")


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
