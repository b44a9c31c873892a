"""Images of the pages of documents: drawn from their files in a worker process, the last ones cached."""

from __future__ import annotations

import atexit
import io
from functools import lru_cache
from pathlib import Path

from source.document import Document
from source.errors import Damaged, SourceUnreadable
from source.sandbox.pool import ParserPool

_WIDTH = 1240  # pixels: an A4 page at 150 dots an inch
_TALLEST = 3  # times the width


def draw_page(data: bytes, page: int, shown_as: str) -> bytes:
    """The page with this number, from 1, as a PNG. Raises Damaged if it cannot be drawn."""
    import pypdfium2

    try:
        with pypdfium2.PdfDocument(data) as file:
            drawn = file[page - 1]
            width, height = drawn.get_size()
            scale = min(_WIDTH / width, _TALLEST * _WIDTH / height)
            picture = drawn.render(scale=scale).to_pil().convert("P", palette=1, colors=64)
    except (pypdfium2.PdfiumError, IndexError, ZeroDivisionError) as error:
        raise Damaged(f"Page {page} of {shown_as} cannot be drawn; save the file again.") from error
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


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
def _workers() -> ParserPool:
    workers = ParserPool(_SECONDS)
    atexit.register(workers.close)
    return workers
