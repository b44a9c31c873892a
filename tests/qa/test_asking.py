"""What people write beside their questions: greetings, mail, keywords, two questions at once, small talk."""

from __future__ import annotations

from pathlib import Path

import pytest
from qa_fixtures import build_book

import qa

pytest_plugins = ["qa_fixtures"]

PASSES = """# Passes

The day pass costs 12 crowns and is valid on all ferries until midnight.

The week pass costs 48 crowns. It is sold at the harbour office only.

# Dogs

Dogs travel free of charge. Large dogs are not allowed in the saloon.

# Opening hours

The harbour office opens at seven o'clock in the morning.
The museum of the harbour opens at ten.
"""
PUMPS = """# K-200

The K-200 has a pressure of 4 bar.

## Service

The warranty period is two years.

# K-300

The K-300 has a pressure of 9 bar.

## Service

The warranty period is five years.
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> qa.Book:
    return build_book(tmp_path_factory.mktemp("asking"), {"passes.md": PASSES, "pumps.md": PUMPS})


def shown(answer: qa.Answer) -> list[str]:
    return [quote.text for quote in answer.quotes or answer.nearest]


QUESTION = "What does the day pass cost?"


@pytest.mark.parametrize(
    "text",
    [
        f"Hi, could you please tell me: {QUESTION} Thanks!",
        f"Dear team,\n\nwe had a lovely time last summer.\n{QUESTION}\n\nBest regards,\nAnna Berg",
        f"{QUESTION}\n\nOn Mon, 3 May 2021, Tom wrote:\n> when does the museum open?",
    ],
)
def test_politeness_changes_nothing(book: qa.Book, text: str) -> None:
    plain, polite = book.ask(QUESTION), book.ask(text)
    assert polite.question == text
    assert polite.searched_for == QUESTION
    assert polite.confidence == pytest.approx(plain.confidence)
    assert (polite.quotes, polite.nearest) == (plain.quotes, plain.nearest)
    assert [hit.passage for hit in book.retrieve(text)] == [hit.passage for hit in book.retrieve(QUESTION)]


def test_a_plain_question_was_searched_for_as_written(book: qa.Book) -> None:
    text = "  What does the \n day pass cost? "
    assert book.ask(text).searched_for == text.strip()


def test_earlier_questions_are_understood_too(book: qa.Book) -> None:
    history = ["Hello", "Hi! Could you tell me what the day pass costs? Thanks, Anna", "thanks!"]
    assert book.ask("And the week pass?", history=history).searched_for == "what the day pass costs? And the week pass?"


def test_what_the_question_refers_to_is_searched_for(book: qa.Book) -> None:
    answer = book.ask("Hello, my pump is the K-300. What pressure does it have?")
    assert answer.searched_for == "my pump is the K-300. What pressure does it have?"
    assert "9 bar" in shown(answer)[0]
    assert "4 bar" in shown(book.ask("Hello, my pump is the K-200. What pressure does it have?"))[0]


def test_each_of_two_questions_is_quoted_for_in_order(book: qa.Book) -> None:
    first, second = shown(book.ask("When does the museum open and what does the week pass cost?"))[:2]
    assert "museum" in first and "48 crowns" in second
    first, second = shown(book.ask("What does the week pass cost? When does the museum open?"))[:2]
    assert "48 crowns" in first and "museum" in second


def test_both_sides_of_a_comparison_are_quoted(book: qa.Book) -> None:
    quotes = shown(book.ask("Is the day pass or the week pass cheaper?"))
    assert "12 crowns" in quotes[0] and "48 crowns" in " ".join(quotes[:2])
    assert len(set(quotes)) == len(quotes)


def test_the_parts_share_the_number_of_quotes(book: qa.Book) -> None:
    answer = book.ask("What does the week pass cost and when does the museum open?", k=1)
    assert len(shown(answer)) == 1


def test_keywords_get_whole_sentences_with_the_words_marked(book: qa.Book) -> None:
    answer = book.ask("warranty period")
    assert answer.answered
    first, second = answer.quotes[:2]
    assert {first.place.heading, second.place.heading} == {("K-200", "Service"), ("K-300", "Service")}
    assert first.text.endswith("years.")
    assert [first.text_of(each) for each in first.highlights] == ["warranty period"]


def test_keywords_may_stand_in_the_heading(book: qa.Book) -> None:
    for name, years in (("K-200", "two years"), ("K-300", "five years")):
        answer = book.ask(f"{name} warranty period")
        assert answer.answered and years in answer.quotes[0].text


def test_keywords_that_are_nowhere_are_not_answered(book: qa.Book) -> None:
    answer = book.ask("parliament election turnout")
    assert not answer.answered and not answer.quotes


def test_keywords_are_only_sought_in_the_chosen_documents(book: qa.Book) -> None:
    answer = book.ask("harbour office", documents=["passes.md"])
    assert {quote.document.id for quote in answer.quotes} == {"passes.md"}
    assert not book.ask("harbour office", documents=["pumps.md"]).answered


def test_the_same_words_elsewhere_are_one_quote(tmp_path: Path) -> None:
    text = "The warranty period of the old pump is two years."
    book = build_book(tmp_path, {"a.txt": text, "b.txt": text})
    (quote,) = book.ask("warranty period pump").quotes
    assert [place.document.id for place in quote.elsewhere] == ["b.txt"]


@pytest.mark.parametrize(
    ("text", "remark"),
    [("Hello!", "greeting"), ("thanks", "thanks"), ("help", "help"), ("translate this", "instruction")],
)
def test_small_talk_gets_a_remark_and_no_quote(book: qa.Book, text: str, remark: str) -> None:
    answer = book.ask(text)
    assert answer == qa.Answer(text, qa.State.NOTHING, 0.0, (), (), text, remark=remark)
    assert qa.answer_json(answer)["remark"] == remark


def test_an_answer_has_no_remark(book: qa.Book) -> None:
    assert "remark" not in qa.answer_json(book.ask(QUESTION))


def test_negation_is_read(book: qa.Book) -> None:
    """The words of a negation are no terms of the search, but the whole question is read."""
    answer = book.ask("Hi, which dogs are not allowed in the saloon?")
    assert answer.searched_for == "which dogs are not allowed in the saloon?"
    assert "Large dogs are not allowed" in shown(answer)[0]
