"""Trains the reader.

    python tests/training/train_reader.py FOLDER EXAMPLES.jsonl... --start MODEL_DIR
        [--layers N] [--epochs N] [--rate R] [--steps N] [--pause N]

FOLDER gets the checkpoints (`training.py`). A file that is named twice is learnt twice as
often. MODEL_DIR holds a cross-encoder as `model.onnx` (`teacher_weights.py`), or a BertModel as
`model.safetensors`; with fewer layers than it has, evenly chosen ones are taken.

A retrieved passage that the teacher finds about as relevant as the one with the answer
may well answer too: it is left out (denoising, Qu et al. 2021, RocketQA, section 3.2).
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from reader_model import MOST_PIECES, Reader, batch_of, config_of
from safetensors.torch import load_file
from teacher_weights import LAYERS, chosen_layers, teacher_weights
from training import DEVICE, Training, batches, halves
from transformers import AutoTokenizer

from index.encoder.identity import model_folder
from index.settings import DEFAULT_MODEL

_WEIGHTS = {"spans": 1.0, "answers": 1.0, "relevance": 0.5}
_TEACHER_SCALE = 0.1  # the teacher's scores reach from −11 to 11
_SURELY_LESS = 1.5  # by how much the teacher must prefer the answering passage

Line = dict[str, Any]
Encoded = dict[str, Any]


def without_doubtful(lines: Sequence[Line]) -> list[Line]:
    """The examples without those retrieved passages that may answer after all."""
    gold: dict[tuple[str, str], float] = {}
    for line in lines:
        if line["kind"] == "gold" and "relevance" in line:
            key = line["set"], line["id"]
            gold[key] = max(gold.get(key, -math.inf), line["relevance"])

    def doubtful(line: Line) -> bool:
        best = gold.get((line["set"], line["id"]), math.inf)
        return bool(line["kind"] == "retrieved" and line.get("relevance", -math.inf) > best - _SURELY_LESS)

    return [line for line in lines if not doubtful(line)]


def tokenizer_in(folder: Path) -> Any:
    """The tokenizer of a model; MiniLM's if the folder has none."""
    return AutoTokenizer.from_pretrained(
        folder if (folder / "tokenizer.json").exists() else model_folder(DEFAULT_MODEL)
    )


def encode(lines: Sequence[Line], tokenizer: Any) -> list[Encoded]:
    """Word pieces of examples, and which of them start and end an answer."""
    made = tokenized(lines, tokenizer)
    return [_encoded(made, row, line) for row, line in enumerate(lines)]


def tokenized(lines: Sequence[Line], tokenizer: Any) -> Any:
    """Word pieces of examples, with their offsets in the question or the text."""
    return tokenizer(
        [line["question"] for line in lines],
        [line["text"] for line in lines],
        truncation="only_second",
        max_length=MOST_PIECES,
        return_offsets_mapping=True,
        return_token_type_ids=True,
    )


def _encoded(made: Any, row: int, line: Line) -> Encoded:
    passage = [int(part == 1) for part in made.sequence_ids(row)]
    offsets = made["offset_mapping"][row]
    starts, ends = [0] * len(passage), [0] * len(passage)
    for start, end in line["spans"]:
        inside = [i for i, (a, b) in enumerate(offsets) if passage[i] and a < end and b > start]
        if inside and offsets[inside[-1]][1] >= end:
            starts[inside[0]] = ends[inside[-1]] = 1
    return {
        "ids": made["input_ids"][row], "types": made["token_type_ids"][row], "passage": passage,
        "starts": starts, "ends": ends, "answers": float(line.get("answers", any(starts))),
        "relevance": line.get("relevance", math.nan) * _TEACHER_SCALE,
    }  # fmt: skip


def weights_of(folder: Path, layers: int) -> dict[str, torch.Tensor]:
    """The weights to start from."""
    if (folder / "model.onnx").exists():
        return teacher_weights(folder, layers)
    tensors = load_file(folder / "model.safetensors")
    unused = ("pooler.", "embeddings.position_ids")
    return chosen_layers({name: tensor for name, tensor in tensors.items() if not name.startswith(unused)}, layers)


def epochs(lines: Sequence[Line], count: int) -> Iterator[list[Line]]:
    """The batches of all epochs, in their order."""
    for epoch in range(count):
        yield from batches(lines, _size, MOST_PIECES, epoch)


def _size(line: Line) -> int:
    """The length of an example in bytes: a word piece has about as many in each language."""
    return len(line["question"].encode()) + len(line["text"].encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("examples", type=Path, nargs="+")
    parser.add_argument("--start", type=Path, metavar="MODEL_DIR", required=True)
    parser.add_argument("--layers", type=int, default=LAYERS)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--steps", type=int, help="train for so many, not for all epochs")
    parser.add_argument("--pause", type=int, help="stop after so many; the same command goes on")
    arguments = parser.parse_args()
    lines = [json.loads(line) for path in arguments.examples for line in path.open(encoding="utf-8")]
    order = list(epochs(without_doubtful(lines), arguments.epochs))[: arguments.steps]
    torch.manual_seed(0)
    config, tokenizer = config_of(arguments.start, arguments.layers), tokenizer_in(arguments.start)
    reader = Reader(config)
    reader.start_from(weights_of(arguments.start, arguments.layers), _TEACHER_SCALE)
    training = Training(arguments.folder, reader, arguments.rate, _WEIGHTS)
    config.save_pretrained(arguments.folder)
    tokenizer.save_pretrained(arguments.folder)
    for batch in order[training.step : arguments.pause]:
        with halves():
            parts = reader.loss(batch_of(encode(batch, tokenizer), tokenizer.pad_token_id).to(DEVICE))
        training.learn(parts, len(order))
    training.save()


if __name__ == "__main__":
    main()
