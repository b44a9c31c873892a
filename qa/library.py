"""The documents of an index as a library: listed, added, removed and restored."""

from __future__ import annotations

import os
import sys
from collections.abc import Container, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path, PurePosixPath

from index import (
    PATIENCE,
    Change,
    Layout,
    Listed,
    Progress,
    added_files,
    address_of,
    answering,
    changing,
    folder_of,
    ignore,
    last_build,
    left_out,
    listed,
    locate,
    matching,
    open_store,
)
from qa.edition import DocumentMissing, Edition
from qa.rebuild import build_report, exclusive_build
from source import (
    ChapterVerseError,
    NotRead,
    OnWait,
    SourceEmpty,
    SourceError,
    SourceFile,
    UsageError,
    document_name,
    from_here,
    ids_in,
    isolated,
    numbered,
    pairs,
    paths,
    readable,
    shown_as,
    strings,
)


class Additions:
    """The files that a change adds. `refused`: the names of files that were not added, each with the reason."""

    def __init__(self, layout: Layout, change: Change) -> None:
        self._change = change
        self._folder = shown_as(layout.added)
        self._store = answering(layout.root)
        self._replaceable = {file.id for file in added_files(layout) if not file.is_collection}
        self._reserved = {id.casefold() for id in left_out(layout)}
        self._names: dict[Path, str] = {}  # the user's name of each added file
        self.refused: list[tuple[str, str]] = []

    @property
    def files(self) -> Set[Path]:
        """The paths of the added copies."""
        return self._names.keys()

    def add(self, name: str, file: Path) -> None:
        """Adds a copy of a file under the user's name for it, or refuses it."""
        try:
            _check(file, name)
            id = self._free_id(document_name(name))
        except SourceError as error:
            self.refused.append((name, str(error)))
        else:
            self._names[self._change.add(file, id)] = name
            self._reserved.add(id.casefold())

    def refuse(self, error: SourceError) -> None:
        """Removes the added files that caused a build's error. Raises the error if none of them did."""
        errors = error.errors if isinstance(error, NotRead) else (error,)
        # Of two added files with one id the first may stay.
        causes = {path: each for each in errors for path in [file for file in each.files if file in self._names][-1:]}
        if not causes:
            raise error
        for path, each in causes.items():
            self._change.take_back(path)
            # The user knows the file's name, not the folder of its copy.
            self.refused.append((self._names.pop(path), str(each).replace(f"{self._folder}/", "")))

    def _free_id(self, name: str) -> str:
        """The name, with a number if another document has it for an id; only an added file may be replaced."""
        names = (numbered(name, number) for number in count(1))
        return next(name for name in names if not self._is_taken(name))

    def _is_taken(self, id: str) -> bool:
        if id.casefold() in self._reserved:
            return True
        return id not in self._replaceable and self._store is not None and id in self._store.rows


def _check(file: Path, name: str) -> None:
    with readable(SourceFile(file, name, name), sys.maxsize), file.open("rb") as opened:
        if not os.fstat(opened.fileno()).st_size:
            raise SourceEmpty(f"{isolated(name)} is empty.")


_Last = tuple[Sequence[str | Path], str]
_NAMED = 3  # unreadable files in a report; the rest are only counted


class Cancelled(ChapterVerseError):
    """The build was cancelled: a progress callback raises this to stop it."""

    def __init__(self, message: str = "Cancelled. Nothing was changed.") -> None:
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Entry(Listed):
    """A document as the library shows it.

    `modified`: when its file was last modified; None if the file is gone. `added`:
    whether it was added through the library, not read from a source.
    """

    modified: datetime | None
    added: bool


@dataclass(frozen=True, slots=True)
class Added:
    """The result of adding files. `refused`: the names of files that were not added, each with the reason."""

    report: str
    refused: tuple[tuple[str, str], ...] = ()


