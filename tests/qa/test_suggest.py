"""Suggested first questions: in the documents' own words, and each of them answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from qa_fixtures import build_book

import qa
from index import FolderStore
from qa.find import find_in
from qa.suggest import suggested_questions
from source import RegionKind

pytest_plugins = ["qa_fixtures"]

FILES = {
    "lund.md": (
        "# The port of Lund\n\n## Who runs the harbour office?\n\n"
        "The harbour master of Lund is called Astrid Lindqvist. This is known to all.\n\n"
        "## Introduction\n\nIt has a crane from 1893.\n"
    ),
    "choir.txt": "The oldest choir in Graz was founded by Anna Smith in 1931. They sing on Sundays and feast days.\n",
    "page.html": (
        "<html><body><nav><a href='/'>The main menu is here for all readers</a></nav><article><h1>Bees</h1>"
        "<p>The annual honey harvest of the Zorblax valley was 412 tonnes, more than ever before. Bees like it.</p>"
        "<p>Much more could be said about the bees of this valley and how they came to live in it.</p></article>"
        "<script>var total = 5; The script code is here for machines.</script></body></html>"
    ),
}


@pytest.fixture(scope="module")
def qa_harbour(tmp_path_factory: pytest.TempPathFactory) -> qa.Edition:
    return build_book(tmp_path_factory.mktemp("harbour"), FILES).now()


def test_suggestions_come_from_every_document(qa_harbour: qa.Edition) -> None:
    found = suggested_questions(qa_harbour)
    assert len(found) == 4
    assert set(found) > {
        "The harbour master of Lund",
        "The oldest choir in Graz",
        "The annual honey harvest of the Zorblax valley",
    }


def test_suggestions_are_limited_and_deterministic(qa_harbour: qa.Edition) -> None:
    assert suggested_questions(qa_harbour) == suggested_questions(qa_harbour)
    assert len(suggested_questions(qa_harbour, most=2)) == 2
    assert suggested_questions(qa_harbour, most=0) == []


class Counting(qa.Edition):
    """Counts the questions."""

    asked = 0

    def ask(self, *arguments: object, **named: object) -> qa.Answer:
        self.asked += 1
        return super().ask(*arguments, **named)  # type: ignore[arg-type]


def test_on_the_shipped_article(qa_article: qa.Book) -> None:
    edition = Counting(qa_article.store, qa_article.encoder)
    found = suggested_questions(edition)
    assert len(found) == 4 and edition.asked <= 24
    assert "Cumulative investment in Central Asian countries" in found
    (reference,) = edition.documents()
    document = edition.document(reference.id)
    debris = [region.span for region in document.regions if region.kind is not RegionKind.HEADING]
    sure = []
    for text in found:
        answer = edition.ask(text)
        sure.append(answer.confidence)
        assert answer.answered and 2 <= len(text.split()) <= 12
        places = find_in(document, text)
        assert any(not any(place.overlaps(span) for span in debris) for place in places), text
    assert sure == sorted(sure, reverse=True)


def test_the_first_quote_is_not_a_heading_and_adds_to_the_search(qa_harbour: qa.Edition) -> None:
    for text in suggested_questions(qa_harbour):
        quote = qa_harbour.ask(text).quotes[0]
        document = qa_harbour.document(quote.document.id)
        assert not any(region.span.overlaps(quote.span) for region in document.regions)
        assert len(quote.text) > len(text)


def test_a_collection_of_a_thousand_is_not_read_through(tmp_path: Path) -> None:
    lines = [
        f'{{"id": "{n}", "text": "The stone bridge number {n} was built by mason Otto {n}."}}' for n in range(1000)
    ]
    book = build_book(tmp_path, {"many.jsonl": "\n".join(lines)})
    edition = Counting(book.store, book.encoder)
    found = suggested_questions(edition)
    assert isinstance(edition.store, FolderStore)
    assert edition.asked <= 24 and edition.store.document.cache_info().currsize <= 64
    assert len(found) == len(set(found)) <= 4


@pytest.mark.parametrize("text", ["Introduction\n", "a; b; c.\n", "1 2 3 4\n"])
def test_documents_without_statements_give_no_suggestions(tmp_path: Path, text: str) -> None:
    assert suggested_questions(build_book(tmp_path, {"a.txt": text}).now()) == []
