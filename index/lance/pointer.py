"""The pointer: a row that names the current generation and the running build, changed by compare-and-set.

LanceDB commits a version of a table only if nobody else has committed that version; on object storage by a
write that fails if the object exists. The later of two simultaneous updates is retried on the version that the
earlier one committed, where its condition, which names the old values, no longer matches. So one change
succeeds, and the other one fails and notices.

The right to build is a lease, renewed while a build is running; it expires when the build's machine is gone.
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
from source import OnWait, do_nothing, isolated, wait_until

TABLE = "current"
_INTERVAL = 1.0  # seconds between two reads of the pointer, also while a build waits for another
_AFTER_FAILURE = 5.0  # seconds until the next read when one has failed
_TIMEOUT = 2.0  # seconds that a question waits for a read
_NEVER = 1 << 37  # seconds since 1970: the year 6325
_COLUMNS = {
    "generation": pa.string(), "kept": pa.string(), "builder": pa.string(), "who": pa.string(), "until": pa.int64(),
}  # fmt: skip
SCHEMA = pa.schema([pa.field(name, type, nullable=False) for name, type in _COLUMNS.items()])


@dataclass(frozen=True, slots=True)
class PublishedGeneration:
    """A published generation. `tables`: the prefix of its tables' names. `sha256`: the hash of its manifest."""

    name: str
    tables: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Current:
    """The content of the pointer.

    `generation`: the name of the current one, empty before the first. `kept`: all generations, oldest first.
    `builder`: a token of the build that holds the lease, empty if none does. `who`: that build, in words. `until`:
    when the lease expires (seconds since 1970).
    """

    generation: str
    kept: tuple[PublishedGeneration, ...]
    builder: str
    who: str
    until: int

    @property
    def published(self) -> PublishedGeneration | None:
        """The current generation; None before the first."""
        return next((each for each in self.kept if each.name == self.generation), None)


EMPTY = Current("", (), "", "", 0)


class Pointer:
    """Reads and changes the pointer of an index."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._reading = Lock()
        self._latest: PublishedGeneration | None = None
        self._next_read = 0.0

    def latest(self) -> PublishedGeneration | None:
        """The current generation as of at most a second ago; None while it can't be read."""
        if time.monotonic() >= self._next_read and self._reading.acquire(blocking=False):
            try:
                self._latest = self.row(_TIMEOUT).published
                self._next_read = time.monotonic() + _INTERVAL
            except StoreError:
                self.mark_unreachable()
            finally:
                self._reading.release()
        return self._latest

    def mark_unreachable(self) -> None:
        """Stops reading for some seconds, because the storage is unreachable."""
        self._latest = None
        self._next_read = time.monotonic() + _AFTER_FAILURE

    def read(self) -> PublishedGeneration:
        """The current generation. Raises IndexMissing or another StoreError."""
        try:
            found = self.row().published
        except TableMissing:
            found = None
        if found is None:
            raise IndexMissing(
                f"No index found at {isolated(self._storage.engine)}. Run `python -m index build` to create one."
            )
        return found

    def row(self, seconds: float | None = None) -> Current:
        """Reads the pointer. `seconds`: timeout. Raises TableMissing before there is one."""
        return _current(self._storage.run(self._rows(), seconds), isolated(self._storage.engine))

    async def _rows(self) -> list[dict[str, Any]]:
        table = await self._storage.open_async(TABLE)
        rows: list[dict[str, Any]] = await table.query().to_list()
        return rows

    def create(self) -> None:
        """Creates the pointer, if there is none."""
        try:
            self.row()
        except TableMissing:
            try:
                self._storage.create(TABLE, pa.Table.from_pylist([_record(EMPTY)], SCHEMA))
            except StoreError:  # fine if another build has just created it
                self.row()

    def compare_and_set(self, old: Current, new: Current) -> bool:
        """Replaces `old` by `new`; False if the pointer is no longer `old`."""
        where = " AND ".join(f"{name} = {_sql(value)}" for name, value in _record(old).items())
        return self._storage.run(self._update(_record(new), where)) == 1

    async def _update(self, values: dict[str, Any], where: str) -> int:
        table = await self._storage.open_async(TABLE)
        result = await table.update(values, where=where)
        return int(result.rows_updated)

    async def clean_up(self, older_than: timedelta) -> None:
        """Removes old versions of the pointer's table."""
        table = await self._storage.open_async(TABLE)
        await table.optimize(cleanup_older_than=older_than)


