"""Scores the sentences of the candidate passages by how well each answers the question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from index import Store
from qa.ask.answer_type import AnswerType, answer_type, has_expected
from qa.ask.reader import FoundAnswer, Reading
from qa.ask.retrieve import LEAST_WEIGHT, Candidate, Query, best_matches
from source import Document, Span

Features = Mapping[str, float]
"""The features of a sentence by name:

- late: late interaction with the sentence alone
- passage: the score of its passage
- words: the share of the question's content words that it contains, weighted by rarity
- context: the same share of the words that it lacks but its context contains
- named: the share of the question's identifiers that it or its context contains, as they are written
- shape: 1 if it contains words of the expected answer type, -1 if it lacks them, 0 if none is expected
- answers, relevance: the reader's log-odds for its passage
- likelihood: the reader's log-probability of the likeliest answer in it
"""


class Evidence(Enum):
    """The best evidence there is for the sentences of a question; it decides which weights score them."""

    READ = "read"
    """The reader knows the language and has read the passage."""
    MATCHED = "matched"
    """Only the encoder knows the language: word pieces are matched by their vectors."""
    WORDS = "words"
    """Neither model knows the language: only words are compared."""


# Log-odds of one sentence against another. The weights of READ are fitted by `tests/benchmarks/fit_confidence.py`;
# the others are round numbers chosen by hand: no fit was better on the development sets by more than the noise.
WEIGHTS: Mapping[Evidence, Features] = {
    Evidence.READ: {
        "late": 7.4, "passage": 1.8, "words": 0.2, "shape": 0.4, "answers": 0.8, "relevance": 2.0, "likelihood": 0.3,
        "context": 2.0, "named": 5.9,
    },
    Evidence.MATCHED: {"late": 12.0, "passage": 1.2, "words": 1.2, "shape": 0.6, "context": 4.3, "named": 3.0},
    Evidence.WORDS: {"late": 0.6, "passage": 1.2, "words": 12.0, "shape": 0.6, "context": 4.0, "named": 3.0},
}  # fmt: skip
_UNREAD = -20.0  # likelihood for a sentence beyond the reader's limit, in a passage too long for it


@dataclass(frozen=True, slots=True)
class Sentence:
    """A scored sentence of a candidate passage.

    `position`: its number in the passage. `span`: in the document. `score`:
    log-odds against another sentence. `matches`: (n,) the cosine of each word
    piece of the question with its best match in the sentence. `matched_terms`:
    (terms,) which of the question's terms it contains. `answer`: what the reader
    found in it (offsets in the passage).
    """

    candidate: Candidate
    position: int
    span: Span
    evidence: Evidence
    features: Features
    score: float
    matches: NDArray[np.float32]
    matched_terms: NDArray[np.bool_]
    answer: FoundAnswer | None
    headed: FoundAnswer | None = None


@dataclass(frozen=True, slots=True)
class QuestionTerms:
    """A question's content words (folded), and each one's share of their total idf (the shares sum to 1).

    `named`: the identifiers in the question and its context.
    """

    words: Sequence[str]
    shares: NDArray[np.float32]
    named: Sequence[str] = ()


def question_terms(store: Store, question: str, context: str | None = None) -> QuestionTerms:
    """The content words of a question, weighted by their rarity in the collection. `context`: what it refers to."""
    words = store.lexical.content_words(question)
    idf = store.lexical.idf(words)
    named = store.lexical.identifiers(words + store.lexical.content_words(context or ""))
    return QuestionTerms(words, idf / max(float(idf.sum()), 1e-9), sorted(named))


def ranked_sentences(
    store: Store,
    queries: list[Query],
    candidates: Sequence[Candidate],
    readings: Sequence[Reading | None],
    terms: QuestionTerms,
) -> list[Sentence]:
    """The sentences of the candidates, best first. `readings`: the reader's output for each candidate."""
    expected = answer_type(queries[0].text)
    sentences = [
        sentence
        for candidate, reading in zip(candidates, readings, strict=True)
        for sentence in _sentences(store, queries, candidate, reading, terms, expected)
    ]
    return sorted(sentences, key=lambda sentence: -sentence.score)


