"""What the next build can reuse of an index: its intact segments, and the tables of its current generation."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import REBUILD, IndexCorrupt, IndexIncompatible, StoreError
from index.folder.arrays import Table, all_strings, ascends
from index.folder.files import Files, Listing, damaged, foreign
from index.folder.generations import names, read_current, sealed, segments_in
from index.folder.layout import (
    DOCUMENT_COLUMNS,
    PASSAGE_COLUMNS,
    TEXT_COLUMNS,
    Folder,
    GenerationLayout,
    Layout,
    SegmentLayout,
)
from index.folder.manifest import Manifest, SegmentManifest, load_manifest, load_segment
from index.folder.segment import Segment
from index.schema import sources_from
from source.waiting import OnWait, nothing

_Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PreviousGeneration:
    """The documents of the generation that answers, by rows, with their passages and sentences.

    `segment_of`: from its segments' numbers to those of the base, -1 for one that is not intact.
    """

    manifest: Manifest
    ids: list[str]
    documents: _Numbers
    fingerprints: _Numbers
    sentences: _Numbers
    sentence_keys: _Numbers
    passages: _Numbers
    texts: _Numbers
    segment_of: _Numbers
    sources: dict[str, Any]

    def made_from(self, sources: dict[str, Any], settings: dict[str, Any]) -> bool:
        """Whether a build from these would give the same."""
        return self.manifest.settings == settings and all(self.sources.get(name) == sources[name] for name in sources)

    def usable(self) -> NDArray[np.bool_]:
        """(documents,): whether everything of each is intact."""
        usable = self.segment_of[self.documents[:, 0]] >= 0
        lost = self.segment_of[self.texts[:, 0]][self.passages[:, 3]] < 0
        usable[self.passages[lost, 0]] = False
        return usable


def read_generation(layout: GenerationLayout, manifest: Manifest, segments: Sequence[Segment]) -> PreviousGeneration:
    """A generation whose files are checked. `segments`: those that are intact. Raises IndexCorrupt."""
    files = Files(layout, manifest.files, whole=True)

    def rows(table: Table) -> Any:
        return table[0 : len(table)]

    ids = all_strings(files.table(layout.ids, dtype=np.uint8), files.table(layout.id_ends))
    id_rows = rows(files.table(layout.id_rows))
    numbers = {segment.name: number for number, segment in enumerate(segments)}
    read = PreviousGeneration(
        manifest=manifest,
        ids=[ids[at] for at in np.argsort(id_rows).tolist()] if len(ids) == len(id_rows) else [],
        documents=rows(files.table(layout.documents, DOCUMENT_COLUMNS)),
        fingerprints=rows(files.table(layout.fingerprints, 2)),
        sentences=rows(files.table(layout.sentences, 2)),
        sentence_keys=rows(files.table(layout.sentence_keys)),
        passages=rows(files.table(layout.passages, PASSAGE_COLUMNS)),
        texts=rows(files.table(layout.texts, TEXT_COLUMNS)),
        segment_of=np.array([numbers.get(name, -1) for name in manifest.segments], np.int64),
        sources=sources_from(files.file(layout.sources).json()),
    )
    if not (_agrees(read) and _lies_in(read, segments)):
        raise IndexCorrupt(f"The tables of {layout.root} contradict each other; {REBUILD}.")
    return read


def _agrees(read: PreviousGeneration) -> bool:
    """Whether every row that one table names is in the other."""
    return (
        len(read.ids) == len(read.documents) == len(read.fingerprints)
        and len(read.sentence_keys) == len(read.sentences)
        and _within(read.documents[:, 0], len(read.segment_of))
        and _within(read.documents[:, 4], len(read.manifest.languages))
        and _within(read.passages[:, 0], len(read.documents))
        and _within(read.passages[:, 3], len(read.texts))
        and _within(read.texts[:, 0], len(read.segment_of))
        and ascends(read.passages[:, 0])
        and ascends(np.concatenate([[0], read.passages[:, 1:3].ravel(), [len(read.sentences)]]))
    )


def _lies_in(read: PreviousGeneration, segments: Sequence[Segment]) -> bool:
    """Whether the documents and texts are in the segments that are intact."""
    document_sizes = np.array([len(each.documents) for each in segments], np.int64)
    text_counts, token_counts = (
        np.array(sizes, np.int64)
        for sizes in ([each.texts for each in segments], [len(each.tokens) for each in segments])
    )
    documents, texts = (table[read.segment_of[table[:, 0]] >= 0] for table in (read.documents, read.texts))
    of_document, of_text = (read.segment_of[table[:, 0]] for table in (documents, texts))
    return (
        _in_order(documents[:, 1], documents[:, 2], document_sizes[of_document])
        and _in_order(texts[:, 1], texts[:, 1], text_counts[of_text] - 1)
        and _in_order(texts[:, 2], texts[:, 3], token_counts[of_text])
    )


def _within(numbers: _Numbers, most: int) -> bool:
    return bool(((numbers >= 0) & (numbers < most)).all())


def _in_order(starts: _Numbers, ends: _Numbers, most: _Numbers) -> bool:
    return bool(((starts >= 0) & (starts <= ends) & (ends <= most)).all())


class Previous:
    """The intact segments of an index, and its generation that answers if that is intact.

    `damage`: a sentence for each thing that was found damaged, and is made again.
    `broken`: the folders of such segments and generations.
    """

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self.read: PreviousGeneration | None = None
        self.damage: list[str] = []
        self.broken: list[Path] = []

    @classmethod
    def of(cls, layout: Layout, encoder: dict[str, Any], meanwhile: OnWait = nothing) -> Previous:
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

    def restricted(self, encoder: dict[str, Any]) -> Previous:
        """This, unless some of it was made by a form of the encoder that computes other vectors."""
        if all(_made_by(segment.manifest, encoder) for segment in self.segments):
            return self
        return Previous()

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
