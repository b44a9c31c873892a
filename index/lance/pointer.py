"""Which generation answers, and who may make the next one: one row, changed only if it is what it was.

LanceDB commits a version of a table if nobody else has committed it, on object storage by a write that
fails where something is; an update that names what it replaces is tried again on the version of whoever was
first, where it then finds nothing. So of two changes at once one happens, and the other is told.
"""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import Any

import pyarrow as pa

from index.errors import REBUILD, IndexCorrupt, IndexMissing, StoreError
from index.lance.storage import Storage, TableMissing

TABLE = "current"
_LOOKED_AT = 1.0  # seconds between two looks at the pointer
_AWAY = 5.0  # seconds until the next look when there was nothing to be seen
_LOOKING = 2.0  # seconds that a question waits for a look
_NEVER = 1 << 37  # seconds: the year 6325
_COLUMNS = {
    "generation": pa.string(), "kept": pa.string(), "builder": pa.string(), "who": pa.string(), "until": pa.int64(),
}  # fmt: skip
SCHEMA = pa.schema([pa.field(name, type, nullable=False) for name, type in _COLUMNS.items()])


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation that was published. `tables`: what their names begin with. `sha256`: its manifest's."""

    name: str
    tables: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Current:
    """The row. `kept`: oldest first. `builder`: whose right it is to build, until `until` (seconds)."""

    generation: str
    kept: tuple[Generation, ...]
    builder: str
    who: str
    until: int

    @property
    def answering(self) -> Generation | None:
        """The generation that answers; None before the first."""
        return next((each for each in self.kept if each.name == self.generation), None)


EMPTY = Current("", (), "", "", 0)


class Pointer:
    """The row, read and changed."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._looking = Lock()
        self._seen: Generation | None = None
        self._next = 0.0

    def now(self) -> Generation | None:
        """Which generation answers, as it was seen a second ago at most; None while that cannot be told."""
        if time.monotonic() >= self._next and self._looking.acquire(blocking=False):
            try:
                self._seen = self.row(_LOOKING).answering
                self._next = time.monotonic() + _LOOKED_AT
            except StoreError:
                self.lost_sight()
            finally:
                self._looking.release()
        return self._seen

    def lost_sight(self) -> None:
        """Says that the storage is away: for some seconds it is not looked at."""
        self._seen = None
        self._next = time.monotonic() + _AWAY

    def read(self) -> Generation:
        """Which generation answers. Raises IndexMissing or another StoreError."""
        try:
            found = self.row().answering
        except TableMissing:
            found = None
        if found is None:
            raise IndexMissing(f"There is no index at {self._storage.engine}; run `python -m index build` to make it.")
        return found

    def row(self, seconds: float | None = None) -> Current:
        """The row as it is now. Raises TableMissing before there is one."""
        return _current(self._storage.run(self._rows(), seconds), str(self._storage.engine))

    async def _rows(self) -> list[dict[str, Any]]:
        table = await self._storage.opening(TABLE)
        rows: list[dict[str, Any]] = await table.query().to_list()
        return rows

    def create(self) -> None:
        """Makes the row, if there is none."""
        if TABLE not in self._storage.names():
            try:
                self._storage.create(TABLE, pa.Table.from_pylist([_record(EMPTY)], SCHEMA))
            except StoreError:  # if another build has just made it, all is well
                self.row()

    def change(self, old: Current, new: Current) -> bool:
        """Makes `new` of `old`; False if it is `old` no more."""
        where = " AND ".join(f"{name} = {_sql(value)}" for name, value in _record(old).items())
        return self._storage.run(self._updated(_record(new), where)) == 1

    async def _updated(self, values: dict[str, Any], where: str) -> int:
        table = await self._storage.opening(TABLE)
        result = await table.update(values, where=where)
        return int(result.rows_updated)

    async def tidied(self, older_than: timedelta) -> None:
        """Removes versions of the row that nobody reads any more."""
        table = await self._storage.opening(TABLE)
        await table.optimize(cleanup_older_than=older_than)


def whoami() -> str:
    """This process, as others are told of it."""
    return f"process {os.getpid()} on {socket.gethostname()}"


def _record(current: Current) -> dict[str, Any]:
    kept = json.dumps([[each.name, each.tables, each.sha256] for each in current.kept])
    return {
        "generation": current.generation, "kept": kept, "builder": current.builder, "who": current.who,
        "until": current.until,
    }  # fmt: skip


def _current(rows: list[dict[str, Any]], where: str) -> Current:
    try:
        (row,) = rows
        kept = tuple(Generation(*map(str, each)) for each in json.loads(row["kept"]))
        current = Current(row["generation"], kept, row["builder"], row["who"], row["until"])
        if not 0 <= current.until < _NEVER:
            raise ValueError("a right that ends some time")
        if current.generation and current.answering is None:
            raise ValueError("the generation that answers is kept")
    except (ValueError, TypeError, KeyError) as error:
        raise IndexCorrupt(f"The index at {where} does not say which generation is current; {REBUILD}.") from error
    return current


def _sql(value: object) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
