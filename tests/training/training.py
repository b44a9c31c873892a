"""A training that can be stopped at any time and goes on from its last checkpoint, on a GPU if there is one.

Its folder gets `last.safetensors` (weights and the optimiser's moments), `state.json` (where it
stands) and `log.jsonl` (a line of losses every 50 steps).

The rate rises, stays, and falls over the last quarter of the steps (Hu et al. 2024, MiniCPM,
section 4); `steady/` keeps the checkpoint from before it falls, from which a longer training goes on.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from statistics import mean
from typing import TypeVar

import torch
from safetensors.torch import load_file, save_file
from torch import nn

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
# Processors without AVX-512 compute far slower in bfloat16.
_HAS_HALVES = DEVICE == "cuda" or torch.backends.cpu.get_cpu_capability().startswith("AVX512")
_WARM_UP, _DECAY = 0.04, 0.25
_KEPT_EVERY = 300  # seconds
_BATCH_PIECES = 4096
_BYTES_A_PIECE = 4.2
_NOISE = 8  # word pieces by which examples in one batch may differ beside their neighbours' lengths

_T = TypeVar("_T")


def halves() -> torch.autocast:
    """Computes matrix products in bfloat16 where that is faster."""
    return torch.autocast(DEVICE, torch.bfloat16, enabled=_HAS_HALVES)


def batches(items: Sequence[_T], size: Callable[[_T], int], most_pieces: int, seed: int) -> list[list[_T]]:
    """One epoch: items of like length together, about 4,096 word pieces a batch, in an order of chance.

    `size`: an item's length in bytes. `most_pieces`: to which it is cut.
    """

    def pieces(item: _T) -> float:
        return min(most_pieces, size(item) / _BYTES_A_PIECE)

    drawn = Random(seed)
    found: list[list[_T]] = [[]]
    for item in sorted(items, key=lambda item: pieces(item) + drawn.random() * _NOISE):
        if found[-1] and (len(found[-1]) + 1) * pieces(item) > _BATCH_PIECES:
            found.append([])
        found[-1].append(item)
    drawn.shuffle(found)
    return found


def schedule(step: int, steps: int) -> float:
    """The share of the highest rate: up in a line, steady, down in a line to 0."""
    warm = max(1, int(_WARM_UP * steps))
    return min(1.0, (step + 1) / warm, (steps - step) / max(1, steps - falls_at(steps)))


def falls_at(steps: int) -> int:
    """The step at which the rate begins to fall."""
    return int(steps * (1 - _DECAY))


def weights_in(folder: Path) -> dict[str, torch.Tensor]:
    """The weights of a checkpoint."""
    tensors = load_file(folder / "last.safetensors", device=DEVICE)
    return {name.removeprefix("model."): tensor for name, tensor in tensors.items() if name.startswith("model.")}


class Training:
    """A model, its optimiser (AdamW) and where they stand.

    `weights`: of each part of the loss.
    """

    def __init__(self, folder: Path, model: nn.Module, rate: float, weights: Mapping[str, float]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.model, self.rate, self.weights = folder, model.to(DEVICE), rate, weights
        learnt = [p for p in model.parameters() if p.requires_grad]
        decayed, others = [p for p in learnt if p.ndim > 1], [p for p in learnt if p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, lr=rate)
        self.step = 0
        self._parts: list[dict[str, float]] = []
        self._saved = time.monotonic()
        if (folder / "state.json").exists():
            self._load()
        model.train()

    def learn(self, parts: Mapping[str, torch.Tensor], steps: int) -> None:
        """One step of `steps`, by the parts of a batch's loss."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate * schedule(self.step, steps)
        loss = sum((self.weights[name] * part for name, part in parts.items()), torch.zeros((), device=DEVICE))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
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
            self.save()

    def save(self, folder: Path | None = None) -> None:
        """Writes the checkpoint beside the old one, then in its place."""
        folder = folder or self.folder
        folder.mkdir(exist_ok=True)
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        for name, parameter in self.model.named_parameters():
            moments = self.optimiser.state.get(parameter, {})
            tensors |= {f"{kind}.{name}": moments[kind] for kind in ("exp_avg", "exp_avg_sq") if kind in moments}
        save_file({name: value.contiguous() for name, value in tensors.items()}, folder / "new.safetensors")
        (folder / "new.safetensors").replace(folder / "last.safetensors")
        (folder / "state.json").write_text(json.dumps({"step": self.step}), "utf-8")
        self._saved = time.monotonic()

    def _load(self) -> None:
        tensors = load_file(self.folder / "last.safetensors", device=DEVICE)
        self.model.load_state_dict(weights_in(self.folder))
        self.step = json.loads((self.folder / "state.json").read_text("utf-8"))["step"]
        for name, parameter in self.model.named_parameters():
            if f"exp_avg.{name}" in tensors:
                state = {kind: tensors[f"{kind}.{name}"] for kind in ("exp_avg", "exp_avg_sq")}
                self.optimiser.state[parameter] = {"step": torch.tensor(float(self.step)), **state}
