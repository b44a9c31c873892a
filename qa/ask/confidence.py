"""The confidence of an answer: the calibrated probability that its first quote answers the question.

A logistic model over a few features: how much of the question the best sentence
and its passage cover, and the reader's scores. `tests/benchmarks/fit_confidence.py`
fitted it on the part of the training sets that the reader was not trained on, with
the passages that hold the answer removed for every second question. No evaluation
set was used.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from index import Store
from qa.answer import State
from qa.ask.retrieve import Query, best_matches
from qa.ask.sentences import Evidence, Features, QuestionTerms, Sentence, linear_score
from source import UsageError

THRESHOLD = 0.5
"""The least confidence of an answered question, unless CHAPTER_VERSE_THRESHOLD is set."""
UNSURE = 0.15
"""The least confidence of an unsure answer; a lower threshold takes its place."""

# Log-odds that the first quote answers; "" is the intercept. Features without a weight did not help on other sets.
WEIGHTS: Mapping[Evidence, Features] = {
    Evidence.READ: {"": -3.721, "passage": 5.847, "words": 1.752, "answers": 0.252, "likelihood": 0.372},
    Evidence.MATCHED: {"": -5.544, "sentence": 6.631, "content": 0.82, "words": 2.389},
    Evidence.WORDS: {"": -2.621, "words": 0.083, "sentence_words": 3.786},
}


def threshold() -> float:
    """The least confidence of an answered question: CHAPTER_VERSE_THRESHOLD, or else `THRESHOLD`.

    Raises UsageError if the variable isn't a number from 0 to 1.
    """
    text = os.environ.get("CHAPTER_VERSE_THRESHOLD")
    if not text:
        return THRESHOLD
    with suppress(ValueError):
        if 0 <= (number := float(text)) <= 1:
            return number
    raise UsageError(f"CHAPTER_VERSE_THRESHOLD must be a number from 0 to 1 (default: {THRESHOLD}), not {text!r}.")


def state_of(confidence: float, threshold: float) -> State:
    """How far a question is answered whose best quote has this confidence.

    >>> state_of(0.3, threshold=0.5), state_of(0.3, threshold=0.2), state_of(0.1, threshold=0.05)
    (<State.UNSURE: 'unsure'>, <State.ANSWERED: 'answered'>, <State.ANSWERED: 'answered'>)
    """
    if confidence >= threshold:
        return State.ANSWERED
    return State.UNSURE if confidence >= UNSURE else State.NOTHING


def confidence(store: Store, queries: Sequence[Query], best: Sentence, terms: QuestionTerms) -> float:
    """The probability, in 0..1, that a quote of the best sentence answers the question."""
    return 1 / (1 + math.exp(-linear_score(features(store, queries, best, terms), WEIGHTS[best.evidence])))


def features(store: Store, queries: Sequence[Query], best: Sentence, terms: QuestionTerms) -> Features:
    """The features that the confidence may depend on.

    - sentence, passage: the mean best match in each for the question's word pieces
    - content: the same in the passage, for the word pieces of content words only
    - words, sentence_words: the share of the question's terms in the passage, and in the sentence
    - answers, likelihood: the reader's, if it has read the passage (see `qa.ask.sentences.Features`)
    """
    matched = store.lexical.contains(store.passage(best.candidate.passage).text, terms.words)
    matches = best_matches(best.candidate.similarities[0])
    coverage = {
        "": 1.0,
        "sentence": float(best.matches.mean()),
        "passage": float(matches.mean()),
        "content": float(matches[_content_pieces(store, queries[0])].mean()),
        "words": float(terms.shares[matched].sum()),
        "sentence_words": best.features["words"],
    }
    return {name: value for name, value in best.features.items() if name in ("answers", "likelihood")} | coverage


def _content_pieces(store: Store, query: Query) -> NDArray[np.bool_]:
    """(n,): which of the query's word pieces belong to content words; all of them if none do."""
    pieces = [query.text[start:end] for start, end in query.encoded.offsets]
    content = np.array([bool(store.lexical.content_words(piece)) for piece in pieces], bool)
    return content if content.any() else ~content
