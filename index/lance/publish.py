"""Publishes a generation of an index folder: copies it into LanceDB tables and indexes them.

The pointer isn't changed here. The rows are a function of the folder's rows, so that
several machines could each write a part. `index.lance.tables` describes the columns.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from itertools import chain, groupby, islice
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa

from index.errors import StoreError
from index.folder.store import FolderStore
from index.lance.documents import dump_facts
from index.lance.keys import buckets, of_digest, of_document, of_term
from index.lance.search_indexes import FILE, make_indexes
from index.lance.storage import Storage
from index.lance.tables import ABOUT, CORNERS_TOGETHER, FORMAT, PARTS, LanceManifest, dump, pack, schema
from index.progress import Progress, Step
from source import load_facts

Record = dict[str, Any]
_CHUNK = 1 << 10  # passages
_PLACES = 64  # of a repeated sentence; more are never shown


def _passages(folder: FolderStore) -> Iterator[Record]:
    """A record for each passage."""
    is_repeated = np.zeros(len(folder.sentence_rows), np.int64)
    is_repeated[folder.repeats.all()[:, 1]] = 1
    for start in range(0, len(folder), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(folder)))
        places = folder.passages.take(rows)
        texts = places[:, 3]
        words = zip(folder.texts.counts(texts), folder.texts.lengths(texts).tolist(), strict=True)
        columns = zip(places, folder.vectors.of(rows), folder.texts.packed(texts), words, strict=True)
        for place, vector, tokens, (terms, length) in columns:
            document, first, last, _ = map(int, place)
            yield {
                "document": document,
                "sentences": np.column_stack([folder.sentence_rows[first:last], is_repeated[first:last]]).tobytes(),
                "terms": " ".join(term for term, count in terms.items() for _ in range(count)),
                "length": length,
                "vector": vector,
                "tokens": tokens.tobytes(),
            }


def _documents(folder: FolderStore) -> Iterator[Record]:
    """A record for each document."""
    document_of = folder.passages[0 : len(folder)][:, 0]
    ends = np.searchsorted(document_of, np.arange(folder.documents + 1))
    corner = 0
    for row in range(folder.documents):
        line = folder.rows.line(row)
        facts = load_facts(line)
        corner_rows = _corner_rows(folder, row)
        yield {
            "id": facts.id,
            "first": int(ends[row]),
            "last": int(ends[row + 1]),
            "facts": dump_facts(facts),
            "corner": corner if corner_rows else -1,
            "line": line,
        }
        corner += corner_rows


def _corners(folder: FolderStore) -> Iterator[Record]:
    """The records of each document that has corners, document after document."""
    for row in range(folder.documents):
        number, first = folder.rows.first_corner(row)
        for part in range(_corner_rows(folder, row)):
            start, end = part * CORNERS_TOGETHER, min((part + 1) * CORNERS_TOGETHER, _length(folder, row))
            yield {"data": folder.segments[number].corners[first + start : first + end].tobytes()}


def _corner_rows(folder: FolderStore, row: int) -> int:
    """The number of rows that the corners of a document take."""
    return -(-_length(folder, row) // CORNERS_TOGETHER) if folder.rows.first_corner(row)[1] >= 0 else 0


def _length(folder: FolderStore, row: int) -> int:
    return len(folder.document(row).text)


def _keys(folder: FolderStore) -> dict[str, Any]:
    """The content of the hash table."""
    found: dict[str, Any] = {of_term(term): count for term, count in folder.lexical.vocabulary()}
    found |= {of_document(id): row for row, id in enumerate(folder.rows.ids())}
    places = folder.passages[0 : len(folder)]
    for digest, repeats in groupby(folder.repeats.all().tolist(), key=lambda each: each[0]):
        found[of_digest(digest)] = _places(folder, places, [row for _, row in repeats][:_PLACES])
    return found


def _places(folder: FolderStore, passages: Any, sentences: list[int]) -> Any:
    """The document, start and end of each of these sentences."""
    spans = folder.sentence_rows.take(np.array(sentences))
    documents = passages[np.searchsorted(passages[:, 1], sentences, "right") - 1, 0]
    return np.column_stack([documents, spans]).tolist()


_TOGETHER = 256  # rows in a batch: 10 MB of passages
_FILE = FILE // _TOGETHER  # batches in a file; each machine of a cluster indexes some files


def publish(
    storage: Storage, tables: str, folder: FolderStore, parent: str | None, progress: Progress, on: str
) -> str:  # fmt: skip
    """Writes the generation of a folder into new tables; returns the SHA-256 of its manifest.

    `tables`: the prefix of the tables' names. `on`: the machines that index them, as in `build_backend`. Raises a
    StoreError, and whatever `progress` raises.
    """
    writer = _TableWriter(storage, tables, folder, Step(progress, "publishing", len(folder) + folder.documents))
    passages = writer.create("passages", _passages(folder))
    writer.create("documents", _documents(folder))
    writer.create("corners", _corners(folder))
    corners = writer.rows
    keys = _keys(folder)
    writer.create("keys", ({"entries": entries} for entries in buckets(keys)))
    passages, partitions = make_indexes(storage, f"{tables}-passages", passages, len(folder), on)
    writer.versions["passages"] = storage.run(passages.version())
    sources = json.dumps(folder.sources()).encode()
    terms = folder.texts.lengths(folder.passages[0 : len(folder)][:, 3]).sum()
    counts = folder.manifest.counts | {"corners": corners, "terms": int(terms), "keys": len(keys)}
    data = dump(_manifest(folder, parent, counts, writer.versions, partitions, sources))
    about = [{"row": row, "data": each} for row, each in enumerate((data, sources))]
    storage.create(f"{tables}-about", pa.Table.from_pylist(about, ABOUT))
    return sha256(data).hexdigest()


def _manifest(
    folder: FolderStore, parent: str | None, counts: dict[str, int], versions: dict[str, int], partitions: int,
    sources: bytes,
) -> LanceManifest:  # fmt: skip
    manifest = folder.manifest
    return LanceManifest(
        format=FORMAT,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        made_from=folder.sha256,
        parent=parent,
        encoder=manifest.encoder,
        settings=manifest.settings,
        counts=counts,
        changes=manifest.changes,
        languages=manifest.languages,
        stopwords=sorted(folder.lexical.stopwords),
        versions=versions,
        partitions=partitions,
        sources=sha256(sources).hexdigest(),
    )


class _TableWriter:
    """Creates the tables of a generation. `versions`: of the tables created. `rows`: how many the last one has."""

    def __init__(self, storage: Storage, tables: str, folder: FolderStore, step: Step) -> None:
        self._storage, self._tables, self._step = storage, tables, step
        self._salt = folder.sha256.encode()
        self._dimension: int = folder.manifest.encoder["dimension"]
        self._failure: BaseException | None = None
        self.versions: dict[str, int] = {}
        self.rows = 0

    def create(self, name: str, records: Iterable[Record]) -> lancedb.AsyncTable:
        """Creates a table of these records."""
        layout = schema(name, self._dimension)
        batches = self._batches(name, layout, records)

        def file(*first: pa.RecordBatch) -> pa.RecordBatchReader:
            return pa.RecordBatchReader.from_batches(layout, chain(first, islice(batches, _FILE - len(first))))

        try:
            table = self._storage.create(f"{self._tables}-{name}", file())
            for first in batches:
                self._storage.build(table.add(file(first)))
        except StoreError:
            if self._failure:  # the error while producing records, which the engine hides
                raise self._failure from None
            raise
        self.versions[name] = self._storage.run(table.version())
        return table

    def _batches(self, name: str, layout: pa.Schema, records: Iterable[Record]) -> Iterator[pa.RecordBatch]:
        self.rows = 0
        try:
            numbered = enumerate(records)
            while batch := list(islice(numbered, _TOGETHER)):
                yield pa.RecordBatch.from_pylist([self._packed(name, *each) for each in batch], layout)
                self.rows += len(batch)
                self._step.done += len(batch)
                self._step.report()
        except BaseException as error:
            self._failure = error
            raise

    def _packed(self, name: str, row: int, record: Record) -> Record:
        columns: Record = {}
        for part in PARTS:
            if part.table == name:
                columns[part.column] = pack(self._salt, part, row, record)
                columns |= {column: record[column] for column in part.searched}
        return columns
