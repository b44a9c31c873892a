"""The heuristic that finds the words of a quote that answer."""

from __future__ import annotations

import pytest
from qa_fixtures import ARTICLE_QUESTIONS

import qa
import qa.ask.reader.candidates
from qa.ask.highlights import Word, clause, highlight, split
from source import Span

pytest_plugins = ["qa_fixtures"]


def marked(text: str, question: str, stopwords: str = "the a of in is was were by and") -> str:
    """The words marked in `text`; a word counts as the question's if it is literally in it."""
    asked = {word.lower() for word in question.rstrip("?").split()} - set(stopwords.split())
    whole = Span(0, len(text))
    spans = split(text, whole)
    folded = [text[span.start : span.end].lower() for span in spans]
    words = [
        Word(span, float(word in asked), word in stopwords.split())
        for span, word in zip(spans, folded, strict=True)
    ]  # fmt: skip
    span = highlight(text, words, whole, question)
    return text[span.start : span.end]


@pytest.mark.parametrize(
    ("text", "question", "answer"),
    [
        ("The choir of Graz has forty singers and 12 drummers.", "How many drummers are there?", "12"),
        ("In 1920 Anna Smith founded the choir.", "Who founded the choir?", "Anna Smith"),
        ("Anna Smith founded the choir in March 1920.", "When was the choir founded?", "March 1920"),
        ("The bridge cost $ 3.5 million in 1931.", "How much was the bridge cost?", "$ 3.5 million"),
        ("Some 39.7% of experts are here.", "What share of experts?", "39.7%"),
        ("1. The stew needs 7 onions.", "How many onions?", "7"),  # without the number of the item
        ("The wolves eat berries in autumn.", "What do wolves eat?", "berries in autumn"),
    ],
)
def test_the_words_that_answer(text: str, question: str, answer: str) -> None:
    assert marked(text, question) == answer


def test_nothing_but_the_questions_words_marks_the_sentence() -> None:
    assert marked("Wolves eat berries.", "wolves eat berries?") == "Wolves eat berries."


@pytest.mark.parametrize(
    ("text", "found", "said"),
    [
        ("It is loud, but it can be painted to fit the room.", "painted", "but it can be painted to fit the room"),
        ("It did not rain; the wolves slept.", "rain", "It did not rain"),
        ("2. The stew is hot.", "hot", "The stew is hot"),
        ("They paid 1,000 dollars, as agreed.", "dollars", "They paid 1,000 dollars"),
        ("It is loud, heavy and dear.", "loud, heavy", "It is loud, heavy and dear"),
        ("It may be painted.", "It may be painted.", "It may be painted"),
    ],
)
def test_the_clause_around_an_answer(text: str, found: str, said: str) -> None:
    start = text.index(found)
    span = clause(text, Span(start, start + len(found)), Span(0, len(text)))
    assert text[span.start : span.end] == said


def test_words_are_split_without_the_number_of_an_item() -> None:
    text = "2. Lack of well-known, 39.7% good."
    assert [text[s.start : s.end] for s in split(text, Span(0, len(text)))] == [
        "Lack",
        "of",
        "well-known",
        "39.7%",
        "good",
    ]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How much is the cumulative investment in Central Asian countries?", "$ 30.5 billion"),
        ("How many citizens from the region live permanently in Russia?", "4 million"),
        ("What share of the experts came from Western countries?", "39.7%"),
        ("Who provided data on cooperation in the welcome speech?", "Andrey Rudenko"),
        ("Since when has world society not faced so many challenges?", "1945"),
        ("Who is Rahim Oshakbaev?", "director of the TALAP"),
    ],
)
def test_golden_highlights_of_the_article(qa_article: qa.Book, question: str, answer: str) -> None:
    found = qa_article.ask(question)
    quote = (found.quotes or found.nearest)[0]
    assert any(answer in quote.text_of(mark) for mark in quote.highlights)


@pytest.mark.parametrize("question", ARTICLE_QUESTIONS)
def test_a_highlight_lies_in_its_quote(qa_article: qa.Book, question: str) -> None:
    answer = qa_article.ask(question, k=10)
    for quote in (*answer.quotes, *answer.nearest):
        for mark in quote.highlights:
            assert quote.span.start <= mark.start < mark.end <= quote.span.end


@pytest.mark.parametrize("question", ARTICLE_QUESTIONS)
def test_without_the_reader_a_highlight_has_none_of_the_questions_words(
    qa_article: qa.Book, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    monkeypatch.setattr(qa.ask.reader.candidates, "reader_for", lambda languages: None)
    answer = qa_article.ask(question, k=10)
    lexical = qa_article.store.lexical
    asked = lexical.content_words(question)
    for quote in (*answer.quotes, *answer.nearest):
        if len(quote.highlights) > 1:  # the items of a list
            continue
        (mark,) = quote.highlights
        assert quote.span.start <= mark.start < mark.end <= quote.span.end
        assert not lexical.contains(quote.text_of(mark), asked).any()
