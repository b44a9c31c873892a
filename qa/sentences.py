"""Which sentences of the candidate passages answer best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index import Store
from qa.expectation import Expects, expectation, has_expected
from qa.late_interaction import best_matches
from qa.retrieve import Candidate, Query
from source import Document, Span

READ = 5  # passages whose sentences are compared

# How much each sign weighs beside the late interaction of the sentence itself: round numbers
# chosen by hand; on the development sets no fit was better by more than the noise.
PASSAGE_WEIGHT = 0.1
WORDS_WEIGHT = 0.1
SHAPE_WEIGHT = 0.05


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in the running: where it is, how it scores, what of the question it meets.

    `matches`: (n,) the cosine of each of the question's word pieces with its
    best match in the sentence. `met`: (words,) which content words stand in it.
    """

    candidate: Candidate
    position: int
    span: Span
    score: float
    matches: NDArray[np.float32]
    met: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Terms:
    """The question's content words, folded, and each one's share of their rarity (sums to 1)."""

    words: Sequence[str]
    shares: NDArray[np.float32]


def terms(store: Store, question: str) -> Terms:
    """The content words of a question, weighed by how rare each is in the collection."""
    words = store.lexical.content_words(question)
    rarity = store.lexical.rarity(words)
    return Terms(words, rarity / max(float(rarity.sum()), 1e-9))


def ranked_sentences(store: Store, wanted: list[Query], found: list[Candidate], asked: Terms) -> list[Sentence]:
    """The sentences of the first `READ` candidates, best first."""
    expected = expectation(wanted[0].text)
    sentences = [
        sentence for candidate in found[:READ] for sentence in _sentences(store, wanted, candidate, asked, expected)
    ]
    return sorted(sentences, key=lambda sentence: -sentence.score)


def _sentences(
    store: Store, wanted: list[Query], candidate: Candidate, asked: Terms, expected: Expects
) -> Iterator[Sentence]:
    document: Document = store.document(store.document_of(candidate.passage))
    starts = candidate.offsets[:, 0] + store.span(candidate.passage).start
    for position, span in enumerate(store.sentences(candidate.passage)):
        inside = (starts >= span.start) & (starts < span.end)
        if not inside.any():
            continue
        text = document.text[span.start : span.end]
        matches = [best_matches(part[:, inside]) for part in candidate.similarities]
        late = sum(query.weight * float(m.mean()) for query, m in zip(wanted, matches, strict=True))
        met = store.lexical.contains(text, asked.words)
        score = (
            late / sum(query.weight for query in wanted)
            + PASSAGE_WEIGHT * candidate.score
            + WORDS_WEIGHT * float(asked.shares[met].sum())
            + SHAPE_WEIGHT * has_expected(text, expected)
        )
        yield Sentence(candidate, position, span, float(score), matches[0], met)
