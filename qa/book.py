"""The façade: `load` opens an index as a `Book`, which answers questions and follows new builds."""

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
from qa.ask.reader import own_reader, reader_is_own
from qa.ask.timings import stage
from qa.edition import QUOTES, Edition
from source import Document, PerProcess

_log = logging.getLogger("chapter-verse")
_PATIENCE = 1.0  # seconds that a question waits for another thread that opens a new generation


class Book:
    """An index that answers questions. Safe to use from several threads.

    After the index has been rebuilt, by any process, the next question opens the
    new generation and is answered from it. Questions already running finish on the
    generation they started with, and so do those that arrive while opening takes
    long.
    """

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self._edition = Edition(store, encoder)
        self._opening = PerProcess(Lock)
        self._patience = _PATIENCE
        self._unusable: tuple[str, str] | None = None  # the newer generation that failed to open: not tried again

    def now(self) -> Edition:
        """The current generation, which never changes: use it for questions that belong together."""
        edition = self._edition
        newer = edition.store.newer()
        if newer is None or newer == self._unusable:
            return edition
        if not self._opening().acquire(timeout=self._patience):
            self._patience = 0.0  # the storage may hang: later questions don't wait at all
            return edition
        try:
            self._patience = _PATIENCE
            if self._edition is edition:
                self._follow(edition, newer)
            return self._edition
        finally:
            self._opening().release()

    def _follow(self, edition: Edition, newer: tuple[str, str]) -> None:
        """Opens the newer generation; keeps the old one if that fails."""
        try:
            store = edition.store.reopen()
            same_encoder = store.encoder == edition.store.encoder
            self._edition = Edition(store, edition.encoder if same_encoder else encoder_for(store.encoder))
        except StoreError as error:
            if not isinstance(error, StoreUnreachable):  # that is temporary
                self._unusable = newer
            _log.warning("Generation %s stays in use: %s", edition.generation, error)

    @property
    def store(self) -> Store:
        """The current generation's store."""
        return self.now().store

    @property
    def encoder(self) -> Encoder:
        """The current generation's encoder."""
        return self.now().encoder

    @property
    def generation(self) -> str:
        """The current generation's name."""
        return self.now().generation

    def documents(self) -> Iterator[DocumentRef]:
        """The documents in the index, in the order they were read."""
        return self.now().documents()

    def document(self, id: str) -> Document:
        """The document with this id. Raises KeyError."""
        return self.now().document(id)

    def page_picture(self, id: str, page: int) -> bytes:
        """A page of a document as a PNG. Raises KeyError, and a SourceError if its file has changed or is gone."""
        return self.now().page_picture(id, page)

    def retrieve(self, query: str, k: int = 5, documents: Sequence[str] = ()) -> list[Hit]:
        """The `k` best-matching passages, best first, of all documents or of those with these ids.

        Raises UsageError for a query that is empty or too long, and DocumentMissing for an unknown id.
        """
        return self.now().retrieve(query, k, documents)

    def ask(self, question: str, history: Sequence[str] = (), k: int = QUOTES, documents: Sequence[str] = ()) -> Answer:
        """The quotes that answer `question`, or an Answer that is not answered.

        `history`: the earlier questions of this conversation, oldest first. `k`: the
        maximum number of quotes. `documents`: the ids of the documents to search;
        all of them if empty. Raises UsageError for a question that is empty or too
        long, and DocumentMissing for an unknown id.
        """
        return self.now().ask(question, history, k, documents)


def load(path: str | Path = DEFAULT_INDEX) -> Book:
    """Opens an index with its encoder. `path`: a folder or a storage URL (docs/scale.md).

    Raises IndexMissing, IndexCorrupt, IndexIncompatible, EncoderMissing, EngineMissing or StoreUnreachable,
    and ReaderMissing if CHAPTER_VERSE_READER names no usable reader.
    """
    with stage("opening the index"):
        store = open_store(path)
    with stage("opening the encoder"):
        encoder = encoder_for(store.encoder)
    if reader_is_own():  # it may have to be exported, which nobody who asks should wait for
        with stage("opening the reader"):
            own_reader()
    return Book(store, encoder)
