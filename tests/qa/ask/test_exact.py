"""What a question names exactly comes first."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import pytest
from qa_fixtures import build_book

import qa
from qa.ask.exact import phrase_gains, word_gains

pytest_plugins = ["qa_fixtures"]

FAULTS = "".join(
    f"## E-{number}\n\nThe pump reports a fault of kind {number % 7}. Wait {number % 5 + 2} minutes, then start it.\n\n"
    for number in range(1040, 1070)
)
NOTES = [
    "The crew may leave the ship at night. The ship may leave the crew at dawn.",
    "Restraint is stage two of the plan.",
    "The value is kept in config.yaml beside the log.",
    "Reconfiguration takes an hour.",
]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> qa.Book:
    notes = {f"{number}.txt": text for number, text in enumerate(NOTES)}
    return build_book(tmp_path_factory.mktemp("exact"), {"faults.md": f"# Pump\n\n{FAULTS}", **notes})


@pytest.mark.parametrize("code", ["E-1042", "e-1055", "E-1068", "E‑1049"])
@pytest.mark.parametrize("question", ["What does error {} mean?", "{}", "my pump says {} again, what now please?"])
def test_a_code_in_a_heading_finds_the_passage_below(book: qa.Book, question: str, code: str) -> None:
    hit = book.retrieve(question.format(code))[0]
    place = book.document("faults.md").place(hit.passage.span.start)
    assert place.heading[-1] == code.upper().replace("‑", "-")
    assert code.upper() not in hit.passage.text, "the heading is context, not text"


def gaining(book: qa.Book, question: str) -> list[str]:
    """The texts of the passages that gain most by the phrases and wildcards of a question."""
    rows = np.arange(len(book.store))
    gains = phrase_gains(book.store, question, rows)
    return [book.store.passage(row).text for row in rows.tolist() if gains[row] and gains[row] == gains.max()]


@pytest.mark.parametrize("quotes", ['""', "“”", "„“", "«»", "»«", "「」"])
def test_a_quoted_phrase_is_looked_for_as_it_is_written(book: qa.Book, quotes: str) -> None:
    first, last = quotes[0], quotes[1]
    for phrase in ("stage two of", "STAGE  two"):
        assert [text[:9] for text in gaining(book, f"Where does {first}{phrase}{last} stand?")] == ["Restraint"]
    assert gaining(book, f"{first}tage two{last}") == gaining(book, f"{first}two stage{last}") == []


@pytest.mark.parametrize(
    ("wildcard", "start"),
    [("config*", "The value"), ("conf*.yaml", "The value"), ("*yaml", "The value"), ("*config*tion", "Reconfig")],
)
def test_a_wildcard_stands_for_the_rest_of_a_word(book: qa.Book, wildcard: str, start: str) -> None:
    assert [text[: len(start)] for text in gaining(book, f"What is {wildcard}?")] == [start]


@pytest.mark.parametrize("question", ["2 * 3", "**", "a*b", "* list", "co*x*fig", "What is it?"])
def test_other_stars_are_none(book: qa.Book, question: str) -> None:
    assert gaining(book, question) == []


def test_a_rarer_word_gains_more(book: qa.Book) -> None:
    rows = np.arange(len(book.store))
    rare, common = (word_gains(book.store, word, rows).max() for word in ("restraint", "pump"))
    assert rare > 10 * common
    assert word_gains(book.store, "config.yaml", rows).max() > rare
    assert not word_gains(book.store, "unheard what", rows).any()


def test_scores_stay_within_0_and_1(book: qa.Book) -> None:
    scores = [hit.score for hit in book.retrieve('E-1042 "stage two" conf*.yaml restraint', k=30)]
    assert scores[0] == 1 and min(scores) >= 0 and scores == sorted(scores, reverse=True)


def test_hostile_questions_take_no_time(book: qa.Book, within: Callable[[float], AbstractContextManager[None]]) -> None:
    rows = np.arange(len(book.store))
    for question in (
        '"' * 2000,
        "a*" * 1000,
        "*a" * 1000,
        "“a" * 1000,
        "«" * 2000,
        "x" * 1000 + "*" * 1000,
        "E-1 " * 500,
    ):
        with within(0.5):
            phrase_gains(book.store, question, rows)
            word_gains(book.store, question, rows)
