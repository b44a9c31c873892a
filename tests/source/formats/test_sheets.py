"""Spreadsheets: what each cell shows, at its place."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sheet_fixtures import cell, ods, rows, xlsx, zipped

from source.document import Document, Doubt, DoubtKind
from source.document_json import dump_document, dump_parts, load_document, load_parts
from source.errors import Damaged, Encrypted, SourceEmpty, TooLarge
from source.formats.registry import format_of
from source.formats.sheets.ods import read_ods
from source.formats.sheets.rows import column_name
from source.formats.sheets.xlsx import read_xlsx

FILES = Path(__file__).parent / "files"
SHIPS: list[list[object]] = [["Ship", "Sails"], ["Erik", 3], ["Anna", 2]]


def at(document: Document, words: str) -> tuple[tuple[str, ...], str]:
    place = document.place(document.text.index(words))
    return place.heading, place.numbers


def lines(document: Document) -> list[str]:
    return [document.text[span.start : span.end] for span in document.places.paragraphs]


@pytest.mark.parametrize("name", ["museum-openpyxl.xlsx", "museum-libreoffice.xlsx", "museum-libreoffice.ods"])
def test_a_file_of_a_real_program_is_read_as_it_is_shown(name: str) -> None:
    format = format_of(Path(name).suffix)
    assert format
    document = format.read((FILES / name).read_bytes(), id=name, title="museum", path=name, sha256="0")
    columns = "Region | Month | Visitors | Share | Opened"
    assert document.title == "museum"
    assert at(document, "March\t2,310\t50.0%\t14 Mar 2031") == (
        ("Visitors", "Visitors of the museum", columns, "Region: North"), "cells B5:E5",
    )  # fmt: skip
    assert at(document, "South\tJanuary\t910\t12.5%\t1 Jun 2031")[0][-1] == "Region: South"
    head = "Item | 2030 Plan | 2030 Actual | 2031 Plan | 2031 Actual"
    assert at(document, "Light\t300\t280") == (("Costs by year", head), "cells A4:E4")
    assert "hidden words" not in document.text
    if "libreoffice" in name:
        assert at(document, "Total\t5730")[1] == "cells B9:C9"
        assert document.doubts == ()
    else:  # openpyxl doesn't calculate
        assert document.doubts == (Doubt(DoubtKind.UNCALCULATED),)
    assert load_document(dump_document(document)) == load_parts(dump_parts(document)) == document


def test_the_head_of_the_columns_is_that_of_a_csv_file() -> None:
    document = read_xlsx(xlsx(rows(*SHIPS)), id="a.xlsx")
    assert document.text == "Sheet1\n\nShip\tSails\nErik\t3\nAnna\t2"
    assert at(document, "Erik") == (("Sheet1", "Ship | Sails"), "cells A2:B2")
    assert [document.text[s.start : s.end] for s in document.quotable()] == ["Erik\t3", "Anna\t2"]
    assert document.title == "Sheet1"
    plain = read_xlsx(xlsx(rows(["Norway", 2019], ["Sweden", 2020])), id="a.xlsx")
    assert at(plain, "Sweden")[0] == ("Sheet1",)


def test_a_blank_row_ends_a_table_unless_its_columns_go_on() -> None:
    sheet = rows(["Fleet"], *SHIPS, [], ["Sum", 5], [], ["Note one", "x", "and more"])
    document = read_xlsx(xlsx(sheet), id="a.xlsx")
    assert at(document, "Sum") == (("Sheet1", "Fleet", "Ship | Sails"), "cells A6:B6")
    assert at(document, "Note")[0] == ("Sheet1", "Fleet")


def test_what_is_hidden_is_left_out() -> None:
    sheet = rows(*SHIPS).replace('<row r="2">', '<row r="2" hidden="1">')
    document = read_xlsx(xlsx(sheet, before='<cols><col min="2" max="2" hidden="1"/></cols>'), id="a.xlsx")
    assert lines(document) == ["Ship", "Anna"]
    two = read_xlsx(xlsx(rows(["x"]), rows(["y"]), state='state="veryHidden"'), id="a.xlsx")
    assert two.text == "Sheet2\n\ny"


def test_each_kind_of_value_is_read() -> None:
    styles = '<numFmts><numFmt numFmtId="170" formatCode="0.0&quot; km&quot;"/></numFmts>'
    styles += '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/></cellXfs>'
    cells = (
        cell("A1", 45000, 's="1"'), cell("B1", 2.25, 's="2"'), '<c r="C1" t="b"><v>1</v></c>',
        '<c r="D1" t="e"><v>#N/A</v></c>', '<c r="E1" t="str"><f>A1</f><v>of a_x000D_ formula</v></c>',
        '<c t="inlineStr"><is><r><t>two </t></r><rPh><t>no</t></rPh><r><t>parts</t></r></is></c>',
        '<c s="99"><v>7</v></c>',
    )  # fmt: skip
    sheet = f'<row r="3">{"".join(cells)}</row>'
    document = read_xlsx(xlsx(sheet, styles=styles), id="a.xlsx")
    assert lines(document) == ["2023-03-15\t2.3 km\tTRUE\t#N/A\tof a formula\ttwo parts\t7"]
    assert document.place(len(document.text)).numbers == "cells A3:G3"
    older = read_xlsx(xlsx(sheet, styles=styles, properties='<workbookPr date1904="1"/>'), id="a.xlsx")
    assert lines(older)[0].startswith("2027-03-16")


def test_rows_that_an_ods_file_writes_as_one_are_one() -> None:
    head = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{n}</text:p></table:table-cell>' for n in "ab"
    )
    numbers = "<table:table-cell><text:p>1</text:p><office:annotation><text:p>no</text:p></office:annotation>"
    numbers += '</table:table-cell><table:table-cell table:number-columns-repeated="2"><text:p>2<text:s/>x</text:p>'
    numbers += "</table:table-cell>"
    table = (
        f'<table:table table:name="T"><table:table-row>{head}</table:table-row>'
        f'<table:table-row table:number-rows-repeated="1000000">{numbers}</table:table-row>'
        f'<table:table-row table:visibility="filter">{head}</table:table-row></table:table>'
    )
    document = read_ods(ods(table + table.replace('"T"', '"U"')), id="a.ods")
    assert lines(document)[:2] == ["a\tb", "1\t2 x\t2 x"] and len(lines(document)) == 4
    assert at(document, "1\t2 x")[1] == "cells A2:C1000001"
    assert document.place(len(document.text)).heading[0] == "U"


def test_a_hidden_sheet_of_an_ods_file_is_left_out() -> None:
    style = '<style:style style:name="h"><style:table-properties table:display="false"/></style:style>'
    row = "<table:table-row><table:table-cell><text:p>{}</text:p></table:table-cell></table:table-row>"
    tables = f'<table:table table:name="A" table:style-name="h">{row.format("x")}</table:table>'
    tables += f'<table:table table:name="B">{row.format("y")}</table:table>'
    assert read_ods(ods(tables, style), id="a.ods").text == "B\n\ny"


def test_hostile_workbooks_are_refused_or_harmless() -> None:
    entity = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd"><!ENTITY b "&e;&e;">]>'
    text = cell("A1", "x").replace(">x<", ">safe &e;&b;<")
    document = read_xlsx(xlsx(f'<row r="1">{text}</row>', prologue=entity), id="a.xlsx")
    assert lines(document) == ["safe"]
    far = read_xlsx(xlsx(f'<row r="999999999999">{cell("ZZZ9999999", 1)}{cell("XFD1", 2)}</row>'), id="a.xlsx")
    assert lines(far) == ["2"]  # beyond the last column there is nothing
    merged = '<mergeCells><mergeCell ref="A1:XFD9999999"/><mergeCell ref="B9:A1"/></mergeCells>'
    assert at(read_xlsx(xlsx(rows(*SHIPS), after=merged), id="a.xlsx"), "Anna")[1] == "cells A3:B3"
    deep = "<x>" * 3000 + "</x>" * 3000
    with pytest.raises(Damaged):
        read_xlsx(xlsx(f'<row r="1">{deep}</row>'), id="a.xlsx")
    with pytest.raises(Damaged):
        read_xlsx(xlsx(rows(*SHIPS))[:-100], id="a.xlsx")
    with pytest.raises(SourceEmpty):
        read_xlsx(xlsx(""), id="a.xlsx")
    with pytest.raises(TooLarge):
        read_xlsx(xlsx("<row/>" * 8_000_000), id="a.xlsx")
    with pytest.raises(Encrypted):
        read_ods(zipped({"META-INF/manifest.xml": "<m><encryption-data/></m>", "content.xml": "x"}), id="a.ods")
    with pytest.raises(Damaged):
        read_ods(zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}), id="a.ods")


def test_merged_cells_beside_each_other_take_no_time(within: Callable[[float], AbstractContextManager[None]]) -> None:
    """Attack: in each of many rows every cell claims to cover all columns to its right."""
    names = [column_name(at) for at in range(3000)]
    line = "".join(cell(f"{name}{{0}}", 1) for name in names)
    sheet = "".join(f'<row r="{at}">{line.format(at)}</row>' for at in range(1, 9))
    merged = "".join(f'<mergeCell ref="{name}{at}:XFD{at}"/>' for at in range(1, 9) for name in names)
    with within(5):
        read_xlsx(xlsx(sheet, after=f"<mergeCells>{merged}</mergeCells>"), id="a.xlsx")


def test_a_shared_text_that_every_cell_shows_does_not_become_a_book(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack: a repeated cell of a long text, in the widest row."""
    long = f"<text:p>{'x ' * 10_000}</text:p>"
    wide = f'<table:table-cell table:number-columns-repeated="16384">{long}</table:table-cell>'
    table = f'<table:table table:name="T">{f"<table:table-row>{wide}</table:table-row>" * 20}</table:table>'
    with pytest.raises(TooLarge):
        read_ods(ods(table), id="a.ods")
