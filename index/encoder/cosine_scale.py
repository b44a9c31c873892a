"""Puts the cosines of an encoder's token vectors on the scale of the default encoder's.

The order of sentences and the confidence were fitted with the default encoder. Others have other cosines for the same
texts: those trained at a low temperature, such as multilingual E5 (Wang et al. 2022, arXiv 2212.03533), hardly have any
below 0.6. A few questions, with the passages that answer them and with those of the others, show the ends of a scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from index.encoder.identity import Identity
from index.encoder.protocol import Encoder
from index.settings import DEFAULT_MODEL
from index.types import FloatMatrix

PAIRS = (
    ("Who counted the ships?", "The keeper of the lighthouse counted 23 ships before the storm, and wrote them down."),
    ("How long is the warranty?", "All pumps come with a guarantee of two years from the date of purchase."),
    ("When was the bridge opened?", "After six years of work the viaduct was inaugurated in May 1932 by the mayor."),
    (
        "What do comets consist of?",
        "A comet's nucleus is made of ice, dust and small rocks, a few miles across.",
    ),
    (
        "Why did the factory close?",
        "Because orders had fallen by half, the mill shut its gates at Christmas.",
    ),
    ("Where do the swallows spend winter?", "In September the birds leave for Africa, and stay south of the Sahara."),
    ("How many seats does the theatre have?", "The new hall offers room for 850 spectators, the old one for 300."),
    ("Which medicine lowers a fever?", "Paracetamol reduces temperature and pain; do not take more than four grams."),
)
"""Questions, and passages that answer them with few of their words."""
LOW, HIGH = 0.138, 0.536
"""The `ends` of the default encoder."""


@dataclass(frozen=True, slots=True)
class CosineScale:
    """Maps an encoder's cosines to the default encoder's, by a line."""

    slope: float = 1.0
    intercept: float = 0.0

    def __call__(self, cosines: FloatMatrix) -> FloatMatrix:
        """The cosines as the default encoder might have given them."""
        if self.slope == 1:
            return cosines
        return np.asarray(self.slope * cosines + self.intercept, np.float32)


_scales: dict[Identity, CosineScale] = {}


def cosine_scale(encoder: Encoder) -> CosineScale:
    """The scale of an encoder, measured once."""
    if encoder.identity.name == DEFAULT_MODEL:
        return CosineScale()
    if encoder.identity not in _scales:
        _scales[encoder.identity] = _measured(encoder)
    return _scales[encoder.identity]


def _measured(encoder: Encoder) -> CosineScale:
    low, high = ends(encoder)
    slope = (HIGH - LOW) / max(high - low, 0.01)
    return CosineScale(slope, LOW - slope * low)


def ends(encoder: Encoder) -> tuple[float, float]:
    """The mean best match of a question's word pieces in an unrelated passage, and in one that answers."""
    questions = list(encoder.encode([question for question, _ in PAIRS], query=True))
    passages = list(encoder.encode([passage for _, passage in PAIRS]))
    matches = np.array(
        [[float((asked.tokens @ text.tokens.T).max(axis=1).mean()) for text in passages] for asked in questions]
    )
    related = np.eye(len(PAIRS), dtype=bool)
    return float(matches[~related].mean()), float(matches[related].mean())
