"""The façade: an index that can be asked, and that follows what is built."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock

from index import (
    DEFAULT_INDEX,
    Encoder,
    Store,
    StoreError,
    StoreUnreachable,
    encoder_for,
    open_store,
)
from qa.answer import Answer, DocumentRef, Hit
from qa.ask.timings import stage
from qa.edition import QUOTES, Edition
from source import Document

_log = logging.getLogger("chapter-verse")
_MOMENT = 1.0  # seconds that the opening of a new generation is waited for


class Book:
    """Documents that can be questioned. Safe to use from several threads.

    When the index has been built again, by whatever process, the next question
    opens the new generation and is asked of it; one under way ends on the one it began
    with, and if opening takes long, so does every one that comes meanwhile.
    """

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self._edition = Edition(store, encoder)
        self._opening = Lock()
        self._patience = _MOMENT
        self._refused: tuple[str, str] | None = None  # a pointer that led to nothing that can be opened

    def now(self) -> Edition:
        """The generation that answers now; it stays what it is."""
        edition = self._edition
        points_to = edition.store.newer()
        if points_to is None or points_to == self._refused:
            return edition
        if not self._opening.acquire(timeout=self._patience):
            self._patience = 0.0  # the storage may hang: nobody else waits
            return edition
        try:
            self._patience = _MOMENT
            if self._edition is edition:
                self._follow(edition, points_to)
            return self._edition
        finally:
            self._opening.release()

    def _follow(self, edition: Edition, points_to: tuple[str, str]) -> None:
        try:
            store = edition.store.reopen()
            same = store.encoder == edition.store.encoder
            self._edition = Edition(store, edition.encoder if same else encoder_for(store.encoder))
        except StoreError as error:
            if not isinstance(error, StoreUnreachable):  # which passes
                self._refused = points_to
            _log.warning("Generation %s goes on to answer: %s", edition.generation, error)

    @property
    def store(self) -> Store:
        """The index that answers now."""
        return self.now().store

    @property
    def encoder(self) -> Encoder:
        """The encoder of the index that answers now."""
        return self.now().encoder

    @property
    def generation(self) -> str:
        """The name of the index generation that answers now."""
        return self.now().generation

    def documents(self) -> Iterator[DocumentRef]:
        """Which documents are in the index, in the order they were read."""
        return self.now().documents()

    def document(self, id: str) -> Document:
        """The document with this id. Raises KeyError."""
        return self.now().document(id)

    def page_picture(self, id: str, page: int) -> bytes:
        """A page of a document as a PNG. Raises KeyError, and a SourceError when its file has changed or is gone."""
        return self.now().page_picture(id, page)

    def retrieve(self, query: str, k: int = 5, documents: Sequence[str] = ()) -> list[Hit]:
        """The `k` passages that fit best, best first, of all documents or of those with these ids.

        Raises UsageError for an empty or oversized query, and for a document that is not there.
        """
        return self.now().retrieve(query, k, documents)

    def ask(self, question: str, history: Sequence[str] = (), k: int = QUOTES, documents: Sequence[str] = ()) -> Answer:
        """The words that answer `question`, or an Answer that says that none do.

        `history`: the earlier questions of this conversation, oldest first.
        `k`: the most quotes to give. `documents`: the ids of those to ask; all
        of them if none is named. Raises UsageError for an empty or oversized
        question, and for a document that is not there.
        """
        return self.now().ask(question, history, k, documents)


def load(path: str | Path = DEFAULT_INDEX) -> Book:
    """Opens an index, and the encoder that made it. `path`: its folder, or an engine's address (docs/scale.md).

    Raises IndexMissing, IndexCorrupt, IndexIncompatible, EncoderMissing, EngineMissing or StoreUnreachable.
    """
    with stage("opening the index"):
        store = open_store(path)
    with stage("opening the encoder"):
        encoder = encoder_for(store.encoder)
    return Book(store, encoder)
