"""The operations on an index folder: open, build, roll back, prune, verify. `index.locate` returns it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from index.errors import IndexCorrupt, IndexIncompatible, StoreError
from index.folder.build import BuildOptions, build
from index.folder.checked_files import Listing, damaged, foreign
from index.folder.commit import writing
from index.folder.generations import committed_sha256, delete_old, names, read_current, set_current
from index.folder.layout import Folder, Layout
from index.folder.manifest import Manifest, load_manifest, load_segment
from index.folder.record import last_build
from index.folder.replace import replace
from index.folder.store import FolderStore
from index.progress import Report
from index.record import BuildRecord
from index.store import Generation, no_generation
from source import isolated, name_of


class FolderIndex:
    """The index in a local folder, whether or not it has been built; see `index.locate.Index`."""

    editable = True

    def __init__(self, root: Path) -> None:
        self.staging = root

    def __str__(self) -> str:
        return name_of(self.staging)

    def open(self) -> FolderStore:
        """Opens the current generation. Raises IndexMissing, IndexCorrupt or IndexIncompatible."""
        return FolderStore(self.staging)

    def build(self, sources: Sequence[str | Path], options: BuildOptions) -> Report:
        """As `index.build`."""
        return build(self.staging, sources, options)

    def last_build(self) -> BuildRecord | None:
        """As `Index.last_build`."""
        return last_build(Layout(self.staging))

    def generations(self) -> list[Generation]:
        """The generations of the index, oldest first. Raises IndexMissing if there is no index."""
        layout = Layout(self.staging)
        current, _ = read_current(layout)
        found = []
        for name in names(layout):
            try:
                found.append(Generation(name, name == current, _manifest(layout, name)))
            except StoreError as error:
                found.append(Generation(name, name == current, None, str(error)))
        return found

    def rollback(self, to: str | None = None) -> str:
        """Makes an earlier generation the current one, by default the previous one; returns its name.

        Every file of it is checked first. Raises IndexMissing if there is no such generation, and IndexCorrupt if it
        is damaged.
        """
        root = self.staging
        read_current(Layout(root))  # before `writing` creates a folder where there is no index
        with writing(root) as layout:
            current, _ = read_current(layout)
            earlier = [name for name in names(layout) if (name == to if to else name < current)]
            if not earlier:
                raise no_generation(self, to, current, names(layout))
            name = earlier[-1]
            for problem in _problems(layout, name):
                raise IndexCorrupt(problem)
            FolderStore.of_generation(root, layout.generation(name), _manifest(layout, name))
            set_current(layout, name, committed_sha256(layout.generation(name)))
            return name

    def replace(self, new: Path) -> str:
        """As `index.folder.replace.replace`."""
        return replace(self.staging, new)

    def prune(self, keep: int = 1) -> int:
        """Keeps the current generation and the newest others, `keep` in all; returns the number of bytes freed."""
        read_current(Layout(self.staging))
        with writing(self.staging) as layout:
            before = self.size()
            delete_old(layout, keep)
            return before - self.size()

    def problems(self) -> list[str]:
        """One sentence for each damaged, missing or foreign file; empty if the index is intact.

        Reads every file of every generation. Raises IndexMissing if there is no index.
        """
        layout = Layout(self.staging)
        current, sha256 = read_current(layout)
        found = []
        try:
            committed = current in names(layout) and committed_sha256(layout.generation(current)) == sha256
        except IndexCorrupt:
            committed = False
        if not committed:
            found.append(f"{isolated(layout.current)} names generation {current}, which is missing or was changed.")
        for name in names(layout):
            found.extend(_problems(layout, name))
        return list(dict.fromkeys(found))

    def size(self) -> int:
        """Total size of all files in bytes, all generations included; a running build may delete some meanwhile."""
        size = 0
        for folder, _, files in os.walk(self.staging):
            for file in files:
                with suppress(OSError):
                    size += Path(folder, file).lstat().st_size
        return size


def _manifest(layout: Layout, name: str) -> Manifest:
    return load_manifest(layout.generation(name), committed_sha256(layout.generation(name)))


def _problems(layout: Layout, name: str) -> list[str]:
    """As `FolderIndex.problems`, for one generation and its segments."""
    try:
        manifest = _manifest(layout, name)
    except (IndexCorrupt, IndexIncompatible) as error:
        return [str(error)]
    found = []
    folders: list[tuple[Folder, Listing]] = [(layout.generation(name), manifest.files)]
    for each in manifest.segments:
        try:
            folders.append((layout.segment(each), load_segment(layout.segment(each)).files))
        except (IndexCorrupt, IndexIncompatible) as error:
            found.append(str(error))
    found.extend(damaged(folders).values())
    for folder, listing in folders:
        found.extend(
            f"{isolated(path)} is not part of the index. Move it elsewhere." for path in foreign(folder, listing)
        )
    return found
