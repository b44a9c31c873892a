"""Questions that ask two things, and comparisons."""

from __future__ import annotations

import pytest

from qa.ask.conversation import ContextualQuestion
from qa.ask.understand import understand
from qa.ask.understand.parts import MOST_PARTS, in_parts


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("What is the fee and when is it due?", ["What is the fee?", "when is it due?"]),
        ("When was the mill built and who paid for it?", ["When was the mill built?", "who paid for it?"]),
        ("Is there a fee, and how much is it?", ["Is there a fee?", "how much is it?"]),
        ("Is the lease renewable and can I end it?", ["Is the lease renewable?", "can I end it?"]),
        ("Can you tell me what the fee is and when it is due?", ["what the fee is?", "when it is due?"]),
        ("What is the fee? When is it due?", ["What is the fee?", "When is it due?"]),
        ("Is the day pass or the week pass cheaper?", ["Is the day pass cheaper?", "Is the week pass cheaper?"]),
        ("Which is faster, a tug or a ferry?", ["Which is faster, a tug?", "Which is faster, a ferry?"]),
        ("How does the K-200 differ from the K-300?", ["How does the K-200?", "How does the K-300?"]),
        ("K-200 vs. K-300", ["K-200", "K-300"]),
        ("Compare the day pass with the week pass", ["Compare the day pass", "Compare the week pass"]),
        (
            "What is the difference between the day pass and the week pass?",
            ["What is the difference between the day pass?", "What is the difference between the week pass?"],
        ),
    ],
)
def test_each_part_is_asked_by_itself(question: str, parts: list[str]) -> None:
    assert [each.question for each in understand(question).parts] == parts


@pytest.mark.parametrize(
    "question",
    [
        "When and where was the mill built?",
        "How many sheep and goats are there?",
        "Who is the man who built the mill and who sold it?",
        "What determines who is elected and who is not?",
        "Does the price depend on what you eat and how you pay?",
        "What year and where was it built?",
        "Do the ferries carry cars or lorries?",
        "When was the game Plants vs. Zombies released?",
        "How does it compare to others?",
        "Who was seen once in seven years or so?",
    ],
)
def test_a_simple_question_is_not_divided(question: str) -> None:
    assert understand(question).parts == (ContextualQuestion(question),)


def test_a_part_has_what_it_refers_to_as_its_context() -> None:
    first, second = in_parts(["What is the fee and when is it due?"], None)
    assert (first.context, second.context) == (None, "What is the fee?")
    first, second = in_parts(["What is the fee?", "Who keeps the key?"], "I live in Bracken.")
    assert (first.context, second.context) == ("I live in Bracken.", "I live in Bracken.")
    one, other = in_parts(["Is the day pass or the week pass cheaper?"], None)
    assert one.context == other.context == "Is the day pass or the week pass cheaper?"


def test_there_are_not_more_parts_than_allowed() -> None:
    questions = [f"What is fee {number}?" for number in range(9)]
    parts = in_parts(questions, None)
    assert len(parts) == MOST_PARTS
    assert parts[-1].question == " ".join(questions[MOST_PARTS - 1 :])
