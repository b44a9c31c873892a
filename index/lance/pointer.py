"""Which generation answers, and who may make the next one: one row, changed only if it is what it was.

LanceDB commits a version of a table if nobody else has committed it, on object storage by a write that
fails where something is; an update that names what it replaces is tried again on the version of whoever was
first, where it then finds nothing. So of two changes at once one happens, and the other is told.

The right to build is a lease: renewed while a build is at work, and free again when its machine is gone.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from threading import Event, Lock, Thread
from typing import Any

import pyarrow as pa

from index.errors import REBUILD, IndexCorrupt, IndexMissing, IndexUnwritable, StoreError, StoreUnreachable
from index.lance.address import Engine
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
class PublishedGeneration:
    """A generation that was published. `tables`: what their names begin with. `sha256`: its manifest's."""

    name: str
    tables: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Current:
    """The row. `kept`: oldest first. `builder`: whose right it is to build, until `until` (seconds)."""

    generation: str
    kept: tuple[PublishedGeneration, ...]
    builder: str
    who: str
    until: int

    @property
    def answering(self) -> PublishedGeneration | None:
        """The generation that answers; None before the first."""
        return next((each for each in self.kept if each.name == self.generation), None)


EMPTY = Current("", (), "", "", 0)


class Pointer:
    """The row, read and changed."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._looking = Lock()
        self._seen: PublishedGeneration | None = None
        self._next = 0.0

    def now(self) -> PublishedGeneration | None:
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

    def read(self) -> PublishedGeneration:
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
        kept = tuple(PublishedGeneration(*map(str, each)) for each in json.loads(row["kept"]))
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


LEASE = 60
"""Seconds. The clocks of two machines that build may differ by less than that."""


class Lease:
    """The right to build, while it lasts. `current`: the pointer as it is since."""

    def __init__(self, engine: Engine, pointer: Pointer, current: Current) -> None:
        self._engine, self._pointer, self.current = engine, pointer, current
        self._changing = Lock()

    def change(self, generation: str, kept: tuple[PublishedGeneration, ...]) -> None:
        """Makes a generation answer, and these the ones that are kept. Raises IndexUnwritable if the right is lost."""
        with self._changing:
            self._change(generation=generation, kept=kept)

    def renew(self) -> None:
        """Makes it last."""
        with self._changing:
            self._change(until=_until())

    def give_back(self) -> None:
        """Lets another build begin."""
        with self._changing:
            self._change(builder="", who="", until=0)

    def _change(self, **what: Any) -> None:
        if not self._changed(what):
            found = self._pointer.row()
            if found.builder == self.current.builder:  # a change of ours went through, and nobody could tell us
                self.current = found
            if found.builder != self.current.builder or not self._changed(what):
                raise IndexUnwritable(f"Another build has taken over {self._engine}; look at it, and build again.")

    def _changed(self, what: Mapping[str, Any]) -> bool:
        new = replace(self.current, **what)
        if not _changed(self._pointer, self.current, new):
            return False
        self.current = new
        return True


@contextmanager
def building(engine: Engine, pointer: Pointer) -> Iterator[Lease]:
    """The right to build at an address, alone. Raises IndexUnwritable if another has it."""
    pointer.create()
    old = pointer.row()
    if old.builder and old.until > time.time():
        until = datetime.fromtimestamp(old.until, UTC)
        raise IndexUnwritable(
            f"Another build ({old.who:.99}) is writing to {engine}; wait until it has ended, or, if it was killed, "
            f"until {until:%H:%M:%S} UTC."
        )
    new = replace(old, builder=token_hex(8), who=whoami(), until=_until())
    if not _changed(pointer, old, new):
        raise IndexUnwritable(f"Another build has just begun to write to {engine}; wait until it has ended.")
    lease = Lease(engine, pointer, new)
    ended = Event()
    renewing = Thread(target=_renew, args=(lease, ended), name="lease", daemon=True)
    renewing.start()
    try:
        yield lease
    finally:
        ended.set()
        renewing.join()
        with suppress(StoreError):  # then it ends by itself
            lease.give_back()


def _renew(lease: Lease, ended: Event) -> None:
    while not ended.wait(LEASE / 3):
        with suppress(StoreError):  # there is time for two more tries; what is lost is seen when it is used
            lease.renew()


def _changed(pointer: Pointer, old: Current, new: Current) -> bool:
    """Whether `new` stands there now, also if the answer to that was lost on the way."""
    try:
        return pointer.change(old, new)
    except StoreUnreachable:
        return pointer.row() == new


def _until() -> int:
    return int(time.time()) + LEASE