def _sentences(
    store: Store,
    queries: list[Query],
    candidate: Candidate,
    reading: Reading | None,
    terms: QuestionTerms,
    expected: AnswerType,
) -> Iterator[Sentence]:
    knows_language = queries[0].vector_weight >= LEAST_WEIGHT
    evidence = Evidence.READ if reading else Evidence.MATCHED if knows_language else Evidence.WORDS
    document: Document = store.document(store.document_of(candidate.passage))
    offset = store.span(candidate.passage).start
    starts = candidate.offsets[:, 0] + offset
    context = store.context(candidate.passage)
    in_context = store.lexical.contains(context, terms.words)
    names = _names_above(document, offset)
    headed = None
    if reading and context and expected not in (AnswerType.STATEMENT, AnswerType.MANNER):
        headed = _in_heading(store, document, offset, context, reading, terms)
    for position, span in enumerate(store.sentences(candidate.passage)):
        inside = (starts >= span.start) & (starts < span.end)
        if not inside.any():
            continue
        text = document.text[span.start : span.end]
        matches = [best_matches(part[:, inside]) for part in candidate.similarities]
        late = sum(query.weight * float(m.mean()) for query, m in zip(queries, matches, strict=True))
        matched = store.lexical.contains(text, terms.words)
        features = {
            "late": late / sum(query.weight for query in queries),
            "passage": candidate.score,
            "words": float(terms.shares[matched].sum()),
            "context": float(terms.shares[in_context & ~matched].sum()),
            "named": _share_named(store, f"{names}\n{text}", terms),
            "shape": has_expected(text, expected),
        }
        answer = None
        if reading:
            answer = reading.best(span.start - offset, span.end - offset)
            features |= {"answers": reading.answers, "relevance": reading.relevance}
            # The sentence is what the heading is about, so both count.
            likelihoods = [each.likelihood for each in (answer, headed) if each]
            features["likelihood"] = float(np.logaddexp.reduce(likelihoods)) if likelihoods else _UNREAD
        score = linear_score(features, WEIGHTS[evidence])
        above = headed if headed and (not answer or headed.likelihood > answer.likelihood) else None
        yield Sentence(candidate, position, span, evidence, features, score, matches[0], matched, answer, above)


def _in_heading(
    store: Store, document: Document, offset: int, context: str, reading: Reading, terms: QuestionTerms
) -> FoundAnswer | None:
    """The reader's answer in the heading right above a passage; None if it only repeats words of the question."""
    path = [heading for heading in document.places.headings_at(offset) if not heading.is_number]
    if not path or path[-1].end is not None:  # the head of a table
        return None
    start = context.rfind(path[-1].title)
    found = reading.best(start - len(context), 0) if start >= 0 else None
    if not found:
        return None
    words = store.lexical.content_words(context[len(context) + found.span.start : len(context) + found.span.end])
    asked = " ".join(terms.words)
    return found if words and not store.lexical.contains(asked, words).all() else None


def _names_above(document: Document, offset: int) -> str:
    """The title and headings that name what stands at an offset; not a title that is the heading of another part."""
    path = document.places.heading(offset)
    first = next(iter(document.places.headings), None)
    # The heading may have an automatic number before the title.
    title = "" if first and f" {first.title}".endswith(f" {document.title}") else document.title
    return "\n".join([title, *path])


def _share_named(store: Store, text: str, terms: QuestionTerms) -> float:
    """The share of the identifiers that a text has as they are written; 0 if there are none."""
    if not terms.named:
        return 0.0
    there = set(store.lexical.content_words(text))
    return sum(word in there for word in terms.named) / len(terms.named)


def linear_score(features: Features, weights: Features) -> float:
    """The weighted sum of the features that have a weight."""
    return sum(weight * features[name] for name, weight in weights.items())
