"""The library's table of documents as HTML."""

from __future__ import annotations

from datetime import UTC, datetime

from qa import Entry
from qa.web.page.library.table import left_out, table
from qa.web.page.texts.english import ENGLISH
from qa.web.page.texts.russian import RUSSIAN
from source import Doubt, DoubtKind


def entry(number: int = 1, **facts: object) -> Entry:
    given = {
        "id": f"{number}.pdf", "title": f"Book {number}", "path": f"/srv/books/{number}.pdf", "format": "pdf",
        "pages": 1234, "passages": 56,
        "modified": datetime(2026, 3, 9, tzinfo=UTC), "doubts": (), "added": False, "address": "",
        "fetched": "", **facts,
    }  # fmt: skip
    return Entry(**given)  # type: ignore[arg-type]


def test_a_row_shows_the_facts_of_a_document() -> None:
    html = table([entry()], 0, 1, ENGLISH, read_only=False)
    for word in ("Book 1", "1.pdf", "pdf", "1,234", "56", "09 Mar 2026", "1 document."):
        assert word in html
    assert "/srv/books" not in html  # the server's paths stay private
    assert "1 документ." in table([entry()], 0, 1, RUSSIAN, read_only=False)


def test_doubts_about_a_text_are_shown_with_it() -> None:
    doubts = (Doubt(DoubtKind.NO_TEXT, 3), Doubt(DoubtKind.NO_TEXT, 4))
    english, russian = (table([entry(doubts=doubts)], 0, 1, texts, read_only=True) for texts in (ENGLISH, RUSSIAN))
    assert "Text may differ from the original (no text: pages 3–4)" in english
    assert "нет текста: стр. 3–4" in russian


def test_names_are_text_whatever_they_hold() -> None:
    """Attack: the end tags of `<textarea>`, `<title>` and `<style>` in a name."""
    evil = '"><img src=x onerror=alert(1)>'
    html = table([entry(title=evil, id=evil, format=evil)], 0, 1, ENGLISH, read_only=False)
    html += left_out([evil], ENGLISH)
    assert "<img" not in html and html.count("&lt;img") >= 5


def test_a_read_only_table_has_no_remove_buttons() -> None:
    assert 'data-do="remove"' in table([entry()], 0, 1, ENGLISH, read_only=False)
    assert 'data-do="remove"' not in table([entry()], 0, 1, ENGLISH, read_only=True)


def test_a_long_list_is_turned_over() -> None:
    html = table([entry(n) for n in range(50)], 50, 1200, ENGLISH, read_only=True)
    assert "51–100 of 1,200" in html
    assert 'data-first="0"' in html and 'data-first="100"' in html
    last = table([entry(n) for n in range(50)], 1150, 1200, ENGLISH, read_only=True)
    assert 'data-first="1100"' in last and 'data-first="1200"' not in last


def test_a_long_list_of_removed_documents_ends_with_a_count() -> None:
    html = left_out([f"{n}.txt" for n in range(1502)], ENGLISH)
    assert html.count("<li") == 501 and "1,002 more" in html
    assert left_out([], ENGLISH) == ""
