"""The tables of a generation while they grow: rows for documents that were kept, and for new ones."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from index.base import Base
from index.earlier import Read
from index.layout import TEXT_COLUMNS
from index.passages import Draft
from index.repeats import sentence_key
from source import Document, told

Place = tuple[int, int, int]


class Numbers:
    """Every text that is at hand, each with a number: the base's, then the new ones in the order they came."""

    def __init__(self, base: Base) -> None:
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

    def add(self, segment: int, place: Place) -> None:
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


class Collector:
    """Takes documents in their order; the passages' texts are still `Numbers`."""

    def __init__(self, base: Base, numbers: Numbers) -> None:
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

    def add(self, document: Document, fingerprint: NDArray[np.int64], segment: int, place: Place, language: str) -> int:
        """A document that was read; its row is returned."""
        self.flush()
        row = len(self.ids)
        self.ids.append(document.id)
        if document.doubts:
            self.doubts[document.id] = told(document.doubts)
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

    def _keep_documents(self, read: Read, run: range) -> None:
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
