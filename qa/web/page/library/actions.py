"""The actions of the library: listing documents, and changes to them, which build the index."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from markupsafe import Markup

from qa import ChapterVerseError
from qa.library import Added, Library
from qa.web.api.gradio import gr
from qa.web.http.config import MEGABYTE, Limits
from qa.web.page.library.table import ROWS, left_out, table
from qa.web.page.request import BadRequest, Fields
from qa.web.page.texts import Texts
from qa.web.state import AppState, Build, Progress, Work

MOST_FILES = 200  # at a time

File = tuple[str, Path]
"""What the browser calls a file, and where it lies until it is added."""


class LibraryFull(ChapterVerseError):
    """The documents that were added take all the room that they may have."""


class Uploads:
    """What Gradio has taken in for this page. A path that it did not give out itself is nobody's upload.

    Nobody can guess a path: it has in it what Gradio made of the file's bytes and a
    secret of this machine.
    """

    def __init__(self, app: gr.Blocks, most: int = Limits().room) -> None:
        """`most`: megabytes of all the documents that are added."""
        self._app = app
        self._most = most

    def taken(self, files: Sequence[object]) -> list[File]:
        """The files that the page names after it has uploaded them. Raises BadRequest."""
        named = [Fields(file) for file in files]
        if len({each.text("path") for each in named}) < len(named):
            raise BadRequest("path")
        return [(each.text("name"), self._own(each.text("path"))) for each in named]

    def added(self, library: Library, files: Sequence[File], progress: Progress) -> Added:
        """Adds the files; they do not stay where they were uploaded to. Raises LibraryFull."""
        try:
            self._check_room(library, files)
            return library.add(files, progress)
        finally:
            for _, path in files:
                self._app.upload_file_set.discard(str(path))
                with suppress(OSError):
                    path.unlink()

    def _check_room(self, library: Library, files: Sequence[File]) -> None:
        size = library.added_bytes
        for _, path in files:
            with suppress(OSError):  # one that is gone is refused where it is read
                size += path.stat().st_size
        if size > self._most * MEGABYTE:
            raise LibraryFull(
                f"Documents that are added may have {self._most:,} MB in all; remove some, or index a folder."
            )

    def _own(self, path: str) -> Path:
        if path not in self._app.upload_file_set:
            raise BadRequest("path")
        return Path(path)


class LibraryActions:
    """The actions of the library. Those that change something begin a build, which `progress` tells of."""

    def __init__(self, state: AppState, uploads: Uploads) -> None:
        self._state = state
        self._uploads = uploads

    def library(self, given: Fields, texts: Texts) -> dict[str, Any]:
        """A part of the list of documents."""
        state = self._state
        book, filter = state.book, given.text("filter")
        first = max(0, given.number("first"))
        entries, total = state.library.entries(book, first, ROWS, filter)
        if first and not entries:  # the last rows were removed
            first = 0
            entries, total = state.library.entries(book, first, ROWS, filter)
        rows = table(entries, first, total, texts, read_only=state.read_only)
        removed = Markup() if state.read_only else left_out(state.library.left_out, texts)
        return {"rows": str(rows + removed)}

    def progress(self, given: Fields, texts: Texts) -> dict[str, Any]:
        """How far a build is, or what came of the last; its report is for the page that began it."""
        return _progress(self._state.builds.now, given.text("ticket"), texts)

    def add(self, given: Fields, texts: Texts) -> dict[str, Any]:
        """Adds the files that were uploaded."""
        files = self._uploads.taken(given.items("files", MOST_FILES))
        return self._start(lambda progress: self._uploads.added(self._state.library, files, progress), texts)

    def remove(self, given: Fields, texts: Texts) -> dict[str, Any]:
        """Takes documents out of the index."""
        ids = given.texts("documents")
        return self._start(lambda progress: Added(self._state.library.remove(ids, progress)), texts)

    def put_back(self, given: Fields, texts: Texts) -> dict[str, Any]:
        """Undoes a removal."""
        ids = given.texts("documents")
        return self._start(lambda progress: Added(self._state.library.put_back(ids, progress)), texts)

    def rebuild(self, given: Fields, texts: Texts) -> dict[str, Any]:
        """Reads the sources again."""
        return self._start(lambda progress: Added(self._state.library.rebuild(progress)), texts)

    def cancel(self, given: Fields, texts: Texts) -> dict[str, Any]:
        """Ends the build with this number, if it is under way."""
        self._state.builds.cancel(given.number("number"))
        return {}

    def _start(self, work: Work, texts: Texts) -> dict[str, Any]:
        build = self._state.builds.start(work)
        return _progress(build, build.ticket, texts)


def _progress(build: Build, ticket: str, texts: Texts) -> dict[str, Any]:
    told = {
        "number": build.number,
        "state": build.state,
        "step": texts.step(build.step) if build.step else texts.building,
        "done": build.done,
        "total": build.total,
    }
    if ticket != build.ticket:
        return told
    reports = {"cancelled": texts.cancelled, "broken": texts.broken}
    return {
        **told,
        "ticket": build.ticket,
        "report": reports.get(build.state, build.report),
        "refused": [{"name": name, "why": why} for name, why in build.refused],
    }
