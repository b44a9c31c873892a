"""Files from a browser on their way to the library."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from qa.library import Added, Library
from qa.web.builds import Progress
from qa.web.given import Given, Misunderstood
from qa.web.quick_import import gr

MOST_FILES = 200  # at a time

File = tuple[str, Path]
"""What the browser calls a file, and where it lies until it is added."""


class Uploads:
    """What Gradio has taken in for this page. A path that it did not give out itself is nobody's upload."""

    def __init__(self, app: gr.Blocks) -> None:
        self._app = app

    def taken(self, files: Sequence[object]) -> list[File]:
        """The files that the page names after it has uploaded them. Raises Misunderstood."""
        named = [Given(file) for file in files]
        return [(each.text("name"), self._own(each.text("path"))) for each in named]

    def added(self, library: Library, files: Sequence[File], progress: Progress) -> Added:
        """Adds the files; they do not stay where they were uploaded to."""
        try:
            return library.add(files, progress)
        finally:
            for _, path in files:
                self._app.upload_file_set.discard(str(path))
                with suppress(OSError):
                    path.unlink()

    def _own(self, path: str) -> Path:
        if path not in self._app.upload_file_set:
            raise Misunderstood("path")
        return Path(path)
