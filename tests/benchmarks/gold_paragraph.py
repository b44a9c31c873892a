"""SQuAD 2.0's own measure of the reader alone: each question is read with the paragraph it was written for.

    python tests/benchmarks/gold_paragraph.py SET_DIR [--all]

SET_DIR holds `passages.jsonl` and `questions.jsonl`, whose unanswerable questions name their paragraph in
`near_passage_ids`. Only the articles that the reader has not learnt are asked; `--all` asks all of them. An answer is
given if the log-odds that the paragraph answers reach a threshold: 0, or the one with the best F1, as the official
script reports it (Rajpurkar et al. 2018, section 5). EM counts answers whose words are all those of a gold answer.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import numpy as np

from qa.ask.reader import reader_for
from qa.evaluation.metrics import auroc, token_f1
from qa.evaluation.questions import Question, read_questions

sys.path.append(str(Path(__file__).parents[1] / "training"))
from examples import validation_part


@dataclass(frozen=True, slots=True)
class Read:
    """A question's outcome: whether it is answerable, the log-odds that it is answered, the F1 of the words if so."""

    answerable: bool
    answers: float
    f1: float


def read(question: Question, paragraph: str, title: str) -> Read:
    context = f"{title}.\n" if title else ""
    reader = reader_for({"en"})
    assert reader
    (reading,) = reader.read(question.question, [paragraph], [context])
    found = reading.best(0, len(paragraph))
    words = paragraph[found.span.start : found.span.end] if found else ""
    return Read(
        question.answerable, reading.answers, max((token_f1(words, gold) for gold in question.answers), default=0.0)
    )


def scores(reads: Sequence[Read], threshold: float) -> tuple[float, float]:
    """EM and F1, in percent; of an unanswerable question 1 if no answer is given."""
    values = [
        each.f1
        if each.answerable and each.answers >= threshold
        else float(not each.answerable and each.answers < threshold)
        for each in reads
    ]
    return 100 * mean(value == 1 for value in values), 100 * mean(values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="SET_DIR")
    parser.add_argument("--all", action="store_true")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    passages = {each["id"]: each for each in map(json.loads, (folder / "passages.jsonl").open(encoding="utf-8"))}
    records = {str(each["id"]): each for each in map(json.loads, (folder / "questions.jsonl").open(encoding="utf-8"))}
    questions = read_questions(folder / "questions.jsonl") if arguments.all else validation_part(folder)
    written_for = (
        (question, passages[id])
        for question in questions
        for id in [*records[question.id]["gold_passage_ids"], *records[question.id].get("near_passage_ids", [])][:1]
    )
    reads = [read(question, passage["text"], passage.get("title", "")) for question, passage in written_for]
    answerable = [each for each in reads if each.answerable]
    thresholds = np.unique([each.answers for each in reads])
    best = max(thresholds, key=lambda threshold: scores(reads, threshold)[1])
    print(f"{len(reads)} questions, {len(answerable)} answerable")
    print("| | EM | F1 |\n| --- | --- | --- |")
    for name, threshold in (("threshold 0", 0.0), (f"best threshold ({best:.2f})", best)):
        exact, overlap = scores(reads, threshold)
        print(f"| {name} | {exact:.1f} | {overlap:.1f} |")
    exact, overlap = scores(answerable, -np.inf)
    print(f"| answerable ones alone, always answered | {exact:.1f} | {overlap:.1f} |")
    print(f"AUROC {auroc([each.answers for each in reads], [each.answerable for each in reads]):.3f}")


if __name__ == "__main__":
    main()
