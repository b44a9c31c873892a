"""What documents state about themselves: in their properties, and plainly in their first lines."""

from __future__ import annotations

import json
import time

import pytest
from docx_fixtures import docx, p
from epub_fixtures import book, chapter, item, opf
from odt_fixtures import odt
from odt_fixtures import p as odt_p

from source import Document, JsonlLines, dump_document, load_document, load_facts
from source.formats.dates import dates_in
from source.formats.imprint import properties, with_imprint
from source.formats.jsonl import JsonlRecord
from source.formats.registry import format_of

TEXTS = {
    "Minutes of the council, 12 March 2024\n\nThe meeting opened.\n\nAll came.": {"date": ["2024-03-12 (quoted)"]},
    "Ferries\n\nBy Anna Berg and Carl von Linde\n\nLund, 3 May 2022\n\nThe ferries carried 300 in 2021.": {
        "author": ["Anna Berg (quoted)", "Carl von Linde (quoted)"], "date": ["2022-05-03 (quoted)"],
    },
    "Handbook\n\nAuthor: HR Department\nLast updated: March 2023\nVersion: 2.0\n\nText here.": {
        "author": ["HR Department (quoted)"], "date": ["2023-03 (quoted)"], "version": ["2.0 (quoted)"],
    },
    "Kaufvertrag\n\nVerfasser: Dr. Jörg Müller\nStand: 1. März 2023\n\nDer Käufer zahlt.": {
        "author": ["Dr. Jörg Müller (quoted)"], "date": ["2023-03-01 (quoted)"],
    },
    "Отчёт\n\nАвтор: Анна Берг\nДата: 5 мая 2021\n\nТекст.": {
        "author": ["Анна Берг (quoted)"], "date": ["2021-05-05 (quoted)"],
    },
    "By the time Anna Berg came home, it was 12 March 2024.\n\nShe said so.": {},
    "A story\n\nIn 2019 he went to version 2 of the bridge.\n\nHe left.": {},
}  # fmt: skip


def read(name: str, data: str | bytes) -> Document:
    stem, _, suffix = name.rpartition(".")
    format = format_of(f".{suffix}")
    assert format
    data = data.encode() if isinstance(data, str) else data
    return format.read(data, id=name, title=stem, path=name, sha256="0")


def stated(document: Document) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in document.stated:
        assert each.span is None or document.text[each.span.start : each.span.end]
        found.setdefault(each.name.value, []).append(each.value + ("" if each.span is None else " (quoted)"))
    return found


@pytest.mark.parametrize("text", TEXTS)
def test_the_first_lines_state_it_plainly_or_not_at_all(text: str) -> None:
    assert stated(read("ships.txt", text)) == TEXTS[text]


def test_a_year_or_version_in_the_name_is_the_last_resort() -> None:
    document = read("report_2021_v3.txt", "We sold nothing at all. By 1999 Anna had gone.")
    assert stated(document) == {"date": ["2021"], "version": ["3"]}


def test_front_matter() -> None:
    front = 'title: Leave\nauthors:\n  - Anna Berg\n  - "Bo Ek"\ndate: 2023-04-01\nversion: 1.2'
    document = read("a.md", f"---\n{front}\n---\n\n# Leave\n\nText.")
    assert stated(document) == {"author": ["Anna Berg", "Bo Ek"], "date": ["2023-04-01"], "version": ["1.2"]}


def test_html() -> None:
    page = (
        '<meta name="author" content="Anna Berg">'
        '<meta property="article:published_time" content="2024-03-12T08:00:00Z">'
        "<title>Ships</title><h1>Ships</h1><p>Two sail every day in summer.</p>"
    )
    assert stated(read("a.html", page)) == {"author": ["Anna Berg"], "date": ["2024-03-12"]}


def test_word() -> None:
    core = "Ships</dc:title><dc:creator>Anna Berg</dc:creator><created>2024-03-12T10:00:00Z</created><dc:title>"
    document = read("a.docx", docx(p("Two sail."), title=core))
    assert stated(document) == {"author": ["Anna Berg"], "date": ["2024-03-12"]}


def test_open_document() -> None:
    meta = "Ships</dc:title><dc:creator>Anna Berg</dc:creator><dc:date>2024-03-12T10:00:00</dc:date><dc:title>"
    document = read("a.odt", odt(odt_p("Two sail."), title=meta))
    assert stated(document) == {"author": ["Anna Berg"], "date": ["2024-03-12"]}


def test_epub() -> None:
    named = "<dc:title>Ships</dc:title><dc:creator>Anna Berg</dc:creator><dc:creator>Bo Ek</dc:creator>"
    package = opf(item("a", "a.xhtml"), '<itemref idref="a"/>', f"{named}<dc:date>2019</dc:date>")
    document = read("a.epub", book(package, {"a.xhtml": chapter("<p>Two sail.</p>")}))
    assert stated(document) == {"author": ["Anna Berg", "Bo Ek"], "date": ["2019"]}


def test_names_that_programs_enter_and_what_is_no_date_are_ignored() -> None:
    for name in ("user", "Microsoft Word", "Administrator", "python-docx", "", None, 3):
        assert properties([name], "soon") == ()
    (date,) = properties(date="D:20240312101500+02'00'")
    assert date.value == "2024-03-12"
    (author,) = properties(["Anna\x1b[2J\u202e Berg"])
    assert "\x1b" not in author.value and "\u202e" not in author.value


def test_a_line_of_a_collection() -> None:
    line = json.dumps({"id": "a", "text": "Two sail.", "author": "Anna Berg", "date": "2024-03-12"}).encode()
    document = JsonlRecord(line, JsonlLines(0, len(line), 1), "c.jsonl").document()
    assert stated(document) == {"author": ["Anna Berg"], "date": ["2024-03-12"]}


def test_it_is_stored_with_the_document_and_missing_from_an_earlier_line() -> None:
    document = read("a.txt", "Ferries\n\nBy Anna Berg\n\nVersion 2.1 – 3 May 2022\n\nThe ferries sail.")
    line = dump_document(document)
    facts = load_facts(line)
    assert load_document(line).stated == document.stated
    assert (facts.authors, facts.date, facts.version) == (("Anna Berg",), "2022-05-03", "2.1")
    assert (document.authors, document.date, document.version) == (("Anna Berg",), "2022-05-03", "2.1")
    start, end = line.index(b', "stated"'), line.index(b', "text"')
    earlier = line[:start] + line[end:]
    assert load_document(earlier).stated == () and load_facts(earlier).date == ""
    with pytest.raises(ValueError):
        load_document(line.replace(b'["version", "2.1", ', b'["version", "2.1", 999'))


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("12th of March 2024", "2024-03-12"), ("March 12, 2024", "2024-03-12"), ("12.03.2024", "2024-03-12"),
        ("25/12/2023", "2023-12-25"), ("3/4/2021", "2021"), ("2024-02-30", ""), ("mars 2020", "2020-03"),
        ("2024年3月12日", "2024-03-12"), ("§ 2024.5", ""), ("$2024", ""), ("room 3024", ""),
    ],
)  # fmt: skip
def test_dates(text: str, iso: str) -> None:
    assert [found for _, found in dates_in(text)] == ([iso] if iso else [])


@pytest.mark.parametrize("part", ["1 ", "By A ", "Author: A, ", "12 March ", "version ", "of ", "2024-", "a; "])
def test_hostile_lines_take_no_time(part: str) -> None:
    document = read("a.txt", f"{part * (190 // len(part))}\n\n" * 50)
    started = time.perf_counter()
    with_imprint(document)
    assert time.perf_counter() - started < 0.3
