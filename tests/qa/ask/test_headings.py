"""A heading is quoted where it is the answer."""

from __future__ import annotations

import pytest
from qa_fixtures import build_book

import qa
from qa.ask.headings import heading_words
from source import Span

pytest_plugins = ["qa_fixtures"]

MANUAL = """# Dishwasher

## F-11

The circulation pump is blocked. Clean the filter.

## 2.2.0 – 2023-11-20

New wire protocol for sending.

## Contact

Letters are answered within two days.
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> qa.Book:
    return build_book(tmp_path_factory.mktemp("headings"), {"manual.md": MANUAL})


def best(book: qa.Book, question: str) -> qa.Quote:
    answer = book.ask(question)
    return (answer.quotes or answer.nearest)[0]


@pytest.mark.parametrize(
    ("question", "marked", "quoted"),
    [
        ("Which code means that the circulation pump is blocked?", "F-11", "F-11\n\nThe circulation pump is blocked."),
        ("When did the new wire protocol come?", "2023-11-20", "2.2.0 – 2023-11-20\n\nNew wire protocol for sending."),
    ],
)
def test_a_heading_that_answers_is_quoted_with_the_text_below(
    book: qa.Book, question: str, marked: str, quoted: str
) -> None:
    quote = best(book, question)
    (words,) = (quote.text_of(mark) for mark in quote.highlights)
    assert quote.text == quoted and marked in words and words in quoted.split("\n")[0]
    assert book.document("manual.md").text[quote.span.start : quote.span.end] == quote.text


def test_a_heading_that_the_question_names_does_not_answer_it(book: qa.Book) -> None:
    assert best(book, "What does F-11 mean?").text.startswith("The circulation pump is blocked.")


def test_words_across_two_headings_are_not_those_of_one(book: qa.Book) -> None:
    document = book.document("manual.md")
    context, at = "Dishwasher – F-11.\n", MANUAL.index("The circulation")
    end = len("Dishwasher – F-11") - len(context)
    whole = Span(-len(context), end)
    assert heading_words(document, at, context, whole) is None
    found = heading_words(document, at, context, Span(end - len("F-11"), end))
    assert found and document.text[found.words.start : found.words.end] == "F-11"
