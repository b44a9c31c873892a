"""The confidence of an answer: the calibrated probability that its first quote answers the question.

A logistic model over a few features: how much of the question the best sentence
and its passage with its context cover, and the reader's scores. `tests/benchmarks/fit_confidence.py`
fitted it on a mixture: the part of the training sets that the reader was not trained on, as it is
and with headings, in several forms of each question and without the passages that hold
the answer for every second one; and ordinary questions to ordinary documents (`tests/questions`).
No evaluation set was used.
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
UNSURE = 0.25
"""The least confidence of an unsure answer; a lower threshold takes its place."""

# Log-odds that the first quote answers; "" is the intercept. Features without a weight did not help on other sets.
WEIGHTS: Mapping[Evidence, Features] = {
    Evidence.READ: {"": -1.802, "passage": 2.863, "terms": 1.398, "answers": 0.715},
    Evidence.MATCHED: {"": -1.704, "sentence": 1.998, "words": 2.146},
    Evidence.WORDS: {"": -0.928, "words": 3.373, "sentence_words": -0.858},
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
    - words: the share of the question's terms in the passage or its context
    - sentence_words: the share in the sentence
    - terms, weakest: how well its terms are met, by their share and for the one that is met worst: 1 for a term in the
      passage or its context, else the mean best match of the term's word pieces
    - answers, relevance, likelihood: the reader's, if it has read the passage (see `qa.ask.sentences.Features`)
    """
    row = best.candidate.passage
    matched = store.lexical.contains(store.context(row) + store.passage(row).text, terms.words)
    matches = best_matches(best.candidate.similarities[0])
    met = np.where(matched, 1.0, _similarities(store, queries[0], matches, terms))
    coverage = {
        "": 1.0,
        "sentence": float(best.matches.mean()),
        "passage": _mean_match(queries, best),
        "words": float(terms.shares[matched].sum()),
        "sentence_words": best.features["words"],
        "terms": float(terms.shares @ met),
        "weakest": float(met.min(initial=1.0)),
    }
    read = ("answers", "relevance", "likelihood")
    return {name: value for name, value in best.features.items() if name in read} | coverage


def _mean_match(queries: Sequence[Query], best: Sentence) -> float:
    """How well the passage meets the word pieces of all queries, by their weight."""
    means = [float(best_matches(part).mean()) for part in best.candidate.similarities]
    weights = [query.weight for query in queries]
    return float(np.average(means, weights=weights))


def _similarities(
    store: Store, query: Query, matches: NDArray[np.float32], terms: QuestionTerms
) -> NDArray[np.float32]:
    """(terms,): the mean best match of each term's word pieces."""
    sums, counts = np.zeros(len(terms.words), np.float32), np.zeros(len(terms.words), np.float32)
    numbers = {word: number for number, word in enumerate(terms.words)}
    for match, (start, end) in zip(matches, query.encoded.offsets, strict=True):
        for word in store.lexical.content_words(word_around(query.text, int(start), int(end))):
            if word in numbers:
                sums[numbers[word]] += match
                counts[numbers[word]] += 1
    return np.asarray(sums / np.maximum(counts, 1), np.float32)


def word_around(text: str, start: int, end: int) -> str:
    """The word of a text that a word piece is part of."""
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return text[start:end]
