"""The tables of a generation: collected document by document, then written.

The files depend only on the documents and their order, not on which of them
were reused from the previous generation; only the rows that point into segments
depend on the segments.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
from numpy.typing import NDArray

from index.folder.arrays import ArrayWriter, Table, key, runs, write_strings
from index.folder.checksums import CheckedFile
from index.folder.filesystem import require_space
from index.folder.layout import DOCUMENT_COLUMNS, PASSAGE_COLUMNS, TEXT_COLUMNS, GenerationLayout
from index.folder.lexical import PostingsWriter
from index.folder.previous import Previous, PreviousGeneration
from index.folder.repeats import sentence_key, write_repeats
from index.folder.segment import EncodedTexts, Segment
from index.folder.vectors import write_index
from index.text.analyzer import stopwords
from index.text.passages import Draft
from source import Document, describe

TextPlace = tuple[int, int, int]


class TextIds:
    """Numbers the texts during a build: first those of the previous segments, then new ones as they come."""

    def __init__(self, previous: Previous) -> None:
        self._old = _places([(segment.token_ends, number) for number, segment in enumerate(previous.segments)])
        self._starts = np.cumsum([0, *(segment.texts for segment in previous.segments)])
        digests = np.concatenate([np.zeros((0, 2), np.int64), *(segment.digests for segment in previous.segments)])
        self._order = np.argsort(digests[:, 0], kind="stable")
        self._digests = digests[self._order]
        self._current = self._used_by(previous.generation)
        self._new: dict[bytes, int] = {}
        self._added = array("q")

    def _used_by(self, generation: PreviousGeneration | None) -> NDArray[np.bool_]:
        """(texts,): whether the generation uses this copy of a text."""
        used = np.zeros(len(self._old), np.bool_)
        if generation:
            segments, rows = generation.segment_of[generation.texts[:, 0]], generation.texts[:, 1]
            intact = segments >= 0
            used[self.number(segments[intact], rows[intact])] = True
        return used

    def number(self, segment: NDArray[np.int64], row: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,): the numbers of the texts in these rows of the previous segments."""
        return np.asarray(self._starts[segment] + row)

    def claim(self, digest: NDArray[np.int64]) -> tuple[int, bool]:
        """The number of the text with this digest, and whether it is new and must be encoded.

        A merge leaves copies of a text in the segments that it merged, as long as a generation needs them. The current
        generation's copy is claimed, so that all passages with this text, new or kept, have the same.
        """
        first, last = (int(np.searchsorted(self._digests[:, 0], digest[0], side)) for side in ("left", "right"))
        copies = self._order[first:last][self._digests[first:last, 1] == digest[1]]
        if len(copies):
            return int(copies[self._current[copies].argmax()]), False
        key = digest.tobytes()
        if key in self._new:
            return self._new[key], False
        return self._new.setdefault(key, len(self._old) + len(self._new)), True

    def add(self, segment: int, place: TextPlace) -> None:
        """Records where the next new text was written; new texts are added in the order of their numbers."""
        self._added.extend((segment, *place))

    @property
    def new(self) -> int:
        """The number of new texts written so far."""
        return len(self._added) // TEXT_COLUMNS

    def places(self) -> NDArray[np.int64]:
        """(texts, 4): the place of each text as in `texts.npy`, by number."""
        added = np.array(self._added, np.int64).reshape(-1, TEXT_COLUMNS)
        return np.concatenate([self._old, added])


def _places(ends: Sequence[tuple[NDArray[np.int64], int]]) -> NDArray[np.int64]:
    parts = [np.zeros((0, TEXT_COLUMNS), np.int64)]
    for token_ends, number in ends:
        rows = np.arange(len(token_ends) - 1)
        parts.append(np.column_stack([np.full_like(rows, number), rows, token_ends[:-1], token_ends[1:]]))
    return np.concatenate(parts)


