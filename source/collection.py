"""Reads `.jsonl` collections in batches of lines; the lines themselves are parsed in parser processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from source.errors import SourceError
from source.files import BEGINNING, SourceFile, Start, member_id
from source.formats.jsonl import JsonlLines, records
from source.sandbox.pool import ParserPool
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
