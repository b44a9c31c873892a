"""Documents in, segments and the rows of a generation out; nothing is read or encoded that is at hand.

New documents are read, split, encoded and written at the same time: the encoder
takes the next text when one of its threads is free, and what it takes is only
then read and split. What was encoded is put away in segments of its own as it
comes, so that a build that is killed has lost little of it.
"""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.encoder.protocol import Encoded
from index.folder.generation import GenerationBuilder, TextIds, digest_of
from index.folder.layout import UNFINISHED, Layout
from index.folder.previous import Previous
from index.folder.segment import SegmentText, SegmentWriter
from index.progress import Progress, Step
from index.ray import Machines
from index.text.analyzer import words
from index.text.language import language_of
from index.text.passages import passages
from index.tokens import pack
from source import Document, Scan, Scanned
from source.document_json import dump_document

LEAST_TEXTS, MOST_TEXTS = 512, 8192
"""Texts in a segment that a build writes: a sixteenth of all there are, within these bounds."""
_SHARE = 16
_MOST_BYTES = 1 << 26  # of documents


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A text that is being encoded, and how many bytes of documents have been read up to it."""

    digest: NDArray[np.int64]
    context: int
    counts: Mapping[str, int]
    read: int


class KnownDocuments:
    """The documents of a base, by what they were read from. `salt`: what else decides about their passages."""

    def __init__(self, base: Previous, salt: str) -> None:
        self._salt = hashlib.sha256(salt.encode()).digest()
        self._ids = base.read.ids if base.read else []
        self._rows: dict[bytes, int] = {}
        if base.read:
            usable = base.read.usable()
            keys = (row.tobytes() for row in base.read.fingerprints)
            self._rows = {key: row for row, key in enumerate(keys) if usable[row]}

    def key(self, fingerprint: bytes) -> bytes:
        """What a document is known by here."""
        return hashlib.blake2b(self._salt + fingerprint, digest_size=16).digest()

    def row(self, fingerprint: bytes) -> int:
        """The row of a document that is known."""
        return self._rows[self.key(fingerprint)]

    def id(self, fingerprint: bytes) -> str | None:
        """The id of the document with this fingerprint, if it is known."""
        row = self._rows.get(self.key(fingerprint))
        return None if row is None else self._ids[row]


class Ingest:
    """Takes what was found among the sources. `segments` are then the base's and the new ones."""

    def __init__(
        self, layout: Layout, base: Previous, known: KnownDocuments, machines: Machines, facts: Mapping[str, Any],
        passage_tokens: int,
    ) -> None:  # fmt: skip
        self._layout = layout
        self._known = known
        self._encoder, self._workers = machines.encoder, machines.workers
        self._facts = facts
        self._passage_tokens = passage_tokens
        self.segments = list(base.segments)
        self.texts = TextIds(base)
        self.rows = GenerationBuilder(base, self.texts)
        self._waiting: deque[_Waiting] = deque()
        self._bytes_read = 0
        self._held = sum(segment.texts for segment in base.segments)

    def write(self, reading: Scan, size: int, progress: Progress) -> None:
        """Writes the segments. `size`: bytes of the sources that will be read, about."""
        step = Step(progress, "encoding", size)
        # Closed at once, whatever happens: it has processes that read on, and an exception would keep it alive.
        reading_on = reading.found(self._known.id, step.tell, self._workers)
        with ExitStack() as self._open, closing(reading_on) as found:
            self._segment = self._begin()
            for encoded in self._encoder.encode(self._fresh(found)):
                text = self._waiting.popleft()
                self._add_encoded(encoded, text)
                step.done = text.read
                step.tell()
            self.rows.flush()
            if self._segment.texts or self._segment.size:
                self.segments.append(self._segment.close(self._layout.segments))
        progress("encoding", size, size)

    def _begin(self) -> SegmentWriter:
        name = f"{UNFINISHED}{len(self.segments)}"
        return self._open.enter_context(SegmentWriter(self._layout.segment(name), self._facts))

    def _seal_when_full(self) -> None:
        """What is written so far outlives a kill from here on."""
        limit = min(max((self._held + self.texts.new) // _SHARE, LEAST_TEXTS), MOST_TEXTS)
        if self._segment.texts >= limit or self._segment.size >= _MOST_BYTES:
            self.segments.append(self._segment.close(self._layout.segments))
            self._segment = self._begin()

    def _fresh(self, found: Iterable[Scanned]) -> Iterator[str]:
        """Takes what was found; yields each text that is to be encoded, once."""
        for each in found:
            if each.document is None:
                self.rows.keep(self._known.row(each.fingerprint))
            else:
                yield from self._fresh_texts(each.document, self._known.key(each.fingerprint))

    def _fresh_texts(self, document: Document, key: bytes) -> Iterator[str]:
        language = language_of(document.text)
        place = self._segment.add_document(dump_document(document), document.corners)
        row = self.rows.add(document, np.frombuffer(key, np.int64), len(self.segments), place, language)
        for draft in passages(document, language, self._encoder, self._passage_tokens):
            passage = document.text[draft.span.start : draft.span.end]
            text = draft.context + passage
            digest = digest_of(text, len(draft.context), language)
            number, is_new = self.texts.claim(digest)
            self.rows.add_passage(document, row, draft, number)
            if is_new:
                counts = Counter(words(passage, language))
                read = self._bytes_read + draft.span.end  # in this document a character counts for a byte
                self._waiting.append(_Waiting(digest, len(draft.context), counts, read))
                yield text
        self._bytes_read += len(document.text.encode())

    def _add_encoded(self, encoded: Encoded, text: _Waiting) -> None:
        tokens = pack(encoded, text.context)
        place = self._segment.add_text(SegmentText(text.digest, encoded.vector, tokens, text.counts))
        self.texts.add(len(self.segments), place)
        self._seal_when_full()
