"""Follow-up questions, and questions that only look like follow-ups."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from qa_fixtures import build_book

import qa
from qa.ask.conversation import ContextualQuestion, asks_for_person, in_context, person_name

pytest_plugins = ["qa_fixtures"]

WELCOME = "Who gave the welcome speech?"


def rudenko(question: str) -> str | None:
    return "Rudenko" if question == WELCOME else None


@pytest.mark.parametrize(
    ("question", "contextual"),
    [
        ("How did he describe the region?", "How did Rudenko describe the region?"),
        ("What is his post?", "What is Rudenko’s post?"),
        ("What is HER post?", "What is Rudenko’s post?"),
        ("Who talked to her?", "Who talked to Rudenko?"),
        ("Is the post hers?", "Is the post Rudenko’s?"),
        ("Did he say that he agreed?", "Did Rudenko say that he agreed?"),
        ("Where is the theory kept by the usher?", "Where is the theory kept by the usher?"),  # it has no pronoun
    ],
)
def test_a_pronoun_becomes_the_person(question: str, contextual: str) -> None:
    assert in_context(question, [WELCOME], rudenko) == ContextualQuestion(contextual)


def test_the_person_named_last_is_meant() -> None:
    assert in_context("What is her post?", ["What is Wang Wen's task?"], rudenko).question == "What is Wang Wen’s post?"
    history = ["Who is Wang Wen?", "What did Nursulu Akhmetova say?", "Which ones?"]
    assert in_context("What is her post?", history, rudenko).question == "What is Nursulu Akhmetova’s post?"


def test_the_person_may_be_from_an_older_question() -> None:
    history = [WELCOME, "How many experts came?"]
    assert in_context("What did he say?", history, rudenko).question == "What did Rudenko say?"


def test_no_more_than_two_earlier_questions_are_asked_again() -> None:
    """Only the newest "who" questions are answered again; a name in an older question is still found."""
    asked: list[str] = []

    def nobody(question: str) -> None:
        asked.append(question)

    history = [f"Who counted ship {n}?" for n in range(7)] + ["How many ships came?"]
    assert in_context("What did she say?", history, nobody) == ContextualQuestion("What did she say?", history[-1])
    assert asked == [history[6], history[5]]
    history.insert(0, "What did Nursulu Akhmetova say?")
    assert in_context("What did she say?", history, nobody).question == "What did Nursulu Akhmetova say?"


@pytest.mark.parametrize(
    "question",
    ["And in Africa?", "Why?", "What about them?", "А в Африке?", "它在哪里?", "Which ones matter most of all?"],
)
def test_a_follow_up_gets_the_previous_question_as_context(question: str) -> None:
    history = ["What is the capital of France?", "What share of experts is in Western countries?"]
    contextual = in_context(question, history, rudenko)
    assert contextual == ContextualQuestion(question, history[-1])
    assert contextual.searched_for == f"{history[-1]} {question}"


@pytest.mark.parametrize(
    ("history", "question", "filled"),
    [
        (["How many guests came in 2021?"], "And in 2022?", "How many guests came in 2022?"),
        (["How many guests came in 2021?", "And in 2022?"], "and 2023", "How many guests came in 2023?"),
        (["What does F-07 mean?"], "What about F-11?", "What does F-11 mean?"),
        (["What does exit code 4 mean?"], "And 5?", "What does exit code 5 mean?"),
        (["What does clause 4.2 (b) say?"], "And clause 4.3?", None),  # "clause" is not a small word
        (["What does 4.2 (b) say?"], "And 4.3?", "What does 4.3 say?"),
        (["How many guests came in 2021?"], "And on day 3?", None),  # a year is not just a number
        (["What does clause 4.2.1 say?"], "And 4.3?", "What does clause 4.3 say?"),
        (["What does F-07 mean?"], "And E-11?", None),
        (["How many came between 2020 and 2021?"], "And in 2022?", None),  # in place of which?
        (["How many guests came in 2021?"], "And how many left in 2022?", None),
    ],
)
def test_another_year_number_or_code_replaces_the_one_before(
    history: list[str], question: str, filled: str | None
) -> None:
    contextual = in_context(question, history, rudenko)
    assert contextual == (ContextualQuestion(filled) if filled else ContextualQuestion(question, history[-1]))


def test_a_follow_up_to_a_follow_up_keeps_the_topic() -> None:
    history = ["Who runs the mill?", "What does the lock do?", "What is its default?"]
    context = in_context("And which of these are possible?", history, rudenko).context
    assert context == "What does the lock do? What is its default?"
    history = ["How many guests came in 2021?", "And in 2022?", "Why so few?"]
    assert in_context("And then?", history, rudenko).context == "How many guests came in 2022? Why so few?"


def test_long_codes_take_no_time(within: Callable[[float], AbstractContextManager[None]]) -> None:
    with within(1):
        for text in ("1-" * 1000, "1." * 1000, "a1-" * 660, "1 (1)" * 400, "and " * 500):
            in_context(text, [text, text[:-2], text[::-1]], rudenko)


@pytest.mark.parametrize(
    "question", ["Who won the football world cup in 2018?", "What is the recipe for plov with lamb?"]
)
def test_a_new_topic_stays_alone(question: str) -> None:
    contextual = in_context(question, [WELCOME], rudenko)
    assert contextual == ContextualQuestion(question) and contextual.searched_for == question


@pytest.mark.parametrize("history", [[], ["", "  \n"], ["And in Africa?"]])
def test_a_follow_up_without_a_usable_history_has_no_context(history: list[str]) -> None:
    assert in_context("And in Africa?", history, rudenko) == ContextualQuestion("And in Africa?")


def test_asking_for_a_person() -> None:
    assert asks_for_person("To whom was it given?") and asks_for_person(WELCOME)
    assert not asks_for_person("How is the whole region?")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Russia’s Deputy Foreign Minister Andrey Rudenko", "Rudenko"),
        ("said Wang Wen of Renmin", "Wen"),
        ("nobody", None),
        ("Russia", None),  # a single word isn't a full name
    ],
)
def test_the_last_name_of_a_text(text: str, name: str | None) -> None:
    assert person_name(text) == name


def test_a_pronoun_refers_to_the_person_of_an_earlier_answer(qa_article: qa.Book) -> None:
    answer = qa_article.ask("How did he describe the region?", [WELCOME])
    assert answer.question == "How did he describe the region?"
    assert answer.searched_for == "How did Rudenko describe the region?"
    assert "stable island" in answer.quotes[0].text


REPORTS = {
    f"{year}.md": f"# Report {year}\n\nWe counted {guests} guests in the baths. The roof cost {price} crowns.\n"
    for year, guests, price in (("2021", "1,480", "77"), ("2022", "2,630", "85"))
} | {"rules.txt": "Towels cost two crowns. Children under six bathe free of charge. Dogs wait at the gate.\n"}


def test_follow_ups_are_answered_as_what_they_mean(tmp_path: Path) -> None:
    book = build_book(tmp_path, REPORTS)
    history = ["How many guests were counted in 2021?"]
    answer = book.ask("And in 2022?", history)
    assert answer.answered and "2,630 guests" in answer.quotes[0].text
    assert answer.searched_for == "How many guests were counted in 2022?"
    assert book.ask("and 2022", history).quotes[0].text == answer.quotes[0].text  # no keywords any more
    answer = book.ask("And children?", ["What do towels cost?"])
    assert answer.answered and "free of charge" in answer.quotes[0].text
    assert not book.ask("And on the moon?", ["Who is the mayor of Paris?"]).answered


@pytest.mark.parametrize("noise", ["", "   ", "?!", "\x00", "\u200b", "\ud800 who", "who " * 600])
def test_noise_in_the_history_is_ignored(qa_article: qa.Book, noise: str) -> None:
    clean = qa_article.ask("How did he describe the region?", [WELCOME])
    assert qa_article.ask("How did he describe the region?", [noise, WELCOME, noise]) == clean


def test_a_new_topic_is_answered_as_without_a_history(qa_article: qa.Book) -> None:
    question = "Who won the football world cup in 2018?"
    assert qa_article.ask(question, [WELCOME]) == qa_article.ask(question)
    assert not qa_article.ask(question, [WELCOME]).answered


def test_only_the_last_questions_are_remembered(qa_article: qa.Book) -> None:
    history = [WELCOME, *["How many experts came to the event?"] * 8]
    assert "Rudenko" not in qa_article.ask("How did he describe the region?", history).searched_for
    assert "Rudenko" in qa_article.ask("How did he describe the region?", history[:-1]).searched_for
