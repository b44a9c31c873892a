"""Read access to a generation in LanceDB; every row is verified when it is fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from lancedb import AsyncTable
from numpy.typing import NDArray

from index.encoder.identity import Identity
from index.errors import REBUILD, IndexCorrupt, StoreUnreachable
from index.folder.repeats import same
from index.json_shape import fits, sources_from
from index.lance.documents import LanceDocuments
from index.lance.keys import Keys, bucket_count, of_sentence
from index.lance.passages import LanceLexical, LanceVectors, PassageRow
from index.lance.pointer import Pointer, PublishedGeneration
from index.lance.sealed_rows import SealedRows, SealedTable
from index.lance.storage import Storage
from index.lance.tables import (
    ABOUT,
    CORNERS,
    CORNERS_TOGETHER,
    PASSAGES,
    TABLES,
    TOKENS,
    LanceManifest,
    SealedColumn,
    Values,
    checked_json,
    load,
)
from index.record import BuildRecord, record_from
from index.store import StoreMixin
from index.tokens import Tokens, token_type, unpack
from index.types import Rows
from source import Box, Document, Span, boxes_of, isolated

_PASSAGES, _TOKENS, _CORNERS = 1 << 24, 1 << 25, 1 << 23
"""Bytes of each that are cached: about 8,000 passages, the tokens of 800, the corners of a million characters."""


class LanceStore(StoreMixin):
    """A generation in LanceDB, opened for reading; implements `index.store.Store`.

    Raises a StoreError if the storage is unreachable or its data damaged.
    """

    def __init__(self, storage: Storage, pointer: Pointer, generation: PublishedGeneration) -> None:
        self._storage, self._pointer, self._published = storage, pointer, generation
        self.generation = generation.name
        about, self.manifest = read_manifest(storage, generation)
        self._about = about
        self._tables = tables = {name: self._table(name) for name in TABLES if name != "about"}
        counts = self.manifest.counts
        self._count = counts["passages"]
        self._keys = Keys(tables["keys"], bucket_count(counts["keys"]))
        self._passages = SealedRows(tables["passages"], PASSAGES, partial(PassageRow.of, self.dimension), _PASSAGES)
        self._tokens = SealedRows(tables["passages"], TOKENS, self._unpacked, _TOKENS)
        self._corners = SealedRows(tables["corners"], CORNERS, _corners, _CORNERS)
        self.rows = LanceDocuments(tables["documents"], self._keys, counts["documents"])
        self.vectors = LanceVectors(tables["passages"], self._passages, self.manifest.partitions, self.dimension)
        self.vectors.warm()
        self.lexical = LanceLexical(
            tables["passages"], self._passages, self._keys, count=self._count,
            length=counts["terms"] / max(self._count, 1), languages=self.manifest.languages,
            stopwords=self.manifest.stopwords,
        )  # fmt: skip

    def _table(self, name: str) -> SealedTable:
        full_name = f"{self._published.tables}-{name}"
        table = self._storage.open(full_name, self.manifest.versions[name])
        return SealedTable(self._storage, table, full_name, self.manifest.salt)

    def _unpacked(self, row: int, values: Values) -> NDArray[np.void]:
        return np.frombuffer(values[0], token_type(self.manifest.encoder["dimension"]))

    def table(self, part: SealedColumn) -> SealedTable:
        """The table that has this column."""
        return self._tables[part.table]

    def newer(self) -> tuple[str, str] | None:
        latest = self._pointer.latest()
        return None if latest in (None, self._published) else (latest.name, latest.sha256)

    def reopen(self) -> LanceStore:
        try:
            return LanceStore(self._storage, self._pointer, self._pointer.read())
        except StoreUnreachable:
            self._pointer.mark_unreachable()
            raise

    def __len__(self) -> int:
        return self._count

    @property
    def settings(self) -> dict[str, Any]:
        return self.manifest.settings

    @property
    def encoder(self) -> Identity:
        return Identity.of(self.manifest.encoder)

    @property
    def dimension(self) -> int:
        return int(self.manifest.encoder["dimension"])

    def sizes(self) -> Mapping[str, int]:
        return {}

    def sources(self) -> dict[str, Any]:
        data = read_about(self._storage, self._about, 1)
        return sources_from(checked_json(data, self.manifest.sources, f"Generation {self.generation}"))

    def tokens(self, passages: Rows) -> Tokens:
        return unpack(self._tokens.get(passages.tolist()))

    def prefetch(self, passages: Sequence[int]) -> None:
        found = self._passages.get(passages)
        documents = {each.document for each in found}
        texts = dict(zip(documents, (each.document.text for each in self.rows.texts.get(documents)), strict=True))
        repeated = {
            of_sentence(texts[each.document][start:end])
            for each in found
            for start, end, is_repeated in each.sentences.tolist()
            if is_repeated
        }
        self._keys.find(repeated)

    def document_of(self, passage: int) -> int:
        return self._passages.one(passage).document

    def sentences(self, passage: int) -> list[Span]:
        return [Span(start, end) for start, end, _ in self._passages.one(passage).sentences.tolist()]

    def span(self, passage: int) -> Span:
        sentences = self._passages.one(passage).sentences
        return Span(int(sentences[0, 0]), int(sentences[-1, 1]))

    def document(self, row: int) -> Document:
        return self.rows.texts.one(row).document

    def passages_in(self, document: int) -> range:
        return self.rows.passages(document)

    def places_of(self, sentence: str, most: int) -> list[tuple[int, Span]]:
        key = of_sentence(sentence)
        found = self._keys.find([key]).get(key, [])
        places = [(document, Span(start, end)) for document, start, end in found[:most]]
        self.rows.texts.get({document for document, _ in places})
        return [
            (document, span)
            for document, span in places
            if same(sentence, self.document(document).text[span.start : span.end])
        ]

    def boxes(self, document: int, span: Span) -> tuple[Box, ...]:
        found = self.rows.texts.one(document)
        if found.corner < 0:
            return ()
        first, last = span.start // CORNERS_TOGETHER, (span.end - 1) // CORNERS_TOGETHER
        fetched = np.concatenate(self._corners.get(range(found.corner + first, found.corner + last + 1)))
        start = span.start - first * CORNERS_TOGETHER
        corners = fetched[start : start + len(span)]
        return boxes_of(found.document.places, span, corners, found.document.text[span.start : span.end])


def read_manifest(storage: Storage, generation: PublishedGeneration) -> tuple[AsyncTable, LanceManifest]:
    """Reads the manifest of a generation; returns its table, too. Raises IndexCorrupt or IndexIncompatible."""
    about = storage.open(f"{generation.tables}-about")
    data = read_about(storage, about, 0)
    return about, load(data, generation.sha256, f"Generation {generation.name} of {isolated(storage.engine)}")


def read_record(storage: Storage, generation: PublishedGeneration) -> BuildRecord:
    """What a generation of any format was built from. Raises IndexCorrupt if its description isn't intact."""
    about, where = storage.open(f"{generation.tables}-about"), f"Generation {generation.name} of {storage.engine}"
    manifest = checked_json(read_about(storage, about, 0), generation.sha256, where)
    if not fits(manifest, {"settings": dict, "sources": str}):
        raise IndexCorrupt(f"{where} has no valid manifest. {REBUILD}")
    return record_from(manifest["settings"], checked_json(read_about(storage, about, 1), manifest["sources"], where))


def read_about(storage: Storage, about: AsyncTable, row: int) -> bytes:
    """A row of the table `about`, not verified: the caller knows its SHA-256. Raises IndexCorrupt if it is missing."""
    found = storage.run(about.take_offsets([row]).select(ABOUT.names).to_arrow())
    if found["row"].to_pylist() != [row]:
        raise IndexCorrupt(f"The description of a generation in {isolated(storage.engine)} is incomplete. {REBUILD}")
    data: bytes = found["data"][0].as_py()
    return data


def _corners(row: int, values: Values) -> NDArray[np.uint16]:
    return np.frombuffer(values[0], np.uint16).reshape(-1, 4)
