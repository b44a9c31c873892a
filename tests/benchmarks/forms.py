"""What becomes of an answer when the same question is asked in other words.

    python tests/benchmarks/forms.py SET... [--most N] [--validation] [--show FORM]

A SET is a folder with `passages.jsonl` and `questions.jsonl`, or a `.jsonl` file with questions about the shipped
document. Each question is asked plainly, and in the forms of `tests/training/question_forms.py`.

- shown, wrong, withheld, false: as `python -m qa evaluate` has them
- change: by how much the confidence differs from that in the plain question, on average
- moved: the share of the questions whose confidence differs by more than 0.1

`--validation`: only the questions that the reader was not trained on. `--show` prints the questions that are shown if
asked plainly, and not in this form.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

import qa
from index import build
from qa.evaluation.evaluate import Outcome, outcome, summary
from qa.evaluation.questions import Question, read_questions

sys.path.append(str(Path(__file__).parents[1] / "training"))
from examples import validation_part
from question_forms import FORMS, in_form

COLUMNS = ("shown", "wrong", "withheld", "false")


def asked(path: Path, *, most: int, validation: bool) -> list[Question]:
    """Questions of a set, drawn by chance if there are more than `most`."""
    file = path / "questions.jsonl" if path.is_dir() else path
    questions = validation_part(path) if validation else read_questions(file)
    return random.Random(0).sample(questions, most) if len(questions) > most else questions


def outcomes_of(path: Path, questions: Sequence[Question]) -> Iterator[tuple[str, list[Outcome]]]:
    """What the questions come to, plainly and in each form."""
    with tempfile.TemporaryDirectory() as scratch:
        build(Path(scratch), [path / "passages.jsonl"] if path.is_dir() else [])
        edition = qa.load(scratch).now()
        yield "plain", [outcome(edition, each) for each in questions]
        for form in FORMS:
            changed = [replace(each, question=in_form(form, each.question)) for each in questions]
            yield form, [outcome(edition, each) for each in changed]


def row(name: str, form: str, outcomes: Sequence[Outcome], plain: Sequence[Outcome]) -> str:
    figures = summary(outcomes)
    values = [figures[column].value for column in COLUMNS]
    moved = np.abs([one.confidence - other.confidence for one, other in zip(outcomes, plain, strict=True)])
    cells = [*values, float(moved.mean()), float((moved > 0.1).mean())]
    return f"{name:24} {form:9} {len(outcomes):5} " + " ".join(_share(value).rjust(8) for value in cells)


def _share(value: float) -> str:
    return "–" if value != value else f"{value:.3f}"


def lost(questions: Sequence[Question], form: str, outcomes: Sequence[Outcome], plain: Sequence[Outcome]) -> str:
    """The questions that are shown when asked plainly, and not in this form."""
    pairs = zip(questions, outcomes, plain, strict=True)
    return "\n".join(
        f"  {other.confidence:.2f} → {one.confidence:.2f}  {in_form(form, question.question)!r}"
        for question, one, other in pairs
        if other.answered and other.right and not (one.answered and one.right)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, nargs="+", metavar="SET")
    parser.add_argument("--most", type=int, default=200, metavar="N", help="questions of each set (%(default)s)")
    parser.add_argument("--validation", action="store_true")
    parser.add_argument("--show", choices=FORMS, metavar="FORM")
    arguments = parser.parse_args()
    heads = " ".join(head.rjust(8) for head in (*COLUMNS, "change", "moved"))
    print(f"{'set':24} {'form':9} {'n':>5} {heads}")
    for path in arguments.sets:
        questions = asked(path, most=arguments.most, validation=arguments.validation)
        plain: list[Outcome] = []
        for form, outcomes in outcomes_of(path, questions):
            plain = plain or outcomes
            print(row(path.stem, form, outcomes, plain), flush=True)
            if form == arguments.show:
                print(lost(questions, form, outcomes, plain), flush=True)


if __name__ == "__main__":
    main()