class GenerationBuilder:
    """Collects the rows of a generation, document by document; texts are numbered by `TextIds`."""

    def __init__(self, previous: Previous, numbers: TextIds) -> None:
        self._numbers = numbers
        self._previous = previous.generation
        self.ids: list[str] = []
        self.languages: dict[str, int] = {}
        self.doubts: dict[str, list[str]] = {}
        self.documents = array("q")
        self.fingerprints = array("q")
        self.sentences = array("i")  # offsets in a document's text, as `source.Places` keeps them
        self.keys = array("q")
        self.passages = array("q")
        self._run: range = range(0)

    def keep(self, row: int) -> None:
        """Reuses the document in this row of the previous generation."""
        if row != self._run.stop:
            self.flush()
            self._run = range(row, row)
        self._run = range(self._run.start, row + 1)

    def add(
        self, document: Document, fingerprint: NDArray[np.int64], segment: int, place: TextPlace, language: str
    ) -> int:
        """Adds a newly parsed document; returns its row."""
        self.flush()
        row = len(self.ids)
        self.ids.append(document.id)
        if document.doubts:
            self.doubts[document.id] = describe(document.doubts)
        self.fingerprints.extend(fingerprint.tolist())
        self.documents.extend((segment, *place, self._language(language)))
        return row

    def add_passage(self, document: Document, row: int, draft: Draft, text: int) -> None:
        """Adds a passage of a new document. `text`: the number of its text."""
        first = len(self.keys)
        for span in draft.sentences:
            self.sentences.extend((span.start, span.end))
            self.keys.append(sentence_key(document.text[span.start : span.end]))
        self.passages.extend((row, first, len(self.keys), text))

    def flush(self) -> None:
        """Copies the rows of the current run of reused documents."""
        if not self._run or self._previous is None:
            return
        previous, run, self._run = self._previous, self._run, range(0)
        self._keep_documents(previous, run)
        first, last = np.searchsorted(previous.passages[:, 0], (run.start, run.stop))
        if first == last:
            return
        passages = previous.passages[first:last].copy()
        start, end = int(passages[0, 1]), int(passages[-1, 2])
        passages[:, 0] += len(self.ids) - run.stop
        passages[:, 1:3] += len(self.keys) - start
        segment, row = previous.texts[passages[:, 3], :2].T
        passages[:, 3] = self._numbers.number(previous.segment_of[segment], row)
        self.passages.frombytes(passages.tobytes())
        self.sentences.frombytes(previous.sentences[start:end].astype(np.int32).tobytes())
        self.keys.frombytes(previous.sentence_keys[start:end].tobytes())

    def _keep_documents(self, previous: PreviousGeneration, run: range) -> None:
        documents = previous.documents[run.start : run.stop].copy()
        documents[:, 0] = previous.segment_of[documents[:, 0]]
        numbers, language = np.unique(documents[:, 4], return_inverse=True)
        documents[:, 4] = np.array([self._language(previous.manifest.languages[each]) for each in numbers])[language]
        self.documents.frombytes(documents.tobytes())
        self.fingerprints.frombytes(previous.fingerprints[run.start : run.stop].tobytes())
        for id in previous.ids[run.start : run.stop]:
            self.ids.append(id)
            if id in previous.sources["doubts"]:
                self.doubts[id] = previous.sources["doubts"][id]

    def _language(self, language: str) -> int:
        return self.languages.setdefault(language, len(self.languages))


def digest_of(text: str, context: int, language: str) -> NDArray[np.int64]:
    """(2,): a 128-bit digest that identifies a text; `context`: its characters before the passage.

    It includes the stemmer's version, because the stemmed terms of a text are stored with it.
    """
    digest = hashlib.blake2b(f"{_stemmer()} {language} {context} {text}".encode(), digest_size=16).digest()
    return np.frombuffer(digest, np.int64)


@cache
def _stemmer() -> str:
    from importlib.metadata import version  # only in a build: slow to import

    return version("PyStemmer")


_CHUNK = 1 << 13  # rows


