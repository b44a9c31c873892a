"""The read interface of an index generation, wherever it is stored, and the lists that all kinds of storage share.

`index.folder.store` implements it for a folder, `index.lance.store` for an engine's tables;
`tests/contract` tests both against this contract.
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
from index.text.passages import Passage, context_of
from index.tokens import Tokens
from index.types import FloatMatrix, Rows
from source import Box, Document, DocumentFacts, Doubt, Span, isolated

_CHUNK = 1 << 14


class Vectors(Protocol):
    """The unit vectors of the passages."""

    def nearest(
        self, vector: NDArray[np.float32], count: int, among: Rows | None = None
    ) -> tuple[Rows, NDArray[np.float32]]:
        """The passages nearest to a unit vector: rows (count,) and cosines (count,), best first.

        `among`: restricts the search to these rows.
        """

    def of(self, passages: Rows) -> FloatMatrix:
        """(n, dimension): the unit vectors of these passages."""


def nearest_among(
    vectors: Vectors, vector: NDArray[np.float32], count: int, among: Rows
) -> tuple[Rows, NDArray[np.float32]]:
    """As `Vectors.nearest` with `among`, by comparing every row, a chunk at a time."""
    parts = [cosines(vectors.of(among[start : start + _CHUNK]), vector) for start in range(0, len(among), _CHUNK)]
    scores = np.concatenate([np.zeros(0, np.float32), *parts])
    best = np.argsort(-scores, kind="stable")[:count]
    return among[best], scores[best]


def cosines(vectors: FloatMatrix, vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n,): the cosines of unit vectors with `vector`; each row is summed separately, so its result is reproducible.

    (The last bits of a matrix product depend on how many rows there are.)
    """
    return np.asarray(np.einsum("ij,j->i", vectors, vector))


class Documents(Protocol):
    """The documents of a generation, by row (from 0, in the order of the sources) and by id."""

    def __len__(self) -> int: ...

    def __contains__(self, id: str) -> bool: ...

    def row(self, id: str) -> int:
        """The row of the document with this id. Raises KeyError."""

    def ids(self) -> list[str]:
        """The ids of all documents, in the order of their rows."""

    def facts(self, rows: Iterable[int]) -> Iterator[DocumentFacts]:
        """The facts of the documents in these rows, without their texts."""


class StoreMixin:
    """The methods of a Store that are the same for every storage."""

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

    def context(self: Store, passage: int) -> str:
        """The context that a passage is searched and read with: its document's title and the headings above it."""
        return context_of(self.document(self.document_of(passage)), self.span(passage).start)

    def passages_of(self: Store, ids: Iterable[str]) -> Rows:
        """The passages of these documents, in order. Raises KeyError for an unknown id."""
        ranges = [np.array(self.passages_in(self.rows.row(id)), np.int64) for id in set(ids)]
        return np.sort(np.concatenate(ranges)) if ranges else np.zeros(0, np.int64)


class Store(Protocol):
    """One generation of an index. Thread-safe.

    Passages and documents are identified by their rows, from 0 in the order of the sources.
    Missing or damaged data raises a StoreError and is never returned.
    """

    generation: str

    def __len__(self) -> int:
        """The number of passages."""

    def newer(self) -> tuple[str, str] | None:
        """The name and SHA-256 of the current generation; None if it is this one, or if it can't be determined."""

    def reopen(self) -> Store:
        """Opens the generation that is current now."""

    @property
    def settings(self) -> dict[str, Any]:
        """The `index.Settings` that the index was built with."""

    @property
    def encoder(self) -> Identity:
        """The encoder that made the vectors."""

    @property
    def dimension(self) -> int:
        """The dimension of the vectors."""

    def sizes(self) -> Mapping[str, int]:
        """Bytes for each kind of content, largest first; empty for an engine, whose files aren't measured."""

    def sources(self) -> dict[str, Any]:
        """The sources of the index: `roots`, `files`, `readers`, and the problems: `skipped`, `doubts`."""

    @property
    def vectors(self) -> Vectors:
        """The vectors of the passages."""

    @property
    def lexical(self) -> Lexical:
        """The BM25 index of the passages."""

    def tokens(self, passages: Rows) -> Tokens:
        """The token vectors of these passages."""

    def prefetch(self, passages: Sequence[int]) -> None:
        """Announces which passages will be read next, so that an engine can fetch them in one request."""

    def passage(self, passage: int) -> Passage:
        """The passage in this row."""

    def context(self, passage: int) -> str:
        """The context that a passage is searched and read with: its document's title and the headings above it.

        It ends in a line end, or is empty. It is not part of the passage's text, and is never quoted with it.
        """

    def span(self, passage: int) -> Span:
        """The span of a passage in its document."""

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
        """The passages of these documents, in order. Raises KeyError for an unknown id."""

    def passages_in(self, document: int) -> range:
        """The rows of the passages of the document in this row."""

    def places_of(self, sentence: str, most: int) -> list[tuple[int, Span]]:
        """The first `most` places of a repeated sentence, as document row and span; empty if it occurs only once."""

    def boxes(self, document: int, span: Span) -> tuple[Box, ...]:
        """The boxes of a span on its pages; empty if the document has no pages, or if any letter's box is unknown."""


