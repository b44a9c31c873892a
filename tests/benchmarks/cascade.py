"""What reading costs and what it gives: figures by how many passages are read, and how many are in play.

    python tests/benchmarks/cascade.py EVAL_DIR... [--most N] [--teacher MODEL_DIR]

Each directory holds `passages.jsonl` and `questions.jsonl`. Of every reader budget
are printed: passages read of a question (mean), time of the reading and of the
whole answer (p50, ms), and whether the first quote holds a gold answer, the token F1
of its highlight and the AUROC of the confidence. `--teacher` gives the time that a
cross-encoder takes over the first ten of the same candidates, in the same run.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import qa
import qa.ask.reader.candidates
from index import build, threads
from qa.ask.conversation import ContextualQuestion
from qa.ask.reader import worth_reading
from qa.ask.retrieve import candidates, make_queries
from qa.ask.timings import timed
from qa.evaluation.evaluate import outcome, summary
from qa.evaluation.questions import Question, read_questions

sys.path.append(str(Path(__file__).parents[1] / "training"))
from examples import validation_part
from teacher import Teacher

_TEACHERS = 10  # candidates that a cross-encoder is usually given
# (fewest, most, how near in score): none read, fixed numbers, and those in play.
BUDGETS = [
    (0, 0, 0.0), (1, 1, 0.0), (2, 2, 0.0), (3, 3, 0.0), (5, 5, 0.0), (8, 8, 0.0),
    (1, 8, 0.1), (2, 8, 0.3), (3, 8, 0.3),
]  # fmt: skip


def row(book: qa.Book, questions: Sequence[Question], budget: tuple[int, int, float]) -> str:
    """A line of the table."""
    fewest, most, near = budget
    read: list[int] = []
    reading: list[float] = []
    outcomes = []
    with pytest.MonkeyPatch.context() as patch:
        if most:
            for name, value in (("MIN_READ", fewest), ("MAX_READ", most), ("READ_WITHIN", near)):
                patch.setattr(qa.ask.reader.candidates, name, value)
        else:
            patch.setattr(qa.ask.reader.candidates, "reader_for", lambda languages: None)
        for question in questions:
            with timed() as spent:
                outcomes.append(outcome(book.now(), question))
            reading.append(1000 * spent["reading"])
            found = candidates(book.store, make_queries(ContextualQuestion(question.question), book.encoder))
            read.append(len(worth_reading(found)) if most else 0)
    figures = summary(outcomes)
    shown = (figures[name].value for name in ("answer_in_quote@1", "highlight_f1", "answerable_auroc"))
    name = "none" if not most else f"{fewest}" if fewest == most else f"{fewest}–{most}, within {near}"
    times = f"{np.median(reading):.1f} | {figures['latency_p50_ms'].value:.1f}"
    return f"| {name} | {np.mean(read):.1f} | {times} | " + " | ".join(f"{value:.3f}" for value in shown) + " |"


def teacher_time(book: qa.Book, questions: Sequence[Question], teacher: Teacher, count: int) -> float:
    """p50, in ms, of a cross-encoder over the first `count` candidates, in two threads as the reader."""
    times = []
    for question in questions[:40]:
        found = candidates(book.store, make_queries(ContextualQuestion(question.question), book.encoder))[:count]
        texts = [book.store.passage(each.passage).text for each in found]
        started = time.perf_counter()
        with ThreadPoolExecutor(threads()) as pool:
            list(pool.map(teacher.score, ({"question": question.question, "text": text} for text in texts)))
        times.append(1000 * (time.perf_counter() - started))
    return float(np.median(times))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--most", type=int, default=400, help="questions of each set")
    parser.add_argument("--teacher", type=Path, metavar="MODEL_DIR")
    arguments = parser.parse_args()
    for folder in arguments.sets:
        learnt = folder.name == "squad2_half"
        questions = validation_part(folder) if learnt else read_questions(folder / "questions.jsonl")
        random.Random(0).shuffle(questions)
        questions = questions[: arguments.most]
        with tempfile.TemporaryDirectory() as scratch:
            build(Path(scratch), [folder / "passages.jsonl"])
            book = qa.load(scratch)
            print(f"\n{folder.name}, {len(questions)} questions\n")
            print("| read | passages | reading, ms | answer, ms | in quote@1 | highlight F1 | AUROC |")
            print("| --- | --- | --- | --- | --- | --- | --- |")
            for budget in BUDGETS:
                print(row(book, questions, budget), flush=True)
            if arguments.teacher:
                spent = teacher_time(book, questions, Teacher(arguments.teacher), _TEACHERS)
                print(f"\nThe cross-encoder over the first {_TEACHERS} candidates: {spent:.0f} ms.", flush=True)


if __name__ == "__main__":
    main()
