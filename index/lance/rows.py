"""Fetching rows of a table by number: many in one request, each verified by its seal, with a cache.

`Keys` is a hash table stored in such rows: a key's digest determines the row that holds
its value. So one request looks up any number of keys without an index of the engine,
and the absence of a key is verified like everything else. There are three kinds of
keys, each made by a function below.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from operator import itemgetter
from threading import Lock
from typing import Any, Generic, TypeVar

import lancedb
import pyarrow as pa
from cachetools import LRUCache

from index.errors import REBUILD, IndexCorrupt
from index.folder.repeats import sentence_key
from index.lance.storage import Storage
from index.lance.tables import KEYS, SealedColumn, Values, is_sealed, unpack

_TOGETHER = 1 << 10  # rows in a batch when all are read
_Row = TypeVar("_Row")


class SealedTable:
    """A table of a generation, at the version that was published. Raises IndexCorrupt."""

    def __init__(self, storage: Storage, table: lancedb.AsyncTable, name: str, salt: bytes) -> None:
        self.storage, self._table, self._name, self._salt = storage, table, name, salt

    def query(self) -> lancedb.query.AsyncQuery:
        """Begins a query for `search`."""
        return self._table.query()

    def search(self, query: Any, by: str, seconds: float | None = None) -> list[int]:
        """The rows that a query finds, best first. `by`: the column it sorts by. `seconds`: timeout."""
        rows = self.storage.run(query.select(["_rowoffset", by]).to_arrow(), seconds)["_rowoffset"]
        if rows.null_count:
            raise IndexCorrupt(f"A search in {self._name} finds rows that don't exist. {REBUILD}")
        numbers: list[int] = rows.to_pylist()
        return numbers

    def fetch(self, rows: Sequence[int], part: SealedColumn) -> pa.Table:
        """Fetches a column of these rows, in any order, not yet verified."""
        return self.storage.run(self._table.take_offsets(list(rows)).select([part.column]).to_arrow())

    def all(self, part: SealedColumn) -> Iterator[tuple[int, Values]]:
        """A column of every row, in any order, verified; the columns that the engine searches are verified with it."""
        query = self._table.query().select([part.column, *part.searched])
        batches = self.storage.run(query.to_batches(max_batch_length=_TOGETHER))
        while (batch := self.storage.run(anext(batches, None))) is not None:
            found = pa.Table.from_batches([batch])
            searched = [_values(found[name]) for name in part.searched]
            for at, (row, values) in enumerate(self.proven(found, part)):
                fields = dict(zip((name for name, _ in part.fields), values, strict=True))
                if any(fields[name] != column[at] for name, column in zip(part.searched, searched, strict=True)):
                    raise self._changed()
                yield row, values

    def count(self) -> int:
        """The number of rows."""
        return int(self.storage.run(self._table.count_rows()))

    def proven(self, found: pa.Table, part: SealedColumn) -> Iterator[tuple[int, Values]]:
        """Verifies fetched values of a column; yields the row and the values of each. Raises IndexCorrupt."""
        for data in found[part.column].to_pylist():
            if not is_sealed(self._salt, part, data):
                raise self._changed()
            try:
                yield unpack(part, data)
            except ValueError as error:
                raise self._changed() from error

    def _changed(self) -> IndexCorrupt:
        return IndexCorrupt(f"A row of {self._name} is damaged. {REBUILD}")

    def missing(self, row: int) -> IndexCorrupt:
        """The error for a missing row."""
        return IndexCorrupt(f"Row {row} of {self._name} is missing. {REBUILD}")


class SealedRows(Generic[_Row]):
    """Fetches, verifies and decodes one sealed column of a table by row numbers; thread-safe.

    `make`: decodes the values of a row. `most`: bytes of the rows whose values are cached, the most recently used.
    """

    def __init__(self, table: SealedTable, part: SealedColumn, make: Callable[[int, Values], _Row], most: int) -> None:
        self._table, self._part, self._make, self._most = table, part, make, most
        self._cache: LRUCache[int, tuple[_Row, int]] = LRUCache(most, getsizeof=itemgetter(1))  # with their bytes
        self._lock = Lock()  # reading changes the order of the cache, too

    def get(self, rows: Iterable[int]) -> list[_Row]:
        """The decoded rows, in this order; those that aren't cached are fetched in one request."""
        wanted = [int(row) for row in rows]
        found = self._known(wanted)
        if missing := sorted(set(wanted) - found.keys()):
            if missing[0] < 0:
                raise self._table.missing(missing[0])
            found |= self._decoded(self._table.fetch(missing, self._part))
        for row in missing:
            if row not in found:
                raise self._table.missing(row)
        return [found[row] for row in wanted]

    def one(self, row: int) -> _Row:
        """One decoded row."""
        return self.get([row])[0]

    def _known(self, rows: Iterable[int]) -> dict[int, _Row]:
        with self._lock:
            return {row: self._cache[row][0] for row in rows if row in self._cache}

    def _decoded(self, found: pa.Table) -> dict[int, _Row]:
        try:
            made = {row: self._make(row, values) for row, values in self._table.proven(found, self._part)}
        except (KeyError, ValueError, TypeError, RecursionError) as error:
            raise IndexCorrupt(f"A row of {self._part.table} cannot be read. {REBUILD}") from error
        size = found.nbytes // max(len(found), 1)
        if size <= self._most:  # the cache refuses what is larger than all of it
            with self._lock:
                self._cache.update((row, (each, size)) for row, each in made.items())
        return made


