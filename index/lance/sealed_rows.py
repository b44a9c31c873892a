"""Fetching rows of a table by number: many in one request, each verified by its seal, with a cache."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from threading import Lock
from typing import Any, Generic, TypeVar

import lancedb
import pyarrow as pa
from cachetools import LRUCache

from index.errors import REBUILD, IndexCorrupt
from index.lance.storage import Storage
from index.lance.tables import SealedColumn, Values, is_sealed, unpack
from source import PerProcess, isolated

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
            raise IndexCorrupt(f"A search in {isolated(self._name)} finds rows that don't exist. {REBUILD}")
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
        return IndexCorrupt(f"A row of {isolated(self._name)} is damaged. {REBUILD}")

    def missing(self, row: int) -> IndexCorrupt:
        """The error for a missing row."""
        return IndexCorrupt(f"Row {row} of {isolated(self._name)} is missing. {REBUILD}")


class SealedRows(Generic[_Row]):
    """Fetches, verifies and decodes one sealed column of a table by row numbers; thread-safe.

    `make`: decodes the values of a row. `most`: bytes of the rows whose values are cached, the most recently used.
    """

    def __init__(self, table: SealedTable, part: SealedColumn, make: Callable[[int, Values], _Row], most: int) -> None:
        self._table, self._part, self._make, self._most = table, part, make, most
        self._cache = PerProcess(self._empty)

    def _empty(self) -> tuple[Lock, LRUCache[int, tuple[_Row, int]]]:
        """A cache of rows with their bytes, and its lock: reading changes the order of the cache, too."""
        return Lock(), LRUCache(self._most, getsizeof=itemgetter(1))

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
        lock, cache = self._cache()
        with lock:
            return {row: cache[row][0] for row in rows if row in cache}

    def _decoded(self, found: pa.Table) -> dict[int, _Row]:
        try:
            made = {row: self._make(row, values) for row, values in self._table.proven(found, self._part)}
        except (KeyError, ValueError, TypeError, RecursionError) as error:
            raise IndexCorrupt(f"A row of {self._part.table} cannot be read. {REBUILD}") from error
        size = found.nbytes // max(len(found), 1)
        if size <= self._most:  # the cache refuses what is larger than all of it
            lock, cache = self._cache()
            with lock:
                cache.update((row, (each, size)) for row, each in made.items())
        return made


def _values(column: pa.ChunkedArray) -> list[Any]:
    """The values of a column; vectors as bytes."""
    if pa.types.is_fixed_size_list(column.type):
        return [row.tobytes() for chunk in column.chunks for row in chunk.flatten().to_numpy().reshape(len(chunk), -1)]
    values: list[Any] = column.to_pylist()
    return values