AnyStore = TypeVar("AnyStore", bound=Store)


def open_if_usable(open: Callable[[], AnyStore]) -> AnyStore | None:
    """Calls `open`; None if the index is missing, corrupt or incompatible. Raises StoreUnreachable."""
    try:
        return open()
    except (IndexMissing, IndexCorrupt, IndexIncompatible):
        return None


class GenerationFacts(Protocol):
    """The part of a manifest that every kind of index has."""

    @property
    def created(self) -> str:
        """When it was built, in ISO format (UTC)."""

    @property
    def parent(self) -> str | None:
        """The generation that was current before; None for the first."""

    @property
    def encoder(self) -> dict[str, Any]:
        """The encoder's `name`, `sha256`, `settings` and `dimension`."""

    @property
    def counts(self) -> dict[str, int]:
        """The numbers of `documents`, `passages`, `texts` and so on."""

    @property
    def changes(self) -> dict[str, int]:
        """How many documents were `added`, `changed` and `removed` since the parent."""


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation of an index. If it can't be opened, `manifest` is None and `problem` says why."""

    name: str
    is_current: bool
    manifest: GenerationFacts | None
    problem: str = ""


def no_generation(index: object, to: str | None, current: str, generations: Sequence[str]) -> IndexMissing:
    """The error for a rollback without a target. `to`: the generation asked for; None for the previous one."""
    if to is None and list(generations) == [current]:
        return IndexMissing(f"{current} is the only generation, so there is nothing to roll back to.")
    missing = f"generation {to}" if to else f"generation before {current}"
    return IndexMissing(f"There is no {missing} in {isolated(index)}. Choose one with --to: {', '.join(generations)}.")


_MOST_TITLES = 5000  # documents whose titles are searched, at about 30 µs each


@dataclass(frozen=True, slots=True)
class Listed:
    """A document in a list.

    `format`: the file name's extension, "pdf", "md", …. `pages`: their number; None if the
    format has no pages. `passages`: their number. `address` and `fetched`: as in `Document`.
    """

    id: str
    title: str
    path: str
    format: str
    pages: int | None
    passages: int
    doubts: tuple[Doubt, ...]
    address: str
    fetched: str

    def json(self) -> dict[str, Any]:
        """The entry in `python -m index documents --json` and in `/documents`.

        `address` and `fetched` are left out if empty.
        """
        names = (
            "id",
            "title",
            "path",
            "format",
            "pages",
            "passages",
            *(("address", "fetched") if self.address else ()),
        )
        return {name: getattr(self, name) for name in names}


def listed(store: Store, rows: Sequence[int]) -> Iterator[Listed]:
    """Lists the documents in these rows; only these are read."""
    for row, facts in zip(rows, store.rows.facts(rows), strict=True):
        yield Listed(
            id=facts.id,
            title=facts.title,
            path=facts.path,
            format=PurePosixPath(facts.path).suffix.lower().removeprefix("."),
            pages=facts.pages,
            passages=len(store.passages_in(row)),
            doubts=facts.doubts,
            address=facts.address,
            fetched=facts.fetched,
        )


def matching(store: Store, words: str = "") -> Sequence[int]:
    """The rows of the documents whose id or title contains `words`; in a large collection only ids are searched."""
    text = _plain(words)
    if not text:
        return range(store.documents)
    if store.documents > _MOST_TITLES:
        return [row for row, id in enumerate(store.rows.ids()) if text in _plain(id)]
    facts = enumerate(store.rows.facts(range(store.documents)))
    return [row for row, each in facts if text in _plain(each.id) or text in _plain(each.title)]


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
