"""The actions of the library: listing documents and changing them, which builds the index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any

from markupsafe import Markup

from qa import ChapterVerseError
from qa.library import Added, Library
from qa.web.http.config import MEGABYTE, Limits
from qa.web.http.rate_limit import current_client
from qa.web.http.uploads import UploadSpool
from qa.web.page.library.table import ROWS, left_out, table
from qa.web.page.request import BadRequest, Fields
from qa.web.page.texts import Texts
from qa.web.state import AppState, Build, Progress, Work

MOST_FILES = 200
"""Files that can be added at a time."""

File = tuple[str, Path]
"""An uploaded file: the name that the browser gave it, and its path until it is added."""


class LibraryFull(ChapterVerseError):
    """The added documents would exceed their total size limit."""


class AlreadyAdded(ChapterVerseError):
    """Another change adds the same upload."""


class Uploads:
    """The files that were uploaded. Only paths that an upload returned are accepted, and none can be guessed."""

    def __init__(self, spool: UploadSpool, most: int = Limits().uploaded_megabytes) -> None:
        """`most`: megabytes of all added documents together."""
        self._spool = spool
        self._most = most
        self._being_added = set[Path]()
        self._claiming = Lock()

    def uploaded(self, files: Sequence[object]) -> list[File]:
        """The uploaded files that a request names. Raises BadRequest."""
        entries = [Fields(file) for file in files]
        if len({entry.text("path") for entry in entries}) < len(entries):
            raise BadRequest("path")
        return [(entry.text("name"), self._checked(entry.text("path"))) for entry in entries]

    def add(self, library: Library, files: Sequence[File], progress: Progress) -> Added:
        """Adds the files to the library and then deletes the uploads. Raises LibraryFull and AlreadyAdded.

        If they can't be added, they can be added again without being uploaded again, as long as any upload is kept.
        """
        with self._claimed({path for _, path in files}):
            for _, path in files:
                self._spool.keep(path)  # for as long from now on, while it waits
            self._check_room(library, files)
            added = library.add(files, progress)
            for _, path in files:
                self._spool.remove(str(path))
            return added

    @contextmanager
    def _claimed(self, paths: set[Path]) -> Iterator[None]:
        """Keeps others from adding these files meanwhile. Raises AlreadyAdded."""
        with self._claiming:
            if paths & self._being_added:
                raise AlreadyAdded("These files are already being added. Wait for them to appear in the list.")
            self._being_added |= paths
        try:
            yield
        finally:
            self._being_added -= paths

    def _check_room(self, library: Library, files: Sequence[File]) -> None:
        size = library.added_bytes
        for _, path in files:
            with suppress(OSError):  # a file that is gone is refused when it is read
                size += path.stat().st_size
        if size > self._most * MEGABYTE:
            raise LibraryFull(
                f"Added documents may have at most {self._most:,} MB in total. Remove some, or index a folder instead."
            )

    def _checked(self, path: str) -> Path:
        if not self._spool.has(path):
            raise BadRequest("path")
        return Path(path)


class LibraryActions:
    """The actions of the library. Each change starts a build, whose state `progress` returns."""

    def __init__(self, state: AppState, uploads: Uploads) -> None:
        self._state = state
        self._uploads = uploads

    def library(self, fields: Fields, texts: Texts) -> dict[str, Any]:
        """A part of the list of documents, as HTML."""
        state = self._state
        book, filter = state.book, fields.text("filter")
        first = max(0, fields.number("first"))
        entries, total = state.library.entries(book, first, ROWS, filter)
        if first and not entries:  # the last rows were removed
            first = 0
            entries, total = state.library.entries(book, first, ROWS, filter)
        rows = table(entries, first, total, texts, read_only=state.read_only)
        removed = Markup() if state.read_only else left_out(state.library.left_out, texts)
        return {"rows": str(rows + removed)}

    def progress(self, fields: Fields, texts: Texts) -> dict[str, Any]:
        """The state of the build with a ticket, including its report, or else of the one in progress or the last."""
        ticket = fields.text("ticket")
        return _progress(self._state.builds.of(ticket), ticket, texts)

    def add(self, fields: Fields, texts: Texts) -> dict[str, Any]:
        """Adds the files that were uploaded."""
        files = self._uploads.uploaded(fields.items("files", MOST_FILES))
        return self._start(lambda progress: self._uploads.add(self._state.library, files, progress), texts)

    def remove(self, fields: Fields, texts: Texts) -> dict[str, Any]:
        """Removes documents from the index."""
        ids = fields.texts("documents")
        return self._start(lambda progress: Added(self._state.library.remove(ids, progress)), texts)

    def put_back(self, fields: Fields, texts: Texts) -> dict[str, Any]:
        """Restores removed documents."""
        ids = fields.texts("documents")
        return self._start(lambda progress: Added(self._state.library.put_back(ids, progress)), texts)

    def rebuild(self, fields: Fields, texts: Texts) -> dict[str, Any]:
        """Rebuilds the index from its sources."""
        return self._start(lambda progress: Added(self._state.library.rebuild(progress)), texts)

    def cancel(self, fields: Fields, texts: Texts) -> dict[str, Any]:
        """Cancels the build with this ticket, if it is running or waiting."""
        self._state.builds.cancel(fields.text("ticket"))
        return {}

    def _start(self, work: Work, texts: Texts) -> dict[str, Any]:
        build = self._state.builds.start(work, current_client.get())
        return _progress(build, build.ticket, texts)


def _progress(build: Build, ticket: str, texts: Texts) -> dict[str, Any]:
    state = {
        "state": build.state,
        "step": texts.step(build.step) if build.step else texts.building,
        "done": build.done,
        "total": build.total,
    }
    if ticket != build.ticket:
        return state
    reports = {"cancelled": texts.cancelled, "broken": texts.broken}
    return {
        **state,
        "ticket": build.ticket,
        "report": reports.get(build.state, build.report),
        "refused": [{"name": name, "why": why} for name, why in build.refused],
    }
