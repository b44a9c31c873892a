"""How sure it is that the first quote answers: a probability, calibrated.

A logistic model over a few signs of how much of the question the best sentence
and its passage meet. It was fitted by `tests/benchmarks/fit_confidence.py` on the
training sets, where for every second question the passages with the answer
were taken away, and on no evaluation set.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index import Store
from qa.expectation import expectation, has_expected
from qa.late_interaction import best_matches
from qa.retrieve import Query
from qa.sentences import Sentence, Terms

THRESHOLD = 0.5
"""From this confidence on a question counts as answered."""

SIGNS = ("sentence", "passage_content", "words", "shape")
"""What is weighed: how well the sentence meets the whole question, how well its passage meets
the words with content, the share of those words that stand in the passage, and whether
what stands there is of the expected shape."""

_INTERCEPT = -5.177
_WEIGHTS = (5.293, 2.033, 1.688, -0.080)


def confidence(store: Store, wanted: Sequence[Query], best: Sentence, asked: Terms) -> float:
    """The probability, in 0..1, that a quote of `best` answers the question."""
    value = _INTERCEPT + float(np.dot(_WEIGHTS, signs(store, wanted, best, asked)))
    return 1 / (1 + math.exp(-value))


def signs(store: Store, wanted: Sequence[Query], best: Sentence, asked: Terms) -> list[float]:
    """The values of `SIGNS`."""
    question = wanted[0]
    passage = store.passage(best.candidate.passage)
    sentence = passage.text[best.span.start - passage.span.start : best.span.end - passage.span.start]
    met = store.lexical.contains(passage.text, asked.words)
    return [
        float(best.matches.mean()),
        float(best_matches(best.candidate.similarities[0])[_content_pieces(store, question)].mean()),
        float(asked.shares[met].sum()),
        has_expected(sentence, expectation(question.text)),
    ]


def _content_pieces(store: Store, query: Query) -> NDArray[np.bool_]:
    """(n,): which of the query's word pieces belong to words with content; all if none do."""
    pieces = [query.text[start:end] for start, end in query.encoded.offsets]
    content = np.array([bool(store.lexical.content_words(piece)) for piece in pieces], bool)
    return content if content.any() else ~content