class Library:
    """Changes the documents of an index, one change at a time. If a change fails, nothing is changed.

    A change waits for others, of this process and of other ones, for ten minutes at most.

    Every change rebuilds the index from `sources` or, without any, from those of its
    last build. It raises the errors of `qa.rebuild`, and those of `progress`, which
    may raise Cancelled to stop it.
    """

    def __init__(self, index: str | Path, sources: Sequence[str | Path] = ()) -> None:
        self._index = str(address_of(index))
        self._layout = Layout(folder_of(index))
        self._named = [str(source) for source in paths(sources, "sources")]
        self._absolute = [str(Path(source).absolute()) for source in self._named]

    def rebuild(self, progress: Progress = ignore) -> str:
        """Rebuilds the index from the sources; returns what was done and which files could not be read."""
        with exclusive_build(progress):
            report = build_report(self._index, self._last_build(), progress)
        sentences = [str(report), *report.skipped[:_NAMED]]
        if (more := len(report.skipped) - _NAMED) > 0:
            sentences.append(f"{more:,} more file{'s' * (more != 1)} couldn't be read.")
        return " ".join(sentences)

    def add(self, files: Sequence[tuple[str, str | Path]], progress: Progress = ignore) -> Added:
        """Adds copies of files. `files`: for each its name on the user's machine, and its path.

        A file replaces an added file of the same name. A file that cannot be read, or
        whose id another document has, is refused; the others are added all the same.
        """
        named = pairs(files, "files")
        with self._changing(progress) as (change, last):
            additions = Additions(self._layout, change)
            for number, (name, file) in enumerate(named):
                progress("looking", number, len(named))
                additions.add(name, Path(file))
            return Added(self._build_with(additions, last, progress), tuple(additions.refused))

    def _build_with(self, additions: Additions, last: _Last, progress: Progress) -> str:
        """Builds until no added file makes the build fail; returns the report."""
        while additions.files:
            try:
                return str(build_report(self._index, last, progress, required=additions.files))
            except SourceError as error:
                additions.refuse(error)
        return "No documents were added."

    def remove(self, ids: Sequence[str], progress: Progress = ignore) -> str:
        """Removes documents: deletes added files, and excludes documents of the sources. Raises DocumentMissing.

        An added collection is deleted when its last document is removed.
        """
        ids = strings(ids, "ids")
        with self._changing(progress) as (change, last):
            added = {file.id: file for file in added_files(self._layout) if not file.is_collection}
            others = [id for id in ids if id not in added]
            rows = open_store(self._index).rows if others else ()
            for id in others:
                if id not in rows:
                    raise DocumentMissing(id)
            for id in added.keys() & set(ids):
                change.delete(added[id].path)
            self._leave_out(others, change, progress)
            return str(build_report(self._index, last, progress))

    def _leave_out(self, ids: Sequence[str], change: Change, progress: Progress) -> None:
        """Excludes more documents; deletes the added collections that have no other documents left."""
        if not ids:
            return
        excluded = dict.fromkeys([*self.left_out, *ids])
        on_wait = partial(progress, "looking", 0, 1)
        for file in added_files(self._layout):
            if file.is_collection and _is_covered(file, excluded, on_wait):
                for id in ids_in(file, on_wait):
                    excluded.pop(id, None)
                change.delete(file.path)
        change.leave_out(list(excluded))

    def put_back(self, ids: Sequence[str], progress: Progress = ignore) -> str:
        """Restores excluded documents. Raises UsageError for an id that isn't excluded."""
        ids = strings(ids, "ids")
        with self._changing(progress) as (change, last):
            excluded = dict.fromkeys(self.left_out)
            for id in ids:
                if id not in excluded:
                    raise UsageError(f"Document {isolated(repr(id))} can't be restored, because it wasn't removed.")
            restored = frozenset(ids)
            change.leave_out([id for id in excluded if id not in restored])
            return str(build_report(self._index, last, progress))

    @property
    def left_out(self) -> list[str]:
        """The ids of the excluded documents: those that were removed but are in the sources. Raises a StoreError."""
        return left_out(self._layout)

    @property
    def added_bytes(self) -> int:
        """The total size of the added files."""
        return sum(file.path.lstat().st_size for file in added_files(self._layout))

    def entries(self, edition: Edition, first: int, count: int, filter: str = "") -> tuple[list[Entry], int]:
        """`count` of the documents that match `filter`, starting at number `first` (from 0); and how many match.

        A document matches if its id or title has the words of `filter`; in an index
        of more than 5,000 documents only ids are searched.
        """
        if not isinstance(filter, str):
            raise UsageError(f"filter must be a string, not {type(filter).__name__}.")
        rows = matching(edition.store, filter)
        shown = rows[max(first, 0) : max(first, 0) + max(count, 0)]
        added = PurePosixPath(shown_as(self._layout.added))
        return [_entry(each, added) for each in listed(edition.store, shown)], len(rows)

    def _last_build(self) -> _Last:
        return last_build(self._index, from_here(self._named, self._absolute))

    @contextmanager
    def _changing(self, progress: Progress) -> Iterator[tuple[Change, _Last]]:
        """Begins a change; yields it, and what to build from, as `index.last_build` says before the change."""
        index = locate(self._index)
        if not index.editable:
            raise UsageError(
                f"Single documents of {isolated(index)} can't be added or removed. Change its sources and rebuild it."
            )
        waiting = partial(progress, "waiting", 0, 1)
        with exclusive_build(progress):
            last = self._last_build()
            with changing(index.staging, PATIENCE, waiting) as change:
                yield change, last


def _entry(listed: Listed, added: PurePosixPath) -> Entry:
    facts = {field.name: getattr(listed, field.name) for field in fields(listed)}
    return Entry(**facts, modified=_modified(listed.path), added=added in PurePosixPath(listed.path).parents)


def _is_covered(file: SourceFile, ids: Container[str], on_wait: OnWait) -> bool:
    """Whether `ids` has all documents of a collection; False if the collection has an invalid line."""
    try:
        return all(id in ids for id in ids_in(file, on_wait))
    except SourceError:
        return False


def _modified(path: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(Path(path).stat().st_mtime, UTC)
    except (OSError, ValueError):  # the file is gone, or its time is out of range
        return None
