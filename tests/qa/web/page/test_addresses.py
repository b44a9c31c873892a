"""The address of a web page, where the page names the source of its copy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

import qa
from qa import DocumentRef, Entry
from qa.web.page.chat import markdown
from qa.web.page.chat.cards import draw
from qa.web.page.document.panel import frame
from qa.web.page.html import link
from qa.web.page.library.table import table
from qa.web.page.texts.english import ENGLISH
from qa.web.page.texts.russian import RUSSIAN
from source import Place

pytest_plugins = ["qa_fixtures"]

ADDRESS = 'https://example.com/fares?a=1&b="2'
HTML = "https://example.com/fares?a=1&amp;b=&quot;2"
FETCHED = "2026-11-30T19:40:12+00:00"
PLACE = Place(page=None, heading=("Oslo",), paragraph=3, line=None)


@pytest.fixture
def answer(qa_article: qa.Book) -> qa.Answer:
    """An answer of one quote, as if its document were the copy of a web page."""
    given = qa_article.ask("How much is the cumulative investment in Central Asian countries?")
    quote = given.quotes[0]
    return replace(given, quotes=(replace(quote, document=replace(quote.document, address=ADDRESS, fetched=FETCHED)),))


def test_a_card_links_to_the_page(answer: qa.Answer, qa_article: qa.Book) -> None:
    html = draw(answer, qa_article.now(), ENGLISH)
    assert (
        f'<a dir="auto" href="{HTML}" target="_blank" rel="noopener noreferrer" class="file">{HTML}</a>'
        '<span class="fetched">fetched 30 Nov 2026</span>'
    ) in html
    assert 'class="file"' not in draw(replace(answer, quotes=()), qa_article.now(), ENGLISH)
    assert "дата обращения: 30.11.2026" in draw(answer, qa_article.now(), RUSSIAN)


def test_the_citation_carries_the_address(answer: qa.Answer) -> None:
    document = DocumentRef("a.html", "Fares", "a.html", "", "", "2026-03-09", ADDRESS, FETCHED)
    cited = f"Fares (09 Mar 2026), Oslo › paragraph 3 ({ADDRESS}, fetched 30 Nov 2026)"
    assert ENGLISH.citation(document, PLACE) == cited
    assert ENGLISH.citation(replace(document, address="", fetched=""), PLACE).endswith("paragraph 3 (a.html)")
    exported = markdown.turn(answer, (), ENGLISH)
    assert markdown.plain(ADDRESS) in exported and "fetched 30 Nov 2026" in exported


def test_the_document_and_the_list_name_the_address(qa_article: qa.Book) -> None:
    document = replace(qa_article.document(qa_article.now().store.rows.ids()[0]), address=ADDRESS)
    linked = f'<a dir="auto" href="{HTML}" target="_blank" rel="noopener noreferrer" class="path">{HTML}</a>'
    assert linked in frame(document, ENGLISH)
    modified = datetime(2026, 3, 9, tzinfo=UTC)
    entry = Entry("a.html", "Fares", "a.html", "html", None, 1, (), ADDRESS, FETCHED, modified, True)
    assert linked in table([entry], 0, 1, ENGLISH, read_only=False)


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "https://me:secret@example.com/", "data:text/html,x", "//a"]
)
def test_only_a_web_address_becomes_a_link(address: str) -> None:
    """Attack: an index of somebody else's, in which a document's address is a script."""
    assert link(address) == f'<span dir="auto">{address}</span>'
    assert "\u202e" not in link("https://example.com/\u202e") and "href" not in link("https://example.com/\u202e")
