"""Exports a sentence-transformers model to ONNX, once for each model, into the user's cache folder."""

from __future__ import annotations

import hashlib
import logging
import shutil
import warnings
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from index.encoder.onnx import AGREES, FACTS, PROBE, TOKENIZER, ExportUnusable, Facts, OnnxEncoder, model_file
from index.encoder.sentence_transformer import SentenceTransformerEncoder
from source import temporary_folder

EXACT = 1e-5
"""The largest difference allowed between a component of a float32 vector and the reference's."""

_OPSET = 17
_UNFINISHED = ".unfinished-"
_TEXTS = [PROBE, "", "Ça va très bien, “merci” – 漢字 and 😀 too!", "Корабли шли на север всю ночь. " * 60]


class CannotExport(Exception):
    """The model can't be exported, or its export computes other vectors."""


def export(reference: SentenceTransformerEncoder, folder: Path) -> OnnxEncoder:
    """Exports `reference` to `folder` in float32 and int8, and opens the export.

    In int8, matrix products are quantised (weights per channel, activations per text).
    It is the default precision if its vectors agree with the reference's. A lock lets
    one process export at a time; the others then find its result. Raises CannotExport,
    and OSError if `folder` can't be written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / ".lock"):
        with suppress(ExportUnusable):
            return OnnxEncoder(folder, reference.identity)
        for unfinished in folder.parent.glob(f"{_UNFINISHED}*"):  # left by a process that was killed
            shutil.rmtree(unfinished, ignore_errors=True)
        with temporary_folder(folder.parent, _UNFINISHED) as scratch:
            made = scratch / "encoder"
            made.mkdir()
            try:
                _write(reference, made)
            except OSError:
                raise
            except Exception as error:  # torch and the quantiser raise all kinds of exceptions
                raise CannotExport(f"{type(error).__name__}: {error}") from error
            shutil.rmtree(folder, ignore_errors=True)  # an export that can't be opened
            made.replace(folder)
        return OnnxEncoder(folder, reference.identity)


def _write(reference: SentenceTransformerEncoder, made: Path) -> None:
    tokenizer = type(reference.tokenizer.backend_tokenizer).from_str(reference.tokenizer.backend_tokenizer.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.save(str(made / TOKENIZER))
    inputs = [name for name in reference.tokenizer.model_input_names if name != "attention_mask"]
    _to_onnx(reference, inputs, made / model_file("float32"))
    to_int8(made / model_file("float32"), made / model_file("int8"))
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
        files={path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in made.iterdir()},
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


def _to_onnx(reference: SentenceTransformerEncoder, inputs: list[str], file: Path) -> None:
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
    axes = {name: {0: "texts", 1: "pieces"} for name in [*inputs, "tokens"]}
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # the tracer warns of each fixed branch; `_distance` shows if one matters
        torch.onnx.export(
            Whole().eval(),
            tuple(sample[name] for name in inputs),
            str(file),
            input_names=inputs,
            output_names=["tokens", "vector"],
            dynamic_axes={**axes, "vector": {0: "texts"}},
            opset_version=_OPSET,
            dynamo=False,  # the newer exporter needs another package and produces the same graph
        )


def to_int8(source: Path, target: Path) -> None:
    """Writes an ONNX model with its constant matrices quantised to int8."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    logging.getLogger().addFilter(_no_advice)
    try:
        quantize_dynamic(
            source,
            target,
            per_channel=True,
            weight_type=QuantType.QInt8,
            extra_options={"MatMulConstBOnly": True},  # attention between word pieces stays float32
        )
    finally:
        logging.getLogger().removeFilter(_no_advice)


def _no_advice(record: logging.LogRecord) -> bool:
    """A log filter: the quantiser recommends, on the root logger, a step that changes nothing here."""
    return "pre-processing before quantization" not in record.getMessage()
