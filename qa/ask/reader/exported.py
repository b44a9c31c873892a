"""A reader that was exported to ONNX: what is recorded of it, and how it is opened and checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.exports import TOKENIZER, ExportFacts, ExportUnusable, model_file
from qa.ask.reader.model import Reader
from qa.ask.reader.pairs import parsed

FACTS = "reader.json"
PROBE = ("Who counted the ships?", "The keeper of the lighthouse counted 23 ships before the storm.")
AGREES = 0.2
"""The most by which an export and the reference may differ in a word piece's probability of being the start or end."""


@dataclass(frozen=True, slots=True)
class ReaderFacts(ExportFacts):
    """The metadata of an exported reader.

    `sha256`: of the files that it was made from. `max_pieces`: of question and passage
    together. `probe`: (pieces, 2) the reference's scores for `PROBE`.
    """

    sha256: str
    max_pieces: int
    probe: list[list[float]]


def opened(sha256: str, folder: Path, precision: str | None = None) -> Reader:
    """Opens an export of the model with this SHA-256, in its default precision or in this one.

    Its files are checked before they are parsed, its scores by a probe. Raises ExportUnusable.
    """
    try:
        facts = ReaderFacts.load((folder / FACTS).read_bytes())
        if facts.sha256 != sha256:
            raise ValueError("it is another model's")
        precision = precision or facts.precision
        model, tokenizer = (facts.read(folder, name) for name in (model_file(precision), TOKENIZER))
        reader = Reader(model, parsed(tokenizer), facts.max_pieces)
        if not furthest(reader.scores(*PROBE), np.array(facts.probe, np.float32)) <= AGREES:
            raise ValueError(f"this processor computes other scores in {precision}")
    except Exception as error:  # the runtime and the tokenizer raise all kinds of exceptions
        raise ExportUnusable(str(error)) from error
    return reader


def furthest(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    """The largest difference of a word piece's probability of being the start, or the end, by scores (pieces, 2)."""
    chances = [np.exp(scores - scores.max(axis=0)) for scores in (ours, theirs)]
    one, other = (each / each.sum(axis=0) for each in chances)
    return float(np.abs(one - other).max())
