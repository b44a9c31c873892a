"""Golden questions: a new generation may not answer fewer of them rightly than the one before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from index import Store, encoder_for
from qa.edition import Edition
from qa.evaluation.evaluate import outcome
from qa.evaluation.questions import Question, read_questions
from source import ChapterVerseError

_NAMED = 5  # questions in a message


class AnswersWorse(ChapterVerseError):
    """Golden questions that were answered rightly are no more."""


def judge(old: Store | None, new: Store, golden: Sequence[Path]) -> None:
    """Raises AnswersWorse if `new` answers fewer questions of these files rightly than `old` does.

    A question without an answer is answered rightly by saying so. Raises
    UsageError for a file that holds no questions.
    """
    if old is None or not golden:
        return
    questions = [question for path in golden for question in read_questions(path)]
    before, after = ([_is_right(edition, each) for each in questions] for edition in (_edition(old), _edition(new)))
    if sum(after) < sum(before):
        worse = [each.question for each, was, now in zip(questions, before, after, strict=True) if was and not now]
        named = "; ".join(f"“{question}”" for question in worse[:_NAMED])
        more = f" and {len(worse) - _NAMED} more" if len(worse) > _NAMED else ""
        raise AnswersWorse(
            f"The new index answers {sum(after)} of {len(questions)} golden questions rightly, the old one "
            f"{sum(before)}; the old one is kept. Worse: {named}{more}. Build with --force to take the new one."
        )


def right_answers(store: Store, golden: Sequence[Path]) -> tuple[int, int]:
    """How many golden questions are answered rightly, and how many there are."""
    questions = [question for path in golden for question in read_questions(path)]
    edition = _edition(store)
    return sum(_is_right(edition, each) for each in questions), len(questions)


def _edition(store: Store) -> Edition:
    return Edition(store, encoder_for(store.encoder))


def _is_right(edition: Edition, question: Question) -> bool:
    came_to = outcome(edition, question)
    return came_to.answered and came_to.right if question.answerable else not came_to.answered
