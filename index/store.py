"""What is asked of an opened index, wherever it is kept: one generation, which never changes.

`index.folder.store` reads a folder, `index.lance` an engine's tables. The contract is
tested on each of them by `tests/contract`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.bm25 import Lexical
from index.encoder.identity import Identity
from index.errors import IndexCorrupt, IndexIncompatible, IndexMissing
from index.text.passages import Passage
from index.tokens import Tokens
from index.types import FloatMatrix, Rows
from source import Doubt
from source.document import Document
from source.document_json import DocumentFacts
from source.places import Box
from source.spans import Span

_CHUNK = 1 << 14


class Vectors(Protocol):
    """The unit vectors of the passages."""

    def nearest(
        self, vector: NDArray[np.float32], count: int, among: Rows | None = None
    ) -> tuple[Rows, NDArray[np.float32]]:
        """The passages nearest to a unit vector: rows (count,), cosines (count,). `among`: of these rows alone."""

    def of(self, passages: Rows) -> FloatMatrix:
        """(n, dimension): the unit vectors of these passages."""


def nearest_among(
    vectors: Vectors, vector: NDArray[np.float32], count: int, among: Rows
) -> tuple[Rows, NDArray[np.float32]]:
    """Every one of these rows compared, some at a time."""
    parts = [cosines(vectors.of(among[start : start + _CHUNK]), vector) for start in range(0, len(among), _CHUNK)]
    scores = np.concatenate([np.zeros(0, np.float32), *parts])
    best = np.argsort(-scores, kind="stable")[:count]
    return among[best], scores[best]


def cosines(vectors: FloatMatrix, vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n,): each row's own sum, so that its last bits do not depend on the rows beside it."""
    return np.asarray(np.einsum("ij,j->i", vectors, vector))


class Documents(Protocol):
    """The documents by their rows, from 0 in the order of the sources, and by their ids."""

    def __len__(self) -> int: ...

    def __contains__(self, id: str) -> bool: ...

    def row(self, id: str) -> int:
        """The row of the document with this id. Raises KeyError."""

    def ids(self) -> list[str]:
        """The id of every document, by row."""

    def facts(self, rows: Iterable[int]) -> Iterator[DocumentFacts]:
        """What is known of the documents in these rows without their texts."""


class StoreBase:
    """What every store makes of the rest of it in the same way."""

    @property
    def documents(self: Store) -> int:
        """The number of documents."""
        return len(self.rows)

    def document_by_id(self: Store, id: str) -> Document:
        """The document with this id. Raises KeyError."""
        return self.document(self.rows.row(id))

    def passage(self: Store, passage: int) -> Passage:
        """The passage in this row."""
        document = self.document(self.document_of(passage))
        span = self.span(passage)
        return Passage(document.id, span, document.text[span.start : span.end])

    def passages_of(self: Store, ids: Iterable[str]) -> Rows:
        """The passages of these documents, in order. Raises KeyError for an id that is not there."""
        ranges = [np.array(self.passages_in(self.rows.row(id)), np.int64) for id in set(ids)]
        return np.sort(np.concatenate(ranges)) if ranges else np.zeros(0, np.int64)


