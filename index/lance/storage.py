"""LanceDB, asked: each call ends within a time, and whatever goes wrong is one of our errors.

LanceDB's own words may hold addresses and keys, and are not passed on.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Sequence
from functools import lru_cache
from threading import Lock, Thread
from typing import Any, TypeVar

import lancedb
import pyarrow as pa

from index.errors import REBUILD, IndexCorrupt, IndexUnwritable, StoreError, StoreUnreachable
from index.lance.address import Engine

PATIENCE = 10.0
"""Seconds that a question waits for one answer of the storage."""
_BUILDING = 86400.0  # seconds: an index of many vectors is made in one call, whose requests end by themselves
# What is sent is tried again a few times within `PATIENCE`, and not for minutes.
_OPTIONS = {"connect_timeout": "3s", "timeout": "8s", "client_max_retries": "3", "client_retry_timeout": "8"}
# Parts of an index have many megabytes, and nobody waits for an answer meanwhile.
_WRITING = {**_OPTIONS, "timeout": "120s", "client_retry_timeout": "30"}

_T = TypeVar("_T")


class Storage:
    """The tables at an address. Safe to use from several threads."""

    def __init__(self, engine: Engine, *, writing: bool = False) -> None:
        """`writing`: for the tables of a new generation, whose requests take longer than those of a question."""
        self.engine = engine
        self.options = _WRITING if writing else _OPTIONS
        self._connection: lancedb.AsyncConnection | None = None

    def run(self, call: Coroutine[Any, Any, _T], seconds: float | None = None) -> _T:
        """What a call of LanceDB comes to, within `PATIENCE` or so many seconds. Raises a StoreError.

        A call that takes longer is left to end by itself: one that is cancelled while LanceDB reads an index into its
        memory leaves everyone who asks for that index waiting for good.
        """
        seconds = PATIENCE if seconds is None else seconds
        waiting = asyncio.run_coroutine_threadsafe(call, _loop())
        try:
            return waiting.result(seconds)
        except StoreError:
            raise
        except TimeoutError:
            raise self._unreachable(f"has not answered within {seconds:.0f} seconds") from None
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            raise self.error(str(error)) from None  # a panic of Rust's is no Exception

    def build(self, call: Coroutine[Any, Any, _T]) -> _T:
        """As `run`, for what takes long."""
        return self.run(call, _BUILDING)

    async def _connected(self) -> lancedb.AsyncConnection:
        if self._connection is None:
            session = lancedb.Session(index_cache_size_bytes=_room())
            self._connection = await lancedb.connect_async(
                self.engine.uri, storage_options=self.options, session=session
            )
        return self._connection

    def names(self) -> list[str]:
        """The names of all tables."""
        return self.run(self._names())

    async def _names(self) -> list[str]:
        connection = await self._connected()
        names: list[str] = []
        token = None
        while True:
            page = await connection.list_tables(page_token=token)
            names += page.tables
            if not (token := page.page_token):
                return names

    def open(self, name: str, version: int | None = None) -> lancedb.AsyncTable:
        """A table, at a version. Raises TableMissing."""
        return self.run(self.opening(name, version))

    async def opening(self, name: str, version: int | None = None) -> lancedb.AsyncTable:
        """As `open`, to be run."""
        table = await (await self._connected()).open_table(name)
        if version is not None:
            await table.checkout(version)
        return table

    def uri(self, name: str) -> str:
        """Where a table lies, as the engine names it."""
        return f"{self.engine.uri}/{name}.lance"

    def create(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> lancedb.AsyncTable:
        """A new table of these rows."""
        return self.build(self._created(name, rows))

    async def _created(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> lancedb.AsyncTable:
        return await (await self._connected()).create_table(name, rows)

    def drop(self, name: str) -> None:
        """Removes a table, if it is there."""
        self.run(self._dropped(name))

    async def _dropped(self, name: str) -> None:
        await (await self._connected()).drop_table(name, ignore_missing=True)

    def error(self, said: str) -> StoreError:
        """One of our errors for what LanceDB says."""
        words = said.casefold()
        if _has(words, _REFUSED):
            return self._unreachable("does not let us in", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        if "nosuchbucket" in words:
            return self._unreachable("has no such bucket", "make it, or name another")
        if _has(words, _NO_ROOM):
            return IndexUnwritable(f"The storage of {self.engine} is full; free room there and build again.")
        if "commit conflict" in words or "concurrent writers" in words:
            return IndexUnwritable(f"Others are writing to {self.engine}; wait until they have ended.")
        if "was not found" in words:
            return TableMissing(f"A table of {self.engine} is missing; {REBUILD}.")
        if _has(words, _AWAY):
            return self._unreachable("does not answer")
        return IndexCorrupt(f"A table of {self.engine} cannot be read or written; {REBUILD}.")

    def _unreachable(self, what: str, remedy: str = "try again when it does") -> StoreUnreachable:
        return StoreUnreachable(f"The storage of {self.engine} {what}; {remedy}.")


def _room() -> int:
    """Bytes for indexes in memory: half of the machine's. One that has no room is read anew for each question."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError):  # Windows has none of these
        return 6 << 30


class TableMissing(IndexCorrupt):
    """There is no table of that name."""


_NO_ROOM = ("no space left", "storage full", "disk quota", "entitytoolarge")
_REFUSED = (
    "accessdenied", "invalidaccesskeyid", "signaturedoesnotmatch", "invalidtoken", "expiredtoken", "403 forbidden",
    "401 unauthorized", "necessary privileges", "credential", "permission denied",
)  # fmt: skip
_AWAY = (
    "error sending request", "connection", "timed out", "timeout", "dns error", "generic s3 error", "http error",
    "after retries", "max_retries", "server error", "slow down", "service unavailable",
)  # fmt: skip


def _has(words: str, any_of: Sequence[str]) -> bool:
    return any(each in words for each in any_of)


_starting = Lock()


def _loop() -> asyncio.AbstractEventLoop:
    """The loop that all calls run on, in a thread of its own: one for all, however many ask first."""
    with _starting:
        return _started_loop()


@lru_cache(1)
def _started_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, name="lance", daemon=True).start()
    return loop
