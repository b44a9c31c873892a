"""The files of an index folder.

DIR/
  CURRENT                  name of the current generation, SHA-256 of its manifest
  lock                     file lock held by the running build
  writer                   JSON: process, host and start time of the build that holds the lock
  added/                   files that users added to the index; every build reads them and the sources
  left-out.json            JSON list of ids: documents of the sources that users excluded from the index
  changing/                backup of the changed files of added/ and of left-out.json during a change
  change.lock              file lock held by the process that makes the change
  feedback.jsonl           users' verdicts on answers, one a line
  segments/NAME/           documents and encoded texts; written once, never changed, shared by generations
    manifest.json          format, encoder, counts, SHA-256 of every other file; NAME is half of its own SHA-256
    blocks.bin             SHA-256 of each block of the files below, file by file in the order of their names
    documents.jsonl        one document a line, with its full text
    corners.npy            (characters, 4) uint16: left, top, right, bottom of each character, in documents with pages
    vectors.npy            (texts, dimension) float32: the vector of each text
    tokens.npy             (tokens,) of int8 vector, float32 scale, int32 start, int32 end: for late interaction
    token_ends.npy         (texts + 1,) int64: where the tokens of each text start, and the end of the last
    digests.npy            (texts, 2) int64: 128-bit digest that identifies each text
    terms.npy              uint8: the index terms in UTF-8, in the order of their numbers, concatenated
    term_ends.npy          (terms + 1,) int64: where each term starts, and the end of the last
    counts.npy             (rows, 3) int32: term number, its occurrences in the passage and in its context; one row
                           for each term of each text
    count_ends.npy         (texts + 1,) int64: where the rows of each text in counts.npy start, and the end
  generations/NAME/        one committed state of the index; never changed afterwards
    manifest.json          format, encoder, settings, counts, segments, SHA-256 of every other file
    manifest.sha256        SHA-256 of manifest.json
    blocks.bin             SHA-256 of each block of the files below, file by file in the order of their names
    sources.json           the source files, the files skipped, and warnings about documents
    documents.npy          (documents, 5) int64: segment, start and end of its line there, first corner, language
    fingerprints.npy       (documents, 2) int64: 128-bit digest of the source, the extractor and the splitter
    ids.npy                uint8: the document ids in UTF-8, sorted, concatenated
    id_ends.npy            (documents + 1,) int64: where each id starts, and the end of the last
    id_rows.npy            (documents,) int64: the document with each id of ids.npy
    sentences.npy          (sentences, 2) int64: start and end offset in the document
    sentence_keys.npy      (sentences,) int64: 64-bit digest of each sentence
    repeats.npy            (repeated sentences, 2) int64: digest, row in sentences.npy; sorted
    passages.npy           (passages, 4) int64: document, first sentence, sentence after the last, text
    texts.npy              (texts, 4) int64: segment, row there, first token, token after the last
    text_passages.npy      (passages,) int64: the passages of each text, text by text
    text_passage_ends.npy  (texts + 1,) int64: where the passages of each text start, and the end of the last
    vectors.faiss          FAISS index of the texts: one bit for each dimension of a vector (RaBitQ)
    words/                 the BM25 index
      terms.npy            uint8: the index terms in UTF-8, sorted, concatenated
      term_ends.npy        (terms + 1,) int64: where each term starts, and the end of the last
      starts.npy           (terms + 1,) int64: where the postings of each term start, and the end of the last
      postings.npy         (postings,) int32: the passages that contain the term
      scores.npy           (postings,) float32: the BM25 score of that passage for the term
      largest.npy          (terms,) float32: the highest score of each term
      stopwords.json       the stop words of the documents' languages

A *text* is what the encoder reads: a passage with its context. Identical passages share one text.
Documents, sentences and passages are in the order of the sources, however the generation was built.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from source import isolated

FORMAT = 6
"""The version of this layout; increased whenever older code would misread the new files."""
DOCUMENT_COLUMNS = 5
PASSAGE_COLUMNS = 4
TEXT_COLUMNS = 4
UNFINISHED = "unfinished-"
"""Prefix of the name of a folder that is still being written."""


class _In:
    """A descriptor: the path of a file or folder of this name inside `root`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, folder: _Rooted, owner: type) -> Path:
        return folder.root / self.name