class Store(Protocol):
    """One generation of an index. Safe to use from several threads.

    Passages and documents are named by their rows, from 0 in the order of the sources.
    What cannot be had or is not what was written raises a StoreError, and is never an answer.
    """

    generation: str

    def __len__(self) -> int:
        """The number of passages."""

    def newer(self) -> tuple[str, str] | None:
        """Which generation the index points to now, if it is not this one; None if it is, or if it cannot be told."""

    def reopen(self) -> Store:
        """The generation that the index points to now."""

    @property
    def settings(self) -> dict[str, Any]:
        """The `index.Settings` it was made with."""

    @property
    def encoder(self) -> Identity:
        """The encoder that made the vectors."""

    @property
    def dimension(self) -> int:
        """Numbers of a vector."""

    def sizes(self) -> Mapping[str, int]:
        """Bytes by what they hold, the largest first; empty where they are not on this machine."""

    def sources(self) -> dict[str, Any]:
        """What it was made from: `roots`, `files`, `readers`, and what was wrong: `skipped`, `doubts`."""

    @property
    def vectors(self) -> Vectors:
        """The passages' vectors."""

    @property
    def lexical(self) -> Lexical:
        """The passages' words."""

    def tokens(self, passages: Rows) -> Tokens:
        """The token vectors of these passages."""

    def prefetch(self, passages: Sequence[int]) -> None:
        """Says which passages are looked at next, so that an engine has all of them at once."""

    def passage(self, passage: int) -> Passage:
        """The passage in this row."""

    def span(self, passage: int) -> Span:
        """Where a passage stands in its document."""

    def sentences(self, passage: int) -> list[Span]:
        """The sentences of a passage, in order."""

    def document_of(self, passage: int) -> int:
        """The row of the document that a passage is from."""

    @property
    def documents(self) -> int:
        """The number of documents."""

    @property
    def rows(self) -> Documents:
        """The documents' rows, ids and facts."""

    def document(self, row: int) -> Document:
        """The document in this row."""

    def document_by_id(self, id: str) -> Document:
        """The document with this id. Raises KeyError."""

    def passages_of(self, ids: Iterable[str]) -> Rows:
        """The passages of these documents, in order. Raises KeyError for an id that is not there."""

    def passages_in(self, document: int) -> range:
        """The rows of the passages of the document in this row."""

    def places_of(self, sentence: str, most: int) -> list[tuple[int, Span]]:
        """The first `most` places of a sentence that stands more than once: document row and span."""

    def boxes(self, document: int, span: Span) -> tuple[Box, ...]:
        """The boxes of a span on its pages; none if its document has none, or if any letter's place is not known."""


AnyStore = TypeVar("AnyStore", bound=Store)


def open_if_usable(open: Callable[[], AnyStore]) -> AnyStore | None:
    """What `open` opens; None if the index is missing, corrupt or incompatible. Raises StoreUnreachable."""
    try:
        return open()
    except (IndexMissing, IndexCorrupt, IndexIncompatible):
        return None


class GenerationFacts(Protocol):
    """What the manifest of a generation says about it, wherever it is stored."""

    @property
    def created(self) -> str: ...

    @property
    def parent(self) -> str | None: ...

    @property
    def encoder(self) -> dict[str, Any]: ...

    @property
    def counts(self) -> dict[str, int]: ...

    @property
    def changes(self) -> dict[str, int]: ...


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation that an index keeps. `manifest` is None if it cannot be opened, and `problem` says why."""

    name: str
    is_current: bool
    manifest: GenerationFacts | None
    problem: str = ""


_MOST_TITLES = 5000  # documents that are looked through for words of a title, at some 30 µs each


@dataclass(frozen=True, slots=True)
class Listed:
    """A document in a list.

    `format`: "pdf", "md", … as its file's name ends. `pages`: how many; None where the
    format has none. `passages`: how many.
    """

    id: str
    title: str
    path: str
    format: str
    pages: int | None
    passages: int
    doubts: tuple[Doubt, ...]

    def json(self) -> dict[str, Any]:
        """What `python -m index documents --json` prints of it, and `/documents` gives."""
        return {name: getattr(self, name) for name in ("id", "title", "path", "format", "pages", "passages")}


def listed(store: Store, rows: Sequence[int]) -> Iterator[Listed]:
    """The documents in these rows; nothing is read of others."""
    for row, facts in zip(rows, store.rows.facts(rows), strict=True):
        yield Listed(
            id=facts.id,
            title=facts.title,
            path=facts.path,
            format=PurePosixPath(facts.path).suffix.lower().removeprefix("."),
            pages=facts.pages,
            passages=len(store.passages_in(row)),
            doubts=facts.doubts,
        )


def matching(store: Store, words: str = "") -> Sequence[int]:
    """The rows of the documents with these words in their ids or titles; in a large collection, in their ids alone."""
    wanted = _plain(words)
    if not wanted:
        return range(store.documents)
    if store.documents > _MOST_TITLES:
        return [row for row, id in enumerate(store.rows.ids()) if wanted in _plain(id)]
    facts = enumerate(store.rows.facts(range(store.documents)))
    return [row for row, each in facts if wanted in _plain(each.id) or wanted in _plain(each.title)]


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
