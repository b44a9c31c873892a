"""The scale of an encoder's cosines: the default encoder's is the measure, and others are put on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from index import Encoder
from index.encoder.cosine_scale import HIGH, LOW, PAIRS, cosine_scale, ends
from index.encoder.identity import Identity
from index.encoder.protocol import Encoded


class Flat:
    """The default encoder with token vectors that all have a part in common, as of one trained at a low temperature."""

    def __init__(self, encoder: Encoder, common: float) -> None:
        self._encoder, self._common = encoder, common
        self.identity = Identity("flat", str(common), "")

    def encode(self, texts: list[str], *, query: bool = False) -> list[Encoded]:
        return [replace(each, tokens=self._flat(each.tokens)) for each in self._encoder.encode(texts, query=query)]

    def _flat(self, tokens: np.ndarray) -> np.ndarray:
        share = np.sqrt(self._common)
        return np.hstack([np.sqrt(1 - self._common) * tokens, np.full((len(tokens), 1), share)]).astype(np.float32)


def test_the_default_encoder_is_the_measure(encoder: Encoder) -> None:
    assert ends(encoder) == pytest.approx((LOW, HIGH), abs=0.02)
    cosines = np.array([[0.1, 0.7]], np.float32)
    assert cosine_scale(encoder)(cosines) is cosines


@pytest.mark.parametrize("common", [0.3, 0.8])
def test_cosines_in_a_narrow_range_are_spread(encoder: Encoder, common: float) -> None:
    flat = Flat(encoder, common)
    scale = cosine_scale(flat)  # type: ignore[arg-type]
    (question,), (passage,) = encoder.encode([PAIRS[0][0]]), encoder.encode([PAIRS[0][1]])
    (asked,), (text,) = flat.encode([PAIRS[0][0]]), flat.encode([PAIRS[0][1]])
    assert (asked.tokens @ text.tokens.T).min() > common - 0.3
    assert scale(asked.tokens @ text.tokens.T) == pytest.approx(question.tokens @ passage.tokens.T, abs=0.1)
