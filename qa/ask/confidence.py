"""How sure it is that the first quote answers: a probability, calibrated.

A logistic model over a few features of how much of the question the best sentence
and its passage meet, and of what the reader makes of them. It was fitted by
`tests/benchmarks/fit_confidence.py` on the part of the training sets that the reader
has not learnt, where for every second question the passages with the answer were
taken away, and on no evaluation set.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from index import Store
from qa.ask.retrieve import Query, best_matches
from qa.ask.sentences import Evidence, Features, Sentence, Terms, linear_score
from source import UsageError

THRESHOLD = 0.5
"""From this confidence on a question counts as answered, unless CHAPTER_VERSE_THRESHOLD says otherwise."""

# Log-odds that the first quote answers; "" is the intercept. What is not linear_score did not carry over to other sets.
WEIGHTS: Mapping[Evidence, Features] = {
    Evidence.READ: {"": -3.721, "passage": 5.847, "words": 1.752, "answers": 0.252, "likelihood": 0.372},
    Evidence.MATCHED: {"": -5.544, "sentence": 6.631, "content": 0.82, "words": 2.389},
    Evidence.WORDS: {"": -2.621, "words": 0.083, "sentence_words": 3.786},
}


def threshold() -> float:
    """From which confidence on a question counts as answered: CHAPTER_VERSE_THRESHOLD, or `THRESHOLD`.

    Raises UsageError if the variable is no number from 0 to 1.
    """
    wanted = os.environ.get("CHAPTER_VERSE_THRESHOLD")
    if not wanted:
        return THRESHOLD
    with suppress(ValueError):
        if 0 <= (number := float(wanted)) <= 1:
            return number
    raise UsageError(f"CHAPTER_VERSE_THRESHOLD is {wanted!r}; set it to a number from 0 to 1, {THRESHOLD} without it.")


def confidence(store: Store, wanted: Sequence[Query], best: Sentence, asked: Terms) -> float:
    """The probability, in 0..1, that a quote of `best` answers the question."""
    return 1 / (1 + math.exp(-linear_score(features(store, wanted, best, asked), WEIGHTS[best.way])))


def features(store: Store, wanted: Sequence[Query], best: Sentence, asked: Terms) -> Features:
    """What the confidence may hang on.

    - sentence, passage: how well each meets the whole question
    - content: how well the passage meets the words with content
    - words, sentence_words: the share of those that stand in the passage, and in the sentence
    - answers, likelihood: the reader's, where it has read: that the passage answers, and in just these words
    """
    met = store.lexical.contains(store.passage(best.candidate.passage).text, asked.words)
    matches = best_matches(best.candidate.similarities[0])
    found = {
        "": 1.0,
        "sentence": float(best.matches.mean()),
        "passage": float(matches.mean()),
        "content": float(matches[_content_pieces(store, wanted[0])].mean()),
        "words": float(asked.shares[met].sum()),
        "sentence_words": best.features["words"],
    }
    return {name: value for name, value in best.features.items() if name in ("answers", "likelihood")} | found


def _content_pieces(store: Store, query: Query) -> NDArray[np.bool_]:
    """(n,): which of the query's word pieces belong to words with content; all if none do."""
    pieces = [query.text[start:end] for start, end in query.encoded.offsets]
    content = np.array([bool(store.lexical.content_words(piece)) for piece in pieces], bool)
    return content if content.any() else ~content
