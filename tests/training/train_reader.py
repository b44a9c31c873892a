"""Trains the reader; can be stopped and goes on from its last checkpoint.

    python tests/training/train_reader.py FOLDER EXAMPLES.jsonl... --start MODEL_DIR
        [--layers N] [--epochs N] [--rate R] [--steps N] [--pause N]

FOLDER gets `last.safetensors` (weights and the optimiser's moments), `state.json`
(where it stands) and `log.jsonl` (a line of losses every 50 steps). A file that is
named twice is learnt twice as often. MODEL_DIR holds a cross-encoder as `model.onnx`
(`teacher_weights.py`), or a BertModel as `model.safetensors`; with fewer layers than it
has, evenly chosen ones are taken. It trains on a GPU if there is one.

The rate rises, stays, and falls over the last quarter of the steps (Hu et al. 2024, MiniCPM,
section 4); `steady/` keeps the checkpoint from before it falls, from which a longer training goes on.

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
from functools import cache
from pathlib import Path
from statistics import mean
from typing import Any

import torch
from reader_model import MOST_PIECES, Batch, Reader, batch_of
from safetensors.torch import load_file, save_file
from teacher_weights import LAYERS, chosen_layers, teacher_weights
from transformers import AutoTokenizer

from index.encoder.identity import model_folder
from index.settings import DEFAULT_MODEL

_DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
_BATCH_PIECES = 4096
# Processors without AVX-512 reckon far slower in bfloat16.
_HAS_HALVES = _DEVICE == "cuda" or torch.backends.cpu.get_cpu_capability().startswith("AVX512")
_WARM_UP, _DECAY = 0.04, 0.25
_KEPT_EVERY = 300  # seconds
_WEIGHTS = {"spans": 1.0, "answers": 1.0, "relevance": 0.5}
_TEACHER_SCALE = 0.1  # the teacher's scores reach from −11 to 11
_SURELY_LESS = 1.5  # by how much the teacher must prefer the answering passage

_CHARS_A_PIECE = 4.2

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


def encode(lines: Sequence[Line]) -> list[Encoded]:
    """Word pieces of examples, and which of them start and end an answer."""
    made = tokenized(lines)
    return [_encoded(made, row, line) for row, line in enumerate(lines)]


@cache
def _tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(str(model_folder(DEFAULT_MODEL)))


def tokenized(lines: Sequence[Line]) -> Any:
    """Word pieces of examples, with their offsets in the question or the text."""
    return _tokenizer()(
        [line["question"] for line in lines],
        [line["text"] for line in lines],
        truncation="only_second",
        max_length=MOST_PIECES,
        return_offsets_mapping=True,
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


def batches(lines: Sequence[Line], seed: int) -> list[list[Line]]:
    """One epoch: examples of like length together, in an order of chance."""
    drawn = random.Random(seed)
    noisy = sorted(range(len(lines)), key=lambda i: _pieces(lines[i]) + drawn.random() * 8)
    found: list[list[Line]] = []
    batch: list[Line] = []
    for i in noisy:
        if batch and (len(batch) + 1) * _pieces(lines[i]) > _BATCH_PIECES:
            found.append(batch)
            batch = []
        batch.append(lines[i])
    found.append(batch)
    drawn.shuffle(found)
    return found


def _pieces(line: Line) -> float:
    """About how many word pieces an example has."""
    return min(MOST_PIECES, (len(line["question"]) + len(line["text"])) / _CHARS_A_PIECE)


def schedule(step: int, steps: int) -> float:
    """The share of the highest rate: up in a line, steady, down in a line to 0."""
    warm = max(1, int(_WARM_UP * steps))
    return min(1.0, (step + 1) / warm, (steps - step) / max(1, steps - falls_at(steps)))


def falls_at(steps: int) -> int:
    """The step at which the rate begins to fall."""
    return int(steps * (1 - _DECAY))


def weights_of(folder: Path, layers: int) -> dict[str, torch.Tensor]:
    """The weights to start from."""
    if (folder / "model.onnx").exists():
        return teacher_weights(folder, layers)
    tensors = load_file(folder / "model.safetensors")
    unused = ("pooler.", "embeddings.position_ids")
    return chosen_layers({name: tensor for name, tensor in tensors.items() if not name.startswith(unused)}, layers)


class Training:
    """The reader, its optimiser and where they stand."""

    def __init__(self, folder: Path, rate: float, layers: int, start: Path) -> None:
        self.folder, self.rate, self.layers = folder, rate, layers
        torch.manual_seed(0)
        self.reader = Reader(layers)
        if not (folder / "state.json").exists():
            self.reader.start_from(weights_of(start, layers), _TEACHER_SCALE)
        self.reader.to(_DEVICE)
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
        with torch.autocast(_DEVICE, torch.bfloat16, enabled=_HAS_HALVES):
            parts = self.reader.loss(batch.to(_DEVICE))
        loss = sum((_WEIGHTS[name] * part for name, part in parts.items()), torch.zeros((), device=_DEVICE))
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
        if self.step == falls_at(steps):
            self.save(self.folder / "steady")
        if time.monotonic() - self._saved > _KEPT_EVERY or self.step == steps:
            self.save(self.folder)

    def save(self, folder: Path) -> None:
        """Writes the checkpoint beside the old one, then in its place."""
        folder.mkdir(exist_ok=True)
        names = [name for name, _ in self.reader.named_parameters()]
        tensors = {f"model.{name}": value for name, value in self.reader.state_dict().items()}
        moments = self.optimiser.state_dict()["state"]
        order = [p for group in self.optimiser.param_groups for p in group["params"]]
        of = {id(p): name for name, p in zip(names, self.reader.parameters(), strict=True)}
        for row, parameter in enumerate(order):
            for kind in ("exp_avg", "exp_avg_sq"):
                if row in moments:
                    tensors[f"{kind}.{of[id(parameter)]}"] = moments[row][kind]
        save_file({name: value.contiguous() for name, value in tensors.items()}, folder / "new.safetensors")
        (folder / "new.safetensors").replace(folder / "last.safetensors")
        (folder / "state.json").write_text(json.dumps({"step": self.step, "layers": self.layers}), "utf-8")
        self._saved = time.monotonic()

    def _load(self) -> None:
        tensors = load_file(self.folder / "last.safetensors", device=_DEVICE)
        self.reader.take(tensors)
        self.step = json.loads((self.folder / "state.json").read_text("utf-8"))["step"]
        for name, parameter in self.reader.named_parameters():
            if f"exp_avg.{name}" in tensors:
                state = {kind: tensors[f"{kind}.{name}"] for kind in ("exp_avg", "exp_avg_sq")}
                self.optimiser.state[parameter] = {"step": torch.tensor(float(self.step)), **state}


def epochs(lines: Sequence[Line], count: int) -> Iterator[list[Line]]:
    """The batches of all epochs, in their order."""
    for epoch in range(count):
        yield from batches(lines, epoch)


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
    arguments.folder.mkdir(parents=True, exist_ok=True)
    lines = [json.loads(line) for path in arguments.examples for line in path.open(encoding="utf-8")]
    order = list(epochs(without_doubtful(lines), arguments.epochs))[: arguments.steps]
    training = Training(arguments.folder, arguments.rate, arguments.layers, arguments.start)
    training.reader.train()
    for batch in order[training.step : arguments.pause]:
        training.learn(batch_of(encode(batch)), len(order))
    training.save(arguments.folder)


if __name__ == "__main__":
    main()
