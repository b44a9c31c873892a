"""Typing errors in questions are forgiven, visibly, and names stay whose they are."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from qa_fixtures import build_book

import qa
from qa.ask.spelling import corrected

pytest_plugins = ["qa_fixtures"]

TEXT = (
    "The government of Uzbekistan opened the harbour. Captain Jansen counted the bottles in the harbour.\n\n"
    "The weather was calm. The constitution names Tashkent. Правительство открыло гавань.\n"
)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> qa.Book:
    return build_book(tmp_path_factory.mktemp("spelling"), {"notes.txt": TEXT})


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What did the governmnt open?", "What did the government open?"),  # a letter left out
        ("What did the governmeent open?", "What did the government open?"),  # one typed twice
        ("What did the govermnent open?", "What did the government open?"),  # two exchanged
        ("What did the vovernment open?", "What did the government open?"),  # the first one
        ("Who counted the bottels?", "Who counted the bottles?"),
        ("Governmnt of uzbekstan?", "Government of uzbekistan?"),
        ("What did Uzbekistn open?", "What did Uzbekistan open?"),  # a slip that makes no other name
        ("Is Tashkemt named?", "Is Tashkent named?"),  # the key beside
        ("Who is Captain Jansne?", "Who is Captain Jansen?"),
        ("Who is Captain Janssen?", "Who is Captain Jansen?"),
        ("Who counted the harbuors?", "Who counted the harbours?"),  # the text has it without the ending
        ("Wehre is the captain?", "Where is the captain?"),  # not "were"
        ("Что открыло првительство?", "Что открыло правительство?"),
    ],
)
def test_a_word_one_edit_away_is_corrected(book: qa.Book, question: str, expected: str) -> None:
    assert corrected(book.store, book.encoder, question) == expected


@pytest.mark.parametrize(
    "question",
    [
        "What did the government open?",
        "Who is Hansen?",  # another name than Jansen
        "Who is Captain Janson?",
        "What is a governmentary constituting?",  # "governmentary" and "constituting" only have stems of the text's
        "Who is Captain Janse?",  # too short for a name with a letter left out
        "Where is the leather?",  # a word that the documents don't have, like "weather"
        "What is governmnt_id, governmnt.txt or x-governmnt?",
        'Where does "the governmnt" stand?',
        "What is a botle?" * 4,  # too many
        "cal bot",  # too short
        "Governmnt's?" + "x" * 1900,
        "",
    ],
)
def test_everything_else_stays(book: qa.Book, question: str) -> None:
    assert corrected(book.store, book.encoder, question) == question


def test_of_several_words_the_one_in_the_passages_asked_about_is_meant(tmp_path: Path) -> None:
    files = {
        "a.txt": "The dentist filled the cavity of the tooth with silver. It took an hour.",
        "b.txt": "The mayor governs the city from a tower. It is a large city on a river.",
    }
    book = build_book(tmp_path, files)
    for question in ("Who filled the {} of the tooth?", "Who governs the {}?"):
        meant = "cavity" if "tooth" in question else "city"
        assert corrected(book.store, book.encoder, question.format("cvity")) == question.format(meant)


def test_the_correction_is_searched_for_and_shown(book: qa.Book) -> None:
    answer = book.ask("What did the governmnt of Uzbekistan open?")
    assert answer.question == "What did the governmnt of Uzbekistan open?"
    assert answer.searched_for == "What did the government of Uzbekistan open?"
    assert book.retrieve("botles")[0].passage == book.retrieve("bottles")[0].passage


def test_many_errors_take_no_time(book: qa.Book, within: Callable[[float], AbstractContextManager[None]]) -> None:
    with within(1):
        corrected(book.store, book.encoder, "qwrtzpsdfghjklmnbvcxyqwr " * 3)
        corrected(book.store, book.encoder, "xqwzrt " * 280)
        corrected(book.store, book.encoder, '"' * 2000)
