"""Reads what an index folder was last built from, however damaged the rest of it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from index.errors import REBUILD, IndexCorrupt, IndexMissing
from index.folder.filesystem import entries, is_there, read
from index.folder.generations import committed_sha256, names, read_current
from index.folder.layout import UNFINISHED, GenerationLayout, Layout
from index.folder.manifest import checked_json
from index.json_shape import fits
from index.record import BuildRecord, first_readable, record_from
from source import isolated, name_of


def last_build(layout: Layout) -> BuildRecord | None:
    """The record of the current generation or else of another one; None for a folder without a trace of an index.

    Raises IndexCorrupt if no generation has an intact record, and StoreUnreachable.
    """
    return first_readable(_records(layout), name_of(layout.root)) if _has_traces(layout) else None


def _has_traces(layout: Layout) -> bool:
    """Whether anything in the folder may be from an index that was built or added to."""
    folders = (layout.generations, layout.segments, layout.added)
    return any(map(is_there, (layout.current, layout.left_out))) or any(
        not path.name.startswith((".", UNFINISHED)) for folder in folders for path in entries(folder)
    )


def _records(layout: Layout) -> Iterator[tuple[bool, Callable[[], BuildRecord]]]:
    """The current generation, then the older ones from the newest on, then those that a rollback left behind."""
    kept = names(layout)
    try:
        current, sha256 = read_current(layout)
        yield True, partial(_read, layout.generation(current), sha256)
    except (IndexMissing, IndexCorrupt):
        current = kept[-1] if kept else ""
    for name in [*sorted((name for name in kept if name <= current), reverse=True), *kept]:
        yield name == current, partial(_read_sealed, layout.generation(name))


def _read_sealed(generation: GenerationLayout) -> BuildRecord:
    return _read(generation, committed_sha256(generation))


def _read(generation: GenerationLayout, sha256: str) -> BuildRecord:
    """The record of a generation whose manifest has this SHA-256. Raises IndexCorrupt."""
    manifest = checked_json(generation, sha256)
    name = generation.sources.name
    if not fits(manifest, {"settings": dict, "files": {name: [object]}}):
        raise IndexCorrupt(f"{isolated(generation.manifest)} isn't a valid manifest. {REBUILD}")
    return record_from(manifest["settings"], _sources(generation, manifest["files"][name]))


def _sources(generation: GenerationLayout, facts: list[Any]) -> Any:
    """The content of `sources.json`, of which the manifest has the SHA-256 and the size."""
    try:
        sha256, size = facts
        data = read(generation.sources, int(size))
        if hashlib.sha256(data).hexdigest() == sha256:
            return json.loads(data)
    except (OSError, ValueError, TypeError, RecursionError):
        pass
    raise IndexCorrupt(f"The index file {isolated(generation.sources)} is missing or damaged. {REBUILD}")
