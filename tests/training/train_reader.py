"""Trains the reader; can be stopped and goes on from its last checkpoint.

    python tests/training/train_reader.py FOLDER EXAMPLES.jsonl...
        [--start MODEL_DIR] [--epochs N] [--rate R] [--steps N]

FOLDER gets `last.safetensors` (weights and the optimiser's moments), `state.json`
(where it stands) and `log.jsonl` (a line of losses every 50 steps). A file that is
named twice is learnt twice as often. With `--start` the encoder starts from every second
layer of that cross-encoder (`teacher_weights.py`), or else from the packaged one.

A retrieved passage that the teacher finds about as relevant as the one with the answer
may well answer too: it is left out (denoising, Qu et al. 2021, RocketQA, section 3.2).
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import torch
from reader_model import MOST_PIECES, Batch, Reader, batch_of
from safetensors.torch import load_file, save_file
from teacher_weights import teacher_weights
from transformers import AutoTokenizer

from index.encoder.identity import model_folder
from index.settings import DEFAULT_MODEL

_BATCH_PIECES = 4096
_HAS_HALVES = torch.backends.cpu.get_cpu_capability().startswith("AVX512")  # others reckon far slower in bfloat16
_WARM_UP = 0.06
_KEPT_EVERY = 300  # seconds
_WEIGHTS = {"spans": 1.0, "answers": 1.0, "relevance": 0.5}
_TEACHER_SCALE = 0.1  # the teacher's scores reach from −11 to 11
_SURELY_LESS = 1.5  # by how much the teacher must prefer the answering passage

Encoded = dict[str, Any]


def without_doubtful(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The examples without those retrieved passages that may answer after all."""
    gold: dict[tuple[str, str], float] = {}
    for line in lines:
        if line["kind"] == "gold" and "relevance" in line:
            key = line["set"], line["id"]
            gold[key] = max(gold.get(key, -math.inf), line["relevance"])

    def doubtful(line: dict[str, Any]) -> bool:
        best = gold.get((line["set"], line["id"]), math.inf)
        return bool(line["kind"] == "retrieved" and line.get("relevance", -math.inf) > best - _SURELY_LESS)

    return [line for line in lines if not doubtful(line)]


def encode(lines: Sequence[dict[str, Any]]) -> list[Encoded]:
    """Word pieces of examples, and which of them start and end an answer."""
    tokenizer = AutoTokenizer.from_pretrained(str(model_folder(DEFAULT_MODEL)))
    made = tokenizer(
        [line["question"] for line in lines],
        [line["text"] for line in lines],
        truncation="only_second",
        max_length=MOST_PIECES,
        return_offsets_mapping=True,
    )
    return [_encoded(made, row, line) for row, line in enumerate(lines)]


def _encoded(made: Any, row: int, line: dict[str, Any]) -> Encoded:
    passage = [int(part == 1) for part in made.sequence_ids(row)]
    offsets = made["offset_mapping"][row]
    starts, ends = [0] * len(passage), [0] * len(passage)
    for start, end in line["spans"]:
        inside = [i for i, (a, b) in enumerate(offsets) if passage[i] and a < end and b > start]
        if inside and offsets[inside[-1]][1] >= end:
            starts[inside[0]] = ends[inside[-1]] = 1
    return {
        "ids": made["input_ids"][row], "types": made["token_type_ids"][row], "passage": passage,
        "starts": starts, "ends": ends, "answers": float(any(starts)),
        "relevance": line.get("relevance", math.nan) * _TEACHER_SCALE,
    }  # fmt: skip


def batches(encoded: Sequence[Encoded], seed: int) -> list[list[int]]:
    """One epoch: examples of like length together, in an order of chance."""
    drawn = random.Random(seed)
    noisy = sorted(range(len(encoded)), key=lambda i: len(encoded[i]["ids"]) + drawn.random() * 8)
    found: list[list[int]] = []
    batch: list[int] = []
    for i in noisy:
        if batch and (len(batch) + 1) * len(encoded[i]["ids"]) > _BATCH_PIECES:
            found.append(batch)
            batch = []
        batch.append(i)
    found.append(batch)
    drawn.shuffle(found)
    return found


