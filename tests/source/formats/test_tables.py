"""Tables: each row knows the whole head of its columns, and what the cells that span it say, in every format."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from docx_fixtures import docx, p
from odt_fixtures import odt
from sheet_fixtures import cell, xlsx

from source.builder import TextBuilder
from source.document import Document
from source.formats.html.extractor import read_html
from source.formats.office.docx import read_docx
from source.formats.office.odt import read_odt
from source.formats.sheets.xlsx import read_xlsx
from source.formats.tables import Cell, placed

HEAD = "Year | Visitors Adults | Visitors Children"
BELOW = [(HEAD, "Year: 2030"), (HEAD, "Year: 2030"), (HEAD,)]


def of(document: Document, words: str) -> tuple[str, ...]:
    return document.place(document.text.index(words)).heading


def built(rows: list[list[Cell]], head: int) -> Document:
    builder = TextBuilder()
    builder.table(placed(rows), head=head)
    return builder.build(id="a", extractor="a/1")


def headings(document: Document) -> list[tuple[str, ...]]:
    """Those of the rows of the table that each format is given below."""
    assert [line for line in document.text.split("\n") if "\t" in line][-3:] == [
        "2030\t112\t11", "\t298\t29", "2031\t310\t31",
    ]  # fmt: skip
    found = [of(document, words) for words in ("112", "298", "310")]
    return [each[each.index(HEAD) :] for each in found]


def html_table() -> Document:
    return read_html(
        b"<h1>Mill</h1><p>Of the years in which it was open.</p><table><thead><tr><th rowspan=2>Year"
        b"<th colspan=2>Visitors<tr><th>Adults<th>Children</thead><tbody><tr><td rowspan=0>2030<td>112<td>11"
        b"<tr><td>298<td>29<tbody><tr><td>2031<td>310<td>31</table>",
        id="a.html",
    )


def docx_cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}</w:tc>"


def docx_table() -> Document:
    down, on, wide = '<w:vMerge w:val="restart"/>', "<w:vMerge/>", '<w:gridSpan w:val="2"/>'
    cells = (
        [docx_cell("Year", down), docx_cell("Visitors", wide)],
        [docx_cell("", on), docx_cell("Adults"), docx_cell("Children")],
        [docx_cell("2030", down), docx_cell("112"), docx_cell("11")],
        [docx_cell("", on), docx_cell("298"), docx_cell("29")],
        [docx_cell("2031"), docx_cell("310"), docx_cell("31")],
    )
    repeated = "<w:trPr><w:tblHeader/></w:trPr>"
    rows = "".join(f"<w:tr>{'' if at else repeated}{''.join(row)}</w:tr>" for at, row in enumerate(cells))
    return read_docx(docx(f"<w:tbl>{rows}</w:tbl>{p()}"), id="a.docx")


def xlsx_table() -> Document:
    values = (("Year", "Visitors"), ("", "Adults", "Children"), (2030, 112, 11), ("", 298, 29), (2031, 310, 31))
    rows = ""
    for at, row in enumerate(values, 1):
        cells = (cell(f"{chr(65 + n)}{at}", value) for n, value in enumerate(row) if value)
        rows += f'<row r="{at}">{"".join(cells)}</row>'
    merged = '<mergeCells><mergeCell ref="A1:A2"/><mergeCell ref="B1:C1"/><mergeCell ref="A3:A4"/></mergeCells>'
    return read_xlsx(xlsx(rows, after=merged), id="a.xlsx")


def odt_table() -> Document:
    def of_cells(*cells: str) -> str:
        return f"<table:table-row>{''.join(cells)}</table:table-row>"

    def one(text: str, more: str = "") -> str:
        return f"<table:table-cell {more}><text:p>{text}</text:p></table:table-cell>"

    covered = "<table:covered-table-cell/>"
    down, wide = "table:number-rows-spanned='2'", "table:number-columns-spanned='2'"
    head = of_cells(one("Year", down), one("Visitors", wide), covered) + of_cells(
        covered, one("Adults"), one("Children")
    )
    body = of_cells(one("2030", down), one("112"), one("11")) + of_cells(covered, one("298"), one("29"))
    last = of_cells(one("2031"), one("310"), one("31"))
    table = f"<table:table><table:table-header-rows>{head}</table:table-header-rows>{body}{last}</table:table>"
    return read_odt(odt(table), id="a.odt")


@pytest.mark.parametrize("table", [html_table, docx_table, odt_table, xlsx_table])
def test_a_row_knows_the_whole_head_and_the_cells_that_span_it(table: Callable[[], Document]) -> None:
    assert headings(table()) == BELOW


def test_a_cell_across_the_table_is_its_title_or_that_of_rows() -> None:
    rows = [
        [Cell("Fares", columns=3)], [Cell("Ticket"), Cell("Adults"), Cell("Children")],
        [Cell("Inner town", columns=3)], [Cell("Day"), Cell("5"), Cell("2")],
        [Cell("Outer villages", columns=3)], [Cell("Day"), Cell("8"), Cell("4")],
        [Cell("Dogs travel free of charge.", columns=3)], [Cell("Bicycle"), Cell("1"), Cell("1")],
    ]  # fmt: skip
    document = built(rows, head=2)
    head = "Ticket | Adults | Children"
    assert of(document, "5") == ("Fares", head, "Inner town")
    assert of(document, "8") == ("Fares", head, "Outer villages")
    assert of(document, "Inner") == ("Fares", head) == of(document, "Bicycle")
    assert next(document.text[span.start : span.end] for span in document.quotable()) == "Fares"


def test_a_row_of_data_below_a_wide_name_is_no_head() -> None:
    rows = [[Cell("Keeper", columns=2), Cell("Ship")], [Cell("Ann"), Cell("Smith"), Cell("Erik")], [Cell("Bo")]]
    assert of(built(rows, head=1), "Smith") == ("Keeper | Ship",)
    numbers = [[Cell("2030", columns=2), Cell("2031", columns=2)], [Cell(str(at)) for at in range(4)], [Cell("9")] * 4]
    assert of(built(numbers, head=1), "3") == ("2030 | 2031",)


def test_cells_that_overlap_stay_headings_of_all_their_rows() -> None:
    rows = [
        [Cell("A", rows=2), Cell("x", rows=3), Cell("1")], [Cell("2")],
        [Cell("B", rows=2), Cell("3")], [Cell("y", rows=2), Cell("4")], [Cell("C"), Cell("5")],
    ]  # fmt: skip
    document = built(rows, head=0)
    assert [of(document, str(at)) for at in range(1, 6)] == [("A", "x"), ("A", "x"), ("B", "x"), ("B", "y"), ("y",)]


def test_headings_stay_in_order_and_inside_their_table_whatever_cells_span() -> None:
    source = random.Random(5)
    for _ in range(300):
        rows = [
            [
                Cell(source.choice(["", "a", "7", "b c"]), source.choice([1, 1, 2, 5]), source.choice([1, 1, 2, 3, 99]))
                for _ in range(source.randrange(5))
            ]
            for _ in range(source.randrange(1, 8))
        ]
        builder = TextBuilder()
        builder.paragraph("before")
        builder.table(placed(rows), head=source.randrange(3))
        builder.paragraph("after")
        places = builder.build(id="a", extractor="a/1").places
        starts = [heading.start for heading in places.headings]
        assert starts == sorted(starts)
        assert all(heading.end is not None and heading.start < heading.end for heading in places.headings)
        assert places.heading(places.paragraphs[-1].start) == ()
        for heading in places.headings:
            assert heading.title in places.heading(heading.start)


def test_hostile_spans_take_no_time(within: Callable[[float], AbstractContextManager[None]]) -> None:
    """Attack: a row of cells that all span every row below; and cells that claim to be as wide as can be."""
    wide = [[Cell("x", rows=10**9)] * 5000, *[[Cell("a")]] * 20_000]
    with within(2):
        assert len(placed(wide)) == 20_001
        assert len(built([[Cell("x", columns=10**9, rows=10**9)] * 50] * 50, head=1).text) < 300_000