@dataclass(frozen=True, slots=True)
class GenerationRows:
    """The rows of a generation's tables, named as in `index.folder.layout`."""

    ids: Sequence[str]
    languages: Sequence[str]
    documents: NDArray[np.int64]
    fingerprints: NDArray[np.int64]
    sentences: NDArray[np.int32]
    keys: NDArray[np.int64]
    passages: NDArray[np.int64]
    texts: NDArray[np.int64]

    @classmethod
    def of(cls, collected: GenerationBuilder, places: NDArray[np.int64]) -> GenerationRows:
        """The collected rows, with texts renumbered in the order of first use. `places`: (n, 4), `TextIds.places`.

        They are not copied: `collected` cannot be added to any more.
        """
        passages = np.frombuffer(collected.passages, np.int64).reshape(-1, PASSAGE_COLUMNS)
        passages[:, 3], texts = _renumbered(passages[:, 3])
        documents = np.frombuffer(collected.documents, np.int64).reshape(-1, DOCUMENT_COLUMNS)
        languages = sorted(collected.languages)
        rank = np.array([languages.index(language) for language in collected.languages], np.int64)
        documents[:, 4] = rank[documents[:, 4]]
        return cls(
            ids=collected.ids,
            languages=languages,
            documents=documents,
            fingerprints=np.frombuffer(collected.fingerprints, np.int64).reshape(-1, 2),
            sentences=np.frombuffer(collected.sentences, np.int32).reshape(-1, 2),
            keys=np.frombuffer(collected.keys, np.int64),
            passages=passages,
            texts=places[texts],
        )

    def counts(self) -> dict[str, int]:
        """The numbers of documents, passages, sentences, texts and tokens."""
        return {
            "documents": len(self.documents),
            "passages": len(self.passages),
            "sentences": len(self.sentences),
            "texts": len(self.texts),
            "tokens": int((self.texts[:, 3] - self.texts[:, 2]).sum()),
        }

    def live(self, segments: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(segments,) twice: the texts and the documents of each segment that this generation uses."""
        return (
            np.bincount(self.texts[:, 0], minlength=segments),
            np.bincount(self.documents[:, 0], minlength=segments),
        )

    def use_only(self, segments: Sequence[Segment]) -> list[Segment]:
        """Drops unused segments: returns the others and renumbers the rows accordingly."""
        texts, documents = self.live(len(segments))
        used = (texts > 0) | (documents > 0)
        number = np.cumsum(used) - 1
        self.texts[:, 0] = number[self.texts[:, 0]]
        self.documents[:, 0] = number[self.documents[:, 0]]
        return [segment for segment, is_used in zip(segments, used, strict=True) if is_used]


def _renumbered(numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The numbers renumbered from 0 in the order of first occurrence, and the old number of each new one."""
    known, first, inverse = np.unique(numbers, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[inverse], known[order]


def write_tables(layout: GenerationLayout, rows: GenerationRows, segments: Sequence[Segment]) -> None:
    """Writes every file of a generation but `sources.json`, the block digests and the manifest."""
    tables: Mapping[Path, NDArray[np.int32] | NDArray[np.int64]] = {
        layout.documents: rows.documents,
        layout.fingerprints: rows.fingerprints,
        layout.sentences: rows.sentences,
        layout.sentence_keys: rows.keys,
        layout.passages: rows.passages,
        layout.texts: rows.texts,
        layout.text_passages: np.argsort(rows.passages[:, 3], kind="stable"),
        layout.text_passage_ends: _ends(np.bincount(rows.passages[:, 3], minlength=len(rows.texts))),
    }
    require_space(
        layout.root, sum(table.nbytes for table in tables.values()) + _size_of_words_and_codes(rows, segments)
    )
    for path, table in tables.items():
        _write(path, table)
    write_repeats(layout.repeats, rows.keys)
    order = sorted(range(len(rows.ids)), key=lambda row: key(rows.ids[row]))
    write_strings(layout.ids, layout.id_ends, (rows.ids[row] for row in order))
    _write(layout.id_rows, np.array(order, np.int64))
    write_index(
        layout.vectors,
        EncodedTexts(Table(CheckedFile(layout.texts, layout.texts.stat().st_size, None), TEXT_COLUMNS), segments),
    )
    layout.words.root.mkdir()
    with TemporaryFile(dir=layout.root) as spool:
        postings = PostingsWriter(spool)
        _add_counts(postings, rows, segments)
        postings.finish(layout.words)
    layout.words.stopwords.write_text(json.dumps(stopwords(rows.languages)), "utf-8")


def _size_of_words_and_codes(rows: GenerationRows, segments: Sequence[Segment]) -> int:
    """Approximate bytes of the postings, of the file in which they are sorted, and of the FAISS index."""
    postings = sum(len(segment.counts[0]) for segment in segments)
    return 20 * postings + len(rows.texts) * (segments[0].dimension // 8 + 8)


def _write(path: Path, rows: NDArray[np.int32] | NDArray[np.int64]) -> None:
    with ArrayWriter(path, np.int64, rows.shape[1] if rows.ndim > 1 else None) as file:
        for first in range(0, len(rows), _CHUNK):
            file.append(rows[first : first + _CHUNK])


def _ends(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths)])


def _add_counts(postings: PostingsWriter, rows: GenerationRows, segments: Sequence[Segment]) -> None:
    """Adds the terms of all passages to the postings, from the counts stored in the segments."""
    numbers = [postings.numbers(segment.terms) for segment in segments]
    for start in range(0, len(rows.passages), _CHUNK):
        texts = rows.texts[rows.passages[start : start + _CHUNK, 3]]
        first, last = np.zeros((2, len(texts)), np.int64)
        for number, segment in enumerate(segments):
            own = texts[:, 0] == number
            ends = segment.counts[1]
            first[own], last[own] = ends[texts[own, 1]], ends[texts[own, 1] + 1]
        ends = _ends(last - first)
        counts = np.empty((int(ends[-1]), 2), np.int32)
        terms = np.empty(int(ends[-1]), np.int32)
        for number, segment in enumerate(segments):
            own = np.flatnonzero(texts[:, 0] == number)
            target, source = runs(ends[own], (last - first)[own]), runs(first[own], (last - first)[own])
            found = segment.counts[0][source]
            terms[target], counts[target] = numbers[number][found[:, 0]], found[:, 1:]
        postings.add(terms, counts, ends)
