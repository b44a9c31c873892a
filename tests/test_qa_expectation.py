"""What kind of words a question asks for."""

from __future__ import annotations

import pytest

from qa.ask.answer_type import Expects, expectation, has_expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many experts came?", Expects.NUMBER),
        ("What percentage of experts is Asian?", Expects.NUMBER),
        ("Сколько экспертов приехало?", Expects.NUMBER),
        ("Wie viele Experten kamen?", Expects.NUMBER),
        ("有多少专家?", Expects.NUMBER),
        ("When was it held?", Expects.TIME),
        ("In what year did trade grow?", Expects.TIME),
        ("Since when is it so?", Expects.TIME),
        ("Когда это было?", Expects.TIME),
        ("会议是什么时候?", Expects.TIME),
        ("Who spoke first?", Expects.NAME),
        ("Where was the conference held?", Expects.NAME),
        ("Кто выступил?", Expects.NAME),
        ("Who is Wang Wen?", Expects.ANYTHING),  # the name is given: it asks what is said of him
        ("Кто такой Рахим Ошакбаев?", Expects.ANYTHING),
        ("Who is the director?", Expects.NAME),
        ("Why did it rain?", Expects.ANYTHING),
        ("Did it rain when he came?", Expects.STATEMENT),
        ("Isn't it true?", Expects.STATEMENT),
        ("Пошёл ли дождь?", Expects.STATEMENT),
        ("Did it rain or snow?", Expects.ANYTHING),
        ("Can you tell me when it rained?", Expects.TIME),
        ("What did the whole show cost?", Expects.ANYTHING),  # "who" only inside another word
    ],
)
def test_the_shape_that_a_question_calls_for(question: str, expected: Expects) -> None:
    assert expectation(question) is expected


@pytest.mark.parametrize(
    ("text", "expected", "value"),
    [
        ("It grew by 30%.", Expects.NUMBER, 1.0),
        ("It grew.", Expects.NUMBER, -1.0),
        ("It was in 2021.", Expects.TIME, 1.0),
        ("It was long ago.", Expects.TIME, -1.0),
        ("Then Andrey spoke.", Expects.NAME, 1.0),
        ("Then someone spoke.", Expects.NAME, -1.0),  # a sentence's own capital is no name
        ("Then someone spoke.", Expects.ANYTHING, 0.0),
    ],
)
def test_whether_the_shape_is_there(text: str, expected: Expects, value: float) -> None:
    assert has_expected(text, expected) == value
