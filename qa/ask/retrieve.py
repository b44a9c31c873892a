"""From a question to its candidate passages: vector and BM25 search, fused, then late interaction.

Late interaction is MaxSim (Khattab & Zaharia 2020, ColBERT, section 3.2), here over
the embedding model's own token vectors, without training: the mean, over the word
pieces of the question, of the cosine with the most similar word piece of a passage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index import Encoded, Encoder, FloatMatrix, Offsets, Rows, Scores, Store, broken_share, knows, product
from index.bm25 import ONCE
from index.encoder.cosine_scale import CosineScale, cosine_scale
from qa.ask.conversation import CONTEXT_WEIGHT, ContextualQuestion
from qa.ask.exact import phrase_gains, word_gains
from qa.ask.timings import stage


def best_matches(similarities: FloatMatrix) -> NDArray[np.float32]:
    """The largest cosine in each row, shape (n,), of an (n, tokens) matrix; -1 if there are no tokens."""
    return np.asarray(similarities.max(axis=1, initial=-1.0), np.float32)


def rescale(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """`scores` scaled linearly to 0..1 (min-max); all 0 if they are all equal."""
    low, high = scores.min(initial=np.inf), scores.max(initial=-np.inf)
    if not high > low:
        return np.zeros_like(scores)
    return np.asarray((scores - low) / (high - low), np.float32)


POOL = 100  # passages that each first-stage retriever returns; more if more results are requested
RERANKED = 30  # passages that late interaction reranks
LATE_SHARE = 0.8  # of late interaction in the final score; the rest is the fused first-stage score
LEAST_WEIGHT = 0.5  # of the vectors, where the encoder breaks the question's words
# In a language that the encoder does not know, vectors only break ties between passages with equal BM25 scores.
TIE_BREAK = 0.05
ENOUGH_WORDS = 0.5
PREFERENCE = 0.15
"""Added to the score, in 0..1, of a passage whose document the question names."""


@dataclass(frozen=True, slots=True)
class Query:
    """A text to search for, with its vectors.

    `weight`: among the queries of one question. `vector_weight`: how much its
    vectors count beside its words, in 0..1. `scale`: of the encoder's cosines.
    """

    text: str
    weight: float
    encoded: Encoded
    vector_weight: float
    scale: CosineScale


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may hold the answer.

    `score`: in 0..1, comparable only within one question. `similarities`: for
    each query, the (n, tokens) cosines of its word pieces with the passage's, on the default encoder's scale.
    `offsets`: (tokens, 2) offsets of the passage's word pieces in its text.
    """

    passage: int
    score: float
    similarities: list[FloatMatrix]
    offsets: Offsets


def make_queries(question: ContextualQuestion, encoder: Encoder) -> list[Query]:
    """The query for the question itself and, with a lower weight, the one for its context if it has one."""
    texts = [question.question] + ([question.context] if question.context else [])
    weights = [1.0, CONTEXT_WEIGHT]
    with stage("encoding"):
        encoded = encoder.encode(texts, query=True)
        return [
            Query(text, weight, vectors, _vector_weight(text, encoder), cosine_scale(encoder))
            for text, weight, vectors in zip(texts, weights, encoded, strict=False)
        ]


def _vector_weight(text: str, encoder: Encoder) -> float:
    """How well the encoder knows a text's language: 1 at best, down to `LEAST_WEIGHT`; `TIE_BREAK` if it doesn't."""
    if not knows(encoder, text):
        return TIE_BREAK
    return 1 - (1 - LEAST_WEIGHT) * broken_share(encoder, text)


