"""In the row of a table, the cell below the column that the question names is marked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from qa_fixtures import build_book

import qa
from qa.ask.tables import row_at, row_of
from source import Document, Span
from source.builder import TextBuilder
from source.formats.csv import read_csv
from source.formats.markdown import read_markdown
from source.formats.tables import TableRow

pytest_plugins = ["qa_fixtures"]

MARKDOWN = """# Baths

| Year | Month | Visitors | Takings |
|---|---|---|---|
| 2023 | February | 4,310 | 8,120 |
| 2023 | March | 5,100 | 9,870 |
| 2023 | April | free | 10,440 |
"""
CSV = 'ship,"built, in",masts,harbour\nErik,1902,3,Bergen\n"Two\nBrothers",1911,2,Narvik\nFreia,1899,4,Tromsø\n'


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> qa.Book:
    return build_book(tmp_path_factory.mktemp("tables"), {"baths.md": MARKDOWN, "ships.csv": CSV})


def marked(book: qa.Book, question: str) -> list[str]:
    answer = book.ask(question)
    quote = (answer.quotes or answer.nearest)[0]
    return [quote.text_of(mark) for mark in quote.highlights]


@pytest.mark.parametrize(
    ("question", "cell"),
    [
        ("How many visitors were there in March?", "5,100"),
        ("How many visitors came in April 2023?", "free"),
        ("What were the takings in February?", "8,120"),
        ("In which harbour is the Freia?", "Tromsø"),
    ],
)
def test_the_cell_of_the_named_column_is_marked(book: qa.Book, question: str, cell: str) -> None:
    assert marked(book, question) == [cell]


def rows(document: Document, *words: str) -> list[list[tuple[str, str]] | None]:
    return [_row(document, document.text.index(word)) for word in words]


def _row(document: Document, at: int) -> list[tuple[str, str]] | None:
    found = row_at(document, Span(at, at + 1))
    if found is None:
        return None
    return [(head, document.text[cell.start : cell.end]) for head, cell in zip(found.heads, found.cells, strict=False)]


def test_rows_of_every_format_are_divided_as_their_heads() -> None:
    ships = read_csv(CSV.encode(), id="ships.csv")
    assert rows(ships, "Erik", "Brothers", "ship") == [
        [("ship", "Erik"), ("built, in", "1902"), ("masts", "3"), ("harbour", "Bergen")],
        [("ship", "Two\nBrothers"), ("built, in", "1911"), ("masts", "2"), ("harbour", "Narvik")],
        None,
    ]
    staff = read_markdown("# T\n\n| | 2021 | 2022 |\n|---|---|---|\n| Staff \\| x | 1 | |\n| Rent | 3 |\n", id="a.md")
    assert rows(staff, "Staff", "Rent", "T") == [
        [("", "Staff \\| x"), ("2021", "1"), ("2022", "")],
        [("", "Rent"), ("2021", "3")],
        None,
    ]
    builder = TextBuilder()
    builder.paragraph("Staff")
    builder.table([TableRow({1: "2021", 2: "2022"}), TableRow({0: "Rent", 1: "3"}), TableRow({1: "5", 2: "6"})], head=1)
    built = builder.build(id="a.docx", extractor="docx/1")
    assert rows(built, "Rent", "5") == [[("", "Rent"), ("2021", "3")], [("", ""), ("2021", "5"), ("2022", "6")]]


def test_text_that_is_no_row_is_left_alone(tmp_path: Path) -> None:
    assert row_of("a b\n1 2", Span(4, 7), Span(0, 3), "a | b") is None  # nothing divides the cells
    assert row_of("a|b\n1|2|3", Span(4, 9), Span(0, 3), "a | b") is None  # too many cells
    book = build_book(tmp_path, {"a.txt": "The visitors of March were counted: 5,100 | of all 9,000."})
    assert marked(book, "How many visitors were counted in March?") != ["of all 9,000."]


def test_long_rows_take_no_time(within: Callable[[float], AbstractContextManager[None]]) -> None:
    with within(1):
        for row in ("|" * 4000, '"' * 4000, '",' * 2000, "\\" * 4000, "x" * 1_000_000):
            text = f"{row}\n{row}"
            row_of(text, Span(len(row) + 1, len(text)), Span(0, len(row)), "a | b")
