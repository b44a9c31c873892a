"""Filled-in forms and text typed onto a page."""

from __future__ import annotations

import io

from pdf_fixtures import HEIGHT, Text, first_further, pdf
from PIL import Image, ImageChops

from source import Document
from source.formats.pdf import read_pdf
from source.sandbox.page_images import draw_page

_FIELD = first_further(1)
_DRAWN = "/Subtype /Form /BBox [0 0 200 16] /Resources << /Font 3 0 R >>"


def stream(content: str, entries: str = _DRAWN) -> str:
    return f"<< /Type /XObject {entries} /Length {len(content)} >>\nstream\n{content}\nendstream"


def annotation(y: float, entries: str, look: str, x: float = 200, wide: float = 200) -> str:
    rect = f"{x} {HEIGHT - y - 4} {x + wide} {HEIGHT - y + 12}"
    return f"<< /Type /Annot /F 4 /Rect [{rect}] {entries} /AP << /N {look} >> >>"


def file(texts: list[Text | str], annotations: list[str], looks: list[str]) -> bytes:
    """A page with annotations, whose appearances are numbered after them."""
    kids = " ".join(f"{_FIELD + i} 0 R" for i in range(len(annotations)))
    return pdf(
        [texts],
        catalog=f"/AcroForm << /Fields [{kids}] >>",
        page_entries=f"/Annots [{kids}]",
        further=[*annotations, *looks],
    )


def read(texts: list[Text | str], annotations: list[str], looks: list[str]) -> Document:
    return read_pdf(file(texts, annotations, looks), id="a.pdf", title="stem")


def test_the_picture_of_a_page_shows_the_values_of_fields() -> None:
    field = annotation(100, "/Subtype /Widget /FT /Tx /T (f) /V (Ottilie)", f"{_FIELD + 1} 0 R")
    empty, filled = (
        Image.open(io.BytesIO(draw_page(file([Text(72, 200, "Claim")], [field], [stream(look)]), 1, "a.pdf")))
        for look in ("", "/Tx BMC q BT /F1 10 Tf 2 4 Td (Ottilie) Tj ET Q EMC")
    )
    assert ImageChops.difference(empty.convert("L"), filled.convert("L")).getbbox() is not None


def test_the_values_of_fields_are_read_beside_their_labels() -> None:
    labels = [Text(72, 100, "Applicant:"), Text(72, 126, "Amount claimed:")]
    note: Text | str = Text(72, 200, "Send this claim within thirty days.")
    values = ["Ottilie Brandsen", "3,275 euros"]
    fields = [
        annotation(100 + 26 * i, f"/Subtype /Widget /FT /Tx /T (f{i}) /V ({value})", f"{_FIELD + 2 + i} 0 R")
        for i, value in enumerate(values)
    ]
    looks = [stream(f"/Tx BMC q BT /F1 10 Tf 2 4 Td ({value}) Tj ET Q EMC") for value in values]
    document = read([*labels, note], fields, looks)
    assert document.text == (
        "Applicant:\tOttilie Brandsen\nAmount claimed:\t3,275 euros\n\nSend this claim within thirty days."
    )


def test_check_boxes_are_read_as_they_are_ticked_whatever_is_drawn_in_them() -> None:
    def box(y: float, number: int, state: str) -> str:
        entries = f"/Subtype /Widget /FT /Btn /T (b{number}) /V /{state} /AS /{state}"
        look = f"<< /On {_FIELD + 2} 0 R /Off {_FIELD + 3} 0 R >>"
        return annotation(y, entries, look, x=72, wide=14)

    cross = stream("0 0 m 14 14 l 0 14 m 14 0 l S BT /F1 10 Tf 2 2 Td (x) Tj ET")
    labels: list[Text | str] = [Text(95, 100, "I am the tenant"), Text(95, 126, "I am the owner")]
    document = read(labels, [box(100, 0, "On"), box(126, 1, "Off")], [cross, stream("")])
    assert [line.replace("\t", " ") for line in document.text.splitlines() if line] == [
        "☒ I am the tenant",
        "☐ I am the owner",
    ]


def test_text_typed_onto_a_page_is_read_and_hidden_notes_are_not() -> None:
    typed = annotation(300, "/Subtype /FreeText /Contents (Paid on 4 May)", f"{_FIELD + 2} 0 R")
    hidden = annotation(330, "/Subtype /FreeText /Contents (Secret)", f"{_FIELD + 3} 0 R").replace("/F 4", "/F 2")
    looks = [stream(f"BT /F1 10 Tf 2 4 Td ({words}) Tj ET") for words in ("Paid on 4 May", "Secret")]
    assert read([Text(72, 100, "Invoice 12")], [typed, hidden], looks).text == "Invoice 12\n\nPaid on 4 May"
