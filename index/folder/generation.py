"""The tables of a generation: built document by document, then written.

What is written is a function of the documents in their order: it does not matter
which of them were taken over from the generation before, and in which segments they lie.
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
    """Every text that is at hand, each with a number: the base's, then the new ones in the order they came."""

    def __init__(self, base: Previous) -> None:
        self._old = _places([(segment.token_ends, number) for number, segment in enumerate(base.segments)])
        self._starts = np.cumsum([0, *(segment.texts for segment in base.segments)])
        digests = np.concatenate([np.zeros((0, 2), np.int64), *(segment.digests for segment in base.segments)])
        self._order = np.argsort(digests[:, 0], kind="stable")
        self._digests = digests[self._order]
        self._new: dict[bytes, int] = {}
        self._added = array("q")

    def number(self, segment: NDArray[np.int64], row: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,): the numbers of the base's texts in these rows of its segments."""
        return np.asarray(self._starts[segment] + row)

    def claim(self, digest: NDArray[np.int64]) -> tuple[int, bool]:
        """The number of a text, and whether it is to be encoded."""
        first = int(np.searchsorted(self._digests[:, 0], digest[0]))
        while first < len(self._digests) and self._digests[first, 0] == digest[0]:
            if self._digests[first, 1] == digest[1]:
                return int(self._order[first]), False
            first += 1
        key = digest.tobytes()
        if key in self._new:
            return self._new[key], False
        return self._new.setdefault(key, len(self._old) + len(self._new)), True

    def add(self, segment: int, place: TextPlace) -> None:
        """Says where the next of the new texts is."""
        self._added.extend((segment, *place))

    @property
    def new(self) -> int:
        """How many have been encoded."""
        return len(self._added) // TEXT_COLUMNS

    def places(self) -> NDArray[np.int64]:
        """(texts, 4), by number."""
        added = np.array(self._added, np.int64).reshape(-1, TEXT_COLUMNS)
        return np.concatenate([self._old, added])


def _places(ends: Sequence[tuple[NDArray[np.int64], int]]) -> NDArray[np.int64]:
    parts = [np.zeros((0, TEXT_COLUMNS), np.int64)]
    for token_ends, number in ends:
        rows = np.arange(len(token_ends) - 1)
        parts.append(np.column_stack([np.full_like(rows, number), rows, token_ends[:-1], token_ends[1:]]))
    return np.concatenate(parts)


class GenerationBuilder:
    """Takes documents in their order; the passages' texts are still numbers of `TextIds`."""

    def __init__(self, base: Previous, numbers: TextIds) -> None:
        self._numbers = numbers
        self._read = base.read
        self.ids: list[str] = []
        self.languages: dict[str, int] = {}
        self.doubts: dict[str, list[str]] = {}
        self.documents = array("q")
        self.fingerprints = array("q")
        self.sentences = array("q")
        self.keys = array("q")
        self.passages = array("q")
        self._run: range = range(0)

    def keep(self, row: int) -> None:
        """The document in this row of the base's generation is kept as it is."""
        if row != self._run.stop:
            self.flush()
            self._run = range(row, row)
        self._run = range(self._run.start, row + 1)

    def add(
        self, document: Document, fingerprint: NDArray[np.int64], segment: int, place: TextPlace, language: str
    ) -> int:
        """A document that was read; its row is returned."""
        self.flush()
        row = len(self.ids)
        self.ids.append(document.id)
        if document.doubts:
            self.doubts[document.id] = describe(document.doubts)
        self.fingerprints.extend(fingerprint.tolist())
        self.documents.extend((segment, *place, self._language(language)))
        return row

    def add_passage(self, document: Document, row: int, draft: Draft, text: int) -> None:
        first = len(self.keys)
        for span in draft.sentences:
            self.sentences.extend((span.start, span.end))
            self.keys.append(sentence_key(document.text[span.start : span.end]))
        self.passages.extend((row, first, len(self.keys), text))

    def flush(self) -> None:
        """Takes over the documents that are kept and stood one after another."""
        if not self._run or self._read is None:
            return
        read, run, self._run = self._read, self._run, range(0)
        self._keep_documents(read, run)
        first, last = np.searchsorted(read.passages[:, 0], (run.start, run.stop))
        if first == last:
            return
        passages = read.passages[first:last].copy()
        start, end = int(passages[0, 1]), int(passages[-1, 2])
        passages[:, 0] += len(self.ids) - run.stop
        passages[:, 1:3] += len(self.keys) - start
        segment, row = read.texts[passages[:, 3], :2].T
        passages[:, 3] = self._numbers.number(read.segment_of[segment], row)
        self.passages.frombytes(passages.tobytes())
        self.sentences.frombytes(read.sentences[start:end].tobytes())
        self.keys.frombytes(read.sentence_keys[start:end].tobytes())

    def _keep_documents(self, read: PreviousGeneration, run: range) -> None:
        documents = read.documents[run.start : run.stop].copy()
        documents[:, 0] = read.segment_of[documents[:, 0]]
        spoken, languages = np.unique(documents[:, 4], return_inverse=True)
        documents[:, 4] = np.array([self._language(read.manifest.languages[each]) for each in spoken])[languages]
        self.documents.frombytes(documents.tobytes())
        self.fingerprints.frombytes(read.fingerprints[run.start : run.stop].tobytes())
        for id in read.ids[run.start : run.stop]:
            self.ids.append(id)
            if id in read.sources["doubts"]:
                self.doubts[id] = read.sources["doubts"][id]

    def _language(self, language: str) -> int:
        return self.languages.setdefault(language, len(self.languages))


