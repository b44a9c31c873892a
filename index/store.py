"""An index that was opened: the generation that answers, checked file by file."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.arrays import CheckedFile, Rows, Table
from index.errors import REBUILD, IndexMissing
from index.files import Files, open_lexical
from index.layout import GenerationLayout, Layout
from index.lexical import Lexical
from index.manifest import Manifest, load_manifest
from index.models import Identity
from index.passages import Passage
from index.repeats import Repeats, same
from index.strings import Strings
from index.tokens import Tokens, TokenVectors
from index.vectors import FlatVectors, InvertedVectors, Vectors, read_index
from source.boxes import Box, boxes_of
from source.document import Document
from source.records import load_document
from source.spans import Span

_KEPT_DOCUMENTS = 64  # parsed documents kept in memory


class Store:
    """Read access to one generation. Nothing in it changes; open again to see a newer one.

    Raises IndexMissing, IndexCorrupt or IndexIncompatible.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.generation, sha256 = read_current(root)
        layout = GenerationLayout(Layout(root).generations / self.generation)
        self.manifest: Manifest = load_manifest(layout, sha256)
        files = Files(layout, self.manifest)
        self._sentences = files.table(layout.sentences)
        self._repeats = Repeats(files.table(layout.repeats))
        self._passages = files.table(layout.passages)
        self._document_starts = files.table(layout.document_starts)
        self._corners = files.table(layout.corners)
        self._corner_starts = files.table(layout.corner_starts)
        self._ids = Strings(files.table(layout.ids), files.table(layout.id_ends))
        self._id_rows = files.table(layout.id_rows)
        self._lexical = open_lexical(files, layout.words, len(self._passages), self.manifest.languages)
        self._tokens = TokenVectors(
            files.table(layout.tokens),
            files.table(layout.token_scales),
            files.table(layout.token_spans),
            files.table(layout.token_ends),
        )
        # Nothing here refers back to the store, so that its files are let go with it and not some time later.
        self._texts = partial(_texts, self._passages)
        self._vectors = self._open_vectors(files, layout)
        self.document = lru_cache(_KEPT_DOCUMENTS)(
            partial(_document, files.file(layout.documents), self._document_starts)
        )

    def _open_vectors(self, files: Files, layout: GenerationLayout) -> Vectors:
        index = read_index(files.file(layout.vectors))
        if not files.has(layout.exact_vectors):
            return FlatVectors(index)
        return InvertedVectors(index, files.table(layout.exact_vectors), self._texts)

    def __len__(self) -> int:
        """The number of passages."""
        return len(self._passages)

    @property
    def documents(self) -> int:
        """The number of documents."""
        return len(self._document_starts) - 1

    def document_by_id(self, id: str) -> Document:
        """The document with this id. Raises KeyError."""
        row = self._ids.find(id)
        if row is None:
            raise KeyError(id)
        return self.document(int(self._id_rows[row]))

    def passages_of(self, ids: Iterable[str]) -> Rows:
        """The passages of these documents, in order. Raises KeyError for an id that is not there."""
        ranges = []
        for id in set(ids):
            row = self._ids.find(id)
            if row is None:
                raise KeyError(id)
            document = int(self._id_rows[row])
            first, last = (bisect_left(range(len(self)), row, key=self.document_of) for row in (document, document + 1))
            ranges.append(np.arange(first, last))
        return np.sort(np.concatenate(ranges)) if ranges else np.zeros(0, np.int64)

    def document_of(self, passage: int) -> int:
        """The row of the document that a passage is from."""
        return int(self._passages[passage][0])

    def boxes(self, document: int, span: Span) -> tuple[Box, ...]:
        """The boxes of a span on its pages; none if its document has none, or if any letter's place is not known."""
        first, last = map(int, self._corner_starts[document : document + 2])
        if first == last:
            return ()
        found = self.document(document)
        corners = np.asarray(self._corners[first + span.start : first + span.end])
        return boxes_of(found.places, span, corners, found.text[span.start : span.end])

    def sentences(self, passage: int) -> list[Span]:
        """The sentences of a passage, in order."""
        _, first, last, _ = map(int, self._passages[passage])
        return [Span(start, end) for start, end in self._sentences[first:last].tolist()]

    def span(self, passage: int) -> Span:
        """Where a passage stands in its document."""
        _, first, last, _ = map(int, self._passages[passage])
        return Span(int(self._sentences[first][0]), int(self._sentences[last - 1][1]))

    def passage(self, passage: int) -> Passage:
        """The passage in row `passage`, from 0."""
        document = self.document(self.document_of(passage))
        span = self.span(passage)
        return Passage(document.id, span, document.text[span.start : span.end])

    def places_of(self, sentence: str, most: int) -> list[tuple[int, Span]]:
        """The first `most` places of a sentence that stands more than once: document row and span."""
        places = []
        for row in self._repeats.rows(sentence, most).tolist():
            document, span = self._document_of_sentence(row), Span(*map(int, self._sentences[row]))
            if same(sentence, self.document(document).text[span.start : span.end]):
                places.append((document, span))
        return places

    def _document_of_sentence(self, row: int) -> int:
        """The document that a sentence is from: the sentences of the passages stand one after another."""
        return self.document_of(bisect_right(range(len(self)), row, key=lambda p: int(self._passages[p][1])) - 1)

    @property
    def vectors(self) -> Vectors:
        """The passages' vectors."""
        return self._vectors

    @property
    def lexical(self) -> Lexical:
        """The passages' words."""
        return self._lexical

    def tokens(self, passages: NDArray[np.int64]) -> Tokens:
        """The token vectors of these passages."""
        return self._tokens.of(self._texts(passages))

    @property
    def encoder(self) -> Identity:
        """The encoder that made the vectors."""
        made_by = self.manifest.encoder
        return Identity(made_by["name"], made_by["sha256"], made_by["settings"])


def _document(lines: CheckedFile, starts: Table, row: int) -> Document:
    """The document in row `row`, from 0."""
    start, end = map(int, starts[row : row + 2])
    return load_document(bytes(lines.read(start, end)))


def _texts(table: Table, passages: NDArray[np.int64]) -> NDArray[np.int64]:
    """What the encoder read for each of these passages."""
    return np.asarray(table.take(passages)[:, 3])


def read_current(root: Path) -> tuple[str, str]:
    """The name of the generation that answers and its manifest's SHA-256."""
    try:
        name, sha256 = Layout(root).current.read_text("ascii").split()
    except FileNotFoundError:
        raise IndexMissing(f"There is no index in {root}; run `python -m index build` to make it.") from None
    except (OSError, ValueError):
        raise IndexMissing(f"The index in {root} does not say which generation is current; {REBUILD}.") from None
    if not name.isalnum():  # it becomes a path
        raise IndexMissing(f"The index in {root} does not say which generation is current; {REBUILD}.")
    return name, sha256
