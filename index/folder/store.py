"""Read access to a generation of an index folder; every file is checked before it is used."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.encoder.identity import Identity
from index.errors import REBUILD, IndexCorrupt, StoreError
from index.folder.arrays import Strings, Table
from index.folder.checked_files import Files, check_files
from index.folder.generations import read_current
from index.folder.layout import DOCUMENT_COLUMNS, PASSAGE_COLUMNS, TEXT_COLUMNS, GenerationLayout, Layout
from index.folder.lexical import open_lexical
from index.folder.manifest import Manifest, load_manifest
from index.folder.repeats import Repeats, same
from index.folder.segment import CHECKED_WHOLE, EncodedTexts, Segment, open_segments, segment_at
from index.folder.vectors import StoredVectors, read_index
from index.json_shape import sources_from
from index.store import StoreMixin
from index.text.passages import LONGEST_PASSAGE
from index.tokens import Tokens
from source import Box, Document, DocumentFacts, Span, boxes_of, isolated, load_document, load_facts


class DocumentRows:
    """The documents of a generation. Rows count from 0, in the order of the sources."""

    def __init__(self, segments: Sequence[Segment], rows: Table, ids: Strings, id_rows: Table) -> None:
        if not len(rows) == len(ids) == len(id_rows):
            raise IndexCorrupt(f"The index has {len(rows)} documents but {len(ids)} ids. {REBUILD}")
        self._segments = segments
        self._rows = rows
        self._ids, self._id_rows = ids, id_rows

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, id: str) -> int:
        """The row of the document with this id. Raises KeyError."""
        found = self._ids.find(id)
        if found is None:
            raise KeyError(id)
        return int(self._id_rows[found])

    def __contains__(self, id: str) -> bool:
        return self._ids.find(id) is not None

    def ids(self) -> list[str]:
        """The ids of all documents, in the order of their rows."""
        ids = self._ids.all()
        return [ids[at] for at in np.argsort(self._id_rows[0 : len(self)]).tolist()]

    def document(self, row: int) -> Document:
        """The document in a row. Raises IndexCorrupt if its line can't be parsed."""
        try:
            return load_document(self.line(row))
        except ValueError as error:
            raise self._unreadable(row) from error

    def facts(self, rows: Iterable[int]) -> Iterator[DocumentFacts]:
        """The facts of the documents in these rows, without parsing their texts. Raises as `document`."""
        remaining = iter(rows)
        while batch := list(islice(remaining, _TOGETHER)):
            yield from map(self._facts, batch, self._rows.take(np.array(batch, np.int64)).tolist())

    def _facts(self, row: int, place: list[int]) -> DocumentFacts:
        number, start, end, _, _ = place
        if end - start > 2 * _ENDS:
            lines = segment_at(self._segments, number).documents
            with suppress(ValueError):  # the facts of a document of very many pages are longer
                return load_facts(bytes(lines.read(start, start + _ENDS)) + bytes(lines.read(end - _ENDS, end)))
        try:
            return load_facts(self.line(row))
        except ValueError as error:
            raise self._unreadable(row) from error

    def first_corner(self, row: int) -> tuple[int, int]:
        """The number of the document's segment, and the row of its first corner there; -1 if it has none."""
        number, _, _, first, _ = map(int, self._rows[row])
        return number, first

    def line(self, row: int) -> bytes:
        """The document as JSON, as `dump_document` writes it."""
        number, start, end, _, _ = map(int, self._rows[row])
        return bytes(segment_at(self._segments, number).documents.read(start, end))

    @staticmethod
    def _unreadable(row: int) -> IndexCorrupt:
        return IndexCorrupt(f"Document {row} of the index can't be parsed. {REBUILD}")


