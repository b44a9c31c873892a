"""From a question to ranked passages: vectors and words, fused, then late interaction.

Late interaction is MaxSim (Khattab & Zaharia 2020, ColBERT, section 3.2), here over the
embedding model's own token vectors, untrained: how well each word piece of a question is
met by its best match in a passage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index import Encoded, Encoder, FloatMatrix, Offsets, Rows, Scores, Store, pieces_per_word
from qa.ask.conversation import CONTEXT_WEIGHT, Understood
from qa.ask.timings import stage


def best_matches(similarities: FloatMatrix) -> NDArray[np.float32]:
    """(n,): the best of each row of (n, tokens) cosines; -1 where there are no tokens."""
    return np.asarray(similarities.max(axis=1, initial=-1.0), np.float32)


def rescale(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """`scores` moved and stretched to reach from 0 to 1; all 0 where they are all the same."""
    low, high = scores.min(initial=np.inf), scores.max(initial=-np.inf)
    if not high > low:
        return np.zeros_like(scores)
    return np.asarray((scores - low) / (high - low), np.float32)


POOL = 100  # passages that each of the two first retrievers puts forward; more where more are asked for
RERANKED = 30  # passages that late interaction puts in order
LATE_SHARE = 0.8  # of late interaction in the final score; the rest is the fused first stage's
# A question is understood by its meaning if the encoder knows this share of it; English, German and Spanish
# questions are at .9 and above for the default one, Russian, Arabic and Chinese ones below .6.
KNOWN = 0.7
# The more pieces its words are broken into, the less the meaning weighs: English questions have 1.0 to 1.3 a word,
# Spanish ones 1.8, German ones 2.2.
WHOLE, BROKEN, LEAST = 1.3, 1.8, 0.5
# What the encoder makes of another question only breaks ties between passages that have the same words.
TIES = 0.05


@dataclass(frozen=True, slots=True)
class Query:
    """A text to look for, how much it weighs, and its vectors.

    `meaning`: how much its vectors weigh beside its words.
    """

    text: str
    weight: float
    encoded: Encoded
    meaning: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage in the running.

    `score` is in 0..1 and compares within one question. `similarities` has for
    each query the cosines of its word pieces with the passage's: (n, tokens).
    `offsets`: (tokens, 2) in the passage.
    """

    passage: int
    score: float
    similarities: list[FloatMatrix]
    offsets: Offsets


def queries(understood: Understood, encoder: Encoder) -> list[Query]:
    """The question, and the earlier one it leans on at a lower weight."""
    texts = [understood.question] + ([understood.context] if understood.context else [])
    weights = [1.0, CONTEXT_WEIGHT]
    with stage("encoding"):
        encoded = encoder.encode(texts, query=True)
        meaning = (_meaning(text, encoder) for text in texts)
        return [Query(*each) for each in zip(texts, weights, encoded, meaning, strict=False)]


def _meaning(text: str, encoder: Encoder) -> float:
    """How far the encoder understands a question: from 1 for its own languages down to `LEAST`, or `TIES`."""
    if encoder.known(text) < KNOWN:
        return TIES
    broken = (pieces_per_word(text, encoder.pieces([text])[0]) - WHOLE) / (BROKEN - WHOLE)
    return 1 - (1 - LEAST) * min(1.0, max(0.0, broken))


def candidates(store: Store, wanted: list[Query], count: int = RERANKED, among: Rows | None = None) -> list[Candidate]:
    """The best `count` passages, best first; of those `among` which are asked alone, if that is said."""
    pool, fused = first_stage(store, wanted, among, max(POOL, count))
    if not len(pool):  # documents without passages are asked alone
        return []
    best = np.argsort(-fused, kind="stable")[: max(count, RERANKED)]
    with stage("late interaction"):
        return _in_order(store, wanted, pool[best], fused[best])[:count]


def _in_order(store: Store, wanted: list[Query], passages: Rows, fused: Scores) -> list[Candidate]:
    """These passages, ordered by late interaction with a share of the first stage's score."""
    tokens = store.tokens(passages)
    similarities = [tokens.cosines(query.encoded.tokens) for query in wanted]
    late = np.zeros(len(passages), np.float32)
    for query, parts in zip(wanted, similarities, strict=True):
        late += query.weight * np.array([best_matches(part).mean() for part in parts], np.float32)
    share = LATE_SHARE * wanted[0].meaning
    scores = share * rescale(late) + (1 - share) * rescale(fused)
    return [
        Candidate(int(passages[i]), float(scores[i]), [parts[i] for parts in similarities], tokens.offsets[i])
        for i in np.argsort(-scores, kind="stable")
    ]


def first_stage(store: Store, wanted: list[Query], among: Rows | None = None, count: int = POOL) -> tuple[Rows, Scores]:
    """What vectors and words put forward, `count` each: rows (n,), and the fused score of each (n,).

    Fusion is the sum of the two retrievers' scores, each stretched to 0..1
    (min-max, as "convex combination" in Bruch et al. 2023, section 3).
    """
    with stage("vectors"):
        nearest = [store.vectors.nearest(query.encoded.vector, count, among)[0] for query in wanted]
    with stage("words"):
        words = [store.lexical.search(query.text, count, among) for query in wanted]
    pool = np.unique(np.concatenate([*nearest, *words]))
    fused = np.zeros(len(pool), np.float32)
    with stage("fusion"):
        vectors = store.vectors.of(pool)
        for query in wanted:
            meaning, wording = vectors @ query.encoded.vector, store.lexical.scores(query.text, pool)
            fused += query.weight * (query.meaning * rescale(meaning) + rescale(wording))
    return pool, fused
