"""Small PDFs, written by hand: text at a place in a font and size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 595, 842  # A4, in points
_FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /{} /Encoding /WinAnsiEncoding >>"
_FONTS = f"<< /F1 {_FONT.format('Helvetica')} /F2 {_FONT.format('Helvetica-Bold')} >>"


_RULE = "0 0 m 100 100 l S"
"""What is drawn on a page without text."""


@dataclass(frozen=True)
class Text:
    """Words whose first baseline begins at x, y (points from the top left corner)."""

    x: float
    y: float
    words: str
    size: float = 11
    bold: bool = False


def pdf(
    pages: Sequence[Sequence[Text | str]],
    *,
    title: str = "",
    rotate: int = 0,
    crop: str = "",
    catalog: str = "",
    page_entries: str = "",
    resources: str = "",
    fonts: str = "",
    further: Sequence[str] = (),
) -> bytes:
    """A PDF of these pages, of texts and operators.

    `crop`: a CropBox, as in the file; `catalog`, `page_entries`: what else its root and its pages say;
    `resources`, `fonts`: further ones, by name. `further`: objects, numbered from `first_further(pages)`.
    """
    count = len(pages)
    kids = " ".join(f"{5 + 2 * i} 0 R" for i in range(count))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
        f"{_FONTS[:-2]} {fonts} >>",
        f"<< /Title ({title}) >>",
    ]
    box = f"/CropBox [{crop}]" if crop else ""
    for i, page in enumerate(pages):
        content = "\n".join(_shown(text) for text in page) if page else _RULE
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] {box} /Rotate {rotate} {page_entries} "
            f"/Resources << /Font 3 0 R {resources} >> /Contents {6 + 2 * i} 0 R >>",
            f"<< /Length {len(content.encode('cp1252'))} >>\nstream\n{content}\nendstream",
        ]
    objects += further
    data, offsets = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{each}\nendobj\n".encode("cp1252")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    trailer = f"<< /Size {len(objects) + 1} /Root 1 0 R /Info 4 0 R >>"
    tail = (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n{trailer}\nstartxref\n{len(data)}\n%%EOF\n"
    )
    return data + tail.encode()


def first_further(pages: int) -> int:
    """The number of the first further object in a PDF of so many pages."""
    return 5 + 2 * pages


def paragraph(lines: Sequence[str], x: float = 72, y: float = 100, size: float = 11) -> list[Text]:
    """Lines one below the other."""
    return [Text(x, y + i * 1.2 * size, line, size) for i, line in enumerate(lines)]


def _shown(text: Text | str) -> str:
    if isinstance(text, str):
        return text
    words = text.words.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"BT /{'F2' if text.bold else 'F1'} {text.size} Tf {text.x} {HEIGHT - text.y} Td ({words}) Tj ET"
