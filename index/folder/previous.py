"""The intact segments of an index and the tables of its current generation, which the next build can reuse."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import REBUILD, IndexCorrupt, IndexIncompatible, IndexMissing
from index.folder.arrays import Table, all_strings, ascends
from index.folder.checked_files import Files, Listing, damaged, foreign
from index.folder.filesystem import delete
from index.folder.generations import committed_sha256, names, read_current, segments_in
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
from index.json_shape import sources_from
from source import OnWait, do_nothing, isolated

_Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PreviousGeneration:
    """The tables of the current generation, loaded for reuse by the next build; see `index.folder.layout`.

    `ids`: by document row. `segment_of`: maps its segment numbers to positions in `Previous.segments`, -1 for a
    segment that isn't intact.
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
        """Whether a build from these sources with these settings would change nothing.

        Earlier versions recorded less of the sources; what they didn't record isn't compared.
        """
        known = self.sources.keys() & sources.keys()
        return self.manifest.settings == settings and all(self.sources[name] == sources[name] for name in known)

    def usable(self) -> NDArray[np.bool_]:
        """(documents,): whether a document and all its texts are in intact segments."""
        usable = self.segment_of[self.documents[:, 0]] >= 0
        lost = self.segment_of[self.texts[:, 0]][self.passages[:, 3]] < 0
        usable[self.passages[lost, 0]] = False
        return usable


def read_generation(layout: GenerationLayout, manifest: Manifest, segments: Sequence[Segment]) -> PreviousGeneration:
    """Loads a generation whose files have been checked. `segments`: the intact ones. Raises IndexCorrupt."""
    files = Files(layout, manifest.files, whole=True)

    def rows(table: Table) -> Any:
        return table[:].copy()  # kept for the whole build, during which a mapped file may be truncated

    ids = all_strings(files.table(layout.ids, dtype=np.uint8), files.table(layout.id_ends))
    id_rows = rows(files.table(layout.id_rows))
    numbers = {segment.name: number for number, segment in enumerate(segments)}
    generation = PreviousGeneration(
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
    if not (_is_consistent(generation) and _fits_segments(generation, segments)):
        raise IndexCorrupt(f"The tables in {isolated(layout.root)} are inconsistent. {REBUILD}")
    return generation


def _is_consistent(generation: PreviousGeneration) -> bool:
    """Whether every row that one table refers to exists in the other."""
    return (
        len(generation.ids) == len(generation.documents) == len(generation.fingerprints)
        and len(generation.sentence_keys) == len(generation.sentences)
        and _within(generation.documents[:, 0], len(generation.segment_of))
        and _within(generation.documents[:, 4], len(generation.manifest.languages))
        and _within(generation.passages[:, 0], len(generation.documents))
        and _within(generation.passages[:, 3], len(generation.texts))
        and _within(generation.texts[:, 0], len(generation.segment_of))
        and ascends(generation.passages[:, 0])
        and ascends(np.concatenate([[0], generation.passages[:, 1:3].ravel(), [len(generation.sentences)]]))
    )


def _fits_segments(generation: PreviousGeneration, segments: Sequence[Segment]) -> bool:
    """Whether the places of documents and texts in intact segments exist there."""
    document_sizes = np.array([len(each.documents) for each in segments], np.int64)
    text_counts, token_counts = (
        np.array(sizes, np.int64)
        for sizes in ([each.texts for each in segments], [len(each.tokens) for each in segments])
    )
    documents, texts = (
        table[generation.segment_of[table[:, 0]] >= 0] for table in (generation.documents, generation.texts)
    )
    of_document, of_text = (generation.segment_of[table[:, 0]] for table in (documents, texts))
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
    """The intact segments and current generation of an index, which the next build can reuse.

    `generation`: None if there is none, or if it isn't intact. `damage`: one sentence for
    each damaged thing, which the build repairs. `broken`: the folders of damaged segments
    and generations.
    """

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self.generation: PreviousGeneration | None = None
        self.damage: list[str] = []
        self.broken: list[Path] = []

    @classmethod
    def of(cls, layout: Layout, encoder: dict[str, Any], on_wait: OnWait = do_nothing) -> Previous:
        """Loads the data made by an encoder with these facts; checks every file, and deletes those in no manifest.

        Raises StoreUnreachable if a file can't be read at the moment; that doesn't mean it is damaged.
        """
        previous = cls()
        segments = previous._load_segments(layout)
        generation = previous._load_generation(layout)
        folders: list[tuple[Folder, Listing]] = [(each, manifest.files) for each, manifest in segments.items()]
        if generation:
            folders.append((generation[0], generation[1].files))
        previous._remove_foreign(folders)
        broken = damaged(folders, on_wait)
        previous.damage += broken.values()
        previous.broken += (folder.root for folder in broken)
        for each, manifest in segments.items():
            if each not in broken and _made_by(manifest, encoder):
                previous._open(Segment(each, manifest, whole=True))
        if generation and generation[0] not in broken and _made_by(generation[1], encoder):
            previous._read(*generation)
        return previous

    def restricted(self, encoder: dict[str, Any]) -> Previous:
        """Itself, or an empty Previous if the encoder made any segment in another precision, with other vectors."""
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

    def _load_segments(self, layout: Layout) -> dict[SegmentLayout, SegmentManifest]:
        """The segments with a valid manifest."""
        found = {}
        for path in segments_in(layout):
            try:
                found[layout.segment(path.name)] = load_segment(layout.segment(path.name))
            except IndexIncompatible:
                continue
            except IndexCorrupt as error:
                self.damage.append(str(error))
                self.broken.append(path)
        return found

    def _remove_foreign(self, folders: Sequence[tuple[Folder, Listing]]) -> None:
        for folder, listing in folders:
            for path in foreign(folder, listing):
                self.damage.append(f"{isolated(path)} was not part of the index.")
                delete(path)

    def _load_generation(self, layout: Layout) -> tuple[GenerationLayout, Manifest] | None:
        """The current generation, or else the newest with a valid manifest."""
        generation = None
        try:
            name, sha256 = read_current(layout)
            generation = layout.generation(name)
            return generation, load_manifest(generation, sha256)
        except IndexIncompatible:
            return None
        except (IndexMissing, IndexCorrupt) as error:
            if not names(layout):
                return None
            self.damage.append(str(error))
            if generation:
                self.broken.append(generation.root)
        for name in reversed(names(layout)):
            with suppress(IndexCorrupt, IndexIncompatible):
                generation = layout.generation(name)
                return generation, load_manifest(generation, committed_sha256(generation))
        return None

    def _read(self, layout: GenerationLayout, manifest: Manifest) -> None:
        numbers = {segment.name: number for number, segment in enumerate(self.segments)}
        missing = [name for name in manifest.segments if name not in numbers]
        self.damage += [
            f"The segment {isolated(name)} of generation {layout.root.name} is missing or damaged." for name in missing
        ]
        try:
            self.generation = read_generation(layout, manifest, self.segments)
        except IndexCorrupt as error:
            self.damage.append(str(error))
            self.broken.append(layout.root)


def _made_by(manifest: Manifest | SegmentManifest, encoder: dict[str, Any]) -> bool:
    return all(manifest.encoder[name] == value for name, value in encoder.items())
