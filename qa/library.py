"""The documents of an index, to be listed, added to, removed and put back."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from itertools import count
from pathlib import Path, PurePosixPath

from index import (
    Change,
    Layout,
    Listed,
    Progress,
    added_files,
    answering,
    changing,
    folder_of,
    ignore,
    left_out,
    listed,
    locate,
    matching,
)
from qa.edition import DocumentMissing, Edition
from qa.rebuild import build_again, one_at_a_time
from source import (
    ChapterVerseError,
    NotRead,
    SourceEmpty,
    SourceError,
    SourceFile,
    UsageError,
    document_name,
    ids_in,
    numbered,
    shown_as,
    unreadable,
)


class Additions:
    """The files that a change adds. `refused`: the names of those it does not, each with a sentence that says why."""

    def __init__(self, layout: Layout, change: Change) -> None:
        self._change = change
        self._folder = shown_as(layout.added)
        self._store = answering(layout.root)
        self._own = {file.id for file in added_files(layout) if not file.is_collection}
        self._taken = {id.casefold() for id in left_out(layout)}
        self._given: dict[Path, str] = {}
        self.refused: list[tuple[str, str]] = []

    @property
    def files(self) -> Set[Path]:
        """Those that were added."""
        return self._given.keys()

    def take(self, given: str, file: Path) -> None:
        """Adds a file that is called so where it comes from, or refuses it."""
        try:
            name = self._free(document_name(given))
            _check(file, name)
        except SourceError as error:
            self.refused.append((given, str(error)))
        else:
            self._given[self._change.add(file, name)] = given
            self._taken.add(name.casefold())

    def refuse(self, error: SourceError) -> None:
        """Takes back the files that the error is about. Raises it if there are none."""
        errors = error.errors if isinstance(error, NotRead) else (error,)
        # Of two new ones that claim one id the first may stay.
        blamed = {path: each for each in errors for path in [file for file in each.files if file in self._given][-1:]}
        if not blamed:
            raise error
        for path, each in blamed.items():
            self._change.take_back(path)
            # Who added it knows no folder.
            self.refused.append((self._given.pop(path), str(each).replace(f"{self._folder}/", "")))

    def _free(self, name: str) -> str:
        """The name, or that with a number, which no other document has for an id; an added file gives way."""
        names = (numbered(name, number) for number in count(1))
        return next(name for name in names if not self._is_taken(name))

    def _is_taken(self, name: str) -> bool:
        if name.casefold() in self._taken:
            return True
        return name not in self._own and self._store is not None and name in self._store.rows


def _check(file: Path, name: str) -> None:
    try:
        size = file.stat().st_size
    except OSError as error:
        raise unreadable(name, error) from error
    if not size:
        raise SourceEmpty(f"{name} is empty.")


_TOLD = 3  # files that gave no document, in a report


class Cancelled(ChapterVerseError):
    """What a progress callback raises to end a build."""

    def __init__(self, message: str = "The build was cancelled; the index is as it was.") -> None:
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Entry(Listed):
    """A document as the library shows it.

    `modified`: when its file was; None if that is gone. `added`: whether it came
    through the library and not from a source.
    """

    modified: datetime | None
    added: bool


@dataclass(frozen=True, slots=True)
class Added:
    """What came of adding files. `refused`: the name of each that was not taken, and a sentence that says why."""

    report: str
    refused: tuple[tuple[str, str], ...] = ()


class Library:
    """Changes what an index holds: one change at a time, and the index and its documents as they were if it fails.

    Every change builds the index, from `sources` or, without any, from those it
    was last made from. It raises the errors of `qa.rebuild`, and what `progress`
    raises: Cancelled, to end it.
    """

    def __init__(self, index: str | Path, sources: Sequence[str | Path] = ()) -> None:
        self._index = index
        self._layout = Layout(folder_of(index))
        self._sources = tuple(sources)

    def rebuild(self, progress: Progress = ignore) -> str:
        """Reads the sources again; says what was done, and which files gave no document."""
        with one_at_a_time(progress):
            report = build_again(self._index, self._sources, progress)
        more = [f"{len(report.skipped) - _TOLD:,} more files gave no document."] if len(report.skipped) > _TOLD else []
        return " ".join([str(report), *report.skipped[:_TOLD], *more])

    def add(self, files: Sequence[tuple[str, str | Path]], progress: Progress = ignore) -> Added:
        """Adds copies of files, each given with its name on the user's machine and where it lies.

        One that has the name of an added file takes its place. A file that
        gives no document is refused, and one whose id another has; the others
        are added all the same.
        """
        with self._changing(progress) as change:
            arrivals = Additions(self._layout, change)
            for number, (name, file) in enumerate(files):
                progress("looking", number, len(files))
                arrivals.take(name, Path(file))
            return Added(self._add(arrivals, progress), tuple(arrivals.refused))

    def _add(self, arrivals: Additions, progress: Progress) -> str:
        while arrivals.files:
            try:
                return str(build_again(self._index, self._sources, progress, required=arrivals.files))
            except SourceError as error:
                arrivals.refuse(error)
        return "No document was added; the index is as it was."

    def remove(self, ids: Sequence[str], progress: Progress = ignore) -> str:
        """Deletes the files of documents that were added, and leaves out the others. Raises DocumentMissing.

        A collection that was added is deleted with the last of its documents.
        """
        with self._changing(progress) as change:
            added = {file.id: file for file in added_files(self._layout) if not file.is_collection}
            store = answering(self._index)
            for id in ids:
                if id not in added and (store is None or id not in store.rows):
                    raise DocumentMissing(id)
            for id in added.keys() & set(ids):
                change.delete(added[id].path)
            self._leave_out([id for id in ids if id not in added], change)
            return str(build_again(self._index, self._sources, progress))

    def _leave_out(self, ids: Sequence[str], change: Change) -> None:
        if not ids:
            return
        out = dict.fromkeys([*self.left_out, *ids])
        for file in added_files(self._layout):
            if file.is_collection and _is_among(out, file):
                for id in ids_in(file.path, file.shown_as):
                    out.pop(id, None)
                change.delete(file.path)
        change.leave_out(list(out))

    def put_back(self, ids: Sequence[str], progress: Progress = ignore) -> str:
        """Takes documents again that were left out. Raises UsageError."""
        with self._changing(progress) as change:
            out = dict.fromkeys(self.left_out)
            for id in ids:
                if id not in out:
                    raise UsageError(f"The document {id!r} is not left out; name one that is.")
            back = frozenset(ids)
            change.leave_out([id for id in out if id not in back])
            return str(build_again(self._index, self._sources, progress))

    @property
    def left_out(self) -> list[str]:
        """The ids of the documents that were removed though they are among the sources. Raises a StoreError."""
        return left_out(self._layout)

    @property
    def added_bytes(self) -> int:
        """How much the files that were added have in all."""
        return sum(file.path.lstat().st_size for file in added_files(self._layout))

    def entries(self, edition: Edition, first: int, count: int, filter: str = "") -> tuple[list[Entry], int]:
        """`count` documents from the `first`, from 0, of those with the words of `filter`; and how many have them.

        The words are looked for in ids and titles; among more than 5,000 documents in ids alone.
        """
        rows = matching(edition.store, filter)
        shown = rows[max(first, 0) : max(first, 0) + max(count, 0)]
        added = PurePosixPath(shown_as(self._layout.added))
        return [_entry(each, added) for each in listed(edition.store, shown)], len(rows)

    @contextmanager
    def _changing(self, progress: Progress) -> Iterator[Change]:
        index = locate(self._index)
        if not index.editable:
            raise UsageError(f"{index} takes no changes of single documents; change its sources, and build it.")
        with one_at_a_time(progress), changing(index.staging) as change:
            yield change


def _entry(listed: Listed, added: PurePosixPath) -> Entry:
    facts = {field.name: getattr(listed, field.name) for field in fields(listed)}
    return Entry(**facts, modified=_modified(listed.path), added=added in PurePosixPath(listed.path).parents)


def _is_among(ids: Container[str], file: SourceFile) -> bool:
    """Whether these are all the documents of a collection; a line that is no document makes it another's business."""
    try:
        return all(id in ids for id in ids_in(file.path, file.shown_as))
    except SourceError:
        return False


def _modified(path: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(Path(path).stat().st_mtime, UTC)
    except (OSError, ValueError):  # it is gone, or its time is none
        return None
