"""Which sentences of the candidate passages answer best."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from index import Store
from qa.ask.answer_type import AnswerType, answer_type, has_expected
from qa.ask.reader import FoundAnswer, Reading
from qa.ask.retrieve import LEAST, Candidate, Query, best_matches
from source import Document, Span

Features = Mapping[str, float]
"""What a sentence is judged by:

- late: late interaction with it alone
- passage: the score of its passage
- words: the share of the question's words that it has, by rarity
- shape: 1 if it has words of the expected shape, -1 if it should and has not
- answers, relevance: what the reader makes of its passage
- likelihood: how likely the reader finds it that just these words of the sentence answer
"""


class Evidence(Enum):
    """How well a question could be understood, and so what its sentences are judged by."""

    READ = "read"
    """The reader has read them."""
    MATCHED = "matched"
    """The encoder knows the language."""
    WORDS = "words"
    """Nobody does: words alone."""


# Log-odds of one sentence against another. READ is fitted by `tests/benchmarks/fit_confidence.py`; the
# others are round numbers chosen by hand: on the development sets no fit was better by more than the noise.
WEIGHTS: Mapping[Evidence, Features] = {
    Evidence.READ: {
        "late": 4.9, "passage": 2.8, "words": 0.9, "shape": 0.1, "answers": 0.6, "relevance": 2.3, "likelihood": 0.3,
    },
    Evidence.MATCHED: {"late": 12.0, "passage": 1.2, "words": 1.2, "shape": 0.6},
    Evidence.WORDS: {"late": 0.6, "passage": 1.2, "words": 12.0, "shape": 0.6},
}  # fmt: skip
_NEVER = -20.0  # the likelihood of words that the reader has not seen: the passage was too long for it


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in the running: where it is, how it scores, what of the question it meets.

    `score`: log-odds against another sentence. `matches`: (n,) the cosine of each
    of the question's word pieces with its best match in the sentence. `met`:
    (words,) which content words stand in it. `found`: what the reader found in it
    (offsets in the passage).
    """

    candidate: Candidate
    position: int
    span: Span
    way: Evidence
    features: Features
    score: float
    matches: NDArray[np.float32]
    met: NDArray[np.bool_]
    found: FoundAnswer | None


@dataclass(frozen=True, slots=True)
class Terms:
    """The question's content words, folded, and each one's share of their rarity (sums to 1)."""

    words: Sequence[str]
    shares: NDArray[np.float32]


def terms(store: Store, question: str) -> Terms:
    """The content words of a question, linear_score by how rare each is in the collection."""
    words = store.lexical.content_words(question)
    rarity = store.lexical.idf(words)
    return Terms(words, rarity / max(float(rarity.sum()), 1e-9))


def ranked_sentences(
    store: Store, wanted: list[Query], candidates: Sequence[Candidate], readings: Sequence[Reading | None], asked: Terms
) -> list[Sentence]:
    """The sentences of the candidates, best first. `readings`: what the reader made of each candidate."""
    expected = answer_type(wanted[0].text)
    sentences = [
        sentence
        for candidate, reading in zip(candidates, readings, strict=True)
        for sentence in _sentences(store, wanted, candidate, reading, asked, expected)
    ]
    return sorted(sentences, key=lambda sentence: -sentence.score)


def _sentences(
    store: Store, wanted: list[Query], candidate: Candidate, reading: Reading | None, asked: Terms, expected: AnswerType
) -> Iterator[Sentence]:
    way = Evidence.READ if reading else Evidence.MATCHED if wanted[0].meaning >= LEAST else Evidence.WORDS
    document: Document = store.document(store.document_of(candidate.passage))
    offset = store.span(candidate.passage).start
    starts = candidate.offsets[:, 0] + offset
    for position, span in enumerate(store.sentences(candidate.passage)):
        inside = (starts >= span.start) & (starts < span.end)
        if not inside.any():
            continue
        text = document.text[span.start : span.end]
        matches = [best_matches(part[:, inside]) for part in candidate.similarities]
        late = sum(query.weight * float(m.mean()) for query, m in zip(wanted, matches, strict=True))
        met = store.lexical.contains(text, asked.words)
        features = {
            "late": late / sum(query.weight for query in wanted),
            "passage": candidate.score,
            "words": float(asked.shares[met].sum()),
            "shape": has_expected(text, expected),
        }
        found = None
        if reading:
            found = reading.best(span.start - offset, span.end - offset)
            features |= {"answers": reading.answers, "relevance": reading.relevance}
            features["likelihood"] = found.likelihood if found else _NEVER
        score = linear_score(features, WEIGHTS[way])
        yield Sentence(candidate, position, span, way, features, score, matches[0], met, found)


def linear_score(features: Features, weights: Features) -> float:
    """The sum of the features that have a weight, each times its weight."""
    return sum(weight * features[name] for name, weight in weights.items())
