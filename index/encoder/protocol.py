"""The `Encoder` interface: one pass of the model yields the vector of a text and those of its tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.encoder.identity import Identity
from index.types import FloatMatrix, Offsets

# Words of letters, without the scripts that put no spaces between words (Thai, Lao, Burmese, Khmer, Kana, Han).
_SPACED_WORD = re.compile(r"[^\W\d_\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Encoded:
    """An encoded text.

    `vector`: (dimension,), unit length. `tokens`: (n, dimension), each of unit
    length, without special tokens. `offsets`: (n, 2), each token's code points.
    """

    vector: NDArray[np.float32]
    tokens: FloatMatrix
    offsets: Offsets


class Encoder(Protocol):
    """A model that encodes texts, as the index and the retriever need it.

    `precision`: "float32" or "int8". `max_tokens`: word pieces that `encode` reads at
    most, not counting the special tokens that the model adds.
    """

    identity: Identity
    precision: str
    dimension: int
    max_tokens: int

    def pieces(self, texts: Sequence[str]) -> list[Offsets]:
        """All word pieces of each text, however long: (n, 2) code point offsets."""

    def known(self, text: str) -> float:
        """The share of a text in words of the model's languages; see `known_share`."""

    def encode(self, texts: Iterable[str], *, query: bool = False) -> Iterator[Encoded]:
        """Encodes texts in order. They are consumed lazily, as they are needed."""


def known_share(text: str, pieces: Iterable[tuple[int, int, bool]]) -> float:
    """The share of the letters in `text` that belong to word pieces of more than one letter; 1 if it has no letters.

    A tokenizer breaks words of a language that it wasn't made for into single letters,
    and the model hasn't learnt such words. A Chinese character counts as a word.
    `pieces`: start, end, and whether the piece is unknown to the vocabulary.
    """
    known = letters = 0
    for start, end, unknown in pieces:
        own = [char for char in text[start:end] if char.isalpha()]
        letters += len(own)
        if not unknown and (len(own) > 1 or any("\u3400" <= char <= "\u9fff" for char in own)):
            known += len(own)
    return known / letters if letters else 1.0


def pieces_per_word(text: str, pieces: Offsets) -> float:
    """Mean number of word pieces per word of `text`, in scripts with spaces between words; 1 if it has no such words.

    A model's vocabulary contains most words of its own languages whole, and breaks up those of others.
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
    """Scales vectors to length 1 along the last axis; a zero vector stays zero."""
    length = np.sqrt(np.einsum("...i,...i->...", vectors, vectors))[..., None]
    return np.asarray(vectors / np.maximum(length, 1e-12), dtype=np.float32)
