"""The generations of an index folder: reading and changing which is current, and deleting old ones."""

from __future__ import annotations

import re
from pathlib import Path

from index.errors import REBUILD, IndexCorrupt, IndexMissing, StoreError
from index.folder.filesystem import folders, is_there, read, remove, replace
from index.folder.layout import GenerationLayout, Layout
from index.folder.manifest import load_manifest
from source import isolated

KEPT = 5
"""The number of generations an index keeps; each build deletes older ones."""
_DIGITS = 12  # of a number that is counted on from; nobody builds as often
_GENERATION, _SEGMENT, _SHA256 = (re.compile(each) for each in ("[0-9]{6,}", "[0-9a-f]{32}", "[0-9a-f]{64}"))


def read_current(layout: Layout) -> tuple[str, str]:
    """The name of the current generation and its manifest's SHA-256.

    Raises IndexMissing, and IndexCorrupt if there are generations but none is known to be current.
    """
    try:
        text = read(layout.current, 200).decode("ascii")
        name, sha256 = text.split()
    except (FileNotFoundError, NotADirectoryError):
        if names(layout):
            raise _not_readable(layout) from None
        raise _missing(layout) from None
    except (OSError, ValueError):
        raise _not_readable(layout) from None
    if not name.isalnum() or len(sha256) != 64 or text != f"{name} {sha256}\n":  # the name becomes a path
        raise _not_readable(layout)
    return name, sha256


def _missing(layout: Layout) -> IndexMissing:
    if layout.root.is_file():
        return IndexMissing(layout.not_a_folder)
    return IndexMissing(f"No index found in {isolated(layout.root)}. Run `python -m index build` to create one.")


def _not_readable(layout: Layout) -> IndexCorrupt:
    return IndexCorrupt(f"The index in {isolated(layout.root)} does not say which generation is current. {REBUILD}")


def current_name(layout: Layout) -> str | None:
    """The name of the current generation; None if there is none, or if it is unknown because CURRENT is damaged."""
    try:
        return read_current(layout)[0]
    except (IndexMissing, IndexCorrupt):
        return None


def set_current(layout: Layout, name: str, sha256: str) -> None:
    """Makes a generation the current one, by replacing CURRENT."""
    replace(layout.current, lambda path: path.write_text(f"{name} {sha256}\n", "ascii"))


def names(layout: Layout) -> list[str]:
    """The names of the committed generations, oldest first."""
    return [path.name for path in folders(layout.generations) if _GENERATION.fullmatch(path.name)]


def next_name(layout: Layout) -> str:
    """A name for a new generation: the number after the last one, or after whatever else has that name."""
    number = 1 + max((int(name) for name in names(layout) if len(name) <= _DIGITS), default=0)
    while is_there(layout.generations / f"{number:06d}"):
        number += 1
    return f"{number:06d}"


def segments_in(layout: Layout) -> list[Path]:
    """The folders of committed segments. Anything else in there isn't ours and is left alone."""
    return [path for path in folders(layout.segments) if _SEGMENT.fullmatch(path.name)]


def committed_sha256(generation: GenerationLayout) -> str:
    """The SHA-256 with which a generation's manifest was committed. Raises IndexCorrupt."""
    try:
        seal = read(generation.seal, 100).decode("ascii")
    except (OSError, ValueError):
        seal = ""
    if not _SHA256.fullmatch(seal):
        raise IndexCorrupt(f"The index file {isolated(generation.seal)} is missing or damaged. {REBUILD}")
    return seal


def delete_unused(layout: Layout) -> None:
    """Deletes the segments that no generation uses, which would save the next build work. Raises IndexMissing."""
    if names(layout):
        delete_old(layout, KEPT)
    else:
        for path in segments_in(layout):
            remove(path)


def delete_old(layout: Layout, keep: int) -> None:
    """Keeps the current generation and the newest others, `keep` in all; deletes the rest and unused segments.

    Generations with a missing segment are deleted too, because a rollback to them would fail.
    While a manifest can't be read, no segment is deleted: the generation may be readable later.
    """
    current, _ = read_current(layout)
    others = [name for name in names(layout) if name != current]
    kept = {current, *others[len(others) - min(len(others), keep - 1) :]}
    used: set[str] = set()
    all_read = True
    for name in names(layout):
        generation = layout.generation(name)
        if name not in kept or (name != current and not is_there(generation.seal)):
            remove(generation.root)
            continue
        try:
            segments = load_manifest(generation, committed_sha256(generation)).segments
        except StoreError:
            all_read = False
            continue
        if name == current or all(is_there(layout.segment(segment).root) for segment in segments):
            used.update(segments)
        else:
            remove(generation.root)
    if all_read:
        for path in segments_in(layout):
            if path.name not in used:
                remove(path)
