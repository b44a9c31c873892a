"""An index that is a folder, as `index.locate` hands it out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from index.errors import IndexCorrupt, IndexMissing, StoreError
from index.folder.build import BuildOptions, build
from index.folder.commit import writing
from index.folder.files import Listing, damaged, foreign
from index.folder.generations import forget, names, point_to, read_current, sealed
from index.folder.layout import Folder, Layout
from index.folder.manifest import Manifest, load_manifest, load_segment
from index.folder.store import FolderStore
from index.progress import Report
from index.store import Generation
from source.files import name_of


class FolderIndex:
    """The index in a folder of this machine, whether or not it has been built."""

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

    def generations(self) -> list[Generation]:
        """The generations that are kept, oldest first. Raises IndexMissing if there is no index."""
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
        """Makes an earlier generation the current one, by default the one before; returns its name.

        Every file of it is checked first. Raises IndexMissing if there is none to go back to, and IndexCorrupt
        if it is damaged.
        """
        root = self.staging
        read_current(Layout(root))  # before a folder is made that is no index
        with writing(root) as layout:
            current, _ = read_current(layout)
            earlier = [name for name in names(layout) if (name == to if to else name < current)]
            if not earlier:
                kept = ", ".join(names(layout))
                wanted = f"generation {to}" if to else f"generation before {current}"
                raise IndexMissing(f"There is no {wanted} in {root}, only {kept}; name one with --to.")
            name = earlier[-1]
            for problem in _problems(layout, name):
                raise IndexCorrupt(problem)
            FolderStore.of(root, layout.generation(name), _manifest(layout, name))
            point_to(layout, name, sealed(layout.generation(name)))
            return name

    def prune(self, keep: int = 1) -> int:
        """Keeps the current generation and the newest others, `keep` in all; returns the number of bytes freed."""
        read_current(Layout(self.staging))
        with writing(self.staging) as layout:
            before = self.size()
            forget(layout, keep)
            return before - self.size()

    def problems(self) -> list[str]:
        """A sentence for everything that is not as it was written; empty if the index is intact.

        Every file of every generation is read. Raises IndexMissing if there is no index.
        """
        layout = Layout(self.staging)
        current, sha256 = read_current(layout)
        found = []
        try:
            committed = sealed(layout.generation(current)) == sha256
        except IndexCorrupt:
            committed = False
        if not committed:
            found.append(f"{layout.current} names generation {current}, which is not there as it was committed.")
        for name in names(layout):
            found.extend(_problems(layout, name))
        return list(dict.fromkeys(found))

    def size(self) -> int:
        """Bytes of all files, every generation's included; a build that is running may delete some meanwhile."""
        size = 0
        for folder, _, files in os.walk(self.staging):
            for file in files:
                with suppress(OSError):
                    size += Path(folder, file).lstat().st_size
        return size


def _manifest(layout: Layout, name: str) -> Manifest:
    return load_manifest(layout.generation(name), sealed(layout.generation(name)))


def _problems(layout: Layout, name: str) -> list[str]:
    """As `FolderIndex.problems`, for one generation and its segments."""
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
