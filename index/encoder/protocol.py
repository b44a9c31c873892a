"""Text to vectors: one pass of the model gives a passage's vector and its tokens' vectors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.encoder.identity import Identity
from index.types import FloatMatrix, Offsets

# Words of letters; those of scripts without spaces (Thai, Lao, Burmese, Khmer, Kana, Han) are left out.
_SPACED_WORD = re.compile(r"[^\W\d_\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Encoded:
    """What the encoder makes of one text.

    `vector`: (dimension,), unit length. `tokens`: (n, dimension), each of unit
    length, special tokens left out. `offsets`: (n, 2), each token's code points.
    """

    vector: NDArray[np.float32]
    tokens: FloatMatrix
    offsets: Offsets


class Encoder(Protocol):
    """What the index and the retriever need of a model.

    `precision` is "float32" or "int8". `max_tokens` counts word pieces without
    the special tokens that the model adds; `encode` reads no further than that.
    """

    identity: Identity
    precision: str
    dimension: int
    max_tokens: int

    def pieces(self, texts: Sequence[str]) -> list[Offsets]:
        """The word pieces of each text, uncut: (n, 2) code point offsets."""

    def known(self, text: str) -> float:
        """How much of a text is in words of a language that the model was made for: `known_share`."""

    def encode(self, texts: Iterable[str], *, query: bool = False) -> Iterator[Encoded]:
        """What each text becomes, in order. Texts are taken as they are needed, and not all at once."""


def known_share(text: str, pieces: Iterable[tuple[int, int, bool]]) -> float:
    """The share of the letters in `text` that stand in word pieces of more than one letter; 1 if it has none.

    A tokenizer breaks the words of a language it was not made for into letters,
    and the model has learnt no words of them. A Chinese character is a word.
    `pieces`: start, end, and whether the vocabulary has no such piece.
    """
    known = letters = 0
    for start, end, unknown in pieces:
        own = [char for char in text[start:end] if char.isalpha()]
        letters += len(own)
        if not unknown and (len(own) > 1 or any("\u3400" <= char <= "\u9fff" for char in own)):
            known += len(own)
    return known / letters if letters else 1.0


def pieces_per_word(text: str, pieces: Offsets) -> float:
    """Into how many word pieces a word of `text` is broken, in scripts that put spaces between words; 1 if it has none.

    A model's vocabulary has most words of its own languages whole, and breaks those of others.
    """
    words = [match.span() for match in _SPACED_WORD.finditer(text)]
    if not words:
        return 1.0
    starts = np.array([start for start, _ in words])
    ends = np.array([end for _, end in words])
    of = np.searchsorted(starts, pieces[:, 0], side="right") - 1
    inside = (of >= 0) & (pieces[:, 0] < ends[of])
    return max(1.0, float(inside.sum()) / len(words))


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """`vectors` scaled to length 1 along the last axis; a zero vector stays zero."""
    length = np.sqrt(np.einsum("...i,...i->...", vectors, vectors))[..., None]
    return np.asarray(vectors / np.maximum(length, 1e-12), dtype=np.float32)
