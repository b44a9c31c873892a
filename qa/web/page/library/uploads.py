"""Files from a browser on their way to the library."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from qa import ChapterVerseError
from qa.library import Added, Library
from qa.web.api.gradio import gr
from qa.web.builds import Progress
from qa.web.http.config import MEGABYTE, Limits
from qa.web.page.request import Given, Misunderstood

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
        """The files that the page names after it has uploaded them. Raises Misunderstood."""
        named = [Given(file) for file in files]
        if len({each.text("path") for each in named}) < len(named):
            raise Misunderstood("path")
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
            raise Misunderstood("path")
        return Path(path)