def schedule(step: int, steps: int) -> float:
    """Up in a line, then down in a line to 0."""
    warm = max(1, int(_WARM_UP * steps))
    return step / warm if step < warm else max(0.0, (steps - step) / max(1, steps - warm))


class Training:
    """The reader, its optimiser and where they stand."""

    def __init__(self, folder: Path, rate: float, start: Path | None = None) -> None:
        self.folder, self.rate = folder, rate
        torch.manual_seed(0)
        self.reader = Reader()
        if start:
            self.reader.start_from(teacher_weights(start), _TEACHER_SCALE)
        decayed = [p for p in self.reader.parameters() if p.ndim > 1]
        others = [p for p in self.reader.parameters() if p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, lr=rate)
        self.step = 0
        self._parts: list[dict[str, float]] = []
        self._saved = time.monotonic()
        if (folder / "state.json").exists():
            self._load()

    def learn(self, batch: Batch, steps: int) -> None:
        """One step of `steps`."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate * schedule(self.step, steps)
        with torch.autocast("cpu", torch.bfloat16, enabled=_HAS_HALVES):
            parts = self.reader.loss(batch)
        loss = sum((_WEIGHTS[name] * part for name, part in parts.items()), torch.zeros(()))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.reader.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        self._parts.append({name: part.item() for name, part in parts.items()})
        self._keep(steps)

    def _keep(self, steps: int) -> None:
        if self.step % 50 == 0 or self.step == steps:
            names = sorted({name for parts in self._parts for name in parts})
            means = {name: round(mean(part[name] for part in self._parts if name in part), 4) for name in names}
            with (self.folder / "log.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps({"step": self.step, "of": steps, "time": round(time.time()), **means}) + "\n")
            self._parts = []
        if time.monotonic() - self._saved > _KEPT_EVERY or self.step == steps:
            self.save()

    def save(self) -> None:
        """Writes the checkpoint beside the old one, then in its place."""
        names = [name for name, _ in self.reader.named_parameters()]
        tensors = {f"model.{name}": value for name, value in self.reader.state_dict().items()}
        moments = self.optimiser.state_dict()["state"]
        order = [p for group in self.optimiser.param_groups for p in group["params"]]
        of = {id(p): name for name, p in zip(names, self.reader.parameters(), strict=True)}
        for row, parameter in enumerate(order):
            for kind in ("exp_avg", "exp_avg_sq"):
                if row in moments:
                    tensors[f"{kind}.{of[id(parameter)]}"] = moments[row][kind]
        save_file({name: value.contiguous() for name, value in tensors.items()}, self.folder / "new.safetensors")
        (self.folder / "new.safetensors").replace(self.folder / "last.safetensors")
        (self.folder / "state.json").write_text(json.dumps({"step": self.step}), "utf-8")
        self._saved = time.monotonic()

    def _load(self) -> None:
        tensors = load_file(self.folder / "last.safetensors")
        self.reader.take(tensors)
        self.step = json.loads((self.folder / "state.json").read_text("utf-8"))["step"]
        for name, parameter in self.reader.named_parameters():
            if f"exp_avg.{name}" in tensors:
                state = {kind: tensors[f"{kind}.{name}"] for kind in ("exp_avg", "exp_avg_sq")}
                self.optimiser.state[parameter] = {"step": torch.tensor(float(self.step)), **state}


def epochs(encoded: Sequence[Encoded], count: int) -> Iterator[list[int]]:
    """The batches of all epochs, in their order."""
    for epoch in range(count):
        yield from batches(encoded, epoch)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("examples", type=Path, nargs="+")
    parser.add_argument("--start", type=Path, metavar="MODEL_DIR")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--steps", type=int, help="stop after so many (the schedule is that of all epochs)")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    lines = [json.loads(line) for path in arguments.examples for line in path.open(encoding="utf-8")]
    encoded = encode(without_doubtful(lines))
    order = list(epochs(encoded, arguments.epochs))
    training = Training(arguments.folder, arguments.rate, arguments.start)
    training.reader.train()
    for batch in order[training.step : arguments.steps]:
        training.learn(batch_of([encoded[i] for i in batch]), len(order))
    training.save()


if __name__ == "__main__":
    main()
