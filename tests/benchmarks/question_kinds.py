"""How well each kind of question is answered: lists, choices, yes or no, why.

    python tests/benchmarks/question_kinds.py SET_DIR... [--learnt SET_DIR...] [--most N]

Each folder holds `passages.jsonl` and `questions.jsonl`. Of the `--learnt` sets only the questions that the
reader has not learnt are asked. Prints one row a kind, over all sets together: *in quote@1* and *highlight F1* are
over the questions whose first passage is the right one, so that they tell of quotes and not of the search.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

import qa
from index import build
from qa.ask.answer_type import AnswerType, answer_type
from qa.evaluation.evaluate import Outcome, outcome
from qa.evaluation.metrics import bootstrap
from qa.evaluation.questions import Question, read_questions

sys.path.append(str(Path(__file__).parents[1] / "training"))
from examples import validation_part

_ASKS = {
    "why": r"\bwhy\b|\bhow come\b|\bwhat (?:is|was|are|were) the (?:reason|cause)|\bwhat caused",
    "choice": r"^\W*(?:is|are|was|were|do|does|did|has|have|had|can|should|will|would)\b.*\bor\b|, .{1,40} or ",
    "list": r"\bwhat are the\b|\bwh(?:at|ich) (?:two|three|four|five|types|kinds|factors|countries)\b|\blist\b",
}


def kind_of(question: str) -> str:
    if answer_type(question) is AnswerType.STATEMENT:
        return "yes or no"
    return next((kind for kind, pattern in _ASKS.items() if re.search(pattern, question, re.IGNORECASE)), "other")


def asked(folder: Path, *, learnt: bool, most: int) -> list[Question]:
    """The answerable questions of a set: those of a kind, and as many others as there may be of one."""
    every = validation_part(folder) if learnt else read_questions(folder / "questions.jsonl")
    by_kind = defaultdict(list)
    for question in random.Random(0).sample(every, len(every)):
        if question.answerable and question.answers and not question.history:
            by_kind[kind_of(question.question)].append(question)
    return [question for questions in by_kind.values() for question in questions[:most]]


def outcomes_of(folder: Path, *, learnt: bool, most: int) -> Iterator[tuple[str, Outcome]]:
    with tempfile.TemporaryDirectory() as scratch:
        build(Path(scratch), [folder / "passages.jsonl"])
        edition = qa.load(scratch).now()
        for question in asked(folder, learnt=learnt, most=most):
            yield kind_of(question.question), outcome(edition, question)


def share(values: Sequence[float]) -> str:
    """The mean and its 95% interval."""
    array = np.array(values)
    low, high = bootstrap(lambda drawn: float(array[drawn].mean()), len(array))
    return f"{array.mean():.2f} ({low:.2f}–{high:.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", type=Path, metavar="SET_DIR")
    parser.add_argument("--learnt", nargs="+", type=Path, default=[], metavar="SET_DIR")
    parser.add_argument("--most", type=int, default=200, metavar="N", help="of each kind of each set (%(default)s)")
    arguments = parser.parse_args()
    by_kind = defaultdict(list)
    for folder in (*arguments.sets, *arguments.learnt):
        print(folder.name, file=sys.stderr)
        for kind, one in outcomes_of(folder, learnt=folder in arguments.learnt, most=arguments.most):
            by_kind[kind].append(one)
    print("| kind | questions | hit@1 | of these, in quote@1 | highlight F1 | quote, characters |\n|" + " --- |" * 6)
    for kind, outcomes in by_kind.items():
        found = [each for each in outcomes if each.hit1]
        quoted, marked = (share([getattr(each, name) for each in found]) for name in ("in_quote1", "highlight_f1"))
        length = np.median([each.quote_chars for each in found])
        print(
            f"| {kind} | {len(outcomes)} | {share([o.hit1 for o in outcomes])} | {quoted} | {marked} | {length:.0f} |"
        )


if __name__ == "__main__":
    main()
