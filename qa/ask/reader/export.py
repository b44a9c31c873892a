"""Exports a transformers model for extractive question answering to ONNX, and compares the export with it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.exports import (
    TOKENIZER,
    ExportUnusable,
    digests,
    prepare_torch,
    write_model,
    write_tokenizer,
)
from qa.ask.reader.exported import AGREES, FACTS, PROBE, ReaderFacts, furthest, opened
from qa.ask.reader.model import Reader, ReaderMissing
from qa.ask.reader.pairs import MAX_PIECES, Pair, PairTokenizer, parsed
from source import isolated

EXACT = 1e-3
"""The largest difference allowed between a float32 score and the reference's."""

_LEAST_PIECES = 64
_NAMES = {"input_ids": "ids", "token_type_ids": "types"}
# Compared in both forms; the last ones are longer than a model reads.
_PAIRS = [
    PROBE,
    ("?", "."),
    ("Ça va?", "Ça va très bien,\n“merci”  – 漢字 and 😀 too!"),
    ("Куда шли корабли?", "Корабли шли на север всю ночь. " * 60),
    ("How many ships were counted?", f"{'Nobody counted the boats. ' * 20}{PROBE[1]} {'It rained. ' * 300}"),
]


@dataclass(frozen=True, slots=True)
class Reference:
    """A model as transformers loads it. `inputs`: those that its tokenizer makes and that are exported."""

    model: Any
    tokenizer: Any
    inputs: list[str]

    def scores(self, pair: Pair) -> NDArray[np.float32]:
        """(pieces, 2): the start and end score of every word piece."""
        return self.run(pair.ids, pair.types)

    def run(self, ids: NDArray[np.int64], types: NDArray[np.int64]) -> NDArray[np.float32]:
        """As `scores`, of a model's input."""
        import torch

        given = {"input_ids": torch.from_numpy(ids), "token_type_ids": torch.from_numpy(types)}
        with torch.inference_mode():
            out = self.model(**{name: given[name] for name in self.inputs})
        return np.stack([out.start_logits[0].numpy(), out.end_logits[0].numpy()], axis=1)


def load_reference(folder: Path) -> Reference:
    """Loads the model in `folder`; nothing in it is executed. Raises ReaderMissing."""
    try:
        prepare_torch()
        import torch
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer
    except ImportError as error:
        raise ReaderMissing(
            f"The reader in {isolated(folder)} has not been used on this machine, and to prepare it needs "
            f"{error.name or 'torch'}: run `pip install torch transformers`."
        ) from error
    safe = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), **safe)
        model, loaded = AutoModelForQuestionAnswering.from_pretrained(
            str(folder), **safe, use_safetensors=True, dtype=torch.float32, output_loading_info=True,
            attn_implementation="eager",  # its settings may name one that would be downloaded
        )  # fmt: skip
    except Exception as error:
        raise ReaderMissing(
            f"The reader in {isolated(folder)} cannot be loaded ({type(error).__name__}). Name a folder with a "
            "complete transformers model for extractive question answering."
        ) from error
    if loaded["missing_keys"]:  # transformers would make them up
        raise ReaderMissing(
            f"The model in {isolated(folder)} was not trained for extractive question answering: it has no "
            f"{isolated(min(loaded['missing_keys']))}. Name a folder with a model that was."
        )
    return Reference(model.eval(), tokenizer, [name for name in tokenizer.model_input_names if name in _NAMES])


def write_export(reference: Reference, sha256: str, made: Path) -> None:
    """Exports the model with this SHA-256 to the folder `made`, in float32 and int8.

    Int8 is the default precision if its scores agree with the reference's. Raises ValueError if those of float32 don't.
    """
    write_tokenizer(reference.tokenizer, made)
    _check_pairs(reference, PairTokenizer(parsed((made / TOKENIZER).read_bytes()), max_pieces=1_000_000))
    max_pieces = _max_pieces(reference)
    pairs = PairTokenizer(parsed((made / TOKENIZER).read_bytes()), max_pieces)
    _to_onnx(reference, pairs.encode(*PROBE), made)
    expected = {pair: reference.scores(pairs.encode(*pair)) for pair in _PAIRS}
    facts = ReaderFacts("float32", digests(made), sha256, max_pieces, expected[PROBE].tolist())
    (made / FACTS).write_bytes(facts.dump())
    exact = opened(sha256, made)
    error = max(float(np.abs(exact.scores(*pair) - scores).max()) for pair, scores in expected.items())
    if not error <= EXACT:
        raise ValueError(f"its float32 scores differ from the reference's by {error:.1e}")
    if _agrees(sha256, made, expected):
        (made / FACTS).write_bytes(replace(facts, precision="int8").dump())


def _agrees(sha256: str, made: Path, expected: Mapping[tuple[str, str], NDArray[np.float32]]) -> bool:
    """Whether the int8 export opens and its scores agree with the reference's."""
    try:
        small: Reader = opened(sha256, made, "int8")
    except ExportUnusable:
        return False
    return all(furthest(small.scores(*pair), scores) <= AGREES for pair, scores in expected.items())


def _check_pairs(reference: Reference, pairs: PairTokenizer) -> None:
    """Checks that questions and texts are paired as transformers does it, after a piece that stands for no answer."""
    for question, text in _PAIRS:
        ours = pairs.encode(question, text)
        theirs = reference.tokenizer(
            question, text, return_offsets_mapping=True, return_token_type_ids=True, verbose=False
        )
        if theirs.sequence_ids()[0] is not None:
            raise ValueError("its tokenizer puts nothing before the question that could stand for no answer")
        same_types = "token_type_ids" not in reference.inputs or theirs["token_type_ids"] == ours.types[0].tolist()
        offsets = np.array(theirs["offset_mapping"][ours.own]).reshape(-1, 2)
        if theirs["input_ids"] != ours.ids[0].tolist() or not same_types or not np.array_equal(offsets, ours.offsets):
            raise ValueError("its tokenizer doesn't pair a question and a text by tokens between them")


def _max_pieces(reference: Reference) -> int:
    """How many word pieces the model takes, up to `MAX_PIECES`: some have fewer positions than their settings say."""
    most = min(MAX_PIECES, int(reference.tokenizer.model_max_length))
    word = reference.tokenizer.convert_tokens_to_ids(reference.tokenizer.tokenize("a")[0])

    def takes(count: int) -> bool:
        try:
            reference.run(np.full((1, count), word, np.int64), np.zeros((1, count), np.int64))
        except (IndexError, RuntimeError):
            return False
        return True

    found = most if takes(most) else bisect_left(range(1, most + 1), True, key=lambda count: not takes(count))
    if found < _LEAST_PIECES:
        raise ValueError(f"it reads only {found} word pieces")
    return found


def _to_onnx(reference: Reference, pair: Pair, made: Path) -> None:
    import torch

    class Spans(torch.nn.Module):
        """The model's start and end scores. Texts are never padded, so no attention mask is needed."""

        def __init__(self) -> None:
            super().__init__()
            self.model = reference.model

        def forward(self, *features: torch.Tensor) -> torch.Tensor:
            out = self.model(**dict(zip(reference.inputs, features, strict=True)))
            return torch.stack([out.start_logits, out.end_logits], dim=-1)

    given = {"ids": torch.from_numpy(pair.ids), "types": torch.from_numpy(pair.types)}
    inputs = [_NAMES[name] for name in reference.inputs]
    axes = {name: {1: "pieces"} for name in [*inputs, "spans"]}
    write_model(Spans(), {name: given[name] for name in inputs}, ["spans"], axes, made)
