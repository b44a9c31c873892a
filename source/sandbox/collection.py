"""Files with several documents: `.jsonl` collections in batches of lines, which parser processes parse, and all ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from source.errors import DuplicateId, SourceError
from source.files import BEGINNING, SourceFile, Start, member_id
from source.formats.jsonl import JsonlLines, records
from source.sandbox.pool import ParserPool
from source.untrusted_text import isolated
from source.waiting import OnWait, do_nothing, threads, wait_for_result

_BATCH = 1 << 18  # bytes: many short lines, or one long one
_A = TypeVar("_A")


def batches(path: Path, shown_as: str, known: Callable[[str], _A | None], on_wait: OnWait) -> Iterator[JsonlLines | _A]:
    """The lines of a collection in batches to be parsed; for a line that is known, what is known of it.

    `known`: is given the SHA-256 of a line. Raises SourceEmpty or BadCollection, after the lines before the bad one.
    """
    batch: JsonlLines | None = None
    try:
        for record in records(path, shown_as, on_wait=on_wait):
            found, lines = known(record.sha256), record.lines
            del record  # it may be long, and the next is read only after its document is indexed
            if found is None:
                batch = replace(batch, end=lines.end) if batch else lines
            if batch and (found is not None or len(batch) >= _BATCH):
                yield batch
                batch = None
            if found is not None:
                yield found
    except SourceError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _none(sha256: str) -> None:
    """Knows no line."""


def ids_in(file: SourceFile, on_wait: OnWait = do_nothing) -> Iterator[str]:
    """The ids of the documents in a collection or a container. Raises a SourceError."""
    with closing(ParserPool()) as parsers, threads(1) as thread:
        if file.is_container:
            start: Start | None = BEGINNING
            while start is not None:
                listing = thread.submit(parsers.members, file.path, start, file.shown_as)
                found, _, start = wait_for_result(listing, on_wait)
                yield from (member_id(file.id, each.name) for each in found)
            return
        for batch in batches(file.path, file.shown_as, _none, on_wait):
            yield from wait_for_result(thread.submit(parsers.ids, file.path, batch, file.shown_as), on_wait)


class Ids:
    """The ids of the documents, each of which belongs to one file.

    The name of a file is its own before any collection is read: a line must not keep another author's file out.
    """

    def __init__(self, files: Iterable[SourceFile]) -> None:
        self._claimed: dict[str, SourceFile] = {}
        self._named: dict[str, SourceFile] = {}
        for file in files:
            if file.is_container or not file.is_collection:
                self._named.setdefault(file.id, file)
        self._first: DuplicateId | None = None
        self._more = 0

    def claim(self, id: str, file: SourceFile) -> bool:
        """Takes an id for a document in `file`; False if another document has it."""
        holder = self._claimed.get(id) or self._named.get(id, file)
        if id in self._claimed or holder is not file:
            self._more += self._first is not None
            self._first = self._first or _duplicate(id, holder, file)
            return False
        self._claimed[id] = file
        return True

    def clashes(self) -> list[DuplicateId]:
        """The first of the ids that were not free since the last call, with the number of the others."""
        found, more = self._first, self._more
        self._first, self._more = None, 0
        if found and more:
            found.args = (f"{found} {more:,} more of its ids are taken.",)
        return [found] if found else []


def _duplicate(id: str, holder: SourceFile, file: SourceFile) -> DuplicateId:
    one, other = isolated(holder.shown_as), isolated(file.shown_as)
    where = f"both in {other}. Give each line its own id."
    if holder is not file:
        where = f"in {one} and in {other}. Rename one, or build from the folder above both."
    error = DuplicateId(f"Two documents have the id {isolated(repr(id))}, {where}")
    error.files = (holder.path, file.path)
    return error
