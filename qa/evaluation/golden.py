"""Golden questions: a new generation must not answer fewer of them correctly than the current one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from index import Store, encoder_for
from qa.edition import DocumentMissing, Edition
from qa.evaluation.evaluate import outcome
from qa.evaluation.questions import Question, read_questions
from source import ChapterVerseError, isolated

_NAMED = 5  # questions in a message


class AnswersWorse(ChapterVerseError):
    """The new index answers fewer golden questions correctly than the old one."""


def judge(old: Store | None, new: Store, golden: Sequence[Path]) -> None:
    """Raises AnswersWorse if `new` answers fewer questions of these files correctly than `old` does.

    The correct answer to an unanswerable question is "not answered". Raises
    UsageError for a file without questions.
    """
    if old is None or not golden:
        return
    questions = [question for path in golden for question in read_questions(path)]
    before, after = ([_is_right(edition, each) for each in questions] for edition in (_edition(old), _edition(new)))
    if sum(after) < sum(before):
        worse = [each.question for each, was, now in zip(questions, before, after, strict=True) if was and not now]
        named = "; ".join(f"“{isolated(question)}”" for question in worse[:_NAMED])
        more = f" and {len(worse) - _NAMED} more" if len(worse) > _NAMED else ""
        raise AnswersWorse(
            f"The new index answers {sum(after)} of {len(questions)} golden questions correctly and the old one "
            f"{sum(before)}, so the old one is kept. Worse: {named}{more}. Build with --force to publish the new one."
        )


def right_answers(store: Store, golden: Sequence[Path]) -> tuple[int, int]:
    """How many golden questions are answered correctly, and how many there are."""
    questions = [question for path in golden for question in read_questions(path)]
    edition = _edition(store)
    return sum(_is_right(edition, each) for each in questions), len(questions)


def _edition(store: Store) -> Edition:
    return Edition(store, encoder_for(store.encoder))


def _is_right(edition: Edition, question: Question) -> bool:
    try:
        result = outcome(edition, question)
    except DocumentMissing:  # the question is limited to a document that only the other index has
        return False
    return result.answered and result.right if question.answerable else not result.answered
