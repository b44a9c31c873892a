"""The `Encoder` interface: one pass of the model yields the vector of a text and those of its tokens."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from index.encoder.identity import Identity
from index.types import FloatMatrix, Offsets

# Words of letters, without the scripts that put no spaces between words (Thai, Lao, Burmese, Khmer, Kana, Han), or
# several letters into one character (Hangul).
_SPACED_WORD = re.compile(
    r"[^\W\d_\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af]+"
)

_SYLLABLE = re.compile("[\u3400-\u9fff\uac00-\ud7a3]")  # Chinese and Korean
_SAMPLE = 1000  # characters that show a language
_LONG = 4  # letters of a word piece that is more than a syllable
_UNKNOWN = ("[UNK]", "<unk>")  # what tokenizers call an unknown piece; byte-level ones have a piece for everything
_WORD_BEGINS = "\u2581"  # SentencePiece's mark of a word's beginning, which may be a piece of its own


@dataclass(frozen=True, slots=True)
class Encoded:
    """An encoded text.

    `vector`: (dimension,), unit length. `tokens`: (n, dimension), each of unit
    length, without special tokens. `offsets`: (n, 2), each token's code points.
    """

    vector: NDArray[np.float32]
    tokens: FloatMatrix
    offsets: Offsets


class WordPiece(NamedTuple):
    """A word piece: its offsets in the text, and how the vocabulary has it."""

    start: int
    end: int
    token: str


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


MIN_KNOWN = 0.6
"""Of the questions in a known language hardly one has less: MiniLM has .9 of English and German, .5 of Chinese."""
_WHOLE, _BROKEN = 0.7, 0.5  # by `whole_share`: of English with MiniLM .95, of Spanish .54, of German .45


def knows(encoder: Encoder, text: str) -> bool:
    """Whether the encoder knows the language of a text, for which it must know `MIN_KNOWN` of it."""
    return encoder.known(_sample(text)) >= MIN_KNOWN


def broken_share(encoder: Encoder, text: str) -> float:
    """How broken the words of a text are: 0 if most are whole to the encoder, 1 if half of them are not."""
    sample = _sample(text)
    whole = whole_share(sample, encoder.pieces([sample])[0])
    return min(1.0, max(0.0, (_WHOLE - whole) / (_WHOLE - _BROKEN)))


def _sample(text: str) -> str:
    """The middle of a text: many documents begin with a licence or a menu."""
    start = max(0, (len(text) - _SAMPLE) // 2)
    return text[start : start + _SAMPLE]


def known_share(text: str, pieces: Iterable[WordPiece]) -> float:
    """The share of the letters in `text` that belong to whole words or to word pieces of more than one letter.

    A tokenizer breaks words of a language that it wasn't made for into single letters,
    and the model hasn't learnt such words. A Chinese character counts as a word, and a
    Korean syllable as several letters unless it is broken, too; so does a letter with its
    marks. 1 if there are no letters.
    """
    found = [piece for piece in pieces if piece.token != _WORD_BEGINS]
    starts = Counter([piece.start for piece in found])
    known = letters = 0
    for piece in found:
        own = _letters(text[piece.start : piece.end])
        letters += own
        is_whole = own > 1 or _SYLLABLE.search(text, piece.start, piece.end) or _stands_alone(text, piece)
        if own and is_whole and piece.token not in _UNKNOWN and starts[piece.start] == 1:
            known += own
    return known / letters if letters else 1.0


def _letters(text: str) -> int:
    """The number of letters and of their marks."""
    if text.isalpha():
        return len(text)
    return sum(unicodedata.category(char)[0] in "LM" for char in text)


def _stands_alone(text: str, piece: WordPiece) -> bool:
    """Whether there is no letter on either side of a piece, as in a code."""
    return not (text[max(0, piece.start - 1) : piece.start].isalpha() or text[piece.end : piece.end + 1].isalpha())


def whole_share(text: str, pieces: Offsets) -> float:
    """The share of the letters in `text` that belong to whole words or to pieces of `_LONG` letters or more.

    Counts words of scripts with spaces between words; 1 if there are none. A model's vocabulary has most words of its
    own languages whole or in long pieces, and breaks up those of others.
    """
    words = [match.span() for match in _SPACED_WORD.finditer(text)]
    if not words or not len(pieces):
        return 1.0
    starts, ends = np.array(words).T
    of = np.maximum(np.searchsorted(starts, pieces[:, 0], side="right") - 1, 0)
    letters = np.maximum(np.minimum(pieces[:, 1], ends[of]) - np.maximum(pieces[:, 0], starts[of]), 0)
    is_whole = (letters >= _LONG) | (letters == ends[of] - starts[of])
    return float(letters[is_whole].sum() / max(1, letters.sum()))


def beyond_prompt(offsets: Offsets) -> NDArray[np.bool_]:
    """(n,): which word pieces are the text's own, not the prompt's. The first may begin with the space before it."""
    return np.asarray((offsets[:, 0] >= 0) | (offsets[:, 1] > 0))


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scales vectors to length 1 along the last axis; a zero vector stays zero."""
    length = np.sqrt(np.einsum("...i,...i->...", vectors, vectors))[..., None]
    return np.asarray(vectors / np.maximum(length, 1e-12), dtype=np.float32)
