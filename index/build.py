"""Sources in, a new generation of the index out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from index.commit import commit, writing
from index.encoder import Encoder, identity, load_encoder
from index.errors import IndexCorrupt, IndexIncompatible, IndexMissing, StoreError
from index.language import language_of
from index.layout import FORMAT, GenerationLayout, Layout
from index.lexical import Lexical
from index.manifest import Manifest, check_files, fingerprints, load_manifest
from index.passages import Draft, passages
from index.records import dump_document
from index.settings import Settings
from index.store import Store, read_current
from index.tokens import quantise
from source import Document, Reading, find
from source.errors import SourceEmpty

Progress = Callable[[str, int, int], None]
"""Called with a step's name, how much of it is done, and how much there is."""


def ignore(step: str, done: int, total: int) -> None:
    """The progress of someone who does not look."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did. `skipped` are sentences about files that gave no document."""

    generation: str
    up_to_date: bool
    documents: int
    passages: int
    skipped: tuple[str, ...]

    def __str__(self) -> str:
        state = "is up to date" if self.up_to_date else "is built"
        return (
            f"The index {state}: {self.documents} document{'s' * (self.documents != 1)}, "
            f"{self.passages} passages, generation {self.generation}."
        )


def build(
    root: Path,
    sources: Sequence[str | Path] = (),
    *,
    full: bool = False,
    settings: Settings | None = None,
    progress: Progress = ignore,
) -> Report:
    """Makes the index in `root` answer from `sources` (the shipped documents by default).

    Nothing is done when the sources, the settings and the encoder are those of
    the index that is there, unless `full`. Raises the errors of `source` and
    `index.errors`; the index that was there then goes on to answer.
    """
    settings = settings or Settings.from_environment()
    reading = find(sources)
    facts: dict[str, Any] = {
        "settings": asdict(settings),
        "roots": [str(root) for root in sources],
        "sources": {file.shown_as: _fingerprint(file.path) for file in reading.files},
        "extractors": _extractors(),
        "encoder": dict(zip(("name", "sha256"), identity(settings.model), strict=True)),
    }
    if not full and (current := _up_to_date(root, facts)):
        return current
    with writing(root) as layout:
        encoder = load_encoder(settings.model)
        counts = _write(layout, reading, encoder, settings, progress)
        encoder_facts = {**facts["encoder"], "dimension": encoder.dimension, "max_tokens": encoder.max_tokens}
        manifest = Manifest(
            format=FORMAT,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            **{**facts, "encoder": encoder_facts},
            **counts,
            files=fingerprints(layout),
        )
        name = commit(root, layout, manifest)
    skipped = tuple(str(error) for error in reading.skipped)
    return Report(name, False, manifest.counts["documents"], manifest.counts["passages"], skipped)


def last_sources(root: Path) -> list[str]:
    """What the index in `root` was last made from; nothing if there is none."""
    try:
        return Store(root).manifest.roots
    except StoreError:
        return []


def _fingerprint(path: Path) -> str:
    try:
        if not path.is_file():  # opening a pipe would wait for ever
            return "unreadable"
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "unreadable"


def _extractors() -> list[str]:
    from source.markdown import EXTRACTOR as MARKDOWN
    from source.plain import EXTRACTOR as PLAIN

    return [MARKDOWN, PLAIN, f"sentencex/{version('sentencex')}"]


def _up_to_date(root: Path, facts: dict[str, Any]) -> Report | None:
    """A report if the index in `root` was made from just these facts and is whole."""
    try:
        name, sha256 = read_current(root)
        layout = GenerationLayout(Layout(root).generations / name)
        manifest = load_manifest(layout, sha256)
        check_files(layout, manifest)
    except (IndexMissing, IndexCorrupt, IndexIncompatible):
        return None
    made_from = {
        "settings": manifest.settings,
        "roots": manifest.roots,
        "sources": manifest.sources,
        "extractors": manifest.extractors,
        "encoder": {key: manifest.encoder[key] for key in ("name", "sha256")},
    }
    if made_from != facts:
        return None
    return Report(name, True, manifest.counts["documents"], manifest.counts["passages"], ())


