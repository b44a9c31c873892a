"""Pictures of the pages of documents, drawn anew from their files."""

from __future__ import annotations

import atexit
from functools import lru_cache
from pathlib import Path

from source.document import Document
from source.errors import SourceUnreadable
from source.sandbox.pool import Workers

_SECONDS = 20.0
_KEPT = 32  # pictures, of some 100 KB


def has_pictures(document: Document) -> bool:
    """Whether its pages can be drawn."""
    return document.extractor.startswith("pdf/")


def page_picture(document: Document, page: int) -> bytes:
    """The page with this number, from 1, as a PNG.

    Raises a SourceError where the file is gone, has changed since it was read, or cannot be drawn.
    """
    if not has_pictures(document):
        raise SourceUnreadable(f"{document.path} has no pages that can be drawn; read its text.")
    return _drawn(document.path, document.sha256, page)


@lru_cache(_KEPT)
def _drawn(path: str, sha256: str, page: int) -> bytes:
    try:
        return _workers().draw(Path(path), sha256=sha256, page=page, path=path)
    except OSError as error:
        raise SourceUnreadable(f"{path} is not where it was when it was read; rebuild the index.") from error


@lru_cache(1)
def _workers() -> Workers:
    workers = Workers(_SECONDS)
    atexit.register(workers.close)
    return workers
