"""Which file of an index folder is what.

DIR/
  CURRENT                  the name of the generation that answers, and its manifest's SHA-256
  lock, writer             held by the build that is at work; what it says of itself
  added/                   files that were added to the sources; every build reads them too
  left-out.json            a list of ids: documents that are among the sources, and no build takes
  changing/                what these two were before a change, until it is done
  change.lock              held by the process that makes one
  feedback.jsonl           what readers found of answers
  segments/NAME/           what was read and encoded, once; generations share it, and nothing of it changes
    manifest.json          format, encoder, counts; SHA-256 of every other file, whose own is NAME
    blocks.bin             SHA-256 of every block of every other file, in the order of their names
    documents.jsonl        a document a line, with its whole text
    corners.npy            (characters, 4) uint16: where the characters of documents with pages stand on them
    vectors.npy            (texts, dimension) float32: the texts' vectors
    tokens.npy             (tokens,) of int8 vector, float32 scale, int32 start and end: for late interaction
    token_ends.npy         (texts + 1,) int64: where each text's tokens start
    digests.npy            (texts, 2) int64: which text it is
    terms.npy              uint8: the index terms, sorted, one after another
    term_ends.npy          (terms + 1,) int64: where each starts
    counts.npy             (terms of texts, 2) int32: term, and how often the text has it
    count_ends.npy         (texts + 1,) int64: where each text's terms start
  generations/NAME/        one committed state, never changed after it is committed
    manifest.json          format, encoder, counts, segments; SHA-256 of every other file
    manifest.sha256        its own
    blocks.bin             SHA-256 of every block of every other file, in the order of their names
    sources.json           the files it was made from, and what was wrong with some
    documents.npy          (documents, 5) int64: segment, where its line starts and ends, first corner, language
    fingerprints.npy       (documents, 2) int64: what each was read from, and how
    ids.npy                uint8: the documents' ids, sorted, one after another
    id_ends.npy            (documents + 1,) int64: where each id starts
    id_rows.npy            (documents,) int64: which document has it
    sentences.npy          (sentences, 2) int64: offsets in the document
    sentence_keys.npy      (sentences,) int64: digest of the text
    repeats.npy            (repeated sentences, 2) int64: digest of the text and row in sentences.npy, sorted
    passages.npy           (passages, 4) int64: document, first sentence, sentence after the last, text
    texts.npy              (texts, 4) int64: segment, row there, first token, token after the last
    text_passages.npy      (passages,) int64: the passages that have each text
    text_passage_ends.npy  (texts + 1,) int64: where those of each text start
    vectors.faiss          a FAISS index of the texts: a bit for each number of their vectors
    words/                 BM25
      terms.npy            uint8: the index terms, sorted, one after another
      term_ends.npy        (terms + 1,) int64: where each starts
      starts.npy           (terms + 1,) int64: where each one's postings start
      postings.npy         (postings,) int32: the passages that have the term
      scores.npy           (postings,) float32: what the passage scores for the term
      largest.npy          (terms,) float32: the highest of its scores
      stopwords.json       the words without content in the documents' languages

A text is what the encoder read: passages that are word for word the same share one.
The rows of a generation are in the order of its sources, however it was built.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

FORMAT = 5
"""Raised whenever a reader of the old files would misread the new ones."""
DOCUMENT_COLUMNS = 5
PASSAGE_COLUMNS = 4
TEXT_COLUMNS = 4
UNFINISHED = "unfinished-"
"""What the name of a folder begins with that is still being written."""


class _In:
    """A path inside a folder."""

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

    @classmethod
    def names(cls) -> frozenset[str]:
        """Of everything that an index folder may hold, CURRENT while it is written included."""
        return frozenset({*(path.name for path in vars(cls).values() if isinstance(path, _In)), "CURRENT.new"})

    def segment(self, name: str) -> SegmentLayout:
        return SegmentLayout(self.segments / name)

    def generation(self, name: str) -> GenerationLayout:
        return GenerationLayout(self.generations / name)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder whose files are listed with their SHA-256 in one of them, and block by block in another."""

    root: Path

    blocks = _In("blocks.bin")
    manifest = _In("manifest.json")
    seal = _In("manifest.sha256")

    def files(self) -> list[Path]:
        """Every file that holds content, in the order of their names."""
        about = (self.manifest, self.seal, self.blocks)
        return sorted(path for path in self.root.rglob("*") if path.is_file() and path not in about)


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
    """The paths of the lexical index."""

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
        return WordsLayout(self.root / "words")
