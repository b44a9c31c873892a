"""PDFs in the order in which they are read, however they are drawn."""

from __future__ import annotations

import random

import pytest
from pdf_fixtures import HEIGHT, Text, paragraph, pdf

from source import Document, DoubtKind
from source.formats.pdf import read_pdf

LEFT = [
    "The lighthouse of Skerry Point was",
    "built of granite that came by",
    "barge from the south, and its",
    "lamp was lit in the spring of",
    "the year when the war ended.",
]
RIGHT = [
    "The keeper lived in the house at",
    "the foot of the tower with his",
    "wife and three children, until",
    "the lamp was changed for one that",
    "needs nobody to tend it.",
]
LABELS = ["Permit number:", "Issued to:", "Valid until:", "Fee paid:"]
VALUES = ["HB-2207", "Solveig Lindqvist", "31 March 2032", "1,450 crowns"]


def read(*texts: Text | str, **settings: object) -> Document:
    return read_pdf(pdf([texts], **settings), id="a.pdf", title="stem")  # type: ignore[arg-type]


def stacked(words: list[str], x: float, y: float = 120) -> list[Text]:
    return [Text(x, y + 18 * i, each) for i, each in enumerate(words)]


def test_columns_drawn_across_are_read_one_after_the_other() -> None:
    drawn = [text for pair in zip(paragraph(LEFT), paragraph(RIGHT, x=320), strict=True) for text in pair]
    assert read(Text(72, 70, "Skerry Point", 18), *drawn).text == "\n".join(["Skerry Point", "", *LEFT, "", *RIGHT])


@pytest.mark.parametrize("lower", [4, 7])
def test_columns_whose_lines_are_not_level_are_too(lower: int) -> None:
    right = paragraph(RIGHT, x=320, y=100 + lower)
    drawn = [text for pair in zip(paragraph(LEFT), right, strict=True) for text in pair]
    assert read(*drawn).text == "\n".join([*LEFT, "", *RIGHT])


def test_a_table_of_short_cells_is_read_by_rows() -> None:
    rows = [("rye bread", "three crowns"), ("white loaf", "two crowns"), ("oat cake", "one crown"), ("bun", "a half")]
    drawn = [Text(72 + 200 * i, 100 + 14 * j, cell) for j, row in enumerate(rows) for i, cell in enumerate(row)]
    assert read(*drawn).text == "\n".join("\t".join(row) for row in rows)


def test_values_drawn_after_the_page_join_their_labels() -> None:
    note = Text(72, 220, "Show this permit to the harbour master on request.")
    text = read(Text(72, 70, "Mooring permit", 18), *stacked(LABELS, 72), note, *stacked(VALUES, 200)).text
    assert text == "\n".join(
        ["Mooring permit", "", *("\t".join(row) for row in zip(LABELS, VALUES, strict=True)), "", note.words]
    )


def test_a_label_needs_no_colon_if_its_value_was_drawn_late() -> None:
    labels = [label.rstrip(":") for label in LABELS]
    note = Text(72, 220, "Show this permit to the harbour master on request, and keep it dry at all times.")
    text = read(*stacked(labels, 72), note, *stacked(VALUES, 200)).text
    assert text.splitlines()[:4] == [f"{label}\t{value}" for label, value in zip(labels, VALUES, strict=True)]


def test_blocks_side_by_side_stay_as_they_are_drawn() -> None:
    sender, details = ["Gull Laundry", "4 Quay Road", "Holm"], ["Northern Bank", "Account 44 10 22", "Branch of Holm"]
    assert read(*paragraph(sender), *paragraph(details, x=320)).text == "\n".join([*sender, "", *details])


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_lines_drawn_from_the_bottom_or_in_any_order_are_read_from_the_top(seed: int | None) -> None:
    lines = [f"line {i} of a page that is" for i in range(12)]
    drawn = paragraph(lines)[::-1]
    if seed is not None:
        random.Random(seed).shuffle(drawn)
    document = read(*drawn)
    assert document.text == "\n".join(lines)
    assert document.doubts == ()


