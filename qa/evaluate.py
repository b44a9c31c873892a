"""Questions with known answers in, the measures out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.answer import Answer
from qa.book import Book
from qa.measures import auroc, bootstrap, coverage_at, hit_at, ndcg_at, reciprocal_rank, token_f1
from qa.questions import Question

_DEPTH = 10  # documents that ranking is judged on


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one question came to. Ranking and quote figures count for answerable questions only."""

    hit1: float
    hit5: float
    reciprocal_rank: float
    ndcg10: float
    in_quote1: float
    in_quotes3: float
    quote_chars: int
    highlight_f1: float
    answerable: bool
    answered: bool
    confidence: float
    right: bool
    has_answers: bool
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure's value and its 95% bootstrap interval (none for counts and times)."""

    value: float
    interval: tuple[float, float] | None = None


def evaluate(
    book: Book, questions: Sequence[Question], progress: Callable[[int, int], None] = lambda done, total: None
) -> dict[str, Figure]:
    """The figures of `book` over `questions`, by name."""
    outcomes = []
    for done, question in enumerate(questions, start=1):
        outcomes.append(outcome(book, question))
        progress(done, len(questions))
    return summary(outcomes)


def outcome(book: Book, question: Question) -> Outcome:
    """What asking the question comes to."""
    started = time.perf_counter()
    answer = book.ask(question.question, question.history)
    milliseconds = 1000 * (time.perf_counter() - started)
    relevant, total = _relevance(book, question) if question.answerable else ([], 0)
    # Ranking and quotes are judged whether or not the threshold withheld them.
    quotes = answer.quotes or answer.nearest
    holds = [any(gold in quote.text for gold in question.answers) for quote in quotes]
    return Outcome(
        hit1=hit_at(relevant, 1),
        hit5=hit_at(relevant, 5),
        reciprocal_rank=reciprocal_rank(relevant),
        ndcg10=ndcg_at(relevant, 10, total),
        in_quote1=hit_at(holds, 1),
        in_quotes3=hit_at(holds, 3),
        quote_chars=len(quotes[0].text) if quotes else 0,
        highlight_f1=_highlight_f1(answer, question.answers),
        answerable=question.answerable,
        answered=answer.answered,
        confidence=answer.confidence,
        right=question.answerable and bool(hit_at(holds, 1) if question.answers else hit_at(relevant, 1)),
        has_answers=bool(question.answers),
        milliseconds=milliseconds,
    )


def _relevance(book: Book, question: Question) -> tuple[list[bool], int]:
    """Which documents, best first, are relevant, and how many are in all.

    Without gold documents (questions about one document) a passage that holds
    an answer is relevant, and each passage counts for itself.
    """
    hits = book.find(question.question, question.history)
    if not question.gold_passage_ids:
        relevant = [any(gold in hit.passage.text for gold in question.answers) for hit in hits]
        return relevant[:_DEPTH], sum(relevant)
    ranked = list(dict.fromkeys(hit.passage.document_id for hit in hits))[:_DEPTH]
    return [id in question.gold_passage_ids for id in ranked], len(question.gold_passage_ids)


def _highlight_f1(answer: Answer, golds: Sequence[str]) -> float:
    """The best token F1 of a highlight of the first quote against any gold answer."""
    quotes = answer.quotes or answer.nearest
    if not quotes:
        return 0.0
    quote = quotes[0]
    marked = [quote.text_of(span) for span in quote.highlights]
    return max((token_f1(text, gold) for text in marked for gold in golds), default=0.0)


def summary(outcomes: Sequence[Outcome]) -> dict[str, Figure]:
    """The figures, each with its interval where it has one."""
    answerable = [outcome for outcome in outcomes if outcome.answerable]
    with_answers = [outcome for outcome in answerable if outcome.has_answers]
    figures: dict[str, Figure] = {}
    for name, field, over in _MEANS:
        chosen = {"answerable": answerable, "answers": with_answers}[over]
        figures[name] = _mean([float(getattr(outcome, field)) for outcome in chosen])
    lengths = np.array([outcome.quote_chars for outcome in answerable if outcome.quote_chars])
    figures["quote_chars"] = Figure(float(np.median(lengths)) if len(lengths) else math.nan)
    figures["answerable_auroc"] = _resampled(
        outcomes, lambda chosen: auroc([o.confidence for o in chosen], [o.answerable for o in chosen])
    )
    figures["coverage@90"] = _resampled(outcomes, _coverage)
    times = [outcome.milliseconds for outcome in outcomes]
    figures["latency_p50_ms"] = Figure(float(np.percentile(times, 50)))
    figures["latency_p95_ms"] = Figure(float(np.percentile(times, 95)))
    figures["n"] = Figure(len(outcomes))
    figures["n_answerable"] = Figure(len(answerable))
    return figures


_MEANS = (
    ("hit@1", "hit1", "answerable"),
    ("hit@5", "hit5", "answerable"),
    ("mrr", "reciprocal_rank", "answerable"),
    ("ndcg@10", "ndcg10", "answerable"),
    ("answer_in_quote@1", "in_quote1", "answers"),
    ("answer_in_quotes@3", "in_quotes3", "answers"),
    ("highlight_f1", "highlight_f1", "answers"),
    ("answered", "answered", "answerable"),
)


def _coverage(outcomes: Sequence[Outcome]) -> float:
    return coverage_at(
        [o.confidence for o in outcomes], [o.right for o in outcomes], [o.answerable for o in outcomes], 0.9
    )


def _mean(values: Sequence[float]) -> Figure:
    if not values:
        return Figure(math.nan)
    array = np.array(values)
    return Figure(float(array.mean()), bootstrap(lambda drawn: float(array[drawn].mean()), len(array)))


def _resampled(outcomes: Sequence[Outcome], measure: Callable[[Sequence[Outcome]], float]) -> Figure:
    def of_drawn(drawn: NDArray[np.int64]) -> float:
        return measure([outcomes[i] for i in drawn])

    return Figure(measure(outcomes), bootstrap(of_drawn, len(outcomes), rounds=200))
