"""How sure it is that the first quote answers: a probability, calibrated.

A logistic model over a few signs of how much of the question the best sentence
and its passage meet. It was fitted by `tests/benchmarks/fit_weights.py` on the
training sets, where for every second question the passages with the answer
were taken away, and on no evaluation set.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from index import Store
from qa.retrieve import Query
from qa.sentences import Sentence, Terms

THRESHOLD = 0.5
"""From this confidence on a question counts as answered."""

SIGNS = ("sentence", "sentence_content", "passage_content", "weakest", "words_sentence", "words_passage")
_INTERCEPT = -8.0
_WEIGHTS = (2.0, 2.0, 6.0, 1.0, 1.0, 2.0)


def confidence(store: Store, wanted: Sequence[Query], best: Sentence, asked: Terms) -> float:
    """The probability, in 0..1, that a quote of `best` answers the question."""
    value = _INTERCEPT + float(np.dot(_WEIGHTS, signs(store, wanted, best, asked)))
    return 1 / (1 + math.exp(-value))


def signs(store: Store, wanted: Sequence[Query], best: Sentence, asked: Terms) -> list[float]:
    """The values of `SIGNS`: cosines of word pieces with their best matches, and shares of words met."""
    question = wanted[0]
    content = _content_pieces(store, question)
    passage = best.candidate.matches
    text = store.passage(best.candidate.passage).text
    met = store.lexical.contains(text, asked.words)
    return [
        float(best.matches.mean()),
        float(best.matches[content].mean()),
        float(passage[content].mean()),
        float(best.matches[content].min()),
        float(asked.shares[best.met].sum()),
        float(asked.shares[met].sum()),
    ]


def _content_pieces(store: Store, query: Query) -> np.ndarray:  # type: ignore[type-arg]
    """(n,): which of the query's word pieces belong to words with content; all if none do."""
    pieces = [query.text[start:end] for start, end in query.encoded.offsets]
    content = np.array([bool(store.lexical.content_words(piece)) for piece in pieces], bool)
    return content if content.any() else ~content
