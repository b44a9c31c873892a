"""The sentences of a document that say the most about it, by LexRank (Erkan & Radev 2004, "continuous LexRank").

Sentences are the nodes of a graph, weighted by the cosine of their words' tf-idf vectors. A sentence is central if
it is similar to many central ones: the scores are the stationary distribution of a random walk.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from index import Store
from source import Document, Span

Matrix: TypeAlias = NDArray[np.float64]

SENTENCES = 4
"""In a summary."""
_PASSAGES = 60  # of a document; of a longer one, as many are read, evenly spread
_MOST_SENTENCES = 300
_SHORTEST, _LONGEST = 30, 350  # characters of a sentence
_DAMPING = 0.15
_STEPS = 30
_ALIKE = 0.5  # cosine: a sentence so similar to one chosen before adds nothing
_WHOLE = re.compile(r"[.!?…。！？][\"'”’»)\]]*\Z")
_MARKED = re.compile(r"[|\t]|[-*•]\s|https?://")


def central_sentences(store: Store, row: int, most: int = SENTENCES) -> list[Span]:
    """The `most` most central sentences of the document in a row, in the document's order."""
    document = store.document(row)
    spans = _sentences(store, document, store.passages_in(row))
    if len(spans) <= most:
        return spans
    vectors = word_vectors(store, [document.text[span.start : span.end] for span in spans])
    return [spans[number] for number in sorted(chosen(lexrank(vectors), vectors, most))]


def lexrank(vectors: Matrix) -> NDArray[np.float64]:
    """(n,): the centrality of each of n unit vectors."""
    similar = np.clip(vectors @ vectors.T, 0, None)
    walk = similar / np.maximum(similar.sum(axis=1, keepdims=True), 1e-12)
    scores = np.full(len(vectors), 1 / len(vectors))
    for _ in range(_STEPS):
        scores = _DAMPING / len(vectors) + (1 - _DAMPING) * scores @ walk
    return scores


def chosen(scores: NDArray[np.float64], vectors: Matrix, most: int) -> list[int]:
    """The numbers of the `most` best sentences, without those that repeat a better one."""
    found: list[int] = []
    for number in np.argsort(-scores, kind="stable").tolist():
        if len(found) < most and (not found or (vectors[found] @ vectors[number]).max() < _ALIKE):
            found.append(number)
    return found


def word_vectors(store: Store, sentences: Sequence[str]) -> Matrix:
    """(n, words): the tf-idf vectors of sentences, of unit length."""
    counts = [Counter(store.lexical.content_words(sentence)) for sentence in sentences]
    words = sorted({word for each in counts for word in each})
    column = {word: number for number, word in enumerate(words)}
    vectors = np.zeros((len(sentences), len(words)))
    for number, each in enumerate(counts):
        for word, count in each.items():
            vectors[number, column[word]] = count
    frequency = (vectors > 0).sum(axis=0)
    vectors *= np.log1p(len(sentences) / np.maximum(frequency, 1))
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))


def _sentences(store: Store, document: Document, passages: Sequence[int]) -> list[Span]:
    """The whole sentences of at most `_PASSAGES` passages: no headings, items or rows of a table."""
    step = max(1, -(-len(passages) // _PASSAGES))
    read = list(passages)[::step]
    store.prefetch(read)
    found = dict.fromkeys(span for passage in read for span in store.sentences(passage))
    whole = [span for span in found if _is_whole(document.text[span.start : span.end])]
    return (whole or list(found))[:_MOST_SENTENCES]


def _is_whole(sentence: str) -> bool:
    fits = _SHORTEST <= len(sentence) <= _LONGEST
    return bool(fits and _WHOLE.search(sentence) and not _MARKED.search(sentence))