def test_a_page_whose_orders_disagree_is_doubtful() -> None:
    """Its sentences are torn as it is drawn, and from the top too: what is on the right may be cells of a table."""
    prose = [f"and line {i} of a sentence that runs on into" for i in range(9)]
    cells = [f"Cell number {i}" for i in range(9)]
    drawn = [text for pair in zip(paragraph(prose), paragraph(cells, x=400), strict=True) for text in pair]
    document = read(Text(72, 400, "A line at the foot of the page, which is drawn before the others."), *drawn)
    assert [each.kind for each in document.doubts] == [DoubtKind.READING_ORDER]


def test_a_table_whose_cells_could_go_on_in_each_other_is_not() -> None:
    commands = [f"harbour list {what} ships" for what in ("all", "old", "new", "big", "few", "sail", "mail", "free")]
    rows = [[Text(72, 100 + 14 * i, each), Text(250, 100 + 14 * i, "->")] for i, each in enumerate(commands)]
    document = read(*(cell for row in rows for cell in row))
    assert document.text == "\n".join(f"{each}\t->" for each in commands)
    assert document.doubts == ()


def turned(x: float, y: float, words: str, matrix: str, size: float = 11) -> str:
    return f"BT /F1 {size} Tf {matrix} {x} {HEIGHT - y} Tm ({words}) Tj ET"


@pytest.mark.parametrize(("rotate", "matrix"), [(0, "0 1 -1 0"), (0, "0 -1 1 0"), (90, "0 1 -1 0"), (270, "0 -1 1 0")])
def test_a_turned_table_is_read_by_rows(rotate: int, matrix: str) -> None:
    rows = [("Payee", "Amount"), ("Tern Choir", "842.20"), ("Rowing Club", "6,310.75")]
    up = matrix.startswith("0 1")
    drawn = [
        turned(100 + 16 * j if up else 400 - 16 * j, 700 - 200 * i if up else 100 + 200 * i, cell, matrix)
        for j, row in enumerate(rows)
        for i, cell in enumerate(row)
    ]
    document = read(*drawn, rotate=rotate)
    assert document.text == "\n".join("\t".join(row) for row in rows)


def test_a_mark_across_the_page_parts_no_sentence() -> None:
    first, second = paragraph(["The pier will be closed from June until October", "so that its piles can be replaced."])
    mark = turned(130, 600, "COPY", "0.7071 0.7071 -0.7071 0.7071", 60)
    document = read(first, mark, second)
    assert [document.text[span.start : span.end] for span in document.quotable()] == [f"{first.words}\n{second.words}"]
    assert document.title == "stem"
    assert "COPY" in document.text.splitlines()


def test_a_negative_size_that_is_turned_back_is_upright() -> None:
    lines = ["Your share of the income is 48,210 dollars,", "which you declare by the end of May."]
    drawn = [turned(72, 100 + 13 * i, line, "-1 0 0 -1", -11) for i, line in enumerate(lines)]
    assert read(*drawn).text == "\n".join(lines)


@pytest.mark.parametrize("matrix", ["1 0 0 1", "0 1 -1 0"])
def test_text_that_stands_for_another_stays_in_its_line(matrix: str) -> None:
    small = "/Span <</ActualText (Great)>> BDC (GREAT) Tj EMC"
    assert read(f"BT /F1 11 Tf {matrix} 90 300 Tm (The ) Tj {small} ( Seal) Tj ET").text == "The Great Seal"


def test_a_page_that_was_scanned_aslant_is_its_text() -> None:
    lines = [turned(72, 100 + 14 * i, f"line {i} of the page that", "0.9962 0.0872 -0.0872 0.9962") for i in range(6)]
    document = read(*lines, Text(300, 800, "WEX 000417"))
    assert "line 5 of the page that" in "".join(document.text[span.start : span.end] for span in document.quotable())


