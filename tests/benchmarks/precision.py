"""Whether int8 loses answers: the same questions with the encoder in float32 and in int8.

    python tests/benchmarks/precision.py EVAL_DIR... [--most N]

Index and questions are encoded in the same precision. Prints a Markdown table
of the figures that `evaluate` takes, each a share of the answerable questions,
and the 95% bootstrap interval of the difference over the same questions.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np

import qa
from index import FolderStore, build
from index.encoder.identity import identity
from index.encoder.load import encoder_of, export_folder
from index.encoder.onnx import OnnxEncoder
from index.settings import DEFAULT_MODEL
from qa.evaluation.evaluate import Outcome, outcome
from qa.evaluation.metrics import bootstrap
from qa.evaluation.questions import Question, read_questions

_FIGURES = {"hit@1": "hit1", "in quote@1": "in_quote1", "highlight F1": "highlight_f1"}


def exported(precision: str) -> OnnxEncoder:
    """The default model in that precision, whichever of the two a build would take."""
    which = encoder_of(identity(DEFAULT_MODEL)).identity  # which exports it, if it was not
    return OnnxEncoder(export_folder(which), which, precision)


def outcomes(folder: Path, questions: Sequence[Question], precision: str) -> list[Outcome]:
    """What becomes of the questions when all is encoded in that precision."""
    encoder = exported(precision)
    with tempfile.TemporaryDirectory() as scratch:
        with patch("index.folder.build.load_encoder", lambda name: encoder):
            build(Path(scratch), [folder / "passages.jsonl"])
        book = qa.Book(FolderStore(Path(scratch)), encoder)
        return [outcome(book.now(), question) for question in questions]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=600, help="questions of each set")
    arguments = parser.parse_args()
    print("| set | figure | float32 | int8 | int8 − float32 |\n| --- | --- | --- | --- | --- |")
    for folder in arguments.sets:
        questions = [each for each in read_questions(folder / "questions.jsonl") if each.answerable]
        random.Random(0).shuffle(questions)
        chosen = questions[: arguments.most]
        exact, small = (outcomes(folder, chosen, precision) for precision in ("float32", "int8"))
        for name, field in _FIGURES.items():
            a, b = (np.array([float(getattr(each, field)) for each in kind]) for kind in (exact, small))
            difference = b - a
            low, high = bootstrap(lambda drawn, d=difference: float(d[drawn].mean()), len(chosen))  # type: ignore[misc]
            change = f"{difference.mean():+.3f} [{low:+.3f}, {high:+.3f}]"
            print(
                f"| {folder.name} (n {len(chosen)}) | {name} | {a.mean():.3f} | {b.mean():.3f} | {change} |", flush=True
            )


if __name__ == "__main__":
    main()
