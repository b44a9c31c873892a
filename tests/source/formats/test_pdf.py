"""PDFs to text: lines, paragraphs, headings, running headers, columns, boxes, and what is refused."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from pdf_fixtures import HEIGHT, WIDTH, Text, paragraph, pdf
from PIL import Image, ImageDraw, ImageFont

from source import Box, ChapterVerseError, Document, DoubtKind, RegionKind, Span, boxes_of, scan
from source.errors import Damaged, ExtraMissing, SourceEmpty
from source.formats.pdf import read_pdf

LINES = ["The first line of the paragraph goes on to", "the second, and is long enough to be text."]


def read(*pages: list[Text], **settings: object) -> Document:
    return read_pdf(pdf(pages, **settings), id="a.pdf", title="stem")  # type: ignore[arg-type]


def quotable(document: Document) -> list[str]:
    return [document.text[span.start : span.end] for span in document.quotable()]


def kinds(document: Document) -> dict[str, RegionKind]:
    return {document.text[each.span.start : each.span.end]: each.kind for each in document.regions}


def boxes(document: Document, words: str) -> tuple[Box, ...]:
    start = document.text.index(words)
    span = Span(start, start + len(words))
    assert document.corners is not None
    return boxes_of(document.places, span, document.corners[span.start : span.end], words)


def test_lines_become_a_paragraph_with_a_place() -> None:
    document = read(paragraph(LINES))
    assert document.text == "\n".join(LINES)
    assert quotable(document) == [document.text]
    assert document.place(50).page == 1
    assert document.title == "stem"


def test_a_wider_gap_and_an_indent_begin_paragraphs() -> None:
    second = ["    An indented paragraph follows it at once,", "and has two lines."]
    first = ["It ends here with a full stop, and goes on", "to the very end of the line, as it should."]
    texts = paragraph(first) + paragraph([second[0].strip()], x=90, y=126.4) + paragraph([second[1]], y=139.6)
    apart = paragraph(["A third stands further down."], y=200)
    assert quotable(read(texts + apart)) == [
        "\n".join(first),
        "An indented paragraph follows it at once,\nand has two lines.",
        "A third stands further down.",
    ]


def test_larger_and_bold_lines_are_headings_by_size() -> None:
    page = [
        Text(72, 80, "The Report", 24), Text(72, 120, "Findings", 16), *paragraph(LINES, y=150),
        Text(72, 200, "Details", 11, bold=True), *paragraph(LINES, y=230),
    ]  # fmt: skip
    document = read(page)
    assert [(each.level, each.title) for each in document.places.headings] == [
        (1, "The Report"), (2, "Findings"), (3, "Details"),
    ]  # fmt: skip
    assert document.title == "The Report"
    assert document.place(document.text.rindex("The first")).heading == ("The Report", "Findings", "Details")


def test_columns_are_read_in_order_and_a_sentence_may_span_them() -> None:
    left = [f"left column line {i} has words and" for i in range(20)]
    right = [f"right column line {i} has words and" for i in range(20)]
    document = read(paragraph(left) + paragraph(right, x=320))
    assert document.text == "\n".join(left + right)
    assert quotable(document) == [document.text]


def test_running_headers_and_page_numbers_are_furniture_and_stand_in_no_sentence() -> None:
    def page(number: int, lines: list[str]) -> list[Text]:
        return [
            Text(72, 40, f"The Annals of Ships {number}", 9), *paragraph(lines, y=120), Text(290, 815, str(number), 9)
        ]  # fmt: skip

    document = read(
        page(1, ["The sentence begins on the first page, is not"]),
        page(2, ["yet over on the second, but then it is over.", "The next one ends with the second page"]),
        page(3, ["and the third."]),
    )
    assert quotable(document) == [
        "The sentence begins on the first page, is not\nyet over on the second, but then it is over.\n"
        "The next one ends with the second page\nand the third."
    ]
    assert [kind for text, kind in kinds(document).items() if "Annals" in text] == [RegionKind.FURNITURE] * 3
    assert kinds(document)["2"] is RegionKind.FURNITURE
    whole = quotable(document)[0]
    assert [box.page for box in boxes(document, whole)] == [1, 2, 2, 3]
    assert document.place(document.text.index("yet over")).page == 2
    assert document.text.startswith("The Annals of Ships 1\n\nThe sentence begins")
    assert document.text.endswith("the third.\n\n1\n\nThe Annals of Ships 2\n\n2\n\nThe Annals of Ships 3\n\n3")


def test_a_header_precedes_its_pages_text_and_a_footer_follows_it() -> None:
    pages = [
        [Text(72, 40, "Ships", 9), *paragraph([f"Sentence {n}."], y=120), Text(290, 815, f"{n}", 9)] for n in (1, 2)
    ]
    document = read(*pages)
    assert document.text == "Ships\n\nSentence 1.\n\n1\n\nShips\n\nSentence 2.\n\n2"
    assert [document.place(at).page for at in (document.text.index(each) for each in ("1\n", "Sentence 2"))] == [1, 2]


def test_a_contents_page_is_not_quoted() -> None:
    document = read([Text(72, 100, "Ships . . . . . . . . . . . . . 12"), *paragraph(LINES, y=200)])
    assert quotable(document) == ["\n".join(LINES)]


def test_a_row_keeps_its_cells_and_stands_alone() -> None:
    rows = [("Name", "Sails"), ("Erik", "3"), ("Olaf", "12")]
    texts = [Text(72 + 200 * i, 100 + 14 * j, cell) for j, row in enumerate(rows) for i, cell in enumerate(row)]
    assert quotable(read(texts)) == ["Name\tSails", "Erik\t3", "Olaf\t12"]


def test_a_raised_mark_stays_with_its_word() -> None:
    document = read([Text(72, 100, "The keeper", 12), Text(131, 95, "1", 7), Text(138, 100, "counted ships.", 12)])
    assert document.text == "The keeper1 counted ships."


def test_a_divided_word_keeps_its_hyphen() -> None:
    document = read(paragraph(["A long word may be di-", "vided at the end of a line."]))
    assert document.text == "A long word may be di-\nvided at the end of a line."


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_boxes_are_those_of_the_page_as_shown(rotate: int) -> None:
    document = read([Text(72, 100, "Words at a place.", 20)], rotate=rotate)
    (box,) = boxes(document, "Words at a place.")
    left, top, right, bottom = 72 / WIDTH, 85 / HEIGHT, 226 / WIDTH, 105 / HEIGHT
    expected = {
        0: (left, top, right, bottom), 90: (1 - bottom, left, 1 - top, right),
        180: (1 - right, 1 - bottom, 1 - left, 1 - top), 270: (top, 1 - right, bottom, 1 - left),
    }[rotate]  # fmt: skip
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx(expected, abs=0.012)


def test_boxes_are_those_of_the_cropped_page() -> None:
    document = read([Text(172, 300, "Words", 20)], crop="100 100 500 742")
    (box,) = boxes(document, "Words")
    assert (box.left, box.bottom) == pytest.approx((72 / 400, 200 / 642), abs=0.01)


def test_each_line_and_each_cell_has_a_box_of_its_own() -> None:
    document = read([*paragraph(LINES), Text(72, 300, "Erik"), Text(272, 300, "3")])
    assert len(boxes(document, document.text)) == 4
    assert boxes(document, LINES[0])[0].right > boxes(document, "The first")[0].right


def test_a_span_with_an_unknown_position_has_no_boxes() -> None:
    document = read(paragraph(LINES))
    assert document.corners is not None
    corners = document.corners.copy()
    corners[5] = 0
    assert boxes_of(document.places, Span(0, len(document.text)), corners, document.text) == ()


def test_a_page_without_text_is_doubtful() -> None:
    document = read(paragraph(LINES), [], paragraph(LINES))
    assert [(each.kind, each.page) for each in document.doubts] == [(DoubtKind.NO_TEXT, 2)]
    assert document.place(len(document.text) - 1).page == 3
    assert document.doubts_about(Span(0, 5)) == ()


def test_a_blank_page_is_not() -> None:
    data = pdf([paragraph(LINES), [], paragraph(LINES)]).replace(b"0 0 m 100 100 l S", b" " * 17)
    assert read_pdf(data, id="a.pdf").doubts == ()


def test_a_file_without_its_end_is_doubtful_or_refused() -> None:
    data = pdf([paragraph(LINES)])
    cut = read_pdf(data[:-10], id="a.pdf")
    assert [each.kind for each in cut.doubts] == [DoubtKind.TRUNCATED]
    assert cut.text == "\n".join(LINES)


def test_a_file_that_is_not_a_pdf_is_damaged() -> None:
    for data in (b"", b"%PDF-1.4 nothing more", b"PK\x03\x04", pdf([paragraph(LINES)])[:60]):
        with pytest.raises(Damaged, match="is damaged"):
            read_pdf(data, id="a.pdf")


def test_pictures_alone_hold_no_text() -> None:
    with pytest.raises(SourceEmpty, match="is a scan without text"):
        read([])


def picture_of(words: str) -> bytes:
    """A PDF that holds a picture of words, and no text."""
    picture = Image.new("L", (1240, 400), 255)
    ImageDraw.Draw(picture).text((100, 150), words, 0, ImageFont.load_default(60))
    out = io.BytesIO()
    picture.save(out, "PDF", resolution=150)
    return out.getvalue()


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")
def test_text_in_pictures_is_recognised_when_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(picture_of("The keeper counted ships."))
    with pytest.raises(SourceEmpty, match="such as --ocr eng"):
        list(scan([path]).documents())
    (document,) = scan([path], ocr="eng").documents()
    assert document.text == "The keeper counted ships."
    assert [(each.kind, each.page) for each in document.doubts] == [(DoubtKind.RECOGNISED, 1)]
    assert document.extractor == "pdf/3 tesseract/eng"
    (box,) = boxes(document, "keeper counted")
    assert 0.15 < box.left < 0.22 and 0.35 < box.top < box.bottom < 0.6
    for languages, complaint in (("zzz", r"lacks the language zzz\. Install it"), ("eng;rm", "Invalid OCR languages")):
        with pytest.raises(ChapterVerseError, match=complaint):
            scan([path], ocr=languages)


def test_without_tesseract_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ExtraMissing, match="apt install tesseract-ocr"):
        scan([tmp_path], ocr="eng")


def test_the_title_is_the_files_own_unless_it_is_a_leftover() -> None:
    assert read(paragraph(LINES), title="Ships of the North").title == "Ships of the North"
    for leftover in ("Microsoft Word - draft.doc", "untitled", "x.tex", "12"):
        assert read(paragraph(LINES), title=leftover).title == "stem"