def test_letters_on_lines_of_their_own_are_doubtful() -> None:
    letters = [Text(72 + 20 * (i % 4), 60 + 30 * i, letter) for i, letter in enumerate("harbourmaster")]
    assert [each.kind for each in read(*letters).doubts] == [DoubtKind.SPACED_WORDS]
    assert read(*letters, *paragraph([f"Line {i} of a page that is long enough." for i in range(50)])).doubts == ()


def test_what_a_cell_hides_is_not_read_and_its_row_stays_whole() -> None:
    def row(y: float, date: str, what: str, sum: str) -> list[Text | str]:
        clipped = f"q 130 {HEIGHT - y - 3} 150 12 re W n {turned(130, y, what, '1 0 0 1', 9)} Q"
        return [Text(60, y, date, 9), clipped, Text(284, y, sum, 9)]

    long = "Cheque 552 being payment for oak boards and hinges"
    document = read(*row(100, "04-Mar", long, "1,318.40"), *row(116, "09-Mar", "Rent", "640.00"))
    first, second = document.text.splitlines()
    assert first.startswith("04-Mar\tCheque 552 being payment") and first.endswith("\t1,318.40")
    assert "hinges" not in first
    assert second == "09-Mar\tRent\t640.00"


def test_a_cell_that_reaches_under_the_next_one_leaves_its_row_whole() -> None:
    long = "Cheque 552 being payment for oak boards, hinges and a lock"
    cells = [Text(60, 100, "04-Mar", 9), Text(130, 100, long, 9), Text(284, 100, "1,318.40", 9)]
    assert read(*cells).text == f"04-Mar\t{long}\t1,318.40"


def test_a_line_drawn_in_halves_is_read() -> None:
    half = turned(72, 100, "Signed on as clerk", "1 0 0 1")
    y = HEIGHT - 100
    halves = f"q 60 {y + 3} 300 20 re W n {half} Q q 60 {y - 10} 300 13 re W n {half} Q"
    assert read(halves).text == "Signed on as clerk"


VERTICAL = (
    "/F3 << /Type /Font /Subtype /Type0 /BaseFont /HeiseiMin-W3 /Encoding /UniJIS-UTF16-V /DescendantFonts [7 0 R] >>",
    [
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiMin-W3 /FontDescriptor 8 0 R /DW 1000 "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 5 >> >>",
        "<< /Type /FontDescriptor /FontName /HeiseiMin-W3 /Flags 4 /FontBBox [-123 -257 1001 910] /ItalicAngle 0 "
        "/Ascent 709 /Descent -241 /CapHeight 709 /StemV 69 >>",
    ],
)


@pytest.mark.parametrize("rotate", [0, 90])
def test_vertical_lines_are_read_downwards_from_the_right(rotate: int) -> None:
    lines = ["港の会議は古い税関で開かれた。", "2031年に北の桟橋は閉鎖される。", "（A）費用は二百万円である。"]
    drawn = [
        f"BT /F3 12 Tf 1 0 0 1 {500 - 20 * i} 760 Tm <{line.encode('utf-16-be').hex()}> Tj ET"
        for i, line in enumerate(lines)
    ]
    fonts, further = VERTICAL
    assert read(*drawn, fonts=fonts, further=further, rotate=rotate).text.split() == lines


@pytest.mark.parametrize("ligature", ["FEFC", "06440627"])
def test_arabic_ligatures_keep_the_order_of_their_letters(ligature: str) -> None:
    """The letters of a ligature stand in the file as one character, or one after the other."""
    codes = f"<41> <0633> <42> <{ligature}> <43> <0645>"
    stream = f"1 begincodespacerange <00> <FF> endcodespacerange 3 beginbfchar {codes} endbfchar"
    font = "/F3 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding /ToUnicode 7 0 R >>"
    further = [f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream"]
    assert read("BT /F3 20 Tf 72 700 Td (CBA) Tj ET", fonts=font, further=further).text == "سلام"
