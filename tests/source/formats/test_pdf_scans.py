"""PDFs that are scans: with a stamp, upside down, or with letters whose meaning the file doesn't give."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from pdf_fixtures import Text, first_further, paragraph, pdf
from PIL import Image, ImageDraw, ImageFont

from source import Document, DoubtKind, Span, boxes_of, scan
from source.formats.pdf import read_pdf

WORDS = ["The north pier is closed from June to", "October, and boats moor at the south", "quay for five crowns a day."]
needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")


def picture(turn: int = 0) -> Image.Image:
    """A picture of text, turned counter-clockwise."""
    drawn = Image.new("L", (1500, 500), 255)
    for i, words in enumerate(WORDS):
        ImageDraw.Draw(drawn).text((60, 80 + 110 * i), words, 0, ImageFont.load_default(60))
    return drawn.rotate(turn, expand=True)


def photograph() -> Image.Image:
    """Shapes and shades, without letters."""
    across, down = np.meshgrid(np.arange(1500), np.arange(500))
    return Image.fromarray((128 + 100 * np.sin(across / 90) * np.cos(down / 70)).astype(np.uint8))


def with_picture(shown: Image.Image, *texts: Text) -> bytes:
    """A PDF with a picture 400 points wide, and texts."""
    data = io.BytesIO()
    shown.save(data, "JPEG", quality=90)
    stream = data.getvalue().hex()
    image = (
        f"<< /Type /XObject /Subtype /Image /Width {shown.width} /Height {shown.height} /ColorSpace /DeviceGray "
        f"/BitsPerComponent 8 /Filter [/ASCIIHexDecode /DCTDecode] /Length {len(stream)} >>\n"
        f"stream\n{stream}\nendstream"
    )
    high = 400 * shown.height / shown.width
    page: list[Text | str] = [f"q 400 0 0 {high} 100 300 cm /P Do Q", *texts]
    return pdf([page], resources=f"/XObject << /P {first_further(1)} 0 R >>", further=[image])


def read(data: bytes) -> Document:
    return read_pdf(data, id="a.pdf", title="stem")


def doubts(document: Document) -> list[DoubtKind]:
    return [each.kind for each in document.doubts]


STAMP = Text(420, 800, "WEX 000417", 9)


def test_a_scan_with_a_stamp_is_doubted_as_a_page_without_text() -> None:
    document = read(with_picture(picture(), STAMP))
    assert document.text == "WEX 000417"
    assert doubts(document) == [DoubtKind.NO_TEXT]


def test_a_photograph_with_a_caption_and_a_page_with_a_picture_are_not() -> None:
    assert doubts(read(with_picture(photograph(), STAMP))) == []
    page = paragraph([f"Line {i} of a page that has a picture with words below its text." for i in range(12)])
    assert doubts(read(with_picture(picture(), *page))) == []


@needs_tesseract
def test_what_the_scan_shows_is_recognised_beside_the_stamp(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(with_picture(picture(), STAMP))
    (document,) = scan([path], ocr="eng").documents()
    assert document.text.split() == " ".join([*WORDS, STAMP.words]).split()
    assert doubts(document) == [DoubtKind.RECOGNISED]


@needs_tesseract
@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_scan_is_turned_back_and_its_boxes_are_where_it_shows_them(turn: int, tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    shown = picture(turn)
    shown.save(path, "PDF", resolution=150)
    (document,) = scan([path], ocr="eng").documents()
    assert document.text.split() == " ".join(WORDS).split()
    start = document.text.index("quay for")
    assert document.corners is not None
    (box,) = boxes_of(document.places, Span(start, start + 8), document.corners[start : start + 8], "quay for")
    ink = np.asarray(shown) < 128
    high, wide = ink.shape
    inside = ink[int(box.top * high) : int(box.bottom * high) + 1, int(box.left * wide) : int(box.right * wide) + 1]
    assert 0.1 < inside.mean() < 0.5
    ends = {90: box.top > 0.5, 180: box.top < 0.4 and box.left > 0.5, 270: box.bottom < 0.5}
    assert ends[turn]


def test_letters_without_meaning_are_doubted() -> None:
    further = [
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /ABCDEF+Sans /CIDToGIDMap /Identity /DW 600 "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor 8 0 R >>",
        "<< /Type /FontDescriptor /FontName /ABCDEF+Sans /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 "
        "/Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >>",
    ]
    font = "/F3 << /Type /Font /Subtype /Type0 /BaseFont /ABCDEF+Sans /Encoding /Identity-H /DescendantFonts [7 0 R] >>"
    codes = "".join(f"{ord(char) - 29:04x}" for char in "The filter house was opened in October.")
    document = read(pdf([[f"BT /F3 11 Tf 72 700 Td <{codes}> Tj ET"]], fonts=font, further=further))
    assert (doubts(document), document.doubts[0].page) == ([DoubtKind.UNIDENTIFIED], 1)
    assert doubts(read(pdf([paragraph(WORDS)]))) == []
