"""Fits the weights of `qa/ask/sentences.py` and `qa/ask/confidence.py` on a mixture that looks like use.

    python tests/benchmarks/fit_confidence.py TRAIN_DIR... --ordinary FOLDER... [--judge FOLDER...] [--most N]
        [--seen FILE]

TRAIN_DIR holds `passages.jsonl` and `questions.jsonl`. Of each only the part for validation is asked: the reader learnt
the rest. The passages of every second question are left out of the index, so that what is found is at best about the
same thing. Each set is asked as it is, and as documents with headings (`tests/training/headed.py`); the questions are
plain, polite, wordy, short or misspelt in turn (`tests/training/question_forms.py`). FOLDER is laid out as for
`tests/benchmarks/ordinary.py`; those of `--judge` play no part in the fit.

Everything is asked through the whole product. The order of sentences is a conditional logit: which of a question's
sentences holds a gold answer (McFadden 1974). The confidence is a logistic regression: whether the first quote is
right, in the order that is in force. Every set weighs the same. `--seen` keeps what was seen, and is read if it exists.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

import qa
import qa.ask.confidence
import qa.ask.retrieve
import qa.ask.sentences
import qa.edition
from index import build
from qa.ask.sentences import WEIGHTS, Evidence, Features, Sentence
from qa.evaluation.evaluate import is_right
from qa.evaluation.metrics import auroc, calibration_error
from qa.evaluation.questions import Question

sys.path.append(str(Path(__file__).parents[1] / "training"))
from examples import validation_part
from headed import headed
from ordinary import questions_in, with_ids
from question_forms import in_form

Matrix = NDArray[np.float64]
_RIDGE = 0.01  # of the conditional logit, on features of unit variance
_ASKED_AS = ("plain", "polite", "plain", "wordy", "short", "misspelt")
THRESHOLDS = [n / 20 for n in range(5, 16)]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found for a question.

    `features`: of the confidence. `right`: whether the first quote is. `sentences`: the features of each sentence, and
    `holds`: whether it holds a gold answer.
    """

    evidence: str
    features: Features
    right: bool
    answerable: bool
    sentences: Sequence[Features]
    holds: Sequence[bool]


class Recorder:
    """Notes what `qa.edition` ranks and judges while a question is asked."""

    def __init__(self) -> None:
        self.ranked: list[list[Sentence]] = []
        self.features: list[Features] = []

    @contextmanager
    def noting(self, evidence: Evidence) -> Iterator[None]:
        """Notes; keeps the reader or both models away if the evidence is what there is without them."""
        rank, judge = qa.ask.sentences.ranked_sentences, qa.ask.confidence.confidence

        def ranked_sentences(*arguments: Any) -> list[Sentence]:
            self.ranked.append(rank(*arguments))
            return self.ranked[-1]

        def confidence(*arguments: Any) -> float:
            self.features.append(qa.ask.confidence.features(*arguments))
            return judge(*arguments)

        with ExitStack() as stack:
            stack.enter_context(patch("qa.edition.ranked_sentences", ranked_sentences))
            stack.enter_context(patch("qa.edition.confidence", confidence))
            if evidence is not Evidence.READ:
                stack.enter_context(patch("qa.edition.read", lambda store, question, found: [None] * len(found)))
            if evidence is Evidence.WORDS:
                weight = qa.ask.retrieve.TIE_BREAK
                stack.enter_context(patch("qa.ask.retrieve._vector_weight", lambda text, encoder: weight))
            yield


def see(book: qa.Book, question: Question, near: str, evidence: Evidence) -> Seen | None:
    """Asks a question; None unless it was read as one question with this evidence."""
    recorder = Recorder()
    with recorder.noting(evidence):
        answer = book.ask(question.question, question.history, documents=question.documents)
    if len(recorder.features) != 1 or recorder.ranked[-1][0].evidence is not evidence:
        return None
    quotes = answer.quotes or answer.nearest
    right = bool(question.answers) and is_right(quotes[0], question) and _squashed(near) in _squashed(quotes[0].text)
    ranked = recorder.ranked[-1]
    holds = [_holds(book, each, question, near) for each in ranked]
    sentences = [dict(each.features) for each in ranked]
    return Seen(evidence.value, recorder.features[0], right, question.answerable, sentences, holds)


