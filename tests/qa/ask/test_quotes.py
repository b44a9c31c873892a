"""Quotes: whole sentences, as few as possible, widened only if they need a neighbour."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from qa_fixtures import ARTICLE_QUESTIONS, build_book

import qa
from qa.__main__ import _answer_text, _quote_text
from qa.ask.conversation import ContextualQuestion
from qa.ask.extent import LONGEST, MOST_SENTENCES
from qa.ask.quotes import MOST_PLACES, make_quotes
from qa.ask.reader import FoundAnswer, read, worth_reading
from qa.ask.retrieve import candidates, make_queries
from qa.ask.sentences import Sentence, question_terms, ranked_sentences
from qa.web.page.texts.english import ENGLISH
from source import Span

pytest_plugins = ["qa_fixtures"]

STORY = """The village mill burned down in a cold winter. {opening} discovered four comets with a brass telescope. \
Nobody repaired the harbour wall after the storm. The baker sold warm bread on Sundays.
"""


@pytest.fixture(scope="module")
def qa_leaning(tmp_path_factory: pytest.TempPathFactory) -> dict[str, qa.Book]:
    folder = tmp_path_factory.mktemp("leaning")
    openings = {"she": "She", "he": "He", "named": "Caroline"}
    return {key: build_book(folder / key, {"a.txt": STORY.format(opening=text)}) for key, text in openings.items()}


def ranked(book: qa.Book, question: str) -> list[Sentence]:
    wanted = make_queries(ContextualQuestion(question), book.encoder)
    found = worth_reading(candidates(book.store, wanted))
    return ranked_sentences(
        book.store,
        wanted,
        found,
        read(book.store, ContextualQuestion(question), found),
        question_terms(book.store, question),
    )


def best(book: qa.Book, question: str) -> qa.Quote:
    answer = book.ask(question)
    return (answer.quotes or answer.nearest)[0]


@pytest.mark.parametrize("key", ["she", "he"])
def test_a_sentence_that_refers_back_is_quoted_with_the_one_before(qa_leaning: dict[str, qa.Book], key: str) -> None:
    quote = best(qa_leaning[key], "How many comets were discovered with a brass telescope?")
    assert quote.text.startswith("The village mill burned down") and quote.text.endswith("brass telescope.")


def test_a_sentence_that_stands_alone_is_quoted_alone(qa_leaning: dict[str, qa.Book]) -> None:
    quote = best(qa_leaning["named"], "How many comets were discovered with a brass telescope?")
    assert quote.text == "Caroline discovered four comets with a brass telescope."


def test_a_sentence_that_introduces_a_list_is_quoted_with_its_items(tmp_path: Path) -> None:
    items = "\n".join(
        f"{n}. {name} from the market." for n, name in enumerate(["Cumin", "Saffron", "Pepper", "Salt"], 1)
    )
    book = build_book(tmp_path, {"a.txt": f"The cook needs these spices for the lamb stew:\n\n{items}\n"})
    quote = best(book, "Which spices does the cook need for the lamb stew?")
    assert quote.text.startswith("The cook needs")
    assert [quote.text_of(mark) for mark in quote.highlights] == [
        f"{name} from the market." for name in ("Cumin", "Saffron", "Pepper", "Salt")
    ]


def test_an_answer_that_only_points_back_is_quoted_with_what_it_points_to(tmp_path: Path) -> None:
    text = "A thick fog lay on the bay. Experts agreed that this was the cause of the collision of the ferries."
    book = build_book(tmp_path, {"a.txt": text})
    found = ranked(book, "What was the cause of the collision of the ferries?")
    sentence = max(found, key=lambda each: each.position)
    sentence = replace(sentence, answer=FoundAnswer(Span(text.index("this"), text.index("this") + 4), -0.1), score=9.0)
    (quote,) = make_quotes(book.store, "", [sentence], question_terms(book.store, "collision"), 1)
    assert sentence.span.start > 0 and quote.text == text


def test_many_other_places_are_counted(tmp_path: Path) -> None:
    line = "The harbour is closed at nine in winter."
    book = build_book(tmp_path, {f"{n:02}.txt": line for n in range(30)})
    quote = best(book, "When is the harbour closed in winter?")
    assert len(quote.elsewhere) == MOST_PLACES - 1
    assert ENGLISH.elsewhere(quote.document, quote.elsewhere).endswith("; 16 more")
    assert _quote_text(quote).endswith("\n  — and 16 more places")


def test_the_same_words_are_quoted_once_with_their_other_places(tmp_path: Path) -> None:
    line = "The harbour is closed at nine in winter."
    files = {"a.txt": f"Comets have tails. {line}", "b.txt": f"{line}\n\nBread is sold on Sundays.\n\n{line}"}
    book = build_book(tmp_path, files)
    answer = book.ask("When is the harbour closed in winter?", k=10)
    quotes = answer.quotes or answer.nearest
    assert [quote.text for quote in quotes].count(line) <= 1
    places = [(quotes[0].document.id, quotes[0].place.line)]
    places += [(each.document.id, each.place.line) for each in quotes[0].elsewhere]
    assert sorted(places) == [("a.txt", 1), ("b.txt", 1), ("b.txt", 5)]
    for each in quotes[0].elsewhere:
        assert book.document(each.document.id).text[each.span.start : each.span.end] == line
    printed = _answer_text(replace(answer, state=qa.State.ANSWERED, quotes=quotes))
    assert printed.count("\n  — also in: ") == 2
    shown = ENGLISH.elsewhere(quotes[0].document, quotes[0].elsewhere)
    assert shown.startswith("Also appears in: ")
    assert all(f"line {each.place.line}" in shown for each in quotes[0].elsewhere)
    data = qa.answer_json(answer)
    first = (data["quotes"] or data["nearest"])[0]
    assert len(first["elsewhere"]) == 2 and set(first["elsewhere"][0]) == {"start", "end", "document", "place"}


def test_a_long_neighbour_is_not_quoted_too(tmp_path: Path) -> None:
    long = "The village mill with " + "its many rooms and stairs and " * 12 + "doors burned down."
    assert len(long) > LONGEST
    book = build_book(tmp_path, {"a.txt": f"{long} She discovered four comets with a brass telescope.\n"})
    quote = best(book, "How many comets were discovered with a brass telescope?")
    assert quote.text == "She discovered four comets with a brass telescope."


@pytest.mark.parametrize("question", ARTICLE_QUESTIONS)
def test_quotes_are_short_runs_of_whole_sentences(qa_article: qa.Book, question: str) -> None:
    store = qa_article.store
    spans = sorted({span for row in range(len(store)) for span in store.sentences(row)})
    answer = qa_article.ask(question, k=10)
    for quote in (*answer.quotes, *answer.nearest):
        inside = [span for span in spans if quote.span.start <= span.start and span.end <= quote.span.end]
        assert (inside[0].start, inside[-1].end) == (quote.span.start, quote.span.end)
        assert len(quote.highlights) > 1 or len(inside) <= MOST_SENTENCES  # a list is quoted whole
        assert len(quote.highlights) > 1 or len(inside) == 1 or len(quote.text) <= LONGEST


@pytest.mark.parametrize("question", ARTICLE_QUESTIONS)
def test_quotes_of_an_answer_do_not_overlap_and_come_best_first(qa_article: qa.Book, question: str) -> None:
    answer = qa_article.ask(question, k=20)
    quotes = answer.quotes or answer.nearest
    scores = [quote.score for quote in quotes]
    assert scores == sorted(scores, reverse=True)
    spans = sorted(quote.span for quote in quotes)
    assert all(not first.overlaps(second) for first, second in pairwise(spans))


@pytest.mark.parametrize("k", [1, 2, 3])
def test_never_more_quotes_than_asked_for(qa_article: qa.Book, k: int) -> None:
    assert len(qa_article.ask("How tall is Mount Everest?", k=k).nearest) == k


def test_a_quote_has_its_place(qa_article: qa.Book) -> None:
    quote = best(qa_article, "How did Rudenko describe Central Asia as an island?")
    document = qa_article.document(quote.document.id)
    assert quote.place == document.place(quote.span.start)
    assert quote.place.line == document.text[: quote.span.start].count("\n") + 1
    assert (quote.document.sha256, quote.document.title) == (document.sha256, document.title)
