"""An index that was opened: the generation that answers, checked file by file."""

from __future__ import annotations

import mmap
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from index.errors import IndexCorrupt, IndexIncompatible, IndexMissing
from index.layout import GenerationLayout, Layout
from index.lexical import Lexical
from index.manifest import REBUILD, Manifest, check_files, load_manifest
from index.passages import Passage
from index.records import load_document
from index.tokens import TokenVectors
from source.document import Document, Span

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
        check_files(layout, self.manifest)
        self._sentences = _array(layout.sentences)
        self._passages = _array(layout.passages)
        self._document_starts = _array(layout.document_starts)
        self._vectors = faiss.deserialize_index(np.fromfile(layout.vectors, np.uint8))
        self.lexical = Lexical.load(layout.words, len(self._passages), self.manifest.languages)
        self.tokens = TokenVectors(_array(layout.tokens), _array(layout.token_spans), _array(layout.token_ends))
        with layout.documents.open("rb") as file:
            self._documents = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.document = lru_cache(_KEPT_DOCUMENTS)(self._document)

    def __len__(self) -> int:
        """The number of passages."""
        return len(self._passages)

    @property
    def documents(self) -> int:
        """The number of documents."""
        return len(self._document_starts) - 1

    def _document(self, row: int) -> Document:
        """The document in row `row`, from 0."""
        start, end = self._document_starts[row : row + 2]
        return load_document(self._documents[start:end])

    def document_by_id(self, id: str) -> Document:
        """The document with this id. Raises KeyError."""
        return self.document(self._rows_by_id[id])

    @cached_property
    def _rows_by_id(self) -> dict[str, int]:
        return {self._document(row).id: row for row in range(self.documents)}

    def document_of(self, passage: int) -> int:
        """The row of the document that a passage is from."""
        return int(self._passages[passage, 0])

    def sentences(self, passage: int) -> list[Span]:
        """The sentences of a passage, in order."""
        _, first, last = self._passages[passage]
        return [Span(int(start), int(end)) for start, end in self._sentences[first:last]]

    def passage(self, passage: int) -> Passage:
        """The passage in row `passage`, from 0."""
        document = self.document(self.document_of(passage))
        _, first, last = self._passages[passage]
        span = Span(int(self._sentences[first, 0]), int(self._sentences[last - 1, 1]))
        return Passage(document.id, span, document.text[span.start : span.end])

    def nearest(self, vector: NDArray[np.float32], count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The `count` passages nearest to a unit vector: rows (count,), cosines (count,)."""
        scores, rows = self._vectors.search(vector[None], min(count, len(self)))
        return rows[0], scores[0]

    def vectors(self, passages: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n, dimension): the unit vectors of these passages."""
        return np.asarray(self._vectors.reconstruct_batch(passages))

    def check_encoder(self, name: str, sha256: str) -> None:
        """Raises IndexIncompatible unless this encoder made the vectors."""
        made_by = self.manifest.encoder
        if (made_by["name"], made_by["sha256"]) != (name, sha256):
            raise IndexIncompatible(
                f"The index in {self.root} was made by {made_by['name']} ({made_by['sha256'][:12]}…), "
                f"not by {name} ({sha256[:12]}…); {REBUILD}."
            )


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


def _array(path: Path) -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        raise IndexCorrupt(f"The index file {path} holds no array of numbers; {REBUILD}.") from error
    return array
