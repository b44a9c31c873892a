"""Calls to LanceDB, each with a timeout and with its errors translated into ours.

LanceDB's own messages may contain addresses and keys, so they are never shown.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Coroutine, Sequence
from threading import Thread
from typing import Any, TypeVar

import lancedb
import pyarrow as pa

from index.errors import REBUILD, IndexCorrupt, IndexUnwritable, StoreError, StoreUnreachable
from index.folder.filesystem import NO_SUCH_FILE
from index.lance.address import Engine
from source import PerProcess, isolated

PATIENCE = 10.0
"""Timeout of a storage call while answering a question, in seconds."""
_BUILDING = 86400.0  # seconds: one call builds an index of many vectors; its requests have timeouts of their own
# Requests are retried a few times within `PATIENCE`, not for minutes.
_OPTIONS = {"connect_timeout": "3s", "timeout": "8s", "client_max_retries": "3", "client_retry_timeout": "8"}
# While publishing, parts have many megabytes, and nobody is waiting for an answer.
_WRITING = {**_OPTIONS, "timeout": "120s", "client_retry_timeout": "30"}

_T = TypeVar("_T")


class Storage:
    """The LanceDB tables at an address. Thread-safe."""

    def __init__(self, engine: Engine, *, writing: bool = False) -> None:
        """`writing`: allows longer requests, for the tables of a new generation."""
        self.engine = engine
        self.options = _WRITING if writing else _OPTIONS
        self._connection: lancedb.AsyncConnection | None = None

    def run(self, call: Coroutine[Any, Any, _T], seconds: float | None = None) -> _T:
        """The result of a LanceDB call, within `seconds` (default: `PATIENCE`). Raises a StoreError.

        A call that times out is not cancelled: cancelling it while LanceDB loads an index into memory would block
        everyone who needs that index forever.
        """
        seconds = PATIENCE if seconds is None else seconds
        try:
            future = asyncio.run_coroutine_threadsafe(call, _loop())
        except StoreUnreachable:
            call.close()  # or Python warns that it was never awaited
            raise
        try:
            return future.result(seconds)
        except StoreError:
            raise
        except TimeoutError:
            raise self._unreachable(f"has not answered within {seconds:.0f} seconds") from None
        except BaseException as error:  # a Rust panic isn't an Exception
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            raise self.error(str(error)) from None

    def build(self, call: Coroutine[Any, Any, _T]) -> _T:
        """As `run`, for the long calls of a build."""
        return self.run(call, _BUILDING)

    async def _connected(self) -> lancedb.AsyncConnection:
        if self._connection is None:
            session = lancedb.Session(index_cache_size_bytes=_index_cache_size())
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
        """Opens a table, at a version if one is given. Raises TableMissing."""
        return self.run(self.open_async(name, version))

    async def open_async(self, name: str, version: int | None = None) -> lancedb.AsyncTable:
        """As `open`, as a coroutine for `run`."""
        table = await (await self._connected()).open_table(name)
        if version is not None:
            await table.checkout(version)
        return table

    def uri(self, name: str) -> str:
        """The address of a table, as LanceDB names it."""
        return f"{self.engine.uri}/{name}.lance"

    def create(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> lancedb.AsyncTable:
        """Creates a table of these rows."""
        return self.build(self._create(name, rows))

    async def _create(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> lancedb.AsyncTable:
        return await (await self._connected()).create_table(name, rows)

    def drop(self, name: str) -> None:
        """Removes a table, if it exists."""
        self.run(self._drop(name))

    async def _drop(self, name: str) -> None:
        await (await self._connected()).drop_table(name, ignore_missing=True)

    def error(self, message: str) -> StoreError:
        """Translates a message of LanceDB into one of our errors."""
        message = message.casefold()
        if _has(message, _REFUSED):
            return self._unreachable("denies access", "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        if "nosuchbucket" in message:
            return self._unreachable("has no such bucket", "Create it or name another")
        if _has(message, _NO_ROOM):
            return IndexUnwritable(f"The storage of {isolated(self.engine)} is full. Free some space and build again.")
        if "commit conflict" in message or "concurrent writers" in message:
            return IndexUnwritable(f"Another process is writing to {isolated(self.engine)}. Wait for it to finish.")
        if "was not found" in message:
            return TableMissing(f"A table of {isolated(self.engine)} is missing. {REBUILD}")
        if _has(message, _AWAY):
            return self._unreachable("does not answer")
        if (found := _SYSTEM_ERROR.search(message)) and int(found[1]) not in NO_SUCH_FILE:
            return self._unreachable(f"cannot be read: {os.strerror(int(found[1])).lower()}", "Fix that and try again")
        return IndexCorrupt(f"A table of {isolated(self.engine)} cannot be read or written. {REBUILD}")

    def _unreachable(self, problem: str, remedy: str = "Try again when it does") -> StoreUnreachable:
        return StoreUnreachable(f"The storage of {isolated(self.engine)} {problem}. {remedy}.")


def _index_cache_size() -> int:
    """Bytes for LanceDB's indexes: half of the memory. An index that doesn't fit is reloaded for each question."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError):  # missing on Windows
        return 6 << 30


class TableMissing(IndexCorrupt):
    """There is no table of this name."""


_NO_ROOM = ("no space left", "storage full", "disk quota", "entitytoolarge")
_REFUSED = (
    "accessdenied", "invalidaccesskeyid", "signaturedoesnotmatch", "invalidtoken", "expiredtoken", "403 forbidden",
    "401 unauthorized", "necessary privileges", "credential", "permission denied",
)  # fmt: skip
_SYSTEM_ERROR = re.compile(r"\(os error (\d+)\)")
_AWAY = (
    "error sending request", "connection", "timed out", "timeout", "dns error", "generic s3 error", "http error",
    "after retries", "max_retries", "server error", "slow down", "service unavailable",
)  # fmt: skip


def _has(message: str, any_of: Sequence[str]) -> bool:
    return any(each in message for each in any_of)


_used = False


def _started_loop() -> asyncio.AbstractEventLoop:
    global _used
    if _used:  # and so this process is a fork, where LanceDB crashes: its own threads don't exist
        raise StoreUnreachable(
            "LanceDB was used before this process was forked. Load the index only after the fork, "
            'or start processes with "spawn".'
        )
    _used = True
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, name="lance", daemon=True).start()
    return loop


_loop = PerProcess(_started_loop)
"""The event loop of all calls, in its own thread."""
