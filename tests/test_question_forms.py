"""The other forms of a question: the same ones each time, and what is asked survives in each."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qa_fixtures import build_book

from qa.evaluation.evaluate import outcome
from qa.evaluation.questions import Question

sys.path += [str(Path(__file__).parent / name) for name in ("training", "benchmarks")]
from forms import lost, row
from question_forms import FORMS, Form, in_form, keywords, mail, misspelt, polite, short, wordy

QUESTIONS = [
    "Who gave the welcome speech?",
    "How many citizens from the region live permanently in Russia?",
    "When was the valve E-1042 of the Zorblax pump opened for the first time?",
    "Paris is the capital of which country?",
    "What does clause 4.2 say?",
    "why",
    "Сколько граждан живёт в России?",
]


def words(text: str) -> list[str]:
    return re.findall(r"[\w.-]*\w", text.lower())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_form_is_the_same_each_time_and_another_with_another_seed(form: str, question: str) -> None:
    assert in_form(form, question, 3) == in_form(form, question, 3)
    drawn = {in_form(form, question, seed) for seed in range(20)}
    if len(question.split()) > 3 and form not in ("short", "keywords"):
        assert len(drawn) > 1
    assert all(0 < len(each) <= 2000 for each in drawn)


@pytest.mark.parametrize("form", [polite, wordy, mail])
@pytest.mark.parametrize("question", QUESTIONS)
def test_what_is_written_around_a_question_leaves_it_whole(form: Form, question: str) -> None:
    for seed in range(20):
        written = form(question, Random(seed))
        assert question[1:] in written and len(written) > len(question) + 5
        assert "{" not in written and "|" not in written and "  " not in written
        assert f"{question}?" in written or question.endswith("?") or form is polite


def test_politeness_and_a_mail() -> None:
    assert polite("Who spoke?", Random(4)) == "Hello, can someone tell me who spoke? Thanks!"
    assert polite("Paris is where", Random(4)) == "Hello, can someone tell me Paris is where? Thanks!"
    assert len(mail("Who spoke?", Random(1)).split("\n\n")) >= 4


@pytest.mark.parametrize("question", QUESTIONS)
def test_short_and_keywords_are_words_of_the_question_in_their_order(question: str) -> None:
    for seed in range(20):
        said = words(short(question, Random(seed)))
        assert said == [word for word in words(question) if word in said]
        sought = {"number", "of", "date", "place", "reason"}
        kept = [
            word for word in words(keywords(question, Random(seed))) if word in words(question) or word not in sought
        ]
        rest = iter(words(question))
        assert kept and all(word in rest for word in kept)


@pytest.mark.parametrize(
    ("question", "core"),
    [
        ("Who gave the welcome speech?", {"gave", "welcome", "speech"}),
        ("What does clause 4.2 say?", {"clause", "4.2", "say"}),
        ("When was the valve E-1042 of the Zorblax pump opened?", {"valve", "e-1042", "zorblax", "pump", "opened"}),
        ("How many citizens from the region live in Russia?", {"citizens", "region", "live", "russia"}),
    ],
)
def test_the_words_that_are_sought_survive(question: str, core: set[str]) -> None:
    for seed in range(20):
        for form in (short, keywords):
            assert core <= set(words(form(question, Random(seed)))), form


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_misspelt_question_has_a_word_in_ten_wrong_and_no_number(question: str) -> None:
    for seed in range(50):
        changed = misspelt(question, Random(seed))
        pairs = list(zip(question.split(), changed.split(), strict=True))
        wrong = [(one, other) for one, other in pairs if one != other]
        long = [word for word in question.split() if len(word.strip("?")) >= 5 and word.strip("?").isalpha()]
        assert len(wrong) == min(len(long), 1 + len(pairs) // 10)
        for one, other in wrong:
            assert one[0] == other[0] and abs(len(one) - len(other)) <= 1 and one in long
            assert len(set(one) ^ set(other)) <= 2


@given(st.text(max_size=80), st.integers(0, 99))
def test_anything_has_every_form(question: str, seed: int) -> None:
    for form in FORMS:
        assert question.strip() == "" or in_form(form, question, seed).strip()


def test_the_benchmark_compares_the_confidence_with_that_in_the_plain_question(tmp_path: Path) -> None:
    edition = build_book(tmp_path, {"pier.txt": "The pier of Kalmar was built in 1904.\n"}).now()
    question = Question("1", "When was the pier of Kalmar built?", ("1904",), frozenset(), True, ())
    plain = outcome(edition, question)
    assert plain.answered and plain.right
    less = replace(plain, confidence=plain.confidence - 0.25, answered=False)
    assert row("set", "polite", [plain, less], [plain, plain]).split() == [
        "set", "polite", "2", "0.500", "0.000", "0.500", "–", "0.125", "0.500",
    ]  # fmt: skip
    assert lost([question, question], "short", [plain, less], [plain, plain]).count("'when pier of kalmar built'") == 1
