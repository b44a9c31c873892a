"""The expected type of an answer."""

from __future__ import annotations

import pytest

from qa.ask.answer_type import AnswerType, answer_type, expects_several, has_expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many experts came?", AnswerType.NUMBER),
        ("What percentage of experts is Asian?", AnswerType.NUMBER),
        ("Сколько экспертов приехало?", AnswerType.NUMBER),
        ("Wie viele Experten kamen?", AnswerType.NUMBER),
        ("有多少专家?", AnswerType.NUMBER),
        ("When was it held?", AnswerType.TIME),
        ("In what year did trade grow?", AnswerType.TIME),
        ("Since when is it so?", AnswerType.TIME),
        ("Когда это было?", AnswerType.TIME),
        ("会议是什么时候?", AnswerType.TIME),
        ("Who spoke first?", AnswerType.NAME),
        ("Where was the conference held?", AnswerType.NAME),
        ("Кто выступил?", AnswerType.NAME),
        ("Who is Wang Wen?", AnswerType.ANYTHING),  # the name is known: a description is asked for
        ("Кто такой Рахим Ошакбаев?", AnswerType.ANYTHING),
        ("Who is the director?", AnswerType.NAME),
        ("Why did it rain?", AnswerType.MANNER),
        ("Did it rain when he came?", AnswerType.STATEMENT),
        ("Isn't it true?", AnswerType.STATEMENT),
        ("Пошёл ли дождь?", AnswerType.STATEMENT),
        ("Did it rain or snow?", AnswerType.ANYTHING),
        ("Can you tell me when it rained?", AnswerType.TIME),
        ("What did the whole show cost?", AnswerType.ANYTHING),  # "who" only inside another word
    ],
)
def test_the_answer_type_of_a_question(question: str, expected: AnswerType) -> None:
    assert answer_type(question) is expected


@pytest.mark.parametrize(
    ("text", "expected", "value"),
    [
        ("It grew by 30%.", AnswerType.NUMBER, 1.0),
        ("It grew.", AnswerType.NUMBER, -1.0),
        ("It was in 2021.", AnswerType.TIME, 1.0),
        ("It was long ago.", AnswerType.TIME, -1.0),
        ("Then Andrey spoke.", AnswerType.NAME, 1.0),
        ("Then someone spoke.", AnswerType.NAME, -1.0),  # the capital at the start of a sentence doesn't make a name
        ("Then someone spoke.", AnswerType.ANYTHING, 0.0),
    ],
)
def test_whether_a_text_has_the_expected_type(text: str, expected: AnswerType, value: float) -> None:
    assert has_expected(text, expected) == value


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("Which spices does the cook need?", True),
        ("What are the fees?", True),
        ("How do I reset it?", True),
        ("What does the service charge cover?", True),
        ("What isn't included in the fare?", True),
        ("What is not permitted in the museum?", True),
        ("Which class does he teach?", False),
        ("What does error 7 mean?", False),
        ("Which spice does the cook need?", False),
        ("Who paid the fees?", False),
    ],
)
def test_which_questions_ask_for_several_things(question: str, several: bool) -> None:
    assert expects_several(question) is several
