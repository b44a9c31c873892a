"""Pictures: recognised like a scanned page, or refused with the remedy."""

from __future__ import annotations

import io
import shutil
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from source.document import DoubtKind
from source.errors import Damaged, SourceEmpty, TooLarge
from source.formats.image import read_image

FILE = (Path(__file__).parent / "files" / "rules-libreoffice.png").read_bytes()
needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="needs Tesseract")


def saved(kind: str, *others: Image.Image, turn: bool = False) -> bytes:
    """The file in another format, with more pages."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(FILE)) as image:
        page = image.convert("RGB")
        exif = Image.Exif()
        if turn:
            page, exif[0x0112] = page.rotate(90, expand=True), 6
        more = {"save_all": True, "append_images": [*others]} if others else {}
        page.save(out, kind, exif=exif, **more)
    return out.getvalue()


@needs_tesseract
@pytest.mark.parametrize("data", [FILE, saved("JPEG", turn=True), saved("WEBP")], ids=["png", "turned jpg", "webp"])
def test_the_text_of_a_picture_is_recognised(data: bytes) -> None:
    document = read_image(data, id="a.png", title="rules", ocr="eng")
    assert "Ships pay 40 euros a day" in " ".join(document.text.split())
    assert (document.title, document.extractor) == ("rules", "image/1 tesseract/eng")
    assert document.place(0).page == 1 and document.corners is not None
    assert [doubt.kind for doubt in document.doubts] == [DoubtKind.RECOGNISED]


@needs_tesseract
def test_a_tiff_has_pages() -> None:
    with Image.open(io.BytesIO(FILE)) as image:
        data = saved("TIFF", image.convert("RGB"))
    document = read_image(data, id="a.tiff", ocr="eng")
    assert document.place(document.text.rindex("night")).numbers == "page 2"


def test_without_ocr_the_error_says_what_to_do() -> None:
    with pytest.raises(SourceEmpty, match=r"a\.png is a picture\. Rebuild with OCR \(such as --ocr eng\)"):
        read_image(FILE, id="a.png")


def test_hostile_pictures_are_refused() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000)))
    with pytest.raises((TooLarge, Damaged)):
        read_image(bomb, id="a.png", ocr="eng")
    for data in (b"", FILE[:200], b"GIF89a" + bytes(100)):
        with pytest.raises(Damaged):
            read_image(data, id="a.png", ocr="eng")