def _write(
    layout: GenerationLayout, reading: Reading, encoder: Encoder, settings: Settings, progress: Progress
) -> dict[str, Any]:
    """Writes every file but the manifest; returns what the manifest says of the content."""
    corpus = _Corpus()
    starts = [0]
    with layout.documents.open("wb") as file:
        for document in reading.documents():
            corpus.add(document, passages(document, encoder, settings.passage_tokens))
            starts.append(starts[-1] + file.write(dump_document(document)))
            progress("reading", len(starts) - 1, max(len(reading.files), len(starts) - 1))
    if not corpus.texts:
        reasons = " ".join(str(error) for error in reading.skipped[:1])
        raise SourceEmpty(reasons or "The sources hold no text that can be quoted; name others.")
    np.save(layout.document_starts, np.array(starts, np.int64))
    np.save(layout.sentences, np.array(corpus.sentences, np.int64))
    np.save(layout.passages, np.array(corpus.passages, np.int64))
    tokens = _write_vectors(layout, corpus, encoder, progress)
    progress("indexing words", 0, 1)
    Lexical.build(corpus.texts, corpus.languages).save(layout.words)
    progress("indexing words", 1, 1)
    counts = {
        "documents": len(starts) - 1,
        "passages": len(corpus.passages),
        "sentences": len(corpus.sentences),
        "tokens": tokens,
    }
    return {"counts": counts, "languages": sorted(set(corpus.languages))}


class _Corpus:
    """The rows of the tables, as they come."""

    def __init__(self) -> None:
        self.documents = 0
        self.passages: list[tuple[int, int, int]] = []
        self.sentences: list[tuple[int, int]] = []
        self.texts: list[str] = []
        self.contexts: list[str] = []
        self.starts: list[int] = []
        self.languages: list[str] = []

    def add(self, document: Document, drafts: list[Draft]) -> None:
        language = language_of(document.text)
        for draft in drafts:
            first = len(self.sentences)
            self.sentences.extend((span.start, span.end) for span in draft.sentences)
            self.passages.append((self.documents, first, len(self.sentences)))
            self.texts.append(document.text[draft.span.start : draft.span.end])
            self.contexts.append(draft.context)
            self.starts.append(draft.span.start)
            self.languages.append(language)
        self.documents += 1


def _write_vectors(layout: GenerationLayout, corpus: _Corpus, encoder: Encoder, progress: Progress) -> int:
    """Writes the passages' vectors and their tokens' vectors; returns the number of tokens."""
    count = len(corpus.texts)
    vectors = np.zeros((count, encoder.dimension), np.float32)
    tokens: list[NDArray[np.int8]] = [np.zeros((0, encoder.dimension), np.int8)] * count
    spans: list[NDArray[np.int32]] = [np.zeros((0, 2), np.int32)] * count
    inputs = [context + text for context, text in zip(corpus.contexts, corpus.texts, strict=True)]
    for done, (row, encoded) in enumerate(encoder.encode(inputs), start=1):
        own = encoded.offsets[:, 0] >= len(corpus.contexts[row])  # the context's tokens are not the passage's
        vectors[row] = encoded.vector
        tokens[row] = quantise(encoded.tokens[own])
        shift = corpus.starts[row] - len(corpus.contexts[row])
        spans[row] = (encoded.offsets[own] + shift).astype(np.int32)
        progress("encoding", done, count)
    index = faiss.IndexFlatIP(encoder.dimension)
    index.add(vectors)
    faiss.serialize_index(index).tofile(layout.vectors)
    np.save(layout.tokens, np.concatenate(tokens))
    np.save(layout.token_spans, np.concatenate(spans))
    np.save(layout.token_ends, np.cumsum([0, *map(len, tokens)], dtype=np.int64))
    return sum(map(len, tokens))