def _holds(book: qa.Book, sentence: Sentence, question: Question, near: str) -> bool:
    passage = book.store.passage(sentence.candidate.passage)
    text = _squashed(book.document(passage.document_id).text[sentence.span.start : sentence.span.end])
    in_gold = not question.gold_passage_ids or passage.document_id in question.gold_passage_ids
    return in_gold and _squashed(near) in text and any(_squashed(answer) in text for answer in question.answers)


def _squashed(text: str) -> str:
    return " ".join(text.split())


def of_set(folder: Path, most: int, evidence: Evidence) -> dict[str, list[Seen]]:
    """What is seen for a training set, as it is and with headings."""
    questions = [each for each in validation_part(folder) if not each.history]
    random.Random(0).shuffle(questions)
    questions = questions[:most]
    dropped = {id for each in questions[::2] for id in each.gold_passage_ids}
    formed = [
        replace(
            each,
            question=_in_turn(number // 2, each.question),
            answerable=each.answerable and not each.gold_passage_ids & dropped,
        )
        for number, each in enumerate(questions)
    ]
    lines = (folder / "passages.jsonl").read_text("utf-8").splitlines()
    with tempfile.TemporaryDirectory() as scratch:
        left = Path(scratch, "left")
        left.mkdir()
        kept = [line for line in lines if json.loads(line)["id"] not in dropped]
        (left / "passages.jsonl").write_text("\n".join(kept), "utf-8")
        found = {folder.name: _asked([left / "passages.jsonl"], formed, evidence)}
        (Path(scratch) / "headed").mkdir()
        found[f"{folder.name}, headed"] = _asked(
            [Path(scratch, "headed")], headed(left, formed, Path(scratch, "headed")), evidence
        )
    return found


def _in_turn(number: int, question: str) -> str:
    form = _ASKED_AS[number % len(_ASKED_AS)]
    return question if form == "plain" else in_form(form, question)


def _asked(sources: list[Path], questions: Sequence[Question], evidence: Evidence) -> list[Seen]:
    with tempfile.TemporaryDirectory() as scratch:
        build(Path(scratch), sources)
        book = qa.load(scratch)
        return [seen for each in questions if (seen := see(book, each, "", evidence))]


def of_ordinary(folder: Path, evidence: Evidence) -> dict[str, list[Seen]]:
    """What is seen for ordinary questions."""
    found: list[Seen] = []
    with tempfile.TemporaryDirectory() as scratch:
        books: dict[str, qa.Book] = {}
        for asked in questions_in(folder):
            if asked.collection not in books:
                build(Path(scratch, asked.collection), [folder / "collections" / asked.collection])
                books[asked.collection] = qa.load(Path(scratch, asked.collection))
            book = books[asked.collection]
            seen = see(book, with_ids(asked.question, book), asked.near, evidence)
            found += [seen] if seen else []
    return {folder.name: found}


def matrix(rows: Sequence[Features], names: Sequence[str]) -> Matrix:
    """(n, names)"""
    return np.array([[row[name] for name in names] for row in rows], float)


def fit_order(sets: Sequence[Sequence[Seen]], names: Sequence[str]) -> dict[str, float]:
    """The conditional logit, by gradient ascent."""
    groups = [(each, 1 / len(one)) for one in sets for each in one if any(each.holds) and not all(each.holds)]
    inputs = [matrix(each.sentences, names) for each, _ in groups]
    shares = np.array([share for _, share in groups]) / sum(share for _, share in groups)
    scale = np.concatenate(inputs).std(axis=0) + 1e-9
    weights = np.zeros(len(names))
    for _ in range(400):
        step = -_RIDGE * weights
        for values, (each, _), share in zip(inputs, groups, shares, strict=True):
            holds = np.array(each.holds, bool)
            chance = _softmax(values / scale @ weights)
            wanted = np.where(holds, chance, 0) / chance[holds].sum()
            step += (wanted - chance) @ (values / scale) * share
        weights += 0.5 * step
    return dict(zip(names, (weights / scale).tolist(), strict=True))


def _softmax(scores: Matrix) -> Matrix:
    powers = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum())


