"""What of an index the next build need not make again: what was read and encoded, and is intact."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from index.checked import Listing, damaged, foreign
from index.commit import names, sealed, segments_in
from index.current import read_current
from index.earlier import Read, read_generation
from index.errors import IndexCorrupt, IndexIncompatible, StoreError
from index.layout import (
    Folder,
    GenerationLayout,
    Layout,
    SegmentLayout,
)
from index.manifest import Manifest, SegmentManifest, load_manifest, load_segment
from index.segment import Segment
from source.waiting import Meanwhile, silence


class Base:
    """The intact segments of an index, and its generation that answers if that is intact.

    `damage`: a sentence for each thing that was found damaged, and is made again.
    `broken`: the folders of such segments and generations.
    """

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self.read: Read | None = None
        self.damage: list[str] = []
        self.broken: list[Path] = []

    @classmethod
    def of(cls, layout: Layout, encoder: dict[str, Any], meanwhile: Meanwhile = silence) -> Base:
        """What is there that an encoder of these facts made. Every file of it is checked."""
        base = cls()
        segments = base._segments(layout)
        generation = base._generation(layout)
        folders: list[tuple[Folder, Listing]] = [(each, manifest.files) for each, manifest in segments.items()]
        if generation:
            folders.append((generation[0], generation[1].files))
        base._remove_foreign(folders)
        broken = damaged(folders, meanwhile)
        base.damage += broken.values()
        base.broken += (folder.root for folder in broken)
        for each, manifest in segments.items():
            if each not in broken and _made_by(manifest, encoder):
                base._open(Segment(each, manifest, whole=True))
        if generation and generation[0] not in broken and _made_by(generation[1], encoder):
            base._read(*generation)
        return base

    def restricted(self, encoder: dict[str, Any]) -> Base:
        """This, unless some of it was made by a form of the encoder that computes other vectors."""
        if all(_made_by(segment.manifest, encoder) for segment in self.segments):
            return self
        return Base()

    def _open(self, segment: Segment) -> None:
        try:
            segment.check()
            self.segments.append(segment)
        except IndexCorrupt as error:
            self.damage.append(str(error))
            self.broken.append(segment.layout.root)

    def _segments(self, layout: Layout) -> dict[SegmentLayout, SegmentManifest]:
        """Every segment that says what it holds."""
        found = {}
        for path in segments_in(layout):
            try:
                found[layout.segment(path.name)] = load_segment(layout.segment(path.name))
            except IndexIncompatible:
                continue
            except StoreError as error:
                self.damage.append(str(error))
                self.broken.append(path)
        return found

    def _remove_foreign(self, folders: Sequence[tuple[Folder, Listing]]) -> None:
        for folder, listing in folders:
            for path in foreign(folder, listing):
                self.damage.append(f"{path} was no file of the index.")
                _delete(path)

    def _generation(self, layout: Layout) -> tuple[GenerationLayout, Manifest] | None:
        """The generation that answers, or else the last one that can."""
        generation = None
        try:
            name, sha256 = read_current(layout)
            generation = layout.generation(name)
            return generation, load_manifest(generation, sha256)
        except IndexIncompatible:
            return None
        except StoreError as error:
            if not names(layout):
                return None
            self.damage.append(str(error))
            if generation:
                self.broken.append(generation.root)
        for name in reversed(names(layout)):
            with suppress(StoreError):
                generation = layout.generation(name)
                return generation, load_manifest(generation, sealed(generation))
        return None

    def _read(self, layout: GenerationLayout, manifest: Manifest) -> None:
        numbers = {segment.name: number for number, segment in enumerate(self.segments)}
        missing = [name for name in manifest.segments if name not in numbers]
        self.damage += [
            f"The segment {name} of generation {layout.root.name} is missing or damaged." for name in missing
        ]
        try:
            self.read = read_generation(layout, manifest, self.segments)
        except IndexCorrupt as error:
            self.damage.append(str(error))
            self.broken.append(layout.root)


def _made_by(manifest: Manifest | SegmentManifest, encoder: dict[str, Any]) -> bool:
    return all(manifest.encoder[name] == value for name, value in encoder.items())


def _delete(path: Path) -> None:
    with suppress(FileNotFoundError):  # it went with the folder it was in
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
