"""A generation of a folder into tables: written and indexed, before anybody is told.

What is written is a function of the folder's rows (`index.lance.contents`): on a larger
scale each machine can write a stretch of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from itertools import chain, islice

import lancedb
import pyarrow as pa

from index.errors import StoreError
from index.folder_store import FolderStore
from index.lance import contents
from index.lance.indexes import FILE, make_indexes
from index.lance.keys import buckets
from index.lance.manifest import FORMAT, LanceManifest, dump
from index.lance.storage import Storage
from index.lance.tables import ABOUT, PARTS, pack, schema
from index.progress import Progress, Step

_TOGETHER = 256  # rows that are handed over at once: 10 MB of passages
_FILE = FILE // _TOGETHER  # so often before a new file begins: each machine of a cluster indexes some files


def publish(
    storage: Storage, tables: str, folder: FolderStore, parent: str | None, progress: Progress, on: str
) -> str:  # fmt: skip
    """Writes the generation that a folder holds into new tables, called `tables` and what they hold.

    `on`: the machines that index them, as in `index.machines.machines`. The SHA-256 of its manifest is returned.
    Raises a StoreError, and what `progress` raises.
    """
    writer = _Writer(storage, tables, folder, Step(progress, "publishing", len(folder) + folder.documents))
    passages = writer.create("passages", contents.passages(folder))
    writer.create("documents", contents.documents(folder))
    writer.create("corners", contents.corners(folder))
    corners = writer.rows
    keys = contents.keys(folder)
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

    def create(self, name: str, records: Iterable[contents.Record]) -> lancedb.AsyncTable:
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

    def _batches(self, name: str, layout: pa.Schema, records: Iterable[contents.Record]) -> Iterator[pa.RecordBatch]:
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

    def _packed(self, name: str, row: int, record: contents.Record) -> contents.Record:
        columns: contents.Record = {}
        for part in PARTS:
            if part.table == name:
                columns[part.column] = pack(self._salt, part, row, record)
                columns |= {column: record[column] for column in part.searched}
        return columns
