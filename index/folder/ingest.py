"""Turns scanned documents into segments and the rows of a generation, reusing what was parsed and encoded before.

Parsing, splitting, encoding and writing overlap: the encoder pulls the next text
when one of its threads is free, and only then is that text's document parsed and
split. Encoded texts are written to segments as they come, so that a build that is
killed loses little work.
"""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.encoder.protocol import Encoded, Encoder
from index.folder.filesystem import require_space
from index.folder.generation import GenerationBuilder, TextIds, digest_of
from index.folder.layout import UNFINISHED, Layout
from index.folder.previous import Previous
from index.folder.segment import SegmentText, SegmentWriter
from index.progress import Progress, Step
from index.ray.backend import Backend
from index.text.analyzer import words
from index.text.language import language_of
from index.text.passages import passages
from index.text.unknown_languages import SAMPLE, SAMPLE_LENGTH, LanguageCount
from index.tokens import pack
from source import Document, OnWait, Scan, Scanned, line_of

LEAST_TEXTS, MOST_TEXTS = 512, 8192
"""Limits of the number of texts in a new segment, which is a sixteenth of all texts."""
_SHARE = 16
_MOST_BYTES = 1 << 26  # of documents in a segment
_BYTES_OF_INDEX = 64  # that a character of prose takes, at least: almost all of it token vectors


@dataclass(frozen=True, slots=True)
class _Pending:
    """A text that is being encoded.

    `context`: characters before the passage. `counts`: see `SegmentText`.
    `bytes_read`: bytes of documents read up to it.
    """

    digest: NDArray[np.int64]
    context: int
    counts: Mapping[str, tuple[int, int]]
    bytes_read: int


class KnownDocuments:
    """Looks up documents of the previous generation by the fingerprints of their sources.

    `salt`: names everything else that determines a document's passages, so that a change of it makes all unknown.
    """

    def __init__(self, previous: Previous, salt: str) -> None:
        self._salt = hashlib.sha256(salt.encode()).digest()
        generation = previous.generation
        self._ids = generation.ids if generation else []
        self._rows: dict[bytes, int] = {}
        if generation:
            usable = generation.usable()
            keys = (row.tobytes() for row in generation.fingerprints)
            self._rows = {key: row for row, key in enumerate(keys) if usable[row]}

    def key(self, fingerprint: bytes) -> bytes:
        """The salted digest of a fingerprint, which the index stores."""
        return hashlib.blake2b(self._salt + fingerprint, digest_size=16).digest()

    def row(self, fingerprint: bytes) -> int:
        """The row of a known document."""
        return self._rows[self.key(fingerprint)]

    def id(self, fingerprint: bytes) -> str | None:
        """The id of the document with this fingerprint; None if it isn't known."""
        row = self._rows.get(self.key(fingerprint))
        return None if row is None else self._ids[row]


