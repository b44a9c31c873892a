"""Pictures (.png, .jpg, .tiff, .webp): their text is recognised as that of a scanned page in a PDF, which they become.

Pillow decodes them, upright as their camera says; a TIFF may have several pages.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from source.document import Document
from source.errors import Damaged, SourceEmpty, TooLarge
from source.formats.pdf import read_pdf
from source.formats.registry import OCR
from source.untrusted_text import isolated

EXTRACTOR = "image/1"

_MAX_PIXELS = 100_000_000  # of all pages together: 300 MB
_MOST_PAGES = 500
_SMALL = 1600  # pixels: a larger picture is taken for a scan of 300 dots an inch
_DOTS, _FEW_DOTS = 300, 100
_QUALITY = 95  # of JPEG
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError)  # what Pillow raises for a broken file
_KINDS = ("PNG", "JPEG", "TIFF", "WEBP")


def read_image(data: bytes, *, id: str, title: str = "", path: str = "", sha256: str = "", ocr: str = "") -> Document:
    """Extracts a Document from a picture. Raises SourceEmpty without `ocr` or text, Damaged or TooLarge.

    `ocr`: Tesseract's languages ("eng+rus").
    """
    shown_as = path or id
    if not ocr:
        name = isolated(shown_as)
        raise SourceEmpty(f"{name} is a picture. Rebuild with OCR (such as --ocr eng) to recognise its text.")
    try:
        document = read_pdf(picture_pdf(data, shown_as), id=id, title=title, path=path, sha256=sha256, ocr=ocr)
    except SourceEmpty as error:
        raise SourceEmpty(f"{isolated(shown_as)} is a picture in which no text was recognised. Exclude it.") from error
    return replace(document, extractor=f"{EXTRACTOR} {OCR}{ocr}", stated=())


def picture_pdf(data: bytes, shown_as: str) -> bytes:
    """A PDF with a page for each page of a picture. Raises Damaged or TooLarge."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about its size, which is checked here
            with Image.open(io.BytesIO(data), formats=_KINDS) as image:
                first, *others = _pages(image, shown_as)
    except (Image.DecompressionBombError, *_BROKEN) as error:
        raise Damaged(f"{isolated(shown_as)} is damaged or not a picture. Try saving it again.") from error
    out = io.BytesIO()
    dots = _DOTS if max(first.size) > _SMALL else _FEW_DOTS
    first.save(out, "PDF", resolution=dots, quality=_QUALITY, save_all=True, append_images=others)
    return out.getvalue()


def _pages(image: Any, shown_as: str) -> Iterator[Any]:
    """The pages, on white. Raises TooLarge."""
    from PIL import Image, ImageOps

    pixels = 0
    for number in range(min(getattr(image, "n_frames", 1), _MOST_PAGES) if image.format == "TIFF" else 1):
        image.seek(number)
        pixels += image.width * image.height
        if pixels > _MAX_PIXELS:
            raise TooLarge(f"{isolated(shown_as)} is too large: it has more than {_MAX_PIXELS:,} pixels. Exclude it.")
        upright = ImageOps.exif_transpose(image)
        page = Image.new("RGB", upright.size, "white")
        colours = upright.convert("RGBA")
        page.paste(colours, mask=colours)
        yield page
