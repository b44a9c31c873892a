"""What is asked of an opened index, wherever it is kept: one generation, which never changes.

`index.folder_store` reads a folder, `index.lance` an engine's tables. The contract is
tested on each of them by `tests/contract`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from index.arrays import Rows
from index.lexical import Lexical
from index.models import Identity
from index.nearest import Vectors
from index.passages import Passage
from index.tokens import Tokens
from source.boxes import Box
from source.document import Document
from source.document_json import DocumentFacts
from source.spans import Span


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


class Derived:
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

    def moved_on(self) -> tuple[str, str] | None:
        """Which generation the index points to now, if it is not this one; None if it is, or if it cannot be told."""

    def reopened(self) -> Store:
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

    def fetch(self, passages: Sequence[int]) -> None:
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
