"""Which file of an index folder is what.

DIR/
  CURRENT                  the name of the generation that answers, and its manifest's SHA-256
  generations/NAME/        one committed state, never changed after it is committed
    manifest.json          format, encoder, extractors, counts; SHA-256 of every other file
    documents.jsonl        a document a line, with its whole text
    documents.npy          (documents + 1,) int64: where each line starts, in bytes
    sentences.npy          (sentences, 2) int64: offsets in the document
    passages.npy           (passages, 3) int64: document, first sentence, sentence after the last
    vectors.faiss          a FAISS index of the passages' vectors, inner product
    tokens.npy             (tokens, dimension) int8: token vectors for late interaction
    token_spans.npy        (tokens, 2) int32: offsets in the document
    token_ends.npy         (passages + 1,) int64: where each passage's tokens start
    words/                 BM25, as bm25s writes it
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FORMAT = 1
"""Raised whenever a reader of the old files would misread the new ones."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths inside an index folder."""

    root: Path

    @property
    def current(self) -> Path:
        return self.root / "CURRENT"

    @property
    def generations(self) -> Path:
        return self.root / "generations"


@dataclass(frozen=True, slots=True)
class GenerationLayout:
    """The paths inside one generation."""

    root: Path

    @property
    def manifest(self) -> Path:
        return self.root / "manifest.json"

    @property
    def documents(self) -> Path:
        return self.root / "documents.jsonl"

    @property
    def document_starts(self) -> Path:
        return self.root / "documents.npy"

    @property
    def sentences(self) -> Path:
        return self.root / "sentences.npy"

    @property
    def passages(self) -> Path:
        return self.root / "passages.npy"

    @property
    def vectors(self) -> Path:
        return self.root / "vectors.faiss"

    @property
    def tokens(self) -> Path:
        return self.root / "tokens.npy"

    @property
    def token_spans(self) -> Path:
        return self.root / "token_spans.npy"

    @property
    def token_ends(self) -> Path:
        return self.root / "token_ends.npy"

    @property
    def words(self) -> Path:
        return self.root / "words"

    def files(self) -> list[Path]:
        """Every file of the generation but the manifest, in the order of their names."""
        return sorted(p for p in self.root.rglob("*") if p.is_file() and p != self.manifest)
