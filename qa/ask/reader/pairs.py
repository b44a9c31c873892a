"""Makes a model's input of a question and a text, as the model's tokenizer pairs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index import Offsets

MAX_PIECES = 512
"""Word pieces of question and text together at most."""
_PROBE = "a b\nc"
_ASKED = 4  # a question's share of them is a quarter; the rest of a longer question is not read


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and a text as the model reads them.

    `ids`, `types`: (1, pieces) token ids, and which segment each is of. `own`: the pieces
    of the text. `offsets`: (own pieces, 2), theirs in the text.
    """

    ids: NDArray[np.int64]
    types: NDArray[np.int64]
    own: slice
    offsets: Offsets


class PairTokenizer:
    """A tokenizer that puts its special tokens before, between and after a question and a text.

    These, and the types of the segments, are taken from how it encodes a pair (BERT: `[CLS] a [SEP] b [SEP]`,
    RoBERTa: `<s> a </s></s> b </s>`). `max_pieces`: of both together; more of the text is not read.
    `tokenizer`: of the library tokenizers, the pair tokenizer's own. `blanks`: whether its word pieces may contain
    white space. Safe to use from several threads.
    """

    def __init__(self, tokenizer: Any, max_pieces: int) -> None:
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        frame = self._tokenizer.encode("a", "b")
        order = frame.sequence_ids
        asked, text, end = order.index(0), order.index(1), len(order) - order[::-1].index(1)
        between = slice(len(order) - order[::-1].index(0), text)
        self._ids = frame.ids[:asked], frame.ids[between], frame.ids[end:]
        self._types = frame.type_ids[:asked], frame.type_ids[between], frame.type_ids[end:]
        self._asked_type, self._text_type = frame.type_ids[asked], frame.type_ids[text]
        self._most_asked = max_pieces // _ASKED
        self._room = max_pieces - sum(map(len, self._ids))
        self.blanks = any(
            any(char.isspace() for char in _PROBE[start:end])
            for start, end in self._tokenizer.encode(_PROBE, add_special_tokens=False).offsets
        )

    def encode(self, question: str, text: str) -> Pair:
        """The pair as the model's input."""
        asked = self._tokenizer.encode(question, add_special_tokens=False).ids[: self._most_asked]
        encoded = self._tokenizer.encode(text, add_special_tokens=False)
        pieces = encoded.ids[: self._room - len(asked)]
        offsets = np.array(encoded.offsets[: len(pieces)], np.int64).reshape(-1, 2)
        before, between, after = self._ids
        ids = [*before, *asked, *between, *pieces, *after]
        first = len(before) + len(asked) + len(between)
        before, between, after = self._types
        types = [*before, *[self._asked_type] * len(asked), *between, *[self._text_type] * len(pieces), *after]
        own = slice(first, first + len(pieces))
        return Pair(np.array([ids], np.int64), np.array([types], np.int64), own, offsets)


def parsed(tokenizer: bytes) -> Any:
    """The tokenizer that a tokenizer.json describes."""
    from tokenizers import Tokenizer  # imported late: `retrieve` doesn't need it

    return Tokenizer.from_str(tokenizer.decode())


def without_blanks(text: str, offsets: Offsets) -> Offsets:
    """Offsets (n, 2) in a text without the white space at their edges; those of white space alone become empty.

    >>> without_blanks("Yes. It is", np.array([(0, 4), (4, 7), (7, 8), (8, 10)])).tolist()
    [[0, 4], [5, 7], [8, 8], [8, 10]]
    """
    inked = np.array([not char.isspace() for char in text], bool)
    places = np.arange(len(text))
    # For each offset: the first character at or after it that isn't white space, and the end of the last one before it.
    following = np.minimum.accumulate(np.append(np.where(inked, places, len(text)), len(text))[::-1])[::-1]
    preceding = np.maximum.accumulate(np.append(0, np.where(inked, places + 1, 0)))
    starts = np.minimum(following[offsets[:, 0]], offsets[:, 1])
    return np.column_stack([starts, np.maximum(preceding[offsets[:, 1]], starts)])
