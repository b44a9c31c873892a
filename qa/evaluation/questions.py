"""Reads the questions of an evaluation, and users' verdicts, from a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from index import json_shape
from source import UsageError, isolated


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its known answers: one line of a file, or all the verdicts of users on one question.

    `documents`: the ids of the documents to search; all of them if empty. `rejected`:
    the texts of quotes that don't answer. `judged`: the quote that a verdict is about;
    "" for a verdict on "not answered", None if it isn't a verdict.
    """

    id: str
    question: str
    answers: tuple[str, ...]
    gold_passage_ids: frozenset[str]
    answerable: bool
    history: tuple[str, ...]
    documents: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    judged: str | None = None


def read_questions(path: Path) -> list[Question]:
    """The questions of a `.jsonl` file, except those without words. Raises UsageError, naming the line.

    The verdicts of users on one question (see `qa.evaluation.feedback`) are merged
    into one, after the other questions.
    """
    try:
        lines = path.read_text("utf-8-sig").split("\n")  # JSON strings may hold the other line breaks
    except FileNotFoundError as error:
        raise UsageError(f"No such file: {isolated(path)}.") from error
    except (OSError, ValueError) as error:  # also a name with a NUL
        raise UsageError(f"{isolated(path)} can't be read as UTF-8 text.") from error
    read = [question_of(line, f"{isolated(path)}, line {n}") for n, line in enumerate(lines, 1) if line.strip()]
    questions = [each for each in read if any(char.isalnum() for char in each.question)]
    if not questions:
        raise UsageError(f"{isolated(path)} has no questions. Write one JSON object per line.")
    return _merged(questions)


def _merged(questions: Sequence[Question]) -> list[Question]:
    """Merges the verdicts on each question; the last verdict on each quote counts."""
    verdicts: dict[tuple[object, ...], dict[str, Question]] = {}
    for each in questions:
        if each.judged is not None:
            verdicts.setdefault((each.question, each.history, each.documents), {})[each.judged] = each
    whole = [each for each in questions if each.judged is None]
    return whole + [_together(list(on_one.values())) for on_one in verdicts.values()]


def _together(verdicts: Sequence[Question]) -> Question:
    """One question of all its verdicts: answerable if a quote answers it, or if nobody confirmed "not answered"."""
    answers = tuple(dict.fromkeys(answer for each in verdicts for answer in each.answers))
    return replace(
        verdicts[0],
        answers=answers,
        gold_passage_ids=frozenset().union(*(each.gold_passage_ids for each in verdicts)),
        answerable=bool(answers) or all(each.answerable for each in verdicts),
        rejected=tuple(text for each in verdicts for text in each.rejected),
    )


_LIST = json_shape.optional(list | None)
_IDS = json_shape.optional(lambda value: value is None or json_shape.fits(value, [json_shape.text]))
_SHAPE = {"id": object, "question": str, "answers": _LIST, "gold_passage_ids": _LIST, "rejected": _LIST}


def question_of(line: str, where: str) -> Question:
    """The question of a line of a file. Raises UsageError, which says `where` the line is."""
    try:
        record: dict[str, Any] = json.loads(line)
        if not json_shape.fits(record, _SHAPE):
            raise ValueError("a field is missing, or of another type")
        if not json_shape.fits(record, {"documents": _IDS}):
            raise UsageError(f'The "documents" of {where} are not a list of document ids. Fix that line.')
        judged = record.get("judged")
        return Question(
            id=str(record["id"]),
            question=record["question"].strip(),
            answers=tuple(map(str, record.get("answers") or [])),
            gold_passage_ids=frozenset(map(str, record.get("gold_passage_ids") or [])),
            answerable=bool(record.get("answerable", True)),
            history=tuple(text.strip() for text in _turns(record.get("history") or [])),
            documents=tuple(record.get("documents") or []),
            rejected=tuple(map(str, record.get("rejected") or [])),
            judged=None if judged is None else str(judged),
        )
    except (ValueError, RecursionError) as error:
        raise UsageError(f'{where} is not {{"id", "question", "answers", "answerable", …}}. Fix that line.') from error


def _turns(history: object) -> Iterable[str]:
    """The user's own turns: a string, or an object whose role is the user's. Raises ValueError."""
    if not isinstance(history, list):
        raise ValueError("a history is a list")
    for turn in history:
        if isinstance(turn, str):
            yield turn
        elif not json_shape.fits(turn, {"role": json_shape.optional(object)}):
            raise ValueError("a turn is a string or an object")
        elif turn.get("role", "user") == "user":
            if not json_shape.fits(turn, {"text": str}):
                raise ValueError("a turn has a text")
            yield turn["text"]
