"""A generation of a folder into tables: written and indexed, before anybody is told.

What is written is a function of the folder's rows: on a larger scale each machine can
write a stretch of them. `index.lance.tables` has the columns.
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
from index.lance.indexes import FILE, make_indexes
from index.lance.rows import buckets, of_digest, of_document, of_term
from index.lance.storage import Storage
from index.lance.tables import ABOUT, CORNERS_TOGETHER, FORMAT, PARTS, LanceManifest, dump, pack, schema
from index.progress import Progress, Step
from source.document_json import load_facts

Record = dict[str, Any]
_CHUNK = 1 << 10  # passages
_PLACES = 64  # of a sentence that stands more often: nobody is told of more


def _passages(folder: FolderStore) -> Iterator[Record]:
    """A row for each passage."""
    again = np.zeros(len(folder.sentence_rows), np.int64)
    again[folder.repeats.all()[:, 1]] = 1
    for start in range(0, len(folder), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(folder)))
        places = folder.passages.take(rows)
        texts = places[:, 3]
        packed, counts = folder.texts.packed(texts), folder.texts.counts(texts)
        for place, vector, tokens, terms in zip(places, folder.vectors.of(rows), packed, counts, strict=True):
            document, first, last, _ = map(int, place)
            yield {
                "document": document,
                "sentences": np.column_stack([folder.sentence_rows[first:last], again[first:last]]).tobytes(),
                "terms": " ".join(term for term, count in terms.items() for _ in range(count)),
                "vector": vector,
                "tokens": tokens.tobytes(),
            }


def _documents(folder: FolderStore) -> Iterator[Record]:
    """A row for each document."""
    of_passages = folder.passages[0 : len(folder)][:, 0]
    ends = np.searchsorted(of_passages, np.arange(folder.documents + 1))
    corner = 0
    for row in range(folder.documents):
        line = folder.rows.line(row)
        facts = load_facts(line)
        together = _corners_of(folder, row)
        yield {
            "id": facts.id,
            "first": int(ends[row]),
            "last": int(ends[row + 1]),
            "facts": dump_facts(facts),
            "corner": corner if together else -1,
            "line": line,
        }
        corner += together


def _corners(folder: FolderStore) -> Iterator[Record]:
    """Rows for each document that has corners, one document after another."""
    for row in range(folder.documents):
        number, first = folder.rows.first_corner(row)
        for start in range(_corners_of(folder, row)):
            at, end = start * CORNERS_TOGETHER, min((start + 1) * CORNERS_TOGETHER, _length(folder, row))
            yield {"data": folder.segments[number].corners[first + at : first + end].tobytes()}


def _corners_of(folder: FolderStore, row: int) -> int:
    """How many rows the corners of a document take."""
    return -(-_length(folder, row) // CORNERS_TOGETHER) if folder.rows.first_corner(row)[1] >= 0 else 0


def _length(folder: FolderStore, row: int) -> int:
    return len(folder.document(row).text)


def _keys(folder: FolderStore) -> dict[str, Any]:
    """What the hash table has."""
    found: dict[str, Any] = {of_term(term): count for term, count in folder.lexical.vocabulary()}
    found |= {of_document(id): row for row, id in enumerate(folder.rows.ids())}
    places = folder.passages[0 : len(folder)]
    for digest, repeats in groupby(folder.repeats.all().tolist(), key=lambda each: each[0]):
        found[of_digest(digest)] = _places(folder, places, [row for _, row in repeats][:_PLACES])
    return found


def _places(folder: FolderStore, passages: Any, sentences: list[int]) -> Any:
    """Document, start and end of each of these sentences."""
    spans = folder.sentence_rows.take(np.array(sentences))
    of = passages[np.searchsorted(passages[:, 1], sentences, "right") - 1, 0]
    return np.column_stack([of, spans]).tolist()


_TOGETHER = 256  # rows that are handed over at once: 10 MB of passages
_FILE = FILE // _TOGETHER  # so often before a new file begins: each machine of a cluster indexes some files


def publish(
    storage: Storage, tables: str, folder: FolderStore, parent: str | None, progress: Progress, on: str
) -> str:  # fmt: skip
    """Writes the generation that a folder holds into new tables, called `tables` and what they hold.

    `on`: the machines that index them, as in `index.ray.machines`. The SHA-256 of its manifest is returned.
    Raises a StoreError, and what `progress` raises.
    """
    writer = _Writer(storage, tables, folder, Step(progress, "publishing", len(folder) + folder.documents))
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


class _Writer:
    """Makes the tables of a generation. `versions`: of each that was made. `rows`: how many the last one has."""

    def __init__(self, storage: Storage, tables: str, folder: FolderStore, step: Step) -> None:
        self._storage, self._tables, self._step = storage, tables, step
        self._salt = folder.sha256.encode()
        self._dimension: int = folder.manifest.encoder["dimension"]
        self._failure: BaseException | None = None
        self.versions: dict[str, int] = {}
        self.rows = 0

    def create(self, name: str, records: Iterable[Record]) -> lancedb.AsyncTable:
        """A table of these records."""
        layout = schema(name, self._dimension)
        batches = self._batches(name, layout, records)

        def file(*first: pa.RecordBatch) -> pa.RecordBatchReader:
            return pa.RecordBatchReader.from_batches(layout, chain(first, islice(batches, _FILE - len(first))))

        try:
            table = self._storage.create(f"{self._tables}-{name}", file())
            for first in batches:
                self._storage.build(table.add(file(first)))
        except StoreError:
            if self._failure:  # of what was to be written: the engine knows only that there was one
                raise self._failure from None
            raise
        self.versions[name] = self._storage.run(table.version())
        return table

    def _batches(self, name: str, layout: pa.Schema, records: Iterable[Record]) -> Iterator[pa.RecordBatch]:
        self.rows = 0
        try:
            numbered = enumerate(records)
            while some := list(islice(numbered, _TOGETHER)):
                yield pa.RecordBatch.from_pylist([self._packed(name, *each) for each in some], layout)
                self.rows += len(some)
                self._step.done += len(some)
                self._step.tell()
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
