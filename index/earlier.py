"""The generation that answers, as the next build takes it over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.arrays import Table, ascends
from index.checked import Files
from index.errors import REBUILD, IndexCorrupt
from index.layout import DOCUMENT_COLUMNS, PASSAGE_COLUMNS, TEXT_COLUMNS, GenerationLayout
from index.manifest import Manifest
from index.segment import Segment
from index.shape import sources_from
from index.strings import all_strings

_Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Read:
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


def read_generation(layout: GenerationLayout, manifest: Manifest, segments: Sequence[Segment]) -> Read:
    """A generation whose files are checked. `segments`: those that are intact. Raises IndexCorrupt."""
    files = Files(layout, manifest.files, whole=True)

    def rows(table: Table) -> Any:
        return table[0 : len(table)]

    ids = all_strings(files.table(layout.ids, dtype=np.uint8), files.table(layout.id_ends))
    id_rows = rows(files.table(layout.id_rows))
    numbers = {segment.name: number for number, segment in enumerate(segments)}
    read = Read(
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


def _agrees(read: Read) -> bool:
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


def _lies_in(read: Read, segments: Sequence[Segment]) -> bool:
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
