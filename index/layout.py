"""Which file of an index folder is what.

DIR/
  CURRENT                  the name of the generation that answers, and its manifest's SHA-256
  generations/NAME/        one committed state, never changed after it is committed
    manifest.json          format, encoder, extractors, counts; SHA-256 of every other file
    blocks.bin             SHA-256 of every block of every other file, in the manifest's order
    documents.jsonl        a document a line, with its whole text
    documents.npy          (documents + 1,) int64: where each line starts, in bytes
    corners.npy            (characters, 4) uint16: where the characters of documents with pages stand on them
    corner_starts.npy      (documents + 1,) int64: where each document's begin
    ids.npy                uint8: the documents' ids, sorted, one after another
    id_ends.npy            (documents + 1,) int64: where each id starts
    id_rows.npy            (documents,) int64: which document has it
    sentences.npy          (sentences, 2) int64: offsets in the document
    repeats.npy            (repeated sentences, 2) int64: digest of the text and row in sentences.npy, sorted
    passages.npy           (passages, 4) int64: document, first sentence, sentence after the last, text
    vectors.faiss          a FAISS index of the passages' vectors, inner product
    vectors.npy            (texts, dimension) float32: exact vectors, where the FAISS index has none
    tokens.npy             (tokens, dimension) int8: token vectors for late interaction
    token_scales.npy       (tokens,) float32: what makes each of them a unit vector
    token_spans.npy        (tokens, 2) int32: offsets in the passage
    token_ends.npy         (texts + 1,) int64: where each text's tokens start
    words/                 BM25
      terms.npy            uint8: the index terms, sorted, one after another
      term_ends.npy        (terms + 1,) int64: where each starts
      starts.npy           (terms + 1,) int64: where each one's postings start
      postings.npy         (postings,) int32: the passages that have the term
      scores.npy           (postings,) float32: what the passage scores for the term
      largest.npy          (terms,) float32: the highest of its scores
      stopwords.json       the words without content in the documents' languages

A text is what the encoder read: passages that are word for word the same share one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FORMAT = 4
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
class WordsLayout:
    """The paths of the lexical index."""

    root: Path

    @property
    def terms(self) -> Path:
        return self.root / "terms.npy"

    @property
    def term_ends(self) -> Path:
        return self.root / "term_ends.npy"

    @property
    def starts(self) -> Path:
        return self.root / "starts.npy"

    @property
    def postings(self) -> Path:
        return self.root / "postings.npy"

    @property
    def scores(self) -> Path:
        return self.root / "scores.npy"

    @property
    def largest(self) -> Path:
        return self.root / "largest.npy"

    @property
    def stopwords(self) -> Path:
        return self.root / "stopwords.json"


@dataclass(frozen=True, slots=True)
class GenerationLayout:
    """The paths inside one generation."""

    root: Path

    @property
    def manifest(self) -> Path:
        return self.root / "manifest.json"

    @property
    def blocks(self) -> Path:
        return self.root / "blocks.bin"

    @property
    def documents(self) -> Path:
        return self.root / "documents.jsonl"

    @property
    def corners(self) -> Path:
        return self.root / "corners.npy"

    @property
    def corner_starts(self) -> Path:
        return self.root / "corner_starts.npy"

    @property
    def ids(self) -> Path:
        return self.root / "ids.npy"

    @property
    def id_ends(self) -> Path:
        return self.root / "id_ends.npy"

    @property
    def id_rows(self) -> Path:
        return self.root / "id_rows.npy"

    @property
    def document_starts(self) -> Path:
        return self.root / "documents.npy"

    @property
    def sentences(self) -> Path:
        return self.root / "sentences.npy"

    @property
    def repeats(self) -> Path:
        return self.root / "repeats.npy"

    @property
    def passages(self) -> Path:
        return self.root / "passages.npy"

    @property
    def vectors(self) -> Path:
        return self.root / "vectors.faiss"

    @property
    def exact_vectors(self) -> Path:
        return self.root / "vectors.npy"

    @property
    def tokens(self) -> Path:
        return self.root / "tokens.npy"

    @property
    def token_scales(self) -> Path:
        return self.root / "token_scales.npy"

    @property
    def token_spans(self) -> Path:
        return self.root / "token_spans.npy"

    @property
    def token_ends(self) -> Path:
        return self.root / "token_ends.npy"

    @property
    def words(self) -> WordsLayout:
        return WordsLayout(self.root / "words")

    def files(self) -> list[Path]:
        """Every file that holds content, in the order of their names."""
        return sorted(p for p in self.root.rglob("*") if p.is_file() and p not in (self.manifest, self.blocks))
