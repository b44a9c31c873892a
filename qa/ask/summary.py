"""The sentences of a document that say the most about it: those closest to all its words, early ones before late ones.

A sentence scores by the cosine of its words' tf-idf vector with the mean of all (the centroid, Radev et al. 2004).
LexRank is not better (`tests/benchmarks/summaries.py`).
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
_HALF_LOST = 10  # sentences after which half of what an early sentence weighs more is lost
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
    return [spans[number] for number in sorted(chosen(centrality(vectors), vectors, most))]


def centrality(vectors: Matrix) -> NDArray[np.float64]:
    """(n,): how central each of n unit vectors is, in the order of the sentences; the first weighs four times."""
    early = (1 + 1 / (1 + np.arange(len(vectors)) / _HALF_LOST)) ** 2
    return np.asarray(vectors @ vectors.mean(axis=0) * early)


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