_PARTS = {
    "documents.jsonl": "texts", "corners.npy": "boxes", "vectors.npy": "vectors", "vectors.faiss": "vectors",
    "tokens.npy": "tokens", "token_ends.npy": "tokens",
}  # fmt: skip
_WORDS = {"terms.npy", "term_ends.npy", "counts.npy", "count_ends.npy"}
_TOGETHER = 1 << 10  # documents whose places are read in one go
_ENDS = 1 << 13  # bytes at either end of a document's line, which hold its facts: its text is between them
_CACHED_DOCUMENTS = 64  # parsed documents kept in memory


class FolderStore(StoreMixin):
    """A generation of an index folder, opened for reading; implements `index.store.Store`.

    The constructor opens the current generation. A store never changes; `reopen` opens a newer generation.

    Raises IndexMissing, IndexCorrupt or IndexIncompatible.
    """

    def __init__(self, root: Path, like: FolderStore | None = None) -> None:
        """`like`: an open store of the same index, whose open segments are reused."""
        layout = Layout(root)
        self._pointer: tuple[str, str] | None = None
        while (current := read_current(layout)) != self._pointer:
            name, sha256 = self._pointer = current
            generation = layout.generation(name)
            try:
                self._open(root, name, generation, load_manifest(generation, sha256), like, whole=False)
                return
            except IndexCorrupt as error:  # or builds have finished meanwhile and deleted it
                problem = error
        raise problem

    @classmethod
    def of_generation(
        cls, root: Path, generation: GenerationLayout, manifest: Manifest, *, whole: bool = False
    ) -> FolderStore:
        """Opens a generation that isn't the current one; `whole`: checks every file of it now."""
        store = cls.__new__(cls)
        store._pointer = None
        store._open(root, generation.root.name, generation, manifest, None, whole=whole)
        return store

    def _open(
        self, root: Path, name: str, layout: GenerationLayout, manifest: Manifest, like: FolderStore | None, *,
        whole: bool,
    ) -> None:  # fmt: skip
        self.root, self.generation, self.manifest = root, name, manifest
        try:
            self._open_files(root, layout, like, whole)
        except (ValueError, TypeError, LookupError, ArithmeticError) as error:
            raise IndexCorrupt(f"The tables in {isolated(layout.root)} are inconsistent. {REBUILD}") from error

    def _open_files(self, root: Path, layout: GenerationLayout, like: FolderStore | None, whole: bool) -> None:
        manifest = self.manifest
        self.segments: list[Segment] = open_segments(Layout(root), manifest, like.segments if like else ())
        if any(segment.dimension != manifest.encoder["dimension"] for segment in self.segments):
            raise IndexCorrupt(f"The index in {isolated(root)} has vectors of different dimensions. {REBUILD}")
        whole = whole or manifest.size <= CHECKED_WHOLE
        if whole:
            check_files([(layout, manifest.files)])
        files = Files(layout, manifest.files, whole=whole)
        self.sentence_rows = files.table(layout.sentences, 2)
        self.repeats = Repeats(files.table(layout.repeats, 2))
        self.passages = files.table(layout.passages, PASSAGE_COLUMNS)
        if not len(self.passages):
            raise IndexCorrupt(f"The index in {isolated(root)} has no passages. {REBUILD}")
        ids = Strings(files.table(layout.ids, dtype=np.uint8), files.table(layout.id_ends))
        documents = files.table(layout.documents, DOCUMENT_COLUMNS)
        self.rows = DocumentRows(self.segments, documents, ids, files.table(layout.id_rows))
        self.lexical = open_lexical(files, layout.words, len(self.passages), manifest.languages)
        self.texts = EncodedTexts(files.table(layout.texts, TEXT_COLUMNS), self.segments)
        self.vectors = StoredVectors(
            read_index(files.file(layout.vectors), len(self.texts), self.texts.dimension),
            self.texts, self.passages,
            files.table(layout.text_passages), files.table(layout.text_passage_ends),
        )  # fmt: skip
        self._sources = files.file(layout.sources)
        # The cache wraps a method of `rows`, not of the store: a reference cycle would delay closing the files.
        self.document = lru_cache(_CACHED_DOCUMENTS)(self.rows.document)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the manifest; empty if the store was opened by `of_generation`."""
        return self._pointer[1] if self._pointer else ""

    def newer(self) -> tuple[str, str] | None:
        with suppress(StoreError):
            current = read_current(Layout(self.root))
            return current if current != self._pointer else None
        return None

    def reopen(self) -> FolderStore:
        """Opens the generation that is current now. Raises as the constructor."""
        return FolderStore(self.root, self)

    def prefetch(self, passages: Sequence[int]) -> None:
        """Does nothing: mapped files need no prefetching."""

    def __len__(self) -> int:
        return len(self.passages)

    @property
    def dimension(self) -> int:
        return int(self.manifest.encoder["dimension"])

    def passages_in(self, document: int) -> range:
        first, last = (bisect_left(range(len(self)), row, key=self.document_of) for row in (document, document + 1))
        return range(first, last)

    def document_of(self, passage: int) -> int:
        return int(self.passages[passage][0])

    def boxes(self, document: int, span: Span) -> tuple[Box, ...]:
        number, first = self.rows.first_corner(document)
        if first < 0:
            return ()
        found = self.document(document)
        corners = np.asarray(segment_at(self.segments, number).corners[first + span.start : first + span.end])
        return boxes_of(found.places, span, corners, found.text[span.start : span.end])

    def sentences(self, passage: int) -> list[Span]:
        first, last = self._rows_of_sentences(passage)
        rows = self.sentence_rows[first:last].tolist()
        whole = _span(rows[0][0], rows[-1][1])
        if any(not whole.start <= start < end <= whole.end for start, end in rows):
            raise IndexCorrupt(f"Passage {passage} of the index has an invalid sentence. {REBUILD}")
        return [Span(start, end) for start, end in rows]

    def span(self, passage: int) -> Span:
        first, last = self._rows_of_sentences(passage)
        return _span(int(self.sentence_rows[first][0]), int(self.sentence_rows[last - 1][1]))

    def _rows_of_sentences(self, passage: int) -> tuple[int, int]:
        _, first, last, _ = map(int, self.passages[passage])
        if not 0 < last - first <= LONGEST_PASSAGE:
            raise IndexCorrupt(f"Passage {passage} of the index has no sentences, or too many. {REBUILD}")
        return first, last

    def places_of(self, sentence: str, most: int) -> list[tuple[int, Span]]:
        places = []
        for row in self.repeats.rows(sentence, most).tolist():
            document, span = self._document_of_sentence(row), _span(*map(int, self.sentence_rows[row]))
            if same(sentence, self.document(document).text[span.start : span.end]):
                places.append((document, span))
        return places

    def _document_of_sentence(self, row: int) -> int:
        """The document of a sentence, by binary search: sentences are in the order of their passages."""
        return self.document_of(bisect_right(range(len(self)), row, key=lambda p: int(self.passages[p][1])) - 1)

    def sources(self) -> dict[str, Any]:
        return sources_from(self._sources.json())

    def tokens(self, passages: NDArray[np.int64]) -> Tokens:
        return self.texts.tokens(self.passages.take(passages)[:, 3])

    def sizes(self) -> Mapping[str, int]:
        found: Counter[str] = Counter()
        listings = [self.manifest.files, *(segment.manifest.files for segment in self.segments)]
        for name, (_, size) in ((name, facts) for listing in listings for name, facts in listing.items()):
            words = name.startswith("words/") or name in _WORDS
            found["words" if words else _PARTS.get(name, "tables")] += size
        return dict(found.most_common())

    @property
    def settings(self) -> dict[str, Any]:
        """The `index.Settings` that the index was built with."""
        return self.manifest.settings

    @property
    def encoder(self) -> Identity:
        return Identity.of(self.manifest.encoder)


def _span(start: int, end: int) -> Span:
    if not 0 <= start < end <= start + LONGEST_PASSAGE:
        raise IndexCorrupt(f"The index has an invalid sentence, from {start} to {end}. {REBUILD}")
    return Span(start, end)
