"""Images of a document's pages, rendered from its file in a parser process; the most recent are cached."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

from source.document import Document
from source.errors import Damaged, SourceUnreadable
from source.forking import PerProcess, at_exit
from source.formats.pdf.forms import show_fields
from source.sandbox.pool import ParserPool
from source.untrusted_text import isolated

_WIDTH = 1240  # pixels: an A4 page at 150 dots an inch
_MAX_HEIGHT = 3  # times the width


def draw_page(data: bytes, page: int, shown_as: str) -> bytes:
    """Renders the page with this number (from 1) of a PDF as a PNG. Raises Damaged if that fails."""
    import pypdfium2

    try:
        with pypdfium2.PdfDocument(data) as file:
            show_fields(file)
            drawn = file[page - 1]
            width, height = drawn.get_size()
            scale = min(_WIDTH / width, _MAX_HEIGHT * _WIDTH / height)
            picture = drawn.render(scale=scale).to_pil().convert("P", palette=1, colors=64)
    except (pypdfium2.PdfiumError, IndexError, ZeroDivisionError) as error:
        raise Damaged(f"Page {page} of {isolated(shown_as)} cannot be rendered. Try saving the file again.") from error
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


_SECONDS = 20.0
_CACHED_IMAGES = 32  # of about 100 KB each


def has_pictures(document: Document) -> bool:
    """Whether the document's pages can be rendered: only those of a PDF that is a file of its own."""
    return document.extractor.startswith("pdf/") and document.path.lower().endswith(".pdf")


def page_picture(document: Document, page: int) -> bytes:
    """The page with this number (from 1) of a document as a PNG.

    Raises a SourceError if the file is gone, has changed since it was indexed, or cannot be rendered.
    """
    if not has_pictures(document):
        raise SourceUnreadable(f"{isolated(document.path)} has no page images. Read its text instead.")
    return _rendered(document.path, document.sha256, page)


@lru_cache(_CACHED_IMAGES)
def _rendered(path: str, sha256: str, page: int) -> bytes:
    try:
        return _pool().draw(Path(path), sha256=sha256, page=page, path=path)
    except OSError as error:
        raise SourceUnreadable(f"{isolated(path)} is no longer where it was indexed. Rebuild the index.") from error


def _start_pool() -> ParserPool:
    pool = ParserPool(_SECONDS)
    at_exit(pool.close)
    return pool


_pool = PerProcess(_start_pool)
