"""A file does not turn into a document out of proportion to its size."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from docx_fixtures import docx, p
from office_fixtures import relations
from pdf_fixtures import paragraph, pdf
from pptx_fixtures import pptx, shape, title

from source.builder import TextBuilder
from source.errors import TooLarge
from source.formats.office.docx import read_docx
from source.formats.office.pptx import read_pptx
from source.formats.pdf import read_pdf
from source.formats.registry import format_of


def with_presentation(data: bytes, order: str, more: str = "") -> bytes:
    """A presentation whose slides are shown in this order: a list of `sldId` elements."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name).decode()
            if name == "ppt/presentation.xml":
                head, _, rest = content.partition("<p:sldIdLst>")
                content = f"{head}<p:sldIdLst>{order}</p:sldIdLst>{rest.partition('</p:sldIdLst>')[2]}"
            new.writestr(name, content)
        for name in filter(None, [more]):
            new.writestr(name, relations(notesSlide="../notes.xml"))
    return out.getvalue()


def test_a_slide_is_read_once_however_often_it_is_referred_to() -> None:
    """Attack: a slide that is referred to 600,000 times became 60,000 passages."""
    data = pptx(title("Ships") + shape("Two sail."), shape("One more."))
    order = '<p:sldId id="1" r:id="slide1"/>' * 60_000 + '<p:sldId id="2" r:id="slide2"/>'
    document = read_pptx(with_presentation(data, order), id="a.pptx")
    assert document.text == "Ships\n\nTwo sail.\n\nOne more."
    assert len(document.places.pages) == 2


def test_notes_that_several_slides_share_are_read_once() -> None:
    """Attack: ten thousand tiny slides with the same long notes."""
    notes = shape("Say hello.", place='<p:ph type="body" idx="1"/>')
    data = pptx(title("Ships"), title("More"), notes=notes)
    order = '<p:sldId id="1" r:id="slide1"/><p:sldId id="2" r:id="slide2"/>'
    document = read_pptx(with_presentation(data, order, "ppt/slides/_rels/2.xml.rels"), id="a.pptx")
    assert document.text == "Ships\n\nSay hello.\n\nMore"


def test_a_pdf_of_one_page_many_times_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack: a list of pages that names the same page again and again."""
    data = pdf([paragraph(["Words in the file, which are", "on two lines."])])
    repeated = data.replace(b"/Kids [5 0 R] /Count 1", b"/Kids [" + b"5 0 R " * 200 + b"] /Count 200")
    assert len(read_pdf(repeated, id="a.pdf").places.pages) == 200
    monkeypatch.setattr("source.limits.GROWTH_COUNTS_FROM", 100)
    monkeypatch.setattr("source.limits.MOST_GROWTH", 1)
    with pytest.raises(TooLarge, match=r"a\.pdf is too large: its 2,\d+ bytes give more than 2,\d+ characters"):
        read_pdf(repeated, id="a.pdf")


def test_a_tiny_archive_does_not_become_a_large_document() -> None:
    """Attack: 12 KB of paragraphs of full stops, each another one, took 156 MB of the index, and two minutes."""
    data = docx("".join(p(f"{n} {'. ' * 240}") for n in range(3000)))
    assert len(data) < 20_000
    with pytest.raises(TooLarge, match=r"bytes give more than 1,000,000 characters"):
        read_docx(data, id="a.docx")


def test_a_builder_refuses_more_text_than_its_file_can_hold() -> None:
    builder = TextBuilder(30_000, "a.docx")
    with pytest.raises(TooLarge, match=r"a\.docx is too large: its 30,000 bytes give more than 1,000,000"):
        for _ in range(11):
            builder.paragraph("x" * 100_000)


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("a.csv", "1,Erik\n" * 30, "paragraphs (30; the limit is 20)"),
        ("a.txt", "One sails.\n\n" * 30, "paragraphs (30; the limit is 20)"),
        ("a.md", "# One\n\n" * 11, "headings or pages (11; the limit is 10)"),
        ("a.rst", "One sails.\n\n------\n\n" * 11, "headings, rules or other marks (11; the limit is 10)"),
    ],
)
def test_a_document_of_too_many_parts_is_refused(
    name: str, text: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("source.limits.MOST_PARAGRAPHS", 20)
    monkeypatch.setattr("source.limits.MOST_MARKS", 10)
    format = format_of(Path(name).suffix)
    assert format
    with pytest.raises(TooLarge) as caught:
        format.read(text.encode(), id=name, title="", path=name, sha256="0")
    assert str(caught.value) == f"{name} has too many {what}. Split it."
