"""A page of a PDF as a picture."""

from __future__ import annotations

import io

from source.errors import Damaged

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
