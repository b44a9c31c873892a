"""Fits the weights of `qa/ask/sentences.py` and `qa/ask/confidence.py`, and shows how they carry over to other sets.

    python tests/benchmarks/fit_confidence.py TRAIN_DIR... [--judge EVAL_DIR...] [--most N]

Each directory holds `passages.jsonl` and `questions.jsonl`. Of the training sets
only the part for validation is asked: the reader learnt the rest. For every second
question the passages with the answer are taken away, so that what is found is
at best about the same thing. The order of sentences is a conditional logit: which
of a question's sentences holds a gold answer (McFadden 1974). The confidence is
a logistic regression: whether the first quote holds one, in the order that is in
force. The judged sets play no part in either fit.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import qa
from index import build
from qa.ask import confidence
from qa.ask.conversation import ContextualQuestion
from qa.ask.quotes import make_quotes
from qa.ask.reader import read, worth_reading
from qa.ask.retrieve import TIE_BREAK, Query, candidates, make_queries
from qa.ask.sentences import (
    WEIGHTS,
    Evidence,
    Features,
    QuestionTerms,
    Sentence,
    linear_score,
    question_terms,
    ranked_sentences,
)
from qa.evaluation.metrics import auroc, calibration_error
from qa.evaluation.questions import Question, read_questions

sys.path.append(str(Path(__file__).parents[1] / "training"))
from examples import validation_part

Matrix = NDArray[np.float64]
_RIDGE = 0.01  # of the conditional logit, on features of unit variance


@dataclass(frozen=True, slots=True)
class Seen:
    """A question, what was found for it, and whether it can be answered from that."""

    question: Question
    queries: list[Query]
    terms: QuestionTerms
    ranked: list[Sentence]
    holds: NDArray[np.bool_]  # (sentences,): a gold answer, in a gold document
    answerable: bool


def see(book: qa.Book, question: Question, evidence: Evidence, *, drop_gold: bool) -> Seen | None:
    """What is found for a question, if `evidence` is the best there can be for it."""
    weight = TIE_BREAK if evidence is Evidence.WORDS else 1.0
    made = make_queries(ContextualQuestion(question.question), book.encoder)
    queries = [replace(each, vector_weight=weight) for each in made]
    found = candidates(book.store, queries)
    gold = question.gold_passage_ids
    if drop_gold:
        found = [each for each in found if book.store.passage(each.passage).document_id not in gold]
    found = list(worth_reading(found))
    readings = read(book.store, question.question, found) if evidence is Evidence.READ else [None] * len(found)
    terms = question_terms(book.store, question.question)
    ranked = ranked_sentences(book.store, queries, found, readings, terms)
    holds = np.array([_holds(book, each, question) for each in ranked], bool)
    answerable = question.answerable and not drop_gold
    as_wanted = bool(ranked) and ranked[0].evidence is evidence
    return Seen(question, queries, terms, ranked, holds, answerable) if as_wanted else None


def _holds(book: qa.Book, sentence: Sentence, question: Question) -> bool:
    passage = book.store.passage(sentence.candidate.passage)
    text = book.document(passage.document_id).text[sentence.span.start : sentence.span.end]
    in_gold = not question.gold_passage_ids or passage.document_id in question.gold_passage_ids
    return in_gold and any(answer in text for answer in question.answers)


class Set:
    """A set's questions, seen once and judged under any weights."""

    def __init__(self, folder: Path, most: int, evidence: Evidence, *, fitted: bool) -> None:
        self.name = folder.name if folder.is_dir() else folder.stem
        file = folder / "questions.jsonl" if folder.is_dir() else folder
        questions = [q for q in (validation_part(folder) if fitted else read_questions(file)) if not q.history]
        random.Random(0).shuffle(questions)
        self._scratch = tempfile.TemporaryDirectory()
        build(Path(self._scratch.name), [folder / "passages.jsonl"] if folder.is_dir() else [])
        self.book = qa.load(self._scratch.name)
        seen = (
            see(self.book, question, evidence, drop_gold=fitted and number % 2 == 0)
            for number, question in enumerate(questions[:most])
        )
        self.seen = [each for each in seen if each]

    def first(self, order: Features) -> tuple[list[Features], NDArray[np.bool_]]:
        """The features of each first quote under these weights, and (n,) whether it is right."""
        rows, right = [], []
        for each in self.seen:
            ranked = sorted(
                (replace(sentence, score=linear_score(sentence.features, order)) for sentence in each.ranked),
                key=lambda sentence: -sentence.score,
            )
            quote = make_quotes(self.book.store, each.question.question, ranked, each.terms, 1)[0]
            rows.append(confidence.features(self.book.store, each.queries, ranked[0], each.terms))
            gold = each.question.gold_passage_ids
            in_gold = not gold or quote.document.id in gold
            holds = any(answer in quote.text for answer in each.question.answers) or not each.question.answers
            right.append(each.answerable and in_gold and holds)
        return rows, np.array(right, bool)