def fit(values: Matrix, labels: Matrix, shares: Matrix, ridge: float = 1.0) -> Matrix:
    """Logistic regression by Newton's method: (1 + features,), the intercept first. `shares`: (n,) weights, mean 1."""
    inputs = np.column_stack([np.ones(len(values)), values])
    penalty = ridge * np.eye(inputs.shape[1])
    penalty[0, 0] = 0
    weights = np.zeros(inputs.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-inputs @ weights))
        gradient = inputs.T @ (shares * (chance - labels)) + penalty @ weights
        curvature = (inputs * (shares * chance * (1 - chance))[:, None]).T @ inputs + penalty
        weights -= np.linalg.solve(curvature, gradient)
    # Half of the questions had their answer taken away; people's have not. The odds are put to two right in
    # three (Elkan 2001, "The foundations of cost-sensitive learning", theorem 2).
    right = float((shares * labels).sum() / shares.sum())
    weights[0] += np.log(2 * (1 - right) / right)
    return weights


def report(name: str, seen: Sequence[Seen], chance: Matrix) -> None:
    """A line about a set, and what would be shown, wrong and false from each threshold on."""
    right, answerable = ([getattr(each, field) for each in seen] for field in ("right", "answerable"))
    of_right, of_answerable = np.array(right, bool), np.array(answerable, bool)
    print(
        f"{name:34} n {len(right):4}  right {of_right[of_answerable].mean():.2f}  "
        f"AUROC right {auroc(chance, right):.3f}  answerable {auroc(chance, answerable):.3f}  "
        f"calibration error {calibration_error(chance, right):.3f}"
    )
    cells = []
    for threshold in THRESHOLDS:
        given = chance >= threshold
        shown, wrong = (given & of_right)[of_answerable].mean(), (given & ~of_right)[of_answerable].mean()
        false = given[~of_answerable].mean() if not of_answerable.all() else 0.0
        cells.append(f"{threshold:.2f}: {shown:.2f}/{wrong:.2f}/{false:.2f}")
    print("    " + "  ".join(cells))


def all_seen(arguments: argparse.Namespace, evidence: Evidence) -> tuple[dict[str, list[Seen]], dict[str, list[Seen]]]:
    """What the fit learns from, and what only judges it; by set."""
    training: dict[str, list[Seen]] = {}
    for folder in arguments.train:
        training |= of_set(folder, arguments.most, evidence)
    for folder in arguments.ordinary:
        training |= of_ordinary(folder, evidence)
    judging: dict[str, list[Seen]] = {}
    for folder in arguments.judge:
        judging |= of_ordinary(folder, evidence)
    return training, judging


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", nargs="*", type=Path)
    parser.add_argument("--ordinary", nargs="+", type=Path, default=[])
    parser.add_argument("--judge", nargs="+", type=Path, default=[])
    parser.add_argument("--most", type=int, default=600, help="questions of each set")
    parser.add_argument("--seen", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    kept: dict[str, Any] = json.loads(arguments.seen.read_text()) if arguments.seen and arguments.seen.exists() else {}
    for evidence in Evidence:
        print(f"\n{evidence.value}", flush=True)
        if evidence.value not in kept:
            kept[evidence.value] = [
                {name: [asdict(each) for each in seen] for name, seen in sets.items()}
                for sets in all_seen(arguments, evidence)
            ]
            if arguments.seen:
                arguments.seen.write_text(json.dumps(kept))
        training, judging = (
            {name: [Seen(**each) for each in seen] for name, seen in sets.items() if seen}
            for sets in kept[evidence.value]
        )
        print("order of sentences, fitted", _shown(fit_order(list(training.values()), list(WEIGHTS[evidence]))))
        names = [name for name in qa.ask.confidence.WEIGHTS[evidence] if name]
        flat = [(each, 1 / len(seen)) for seen in training.values() for each in seen]
        shares = np.array([share for _, share in flat]) * len(flat) / len(training)
        labels = np.array([each.right for each, _ in flat], float)
        weights = fit(matrix([each.features for each, _ in flat], names), labels, shares)
        print("confidence, fitted", _shown(dict(zip(["", *names], weights.tolist(), strict=True))))
        for name, seen in {**training, **{f"{name} (judges)": seen for name, seen in judging.items()}}.items():
            values = matrix([each.features for each in seen], names)
            report(name, seen, 1 / (1 + np.exp(-(weights[0] + values @ weights[1:]))))


def _shown(weights: Features) -> dict[str, float]:
    return {name: round(weight, 3) for name, weight in weights.items()}


if __name__ == "__main__":
    main()