def digest_of(text: str, context: int, language: str) -> NDArray[np.int64]:
    """(2,): what tells a text from others; `context`: how many characters of it are not the passage's own.

    The stemmer's version is part of it, because the words of a text are kept with it.
    """
    digest = hashlib.blake2b(f"{_stemmer()} {language} {context} {text}".encode(), digest_size=16).digest()
    return np.frombuffer(digest, np.int64)


@cache
def _stemmer() -> str:
    from importlib.metadata import version  # not before a build: it is slow to import

    return version("PyStemmer")


_CHUNK = 1 << 13  # passages


@dataclass(frozen=True, slots=True)
class GenerationRows:
    """The rows of a generation, as `index.folder.layout` names them."""

    ids: Sequence[str]
    languages: Sequence[str]
    documents: NDArray[np.int64]
    fingerprints: NDArray[np.int64]
    sentences: NDArray[np.int64]
    keys: NDArray[np.int64]
    passages: NDArray[np.int64]
    texts: NDArray[np.int64]

    @classmethod
    def of(cls, collected: GenerationBuilder, places: NDArray[np.int64]) -> GenerationRows:
        """What was collected, with its texts numbered as they come first. `places`: (n, 4), where each text is."""
        passages = np.array(collected.passages, np.int64).reshape(-1, PASSAGE_COLUMNS)
        passages[:, 3], texts = _renumbered(passages[:, 3])
        documents = np.array(collected.documents, np.int64).reshape(-1, DOCUMENT_COLUMNS)
        languages = sorted(collected.languages)
        rank = np.array([languages.index(language) for language in collected.languages], np.int64)
        documents[:, 4] = rank[documents[:, 4]]
        return cls(
            ids=collected.ids,
            languages=languages,
            documents=documents,
            fingerprints=np.array(collected.fingerprints, np.int64).reshape(-1, 2),
            sentences=np.array(collected.sentences, np.int64).reshape(-1, 2),
            keys=np.array(collected.keys, np.int64),
            passages=passages,
            texts=places[texts],
        )

    def counts(self) -> dict[str, int]:
        """How much there is of everything."""
        return {
            "documents": len(self.documents),
            "passages": len(self.passages),
            "sentences": len(self.sentences),
            "texts": len(self.texts),
            "tokens": int((self.texts[:, 3] - self.texts[:, 2]).sum()),
        }

    def live(self, segments: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(segments,) twice: how many texts and documents of each segment there are."""
        return (
            np.bincount(self.texts[:, 0], minlength=segments),
            np.bincount(self.documents[:, 0], minlength=segments),
        )

    def use_only(self, segments: Sequence[Segment]) -> list[Segment]:
        """The segments that are referred to, by whose numbers the rows now go."""
        texts, documents = self.live(len(segments))
        used = (texts > 0) | (documents > 0)
        number = np.cumsum(used) - 1
        self.texts[:, 0] = number[self.texts[:, 0]]
        self.documents[:, 0] = number[self.documents[:, 0]]
        return [segment for segment, is_used in zip(segments, used, strict=True) if is_used]


def _renumbered(numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The numbers from 0 in the order in which each comes first, and what each was."""
    known, first, inverse = np.unique(numbers, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[inverse], known[order]


def write_tables(layout: GenerationLayout, rows: GenerationRows, segments: Sequence[Segment]) -> None:
    """Writes every file but the manifest, the block digests and what is known of the sources."""
    tables: Mapping[Path, NDArray[np.int64]] = {
        layout.documents: rows.documents,
        layout.fingerprints: rows.fingerprints,
        layout.sentences: rows.sentences,
        layout.sentence_keys: rows.keys,
        layout.passages: rows.passages,
        layout.texts: rows.texts,
        layout.text_passages: np.argsort(rows.passages[:, 3], kind="stable"),
        layout.text_passage_ends: _ends(np.bincount(rows.passages[:, 3], minlength=len(rows.texts))),
    }
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


def _write(path: Path, rows: NDArray[np.int64]) -> None:
    with ArrayWriter(path, np.int64, rows.shape[1] if rows.ndim > 1 else None) as file:
        file.append(rows)


def _ends(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths)])


def _add_counts(postings: PostingsWriter, rows: GenerationRows, segments: Sequence[Segment]) -> None:
    """Gives the writer the terms of each passage, from where they were counted once."""
    numbers = [postings.numbers(segment.terms) for segment in segments]
    for start in range(0, len(rows.passages), _CHUNK):
        texts = rows.texts[rows.passages[start : start + _CHUNK, 3]]
        first, last = np.zeros((2, len(texts)), np.int64)
        for number, segment in enumerate(segments):
            own = texts[:, 0] == number
            ends = segment.counts[1]
            first[own], last[own] = ends[texts[own, 1]], ends[texts[own, 1] + 1]
        ends = _ends(last - first)
        terms, counts = np.empty((2, int(ends[-1])), np.int32)
        for number, segment in enumerate(segments):
            own = np.flatnonzero(texts[:, 0] == number)
            here, there = runs(ends[own], (last - first)[own]), runs(first[own], (last - first)[own])
            found = segment.counts[0][there]
            terms[here], counts[here] = numbers[number][found[:, 0]], found[:, 1]
        postings.add(terms, counts, ends)