def matrix(rows: Sequence[Features], names: Sequence[str]) -> Matrix:
    """(n, names)"""
    return np.array([[row[name] for name in names] for row in rows], float)


def fit_order(sets: Sequence[Set], names: Sequence[str]) -> dict[str, float]:
    """The conditional logit, by gradient ascent."""
    groups = [each for one in sets for each in one.seen if each.answerable and each.holds.any()]
    inputs = [matrix([sentence.features for sentence in each.ranked], names) for each in groups]
    scale = np.concatenate(inputs).std(axis=0) + 1e-9
    weights = np.zeros(len(names))
    for _ in range(400):
        step = -_RIDGE * weights
        for values, each in zip(inputs, groups, strict=True):
            chance = _softmax(values / scale @ weights)
            wanted = np.where(each.holds, chance, 0) / chance[each.holds].sum()
            step += (wanted - chance) @ (values / scale) / len(groups)
        weights += 0.5 * step
    return dict(zip(names, (weights / scale).tolist(), strict=True))


def _softmax(scores: Matrix) -> Matrix:
    powers = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum())


def fit(values: Matrix, labels: NDArray[np.bool_], ridge: float = 1.0) -> Matrix:
    """Logistic regression by Newton's method: (1 + features,), the intercept first."""
    inputs = np.column_stack([np.ones(len(values)), values])
    penalty = ridge * np.eye(inputs.shape[1])
    penalty[0, 0] = 0
    weights = np.zeros(inputs.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-inputs @ weights))
        gradient = inputs.T @ (chance - labels) + penalty @ weights
        curvature = (inputs * (chance * (1 - chance))[:, None]).T @ inputs + penalty
        weights -= np.linalg.solve(curvature, gradient)
    # Half of the questions had their answer taken away; a reader's have not. The odds are put to one
    # right in two (Elkan 2001, "The foundations of cost-sensitive learning", theorem 2).
    weights[0] += np.log((1 - labels.mean()) / labels.mean())
    return weights


def report(name: str, chance: Matrix, right: NDArray[np.bool_], answerable: Sequence[bool]) -> None:
    print(
        f"{name:24} n {len(right):5}  right {right.mean():.2f}  mean confidence {chance.mean():.2f}  "
        f"AUROC right {auroc(chance, list(right)):.3f}  AUROC answerable {auroc(chance, answerable):.3f}  "
        f"calibration error {calibration_error(chance, list(right)):.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", nargs="+", type=Path)
    parser.add_argument("--judge", nargs="*", type=Path, default=[])
    parser.add_argument("--most", type=int, default=1200, help="questions of each set")
    arguments = parser.parse_args()
    for evidence in Evidence:
        print(f"\n{evidence.value}")
        training = [Set(folder, arguments.most, evidence, fitted=True) for folder in arguments.train]
        print("order of sentences, fitted", _shown(fit_order(training, list(WEIGHTS[evidence]))))
        order = WEIGHTS[evidence]
        names = [name for name in confidence.WEIGHTS[evidence] if name]
        firsts = [one.first(order) for one in training]
        rows = matrix([row for rows, _ in firsts for row in rows], names)
        weights = fit(rows, np.concatenate([right for _, right in firsts]))
        print("confidence, fitted", _shown(dict(zip(["", *names], weights.tolist(), strict=True))))
        for one in [*training, *(Set(folder, arguments.most, evidence, fitted=False) for folder in arguments.judge)]:
            found, right = one.first(order)
            chance = 1 / (1 + np.exp(-(weights[0] + matrix(found, names) @ weights[1:])))
            report(one.name, chance, right, [each.answerable for each in one.seen])


def _shown(weights: Features) -> dict[str, float]:
    return {name: round(weight, 3) for name, weight in weights.items()}


if __name__ == "__main__":
    main()
