"""Writing the content of a generation as it comes: nothing is held that grows with the texts.

Documents are read, split, encoded and written at the same time: the encoder
takes the next text when one of its threads is free, and what it takes is only
then read and split.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from index.arrays import ArrayWriter
from index.encoder import Encoded, Encoder
from index.language import language_of
from index.layout import GenerationLayout
from index.passages import Draft, passages
from index.postings import PostingsWriter
from index.repeats import RepeatsWriter
from index.strings import key, write_strings
from index.tokens import quantise
from index.vectors import write_index
from index.words import stopwords, words
from source import Document, told
from source.records import dump_document

Progress = Callable[[str, int, int], None]
"""Called with a step's name, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class _Text:
    """A text that is being encoded: how much of it is context, and how many bytes of documents it ends."""

    context: int
    read: int


class Writer:
    """Takes documents, and writes every file of a generation but the manifest and the block digests."""

    def __init__(self, layout: GenerationLayout, encoder: Encoder, passage_tokens: int) -> None:
        self._layout = layout
        self._encoder = encoder
        self._passage_tokens = passage_tokens
        self._ids: list[str] = []
        self._languages: set[str] = set()
        self._doubts: dict[str, list[str]] = {}
        self._rows: dict[bytes, int] = {}
        self._repeats = RepeatsWriter()
        self._waiting: deque[_Text] = deque()
        self._read = 0
        self._written = 0  # bytes of documents

    def write(self, documents: Iterable[Document], size: int, progress: Progress) -> dict[str, Any]:
        """Writes the files; returns what the manifest says of the content. `size`: bytes of the sources, about."""
        self._layout.words.root.mkdir()
        with TemporaryFile(dir=self._layout.root) as spool:
            self._postings = PostingsWriter(spool)
            with ExitStack() as stack:
                self._open(stack)
                for encoded in self._encoder.encode(self._texts(documents)):
                    text = self._waiting.popleft()
                    self._add_encoded(encoded, text)
                    progress("encoding", min(text.read, size), size)
            progress("encoding", size, size)
            if self._passages.rows:
                self._finish(progress)
        counts = {
            "documents": len(self._ids),
            "passages": self._passages.rows,
            "sentences": self._sentences.rows,
            "texts": self._vectors.rows,
            "tokens": self._tokens.rows,
        }
        return {"counts": counts, "languages": sorted(self._languages), "doubts": self._doubts}

    def _open(self, stack: ExitStack) -> None:
        """Opens the files that grow as documents come."""

        def rows(path: Path, dtype: DTypeLike, columns: int | None = None) -> ArrayWriter:
            return stack.enter_context(ArrayWriter(path, dtype, columns))

        layout, dimension = self._layout, self._encoder.dimension
        self._documents = stack.enter_context(layout.documents.open("wb"))
        self._starts = rows(layout.document_starts, np.int64)
        self._corners = rows(layout.corners, np.uint16, 4)
        self._corner_starts = rows(layout.corner_starts, np.int64)
        self._passages = rows(layout.passages, np.int64, 4)
        self._sentences = rows(layout.sentences, np.int64, 2)
        self._vectors = rows(layout.exact_vectors, np.float32, dimension)
        self._tokens = rows(layout.tokens, np.int8, dimension)
        self._token_scales = rows(layout.token_scales, np.float32)
        self._token_spans = rows(layout.token_spans, np.int32, 2)
        self._token_ends = rows(layout.token_ends, np.int64)
        self._starts.append([0])
        self._corner_starts.append([0])
        self._token_ends.append([0])

    def _texts(self, documents: Iterable[Document]) -> Iterator[str]:
        """Writes documents and passages; yields each text that is to be encoded, once."""
        for document in documents:
            row, language = len(self._ids), language_of(document.text)
            self._ids.append(document.id)
            self._languages.add(language)
            if document.doubts:
                self._doubts[document.id] = told(document.doubts)
            self._written += self._documents.write(dump_document(document))
            self._starts.append([self._written])
            if document.corners is not None:
                self._corners.append(document.corners)
            self._corner_starts.append([self._corners.rows])
            for draft in passages(document, language, self._encoder, self._passage_tokens):
                yield from self._add_passage(document, row, language, draft)
            self._read += len(document.text.encode())

    def _add_passage(self, document: Document, row: int, language: str, draft: Draft) -> Iterator[str]:
        passage = document.text[draft.span.start : draft.span.end]
        text = draft.context + passage
        digest = hashlib.blake2b(f"{len(draft.context)} {text}".encode(), digest_size=16).digest()
        known = digest in self._rows
        text_row = self._rows.setdefault(digest, len(self._rows))
        first = self._sentences.rows
        self._sentences.append([(span.start, span.end) for span in draft.sentences])
        for span in draft.sentences:
            self._repeats.add(document.text[span.start : span.end])
        self._passages.append([(row, first, self._sentences.rows, text_row)])
        self._postings.add(words(passage, language))
        if not known:
            self._waiting.append(_Text(len(draft.context), self._read))
            yield text

    def _add_encoded(self, encoded: Encoded, text: _Text) -> None:
        own = encoded.offsets[:, 0] >= text.context  # the context's tokens are not the passage's
        tokens, scales = quantise(encoded.tokens[own])
        self._vectors.append(encoded.vector[None])
        self._tokens.append(tokens)
        self._token_scales.append(scales)
        self._token_spans.append(encoded.offsets[own] - text.context)
        self._token_ends.append([self._tokens.rows])

    def _finish(self, progress: Progress) -> None:
        """What can be written only when everything is known."""
        layout = self._layout
        progress("sorting", 0, 3)
        self._postings.finish(layout.words)
        layout.words.stopwords.write_text(json.dumps(stopwords(sorted(self._languages))), "utf-8")
        self._repeats.finish(layout.repeats)
        progress("sorting", 1, 3)
        order = sorted(range(len(self._ids)), key=lambda row: key(self._ids[row]))
        write_strings(layout.ids, layout.id_ends, (self._ids[row] for row in order))
        with ArrayWriter(layout.id_rows, np.int64) as file:
            file.append(order)
        progress("sorting", 2, 3)
        exact = np.load(layout.exact_vectors, mmap_mode="r", allow_pickle=False)
        text_of = np.load(layout.passages, mmap_mode="r", allow_pickle=False)[:, 3]
        if not write_index(layout.vectors, exact, text_of):
            layout.exact_vectors.unlink()
        progress("sorting", 3, 3)
