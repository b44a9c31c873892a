"""Fits the weights of `qa/confidence.py`, and shows how well they carry over to other sets.

    python tests/benchmarks/fit_confidence.py TRAIN_DIR... --judge EVAL_DIR...

Each directory holds `passages.jsonl` and `questions.jsonl`. For every second
training question the passages with the answer are taken away, so that what is
found is at best about the same thing. What is learnt is whether the first
quote holds a gold answer; the judged sets play no part in the fit.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import qa
from index.build import build
from qa.confidence import SIGNS, signs
from qa.conversation import Understood
from qa.measures import auroc
from qa.questions import Question, read_questions
from qa.quotes import make_quotes
from qa.retrieve import candidates, queries
from qa.sentences import ranked_sentences, terms

Matrix = NDArray[np.float64]


def observe(book: qa.Book, question: Question, drop_gold: bool) -> tuple[list[float], bool] | None:
    """The signs for one question, and whether the first quote is right."""
    wanted = queries(Understood(question.question), book.encoder)
    found = candidates(book.store, wanted)
    if drop_gold:
        found = [c for c in found if book.store.passage(c.passage).document_id not in question.gold_passage_ids]
    asked = terms(book.store, question.question)
    ranked = ranked_sentences(book.store, wanted, found, asked)
    if not ranked:
        return None
    first = make_quotes(book.store, question.question, ranked, asked, 1)[0]
    right = question.answerable and not drop_gold and any(gold in first.text for gold in question.answers)
    return signs(book.store, wanted, ranked[0], asked), right


def observations(folder: Path, most: int, drop_half: bool) -> tuple[Matrix, NDArray[np.bool_], list[bool]]:
    """(n, signs) values, (n,) whether the quote is right, and whether the question is answerable."""
    questions = [q for q in read_questions(folder / "questions.jsonl") if not q.history]
    random.Random(0).shuffle(questions)
    rows, right, answerable = [], [], []
    with tempfile.TemporaryDirectory() as scratch:
        build(Path(scratch), [folder / "passages.jsonl"])
        book = qa.load(scratch)
        for number, question in enumerate(questions[:most]):
            drop = drop_half and number % 2 == 0
            if seen := observe(book, question, drop):
                rows.append(seen[0])
                right.append(seen[1])
                answerable.append(question.answerable and not drop)
    return np.array(rows), np.array(right), answerable


def fit(values: Matrix, labels: NDArray[np.bool_], ridge: float = 1.0) -> NDArray[np.float64]:
    """Logistic regression by Newton's method: (1 + signs,), the intercept first."""
    inputs = np.column_stack([np.ones(len(values)), values])
    penalty = ridge * np.eye(inputs.shape[1])
    penalty[0, 0] = 0
    weights = np.zeros(inputs.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-inputs @ weights))
        gradient = inputs.T @ (chance - labels) + penalty @ weights
        curvature = (inputs * (chance * (1 - chance))[:, None]).T @ inputs + penalty
        weights -= np.linalg.solve(curvature, gradient)
    return weights


def calibration_error(chance: NDArray[np.float64], right: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error over equally filled bins (Naeini et al. 2015)."""
    order = np.argsort(chance)
    parts = np.array_split(order, bins)
    return float(sum(len(p) * abs(chance[p].mean() - right[p].mean()) for p in parts if len(p)) / len(order))


def report(name: str, weights: NDArray[np.float64], seen: tuple[Matrix, NDArray[np.bool_], Sequence[bool]]) -> None:
    values, right, answerable = seen
    chance = 1 / (1 + np.exp(-(weights[0] + values @ weights[1:])))
    print(
        f"{name:24} n {len(right):5}  right {right.mean():.2f}  mean confidence {chance.mean():.2f}  "
        f"AUROC right {auroc(chance, list(right)):.3f}  AUROC answerable {auroc(chance, answerable):.3f}  "
        f"ECE {calibration_error(chance, right):.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", nargs="+", type=Path)
    parser.add_argument("--judge", nargs="*", type=Path, default=[])
    parser.add_argument("--most", type=int, default=1500, help="questions of each set")
    arguments = parser.parse_args()
    training = [observations(folder, arguments.most, drop_half=True) for folder in arguments.train]
    values = np.concatenate([seen[0] for seen in training])
    right = np.concatenate([seen[1] for seen in training])
    weights = fit(values, right)
    # Half of the training questions had their answer taken away; a reader's have not. The odds
    # are put to one right in two (Elkan 2001, "The foundations of cost-sensitive learning", theorem 2).
    weights[0] += np.log((1 - right.mean()) / right.mean())
    print("intercept", round(weights[0], 3))
    for name, weight in zip(SIGNS, weights[1:], strict=True):
        print(f"{name:18} {weight:7.3f}")
    for folder, seen in zip(arguments.train, training, strict=True):
        report(f"{folder.name} (fitted)", weights, seen)
    for folder in arguments.judge:
        report(folder.name, weights, observations(folder, arguments.most, drop_half=False))


if __name__ == "__main__":
    main()
