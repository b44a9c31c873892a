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
from train_reader import encode, tokenized, tokenizer_in
from training import halves

from qa.ask.reader import Reading
from qa.evaluation.metrics import auroc, token_f1

_BATCH = 16

Line = dict[str, Any]


def readings(reader: Reader, lines: Sequence[Line], tokenizer: Any) -> Iterator[tuple[Line, Reading]]:
    """Each example with what the reader says of it."""
    encoded, offsets = encode(lines, tokenizer), tokenized(lines, tokenizer)["offset_mapping"]
    order = sorted(range(len(lines)), key=lambda i: len(encoded[i]["ids"]))
    for first in range(0, len(order), _BATCH):
        numbers = order[first : first + _BATCH]
        batch = batch_of([encoded[i] for i in numbers], tokenizer.pad_token_id)
        with torch.inference_mode(), halves():
            spans, whole = (scores.float().numpy() for scores in reader(batch.ids, batch.types, batch.mask))
        for row, number in enumerate(numbers):
            own = np.flatnonzero(encoded[number]["passage"])
            starts, ends = spans[row, own].T
            answers, relevance = whole[row].tolist()
            yield lines[number], Reading(answers, relevance, starts, ends, np.array(offsets[number])[own])


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
    odds: dict[str, list[float]] = defaultdict(list)
    overlaps: list[float] = []
    for line, reading in readings(reader, lines, tokenizer):
        odds["gold" if line["answers"] else line["kind"]].append(reading.answers)
        if line["spans"] and (words := reading.best(0, len(line["text"]))):
            found = line["text"][words.span.start : words.span.end]
            overlaps.append(max(token_f1(found, line["text"][a:b]) for a, b in line["spans"]))
    gold = odds.pop("gold", [])
    kinds = " ".join(f"{kind} {_auroc(gold, others)}" for kind, others in sorted(odds.items()))
    everything = _auroc(gold, [each for others in odds.values() for each in others])
    measured = f"{mean(overlap == 1 for overlap in overlaps):.3f} | {mean(overlaps):.3f}" if overlaps else "– | –"
    return f"| {name} | {len(lines)} | {measured} | {everything} | {kinds} |"


def _auroc(answered: Sequence[float], others: Sequence[float]) -> str:
    labels = [True] * len(answered) + [False] * len(others)
    return f"{auroc([*answered, *others], labels):.3f}" if answered and others else "–"


if __name__ == "__main__":
    main()