def this_process() -> str:
    """This process in words, for messages to other builds."""
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
            raise ValueError("a lease without an end")
        if not all(each.name.isdecimal() for each in kept):
            raise ValueError("a generation without a number")
        if current.generation and current.published is None:
            raise ValueError("the current generation isn't among those kept")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise IndexCorrupt(f"The index at {where} doesn't say which generation is current. {REBUILD}") from error
    return current


def _sql(value: object) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


LEASE = 60
"""Seconds that a lease lasts. The clocks of machines that build must differ by less."""
_CLOCKS = LEASE  # seconds; a lease that ends later than clocks may differ is a mistake, and would keep everybody out


class Lease:
    """The right to build, while it lasts. `current`: the content of the pointer, as this lease last wrote it."""

    def __init__(self, engine: Engine, pointer: Pointer, current: Current) -> None:
        self._engine, self._pointer, self.current = engine, pointer, current
        self._changing = Lock()

    def set_current(self, generation: str, kept: tuple[PublishedGeneration, ...]) -> None:
        """Sets the current generation and those to keep. Raises IndexUnwritable if the lease is lost."""
        with self._changing:
            self._update(generation=generation, kept=kept)

    def renew(self) -> None:
        """Extends the lease. Raises IndexUnwritable if it is lost."""
        with self._changing:
            self._update(until=_until())

    def release(self) -> None:
        """Ends the lease, so that another build may begin."""
        with self._changing:
            self._update(builder="", who="", until=0)

    def _update(self, **fields: Any) -> None:
        if not self._try_update(fields):
            found = self._pointer.row()
            if found.builder == self.current.builder:  # an earlier update succeeded, but its confirmation was lost
                self.current = found
            if found.builder != self.current.builder or not self._try_update(fields):
                raise IndexUnwritable(
                    f"Another build has taken over {isolated(self._engine)}. Check the index and build again."
                )

    def _try_update(self, fields: Mapping[str, Any]) -> bool:
        new = replace(self.current, **fields)
        if not _compare_and_set(self._pointer, self.current, new):
            return False
        self.current = new
        return True


@contextmanager
def building(engine: Engine, pointer: Pointer, patience: float = 0.0, on_wait: OnWait = do_nothing) -> Iterator[Lease]:
    """Holds the lease of an index and renews it in a thread.

    Waits `patience` seconds for another build to end. Raises IndexUnwritable if it doesn't.
    """
    pointer.create()
    leases: list[Lease] = []
    taken: list[_Taken] = []

    def acquire() -> bool:
        try:
            leases.append(_acquired(engine, pointer))
        except _Taken as error:
            taken.append(error)
        return bool(leases)

    if not wait_until(acquire, patience, on_wait, _INTERVAL):
        raise taken[-1]
    (lease,) = leases
    ended = Event()
    renewing = Thread(target=_renew, args=(lease, ended), name="lease", daemon=True)
    renewing.start()
    try:
        yield lease
    finally:
        ended.set()
        renewing.join()
        with suppress(StoreError):  # otherwise it expires
            lease.release()


class _Taken(IndexUnwritable):
    """Another build holds the lease."""


def _acquired(engine: Engine, pointer: Pointer) -> Lease:
    """The lease, if no other build holds it. Raises _Taken."""
    old = pointer.row()
    if old.builder and 0 < old.until - time.time() <= LEASE + _CLOCKS:
        until = datetime.fromtimestamp(old.until, UTC)
        raise _Taken(
            f"Another build ({isolated(old.who[:99])}) is writing to {isolated(engine)}. "
            f"Wait for it to finish or, if it was killed, until {until:%H:%M:%S} UTC."
        )
    new = replace(old, builder=token_hex(8), who=this_process(), until=_until())
    if not _compare_and_set(pointer, old, new):
        raise _Taken(f"Another build has just begun to write to {isolated(engine)}. Wait for it to finish.")
    return Lease(engine, pointer, new)


def _renew(lease: Lease, ended: Event) -> None:
    while not ended.wait(LEASE / 3):
        with suppress(StoreError):  # there is time for two more tries; `set_current` notices a lost lease
            lease.renew()


def _compare_and_set(pointer: Pointer, old: Current, new: Current) -> bool:
    """As `Pointer.compare_and_set`; if the confirmation is lost, reads the pointer to see if it succeeded."""
    try:
        return pointer.compare_and_set(old, new)
    except StoreUnreachable:
        return pointer.row() == new


def _until() -> int:
    return int(time.time()) + LEASE
