"""The generations that an index keeps: which there are, going back to one, proving them, freeing room."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from index.address import Engine, address_of
from index.checked import Listing, damaged, foreign
from index.commit import KEPT, forget, names, point_to, sealed, writing
from index.current import read_current
from index.errors import IndexCorrupt, IndexMissing, StoreError
from index.folder_store import FolderStore
from index.layout import Folder, Layout
from index.manifest import Manifest, load_manifest, load_segment
from source import UsageError


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation that is kept. `manifest` is None if it cannot be gone back to, and `problem` says why."""

    name: str
    answers: bool
    manifest: About | None
    problem: str = ""


class About(Protocol):
    """What the manifest of a generation says of it, wherever it is kept."""

    @property
    def created(self) -> str: ...

    @property
    def parent(self) -> str | None: ...

    @property
    def encoder(self) -> dict[str, Any]: ...

    @property
    def counts(self) -> dict[str, int]: ...

    @property
    def changes(self) -> dict[str, int]: ...


def generations(index: str | Path) -> list[Generation]:
    """The generations of an index, oldest first. Raises IndexMissing if there is no index."""
    address = address_of(index)
    return address.keeper().generations() if isinstance(address, Engine) else _generations(address)


def _generations(root: Path) -> list[Generation]:
    layout = Layout(root)
    current, _ = read_current(layout)
    found = []
    for name in names(layout):
        try:
            found.append(Generation(name, name == current, _manifest(layout, name)))
        except StoreError as error:
            found.append(Generation(name, name == current, None, str(error)))
    return found


def _manifest(layout: Layout, name: str) -> Manifest:
    return load_manifest(layout.generation(name), sealed(layout.generation(name)))


def rollback(index: str | Path, to: str | None = None) -> str:
    """Makes an earlier generation answer, the one before by default; its name is returned.

    It is checked first, every file. Raises IndexMissing if there is none to go
    back to, IndexCorrupt if it is damaged.
    """
    address = address_of(index)
    return address.keeper().rollback(to) if isinstance(address, Engine) else _rollback(address, to)


def _rollback(root: Path, to: str | None) -> str:
    read_current(Layout(root))  # before a folder is made that is no index
    with writing(root) as layout:
        current, _ = read_current(layout)
        earlier = [name for name in names(layout) if (name == to if to else name < current)]
        if not earlier:
            kept = ", ".join(names(layout))
            wanted = f"generation {to}" if to else f"generation before {current}"
            raise IndexMissing(f"There is no {wanted} in {root}, only {kept}; name one with --to.")
        name = earlier[-1]
        for problem in problems_of(layout, name):
            raise IndexCorrupt(problem)
        FolderStore.of(root, layout.generation(name), _manifest(layout, name))
        point_to(layout, name, sealed(layout.generation(name)))
        return name


def prune(index: str | Path, keep: int = 1) -> int:
    """Keeps the generation that answers and the last others, `keep` in all; returns the bytes that were freed.

    Raises UsageError for an engine, whose builds do so by themselves.
    """
    root = address_of(index)
    if isinstance(root, Engine):
        raise UsageError(f"{root} keeps its last {KEPT} generations and is not pruned; each build drops older ones.")
    read_current(Layout(root))
    with writing(root) as layout:
        before = size_of(root)
        forget(layout, keep)
        return before - size_of(root)


def size_of(root: Path) -> int:
    """Bytes of all files of an index; a build that is at work may remove some meanwhile."""
    size = 0
    for folder, _, files in os.walk(root):
        for file in files:
            with suppress(OSError):
                size += Path(folder, file).lstat().st_size
    return size


def problems(index: str | Path) -> list[str]:
    """A sentence for everything in an index that is not as it was written; empty if it is whole.

    Everything of every generation is read. Raises IndexMissing if there is no index.
    """
    address = address_of(index)
    return address.keeper().problems() if isinstance(address, Engine) else _problems(address)


def _problems(root: Path) -> list[str]:
    layout = Layout(root)
    current, sha256 = read_current(layout)
    found = []
    try:
        committed = sealed(layout.generation(current)) == sha256
    except IndexCorrupt:
        committed = False
    if not committed:
        found.append(f"{layout.current} names generation {current}, which is not there as it was committed.")
    for name in names(layout):
        found.extend(problems_of(layout, name))
    return list(dict.fromkeys(found))


def problems_of(layout: Layout, name: str) -> list[str]:
    """As `problems`, for one generation and its segments."""
    try:
        manifest = _manifest(layout, name)
    except StoreError as error:
        return [str(error)]
    found = []
    folders: list[tuple[Folder, Listing]] = [(layout.generation(name), manifest.files)]
    for each in manifest.segments:
        try:
            folders.append((layout.segment(each), load_segment(layout.segment(each)).files))
        except StoreError as error:
            found.append(str(error))
    found.extend(damaged(folders).values())
    for folder, listing in folders:
        found.extend(f"{path} is no file of the index; move it elsewhere." for path in foreign(folder, listing))
    return found
