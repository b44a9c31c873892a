"""Exports a sentence-transformers model to ONNX, once for each model, into the user's cache folder."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from index.encoder.onnx import AGREES, FACTS, PROBE, Facts, OnnxEncoder
from index.encoder.sentence_transformer import SentenceTransformerEncoder
from index.exports import ExportUnusable, digests, exported, write_model, write_tokenizer

EXACT = 1e-5
"""The largest difference allowed between a component of a float32 vector and the reference's."""

_TEXTS = [PROBE, "", "Ça va très bien, “merci” – 漢字 and 😀 too!", "Корабли шли на север всю ночь. " * 60]


def export(reference: SentenceTransformerEncoder, folder: Path) -> OnnxEncoder:
    """Exports `reference` to `folder` in float32 and int8, and opens the export.

    Int8 is the default precision if its vectors agree with the reference's. Raises CannotExport.
    """
    return exported(folder, lambda made: OnnxEncoder(made, reference.identity), partial(_write, reference))


def _write(reference: SentenceTransformerEncoder, made: Path) -> None:
    write_tokenizer(reference.tokenizer, made)
    inputs = [name for name in reference.tokenizer.model_input_names if name != "attention_mask"]
    _to_onnx(reference, inputs, made)
    facts = _facts(reference, inputs, made)
    (made / FACTS).write_bytes(facts.dump())
    if (error := _distance(reference, OnnxEncoder(made, reference.identity))) > EXACT:
        raise ValueError(f"its float32 vectors differ from the reference's by {error:.1e}")
    if _agrees(reference, made):
        (made / FACTS).write_bytes(replace(facts, precision="int8").dump())


def _facts(reference: SentenceTransformerEncoder, inputs: list[str], made: Path) -> Facts:
    special = reference.tokenizer("a", return_special_tokens_mask=True)["special_tokens_mask"]
    own = [i for i, each in enumerate(special) if not each]
    (probe,) = reference.encode([PROBE])
    return Facts(
        sha256=reference.identity.sha256,
        settings=reference.identity.settings,
        dimension=reference.dimension,
        max_tokens=reference.max_tokens,
        inputs=inputs,
        query_prompt=reference.prompt(query=True),
        document_prompt=reference.prompt(query=False),
        special=(own[0], len(special) - 1 - own[-1]),
        precision="float32",
        probe=probe.vector.tolist(),
        files=digests(made),
    )


def _distance(reference: SentenceTransformerEncoder, exported: OnnxEncoder) -> float:
    """The largest difference of any component of any vector; infinite if the word pieces differ."""
    ours, theirs = list(exported.encode(_TEXTS)), list(reference.encode(_TEXTS))
    worst = 0.0
    for our, their in zip(ours, theirs, strict=True):
        if not np.array_equal(our.offsets, their.offsets):
            return float("inf")
        worst = max(worst, float(np.abs(our.vector - their.vector).max()))
        worst = max(worst, float(np.abs(our.tokens - their.tokens).max(initial=0)))
    return worst


def _agrees(reference: SentenceTransformerEncoder, made: Path) -> bool:
    """Whether the int8 export opens and its vectors agree with the reference's."""
    try:
        small = OnnxEncoder(made, reference.identity, "int8")
    except ExportUnusable:
        return False
    ours, theirs = list(small.encode(_TEXTS)), list(reference.encode(_TEXTS))
    return all(float(our.vector @ their.vector) >= AGREES for our, their in zip(ours, theirs, strict=True))


def _to_onnx(reference: SentenceTransformerEncoder, inputs: list[str], made: Path) -> None:
    import torch

    def unit(vectors: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.normalize(vectors, dim=-1)

    class Whole(torch.nn.Module):
        """The model from word pieces to unit vectors. Texts are never padded, so there is no attention mask."""

        def __init__(self) -> None:
            super().__init__()
            self.model = reference.model.to("cpu")

        def forward(self, *features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            out: dict[str, Any] = dict(zip(inputs, features, strict=True))
            for module in self.model:
                out = module.forward(out)
            return unit(out["token_embeddings"]), unit(out["sentence_embedding"])

    sample = reference.tokenizer([PROBE], return_tensors="pt")
    axes = {name: {0: "texts", 1: "pieces"} for name in [*inputs, "tokens"]} | {"vector": {0: "texts"}}
    write_model(Whole(), {name: sample[name] for name in inputs}, ["tokens", "vector"], axes, made)