class _Rooted(Protocol):
    @property
    def root(self) -> Path: ...


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths inside an index folder."""

    root: Path

    current = _In("CURRENT")
    lock = _In("lock")
    writer = _In("writer")
    added = _In("added")
    left_out = _In("left-out.json")
    changing = _In("changing")
    change_lock = _In("change.lock")
    feedback = _In("feedback.jsonl")
    segments = _In("segments")
    generations = _In("generations")

    @property
    def not_a_folder(self) -> str:
        """The message for a path that is a file."""
        return f"{isolated(self.root)} is a file, not an index. Name a folder with --index."

    @classmethod
    def names(cls) -> frozenset[str]:
        """The names of everything an index folder may hold, including CURRENT.new, the next CURRENT being written."""
        return frozenset({*(path.name for path in vars(cls).values() if isinstance(path, _In)), "CURRENT.new"})

    @property
    def folders(self) -> tuple[Path, ...]:
        """Which of these are folders; the others are files."""
        return self.added, self.changing, self.segments, self.generations

    def segment(self, name: str) -> SegmentLayout:
        """The layout of the segment with this name."""
        return SegmentLayout(self.segments / name)

    def generation(self, name: str) -> GenerationLayout:
        """The layout of the generation with this name."""
        return GenerationLayout(self.generations / name)


@dataclass(frozen=True, slots=True)
class Folder:
    """A segment or a generation: its manifest lists the SHA-256 of every file, `blocks` that of every block."""

    root: Path

    blocks = _In("blocks.bin")
    manifest = _In("manifest.json")
    seal = _In("manifest.sha256")

    def files(self) -> list[Path]:
        """All files but the manifest, its SHA-256 and the block digests, sorted by path."""
        metadata = (self.manifest, self.seal, self.blocks)
        return sorted(path for path in self.root.rglob("*") if path.is_file() and path not in metadata)


@dataclass(frozen=True, slots=True)
class SegmentLayout(Folder):
    """The paths inside one segment."""

    documents = _In("documents.jsonl")
    corners = _In("corners.npy")
    vectors = _In("vectors.npy")
    tokens = _In("tokens.npy")
    token_ends = _In("token_ends.npy")
    digests = _In("digests.npy")
    terms = _In("terms.npy")
    term_ends = _In("term_ends.npy")
    counts = _In("counts.npy")
    count_ends = _In("count_ends.npy")


@dataclass(frozen=True, slots=True)
class WordsLayout:
    """The paths inside the BM25 index of a generation."""

    root: Path

    terms = _In("terms.npy")
    term_ends = _In("term_ends.npy")
    starts = _In("starts.npy")
    postings = _In("postings.npy")
    scores = _In("scores.npy")
    largest = _In("largest.npy")
    stopwords = _In("stopwords.json")


@dataclass(frozen=True, slots=True)
class GenerationLayout(Folder):
    """The paths inside one generation."""

    sources = _In("sources.json")
    documents = _In("documents.npy")
    fingerprints = _In("fingerprints.npy")
    ids = _In("ids.npy")
    id_ends = _In("id_ends.npy")
    id_rows = _In("id_rows.npy")
    sentences = _In("sentences.npy")
    sentence_keys = _In("sentence_keys.npy")
    repeats = _In("repeats.npy")
    passages = _In("passages.npy")
    texts = _In("texts.npy")
    text_passages = _In("text_passages.npy")
    text_passage_ends = _In("text_passage_ends.npy")
    vectors = _In("vectors.faiss")

    @property
    def words(self) -> WordsLayout:
        """The layout of the BM25 index."""
        return WordsLayout(self.root / "words")
