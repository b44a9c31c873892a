"""How well a checkpoint reads examples that it has not learnt: a row for each set.

    python tests/training/validate_reader.py CHECKPOINT_DIR EXAMPLES.jsonl...

The examples are those of `examples.py --validation`. F1 and EM (all words are the same) are
SQuAD's, of the likeliest answer in a passage that holds one. AUROC is that of the log-odds that
a passage answers: of the gold passages against all others of the set, and against each kind.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import torch
from export_reader import trained
from reader_model import Reader, batch_of
from train_reader import Encoded, encode, tokenized, tokenizer_in
from training import halves

from qa.evaluation.metrics import auroc, token_f1

_LONGEST = 30  # word pieces of an answer
_BATCH = 16

Line = dict[str, Any]


def readings(reader: Reader, encoded: Sequence[Encoded], pad: int) -> Iterator[tuple[int, float, int, int]]:
    """Of each example: its number, the log-odds that it answers, the first and last piece of the likeliest answer."""
    order = sorted(range(len(encoded)), key=lambda i: len(encoded[i]["ids"]))
    for first in range(0, len(order), _BATCH):
        numbers = order[first : first + _BATCH]
        batch = batch_of([encoded[i] for i in numbers], pad)
        with torch.inference_mode(), halves():
            spans, whole = reader(batch.ids, batch.types, batch.mask)
        scores = spans.float().masked_fill(~batch.passage[..., None], -1e4).numpy()
        for row, number in enumerate(numbers):
            pairs = scores[row, :, 0][:, None] + scores[row, :, 1][None]
            allowed = np.triu(np.tril(np.ones(pairs.shape, bool), _LONGEST - 1))
            start, end = divmod(int(np.where(allowed, pairs, -np.inf).argmax()), len(pairs))
            yield number, float(whole[row, 0]), start, end


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("examples", type=Path, nargs="+")
    arguments = parser.parse_args()
    reader, tokenizer = trained(arguments.checkpoint), tokenizer_in(arguments.checkpoint)
    print("| set | n | EM | F1 | AUROC | against each kind |\n| --- | --- | --- | --- | --- | --- |")
    for path in arguments.examples:
        by_set: dict[str, list[Line]] = defaultdict(list)
        for line in map(json.loads, path.open(encoding="utf-8")):
            by_set[line["set"]].append(line)
        for name, lines in by_set.items():
            print(row(name, lines, reader, tokenizer), flush=True)


def row(name: str, lines: Sequence[Line], reader: Reader, tokenizer: Any) -> str:
    """A set's row of the table."""
    encoded, offsets = encode(lines, tokenizer), tokenized(lines, tokenizer)["offset_mapping"]
    odds: dict[str, list[float]] = defaultdict(list)
    overlaps: list[float] = []
    for number, answers, start, end in readings(reader, encoded, tokenizer.pad_token_id):
        line = lines[number]
        odds["gold" if line["answers"] else line["kind"]].append(answers)
        if line["spans"]:
            found = line["text"][offsets[number][start][0] : offsets[number][end][1]]
            overlaps.append(max(token_f1(found, line["text"][a:b]) for a, b in line["spans"]))
    gold = odds.pop("gold", [])
    kinds = " ".join(f"{kind} {_auroc(gold, others)}" for kind, others in sorted(odds.items()))
    everything = _auroc(gold, [each for others in odds.values() for each in others])
    words = f"{mean(overlap == 1 for overlap in overlaps):.3f} | {mean(overlaps):.3f}" if overlaps else "– | –"
    return f"| {name} | {len(lines)} | {words} | {everything} | {kinds} |"


def _auroc(answered: Sequence[float], others: Sequence[float]) -> str:
    labels = [True] * len(answered) + [False] * len(others)
    return f"{auroc([*answered, *others], labels):.3f}" if answered and others else "–"


if __name__ == "__main__":
    main()