class Ingest:
    """Adds scanned documents to an index: writes new segments and collects the generation's rows.

    `segments`: those of `previous`, then the new ones. `alternative`: loads the encoder to take if the backend's knows
    too few of the languages; None if there is no choice. `languages`: of the documents that were read. `chosen_by`:
    of the first ones, if they decided for the alternative.
    """

    def __init__(
        self, layout: Layout, previous: Previous, known: KnownDocuments, backend: Backend,
        passage_tokens: int, alternative: Callable[[], Encoder] | None,
    ) -> None:  # fmt: skip
        self._layout = layout
        self._known = known
        self._encoder, self._parsers = backend.encoder, backend.parsers
        self._alternative = alternative
        self.chosen_by: LanguageCount | None = None
        self.languages = LanguageCount(self._encoder)
        self._passage_tokens = passage_tokens
        self.segments = list(previous.segments)
        self.texts = TextIds(previous)
        self.rows = GenerationBuilder(previous, self.texts)
        self._pending: deque[_Pending] = deque()
        self._bytes_read = 0
        self._previous_texts = sum(segment.texts for segment in previous.segments)

    def write(self, source_scan: Scan, size: int, progress: Progress) -> None:
        """Writes the segments. `size`: approximate bytes of the sources, for the progress."""
        step = Step(progress, "encoding", size)
        # Closed explicitly: the generator has parser processes at work, and a traceback would keep it alive.
        documents = source_scan.found(self._known.id, step.report, self._parsers)
        with ExitStack() as self._open, closing(documents) as found:
            first = self._choose(found) if self._alternative else deque()
            self._segment = self._begin()
            for encoded in self._encoder.encode(self._new_texts(_chained(first, found), step.report)):
                text = self._pending.popleft()
                self._add_encoded(encoded, text)
                step.done = text.bytes_read
                step.report()
            self.rows.flush()
            if self._segment.texts or self._segment.size:
                self.segments.append(self._segment.close(self._layout.segments))
        progress("encoding", size, size)

    @property
    def encoder_facts(self) -> dict[str, Any]:
        """What manifests say of the encoder, which is chosen when the first documents are there."""
        return facts_of(self._encoder)

    def _choose(self, found: Iterator[Scanned]) -> deque[Scanned]:
        """Takes the alternative encoder if the first documents are in languages that the other doesn't know well."""
        first, length, count = deque[Scanned](), 0, LanguageCount(self._encoder)
        while length < SAMPLE_LENGTH and len(first) < SAMPLE and (each := next(found, None)):
            first.append(each)
            if each.document:
                length += len(each.document.text)
                count.add(each.document.text, language_of(each.document.text))
        if self._alternative and count.is_high(count.documents):
            self._encoder, self.chosen_by = self._alternative(), count
            self.languages = LanguageCount(self._encoder)
        return first

    def _begin(self) -> SegmentWriter:
        name = f"{UNFINISHED}{len(self.segments)}"
        return self._open.enter_context(SegmentWriter(self._layout.segment(name), self.encoder_facts))

    def _close_when_full(self) -> None:
        """Completes a full segment, which then survives if the build is killed, and begins the next."""
        limit = min(max((self._previous_texts + self.texts.new) // _SHARE, LEAST_TEXTS), MOST_TEXTS)
        if self._segment.texts >= limit or self._segment.size >= _MOST_BYTES:
            self.segments.append(self._segment.close(self._layout.segments))
            self._segment = self._begin()

    def _new_texts(self, found: Iterable[Scanned], on_wait: OnWait) -> Iterator[str]:
        """Collects the rows of all documents; yields each text to encode, once."""
        for each in found:
            if each.document is None:
                self.rows.keep(self._known.row(each.fingerprint))
            else:
                yield from self._new_texts_of(each.document, self._known.key(each.fingerprint), on_wait)
            del each  # it may be large, and isn't needed while the next is awaited

    def _new_texts_of(self, document: Document, key: bytes, on_wait: OnWait) -> Iterator[str]:
        quotable = sum(len(span) for span in document.iter_quotable())
        require_space(self._layout.root, _BYTES_OF_INDEX * quotable)  # better now than after hours of encoding
        language = language_of(document.text)
        self.languages.add(document.text, language)
        place = self._segment.add_document(_heard(line_of(document), on_wait), document.corners)
        row = self.rows.add(document, np.frombuffer(key, np.int64), len(self.segments), place, language)
        for draft in passages(document, language, self._encoder, self._passage_tokens, on_wait):
            on_wait()
            passage = document.text[draft.span.start : draft.span.end]
            text = draft.context + passage
            digest = digest_of(text, len(draft.context), language)
            number, is_new = self.texts.claim(digest)
            self.rows.add_passage(document, row, draft, number)
            if is_new:
                counts = _counts(words(passage, language), words(draft.context, language))
                bytes_read = self._bytes_read + draft.span.end  # within this document, a character counts as a byte
                self._pending.append(_Pending(digest, len(draft.context), counts, bytes_read))
                yield text
        self._bytes_read += len(document.text.encode())

    def _add_encoded(self, encoded: Encoded, text: _Pending) -> None:
        tokens = pack(encoded, text.context)
        place = self._segment.add_text(SegmentText(text.digest, encoded.vector, tokens, text.counts))
        self.texts.add(len(self.segments), place)
        self._close_when_full()


def facts_of(encoder: Encoder) -> dict[str, Any]:
    """What manifests say of an encoder."""
    return {**asdict(encoder.identity), "precision": encoder.precision, "dimension": encoder.dimension}


def _chained(first: deque[Scanned], rest: Iterator[Scanned]) -> Iterator[Scanned]:
    """The first documents, of which none is kept when its turn is over, and the rest."""
    while first:
        yield first.popleft()
    yield from rest


def _counts(passage: Iterable[str], context: Iterable[str]) -> dict[str, tuple[int, int]]:
    """The occurrences of each term in a passage and in its context."""
    inside, before = Counter(passage), Counter(context)
    return {term: (inside[term], before[term]) for term in {**inside, **before}}


def _heard(pieces: Iterable[bytes], on_wait: OnWait) -> Iterator[bytes]:
    """The pieces of a line, which may be long; calls `on_wait` before each."""
    for piece in pieces:
        on_wait()
        yield piece