def candidates(
    store: Store, queries: list[Query], count: int = RERANKED, among: Rows | None = None, preferred: Rows | None = None
) -> list[Candidate]:
    """The `count` best passages, best first; restricted to the rows `among`, if given. `preferred`: ranked higher."""
    pool, fused = first_stage(store, queries, among, max(POOL, count), preferred)
    if not len(pool):  # the selected documents have no passages
        return []
    bonus = np.float32(PREFERENCE) * np.isin(pool, [] if preferred is None else preferred)
    with stage("exact"):
        gains = _gains(word_gains, store, queries, pool) + bonus
        best = np.argsort(-(fused + gains), kind="stable")[: max(count, RERANKED)]
        gains = gains[best] + _gains(phrase_gains, store, queries, pool[best])
    with stage("late interaction"):
        return _reranked(store, queries, pool[best], fused[best], gains)[:count]


def _gains(gains: Callable[[Store, str, Rows], Scores], store: Store, queries: list[Query], passages: Rows) -> Scores:
    """(n,): what each passage gains by what the queries name exactly."""
    parts = [query.weight * gains(store, query.text, passages) for query in queries]
    return np.asarray(np.sum(parts, axis=0), np.float32)


def _reranked(store: Store, queries: list[Query], passages: Rows, fused: Scores, gains: Scores) -> list[Candidate]:
    """The passages ordered by a weighted sum of late interaction and the first-stage score, and what each gains.

    A gain is for what a passage has exactly, or for its document. What all of them gain makes no difference; otherwise
    the scores are scaled so that the best is 1.
    """
    tokens = store.tokens(passages)
    similarities = [[query.scale(part) for part in tokens.cosines(query.encoded.tokens)] for query in queries]
    late = np.zeros(len(passages), np.float32)
    for query, parts in zip(queries, similarities, strict=True):
        late += query.weight * np.array([best_matches(part).mean() for part in parts], np.float32)
    share = LATE_SHARE * queries[0].vector_weight
    scores = share * rescale(late) + (1 - share) * rescale(fused) + gains - gains.min()
    scores /= max(1.0, float(scores.max()))
    return [
        Candidate(int(passages[i]), float(scores[i]), [parts[i] for parts in similarities], tokens.offsets[i])
        for i in np.argsort(-scores, kind="stable")
    ]


def first_stage(
    store: Store, queries: list[Query], among: Rows | None = None, count: int = POOL, preferred: Rows | None = None
) -> tuple[Rows, Scores]:
    """The `count` best passages by vectors and as many by BM25: their rows (n,) and fused scores (n,).

    The best of the `preferred` passages are among them in any case.

    Fusion is the weighted sum of the two retrievers' scores, each scaled to 0..1
    (min-max, as "convex combination" in Bruch et al. 2023, section 3).
    """
    pool = _found(store, queries, among, count)
    if preferred is not None:
        pool = np.union1d(pool, _found(store, queries, preferred, RERANKED))
    return pool, _fused(store, queries, pool)


def _found(store: Store, queries: list[Query], among: Rows | None, count: int) -> Rows:
    """The rows of the passages that either retriever finds."""
    with stage("vectors"):
        nearest = [store.vectors.nearest(query.encoded.vector, count, among)[0] for query in queries]
    with stage("words"):
        words = [store.lexical.search(query.text, count, among) for query in queries]
    return np.unique(np.concatenate([*nearest, *words]))


def _fused(store: Store, queries: list[Query], pool: Rows) -> Scores:
    """(n,): the fused scores of these passages."""
    fused = np.zeros(len(pool), np.float32)
    with stage("fusion"):
        vectors = store.vectors.of(pool)
        for query in queries:
            cosines, bm25 = product(vectors, query.encoded.vector), store.lexical.scores(query.text, pool)
            words = max(_word_weight(store, query.text, bm25), 1 - query.vector_weight) * rescale(bm25)
            fused += query.weight * (query.vector_weight * rescale(cosines) + words)
    return fused


def _word_weight(store: Store, text: str, bm25: Scores) -> float:
    """How much the scores of words count: 1 if a passage has about `ENOUGH_WORDS` of the text's, by their rarity.

    Below it they are words that passages have by chance, as those of a question in another language.
    """
    every = ONCE * float(store.lexical.idf(store.lexical.content_words(text)).sum())
    return min(1.0, float(bm25.max(initial=0)) / max(ENOUGH_WORDS * every, 1e-9))