def _values(column: pa.ChunkedArray) -> list[Any]:
    """The values of a column; vectors as bytes."""
    if pa.types.is_fixed_size_list(column.type):
        return [row.tobytes() for chunk in column.chunks for row in chunk.flatten().to_numpy().reshape(len(chunk), -1)]
    values: list[Any] = column.to_pylist()
    return values


_IN_A_BUCKET = 16  # keys in a row, on average
_KEPT = 1 << 22  # bytes cached


def of_term(term: str) -> str:
    """The key of a term; its value is the number of passages that contain it."""
    return f"t{term}"


def of_document(id: str) -> str:
    """The key of a document id; its value is the document's row."""
    return f"d{id}"


def of_sentence(text: str) -> str:
    """The key of a repeated sentence; its value is a list of its places, each as [document, start, end]."""
    return of_digest(sentence_key(text))


def of_digest(digest: int) -> str:
    """As `of_sentence`, given the `sentence_key` of the text."""
    return f"s{digest}"


class Keys:
    """The stored hash table, as `buckets` makes it. `count`: the number of rows."""

    def __init__(self, table: SealedTable, count: int) -> None:
        self._count = count
        self._rows: SealedRows[dict[str, Any]] = SealedRows(table, KEYS, _entries, _KEPT)

    def find(self, keys: Iterable[str]) -> dict[str, Any]:
        """The values of these keys, without those that don't exist."""
        bucket_of = {key: _bucket(key, self._count) for key in keys}
        numbers = list(dict.fromkeys(bucket_of.values()))
        found = dict(zip(numbers, self._rows.get(numbers), strict=True))
        return {key: found[number][key] for key, number in bucket_of.items() if key in found[number]}


def _entries(row: int, values: Values) -> dict[str, Any]:
    entries = json.loads(values[0])
    if not isinstance(entries, dict):
        raise TypeError("the entries aren't an object")
    return entries


def buckets(entries: Mapping[str, Any]) -> Iterator[bytes]:
    """The rows of a hash table of these entries."""
    count = bucket_count(len(entries))
    rows: dict[int, dict[str, Any]] = defaultdict(dict)
    for key, value in entries.items():
        rows[_bucket(key, count)][key] = value
    return (json.dumps(rows.get(row, {}), ensure_ascii=False).encode() for row in range(count))


def bucket_count(keys: int) -> int:
    """The number of rows of a hash table with so many keys."""
    return 1 + keys // _IN_A_BUCKET


def _bucket(key: str, count: int) -> int:
    return int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little") % count
