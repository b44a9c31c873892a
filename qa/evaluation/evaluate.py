"""Asks questions with known answers, judges each answer, and sums up the metrics."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.answer import Answer, Hit, Quote
from qa.edition import DocumentMissing, Edition
from qa.evaluation.metrics import (
    auroc,
    bootstrap,
    calibration_error,
    coverage_at,
    hit_at,
    ndcg_at,
    reciprocal_rank,
    token_f1,
)
from qa.evaluation.questions import Question

_ROUNDS = 200  # of the bootstrap, for metrics that are computed over all questions together


@dataclass(frozen=True, slots=True)
class Outcome:
    """The judgement of one answer. Ranking and quote figures count for answerable questions only.

    `right`: whether the first quote is from a gold document and holds a gold answer.
    `has_gold`: whether a gold answer or document is known. Without one, an answer to
    an answerable question can be judged only if its first quote is one that users
    have rejected (`rejected1`).
    """

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
    rejected1: float
    has_rejected: bool
    has_answers: bool
    has_gold: bool
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Figure:
    """The value of a metric and its 95% bootstrap interval (None for counts and times)."""

    value: float
    interval: tuple[float, float] | None = None


def summary(outcomes: Sequence[Outcome]) -> dict[str, Figure]:
    """The figures over all outcomes, by the names that the command line prints."""
    answerable = [outcome for outcome in outcomes if outcome.answerable]
    unanswerable = [outcome for outcome in outcomes if not outcome.answerable]
    judged = [outcome for outcome in outcomes if outcome.has_gold or outcome.rejected1 or not outcome.answerable]
    with_gold = [outcome for outcome in answerable if outcome.has_gold]
    with_answers = [outcome for outcome in answerable if outcome.has_answers]
    figures = {name: _mean([float(getattr(each, field)) for each in with_gold]) for name, field in _RANKING.items()}
    figures |= {name: _mean([float(getattr(each, field)) for each in with_answers]) for name, field in _QUOTES.items()}
    if with_rejected := [outcome for outcome in outcomes if outcome.has_rejected]:
        figures["rejected@1"] = _mean([outcome.rejected1 for outcome in with_rejected])
    lengths = np.array([outcome.quote_chars for outcome in answerable if outcome.quote_chars])
    figures["quote_chars"] = Figure(float(np.median(lengths)) if len(lengths) else math.nan)
    figures["answered"] = _mean([float(outcome.answered) for outcome in answerable])
    figures["answered_unanswerable"] = _mean([float(outcome.answered) for outcome in unanswerable])
    figures |= _shares([outcome for outcome in judged if outcome.answerable], unanswerable)
    figures["answerable_auroc"] = _resampled(outcomes, _auroc)
    figures["coverage@90"] = _resampled(judged, _coverage)
    figures["calibration_error"] = _resampled(judged, _calibration_error)
    times = [outcome.milliseconds for outcome in outcomes]
    figures["latency_p50_ms"] = Figure(float(np.percentile(times, 50)))
    figures["latency_p95_ms"] = Figure(float(np.percentile(times, 95)))
    figures["n"] = Figure(len(outcomes))
    figures["n_answerable"] = Figure(len(answerable))
    return figures


def _shares(judged: Sequence[Outcome], unanswerable: Sequence[Outcome]) -> dict[str, Figure]:
    """What a user gets: of the answerable questions that can be judged, and of the unanswerable ones."""
    return {
        "shown": _mean([float(each.answered and each.right) for each in judged]),
        "wrong": _mean([float(each.answered and not each.right) for each in judged]),
        "withheld": _mean([float(each.right and not each.answered) for each in judged]),
        "false": _mean([float(each.answered) for each in unanswerable]),
    }


_RANKING = {"hit@1": "hit1", "hit@5": "hit5", "mrr": "reciprocal_rank", "ndcg@10": "ndcg10"}
_QUOTES = {"answer_in_quote@1": "in_quote1", "answer_in_quotes@3": "in_quotes3", "highlight_f1": "highlight_f1"}


def _auroc(outcomes: Sequence[Outcome]) -> float:
    return auroc([o.confidence for o in outcomes], [o.answerable for o in outcomes])


def _coverage(outcomes: Sequence[Outcome]) -> float:
    return coverage_at(
        [o.confidence for o in outcomes], [o.right for o in outcomes], [o.answerable for o in outcomes], 0.9
    )


def _calibration_error(outcomes: Sequence[Outcome]) -> float:
    return calibration_error([o.confidence for o in outcomes], [o.right for o in outcomes])


def _mean(values: Sequence[float]) -> Figure:
    if not values:
        return Figure(math.nan)
    array = np.array(values)
    return Figure(float(array.mean()), bootstrap(lambda drawn: float(array[drawn].mean()), len(array)))


def _resampled(outcomes: Sequence[Outcome], measure: Callable[[Sequence[Outcome]], float]) -> Figure:
    if not outcomes:
        return Figure(math.nan)

    def of_drawn(drawn: NDArray[np.int64]) -> float:
        return measure([outcomes[i] for i in drawn])

    return Figure(measure(outcomes), bootstrap(of_drawn, len(outcomes), rounds=_ROUNDS))


_DEPTH = 10  # documents whose ranking is judged


def evaluate(
    edition: Edition, questions: Sequence[Question], progress: Callable[[int, int], None] = lambda done, total: None
) -> dict[str, Figure]:
    """The figures of `edition` over `questions`, by name. `progress` gets the questions done and their total.

    Raises DocumentMissing, before the first question is asked, if one is limited to a document that isn't there.
    """
    for id in dict.fromkeys(id for question in questions for id in question.documents):
        _check_document(edition, id)
    outcomes = []
    for done, question in enumerate(questions, start=1):
        outcomes.append(outcome(edition, question))
        progress(done, len(questions))
    return summary(outcomes)


def _check_document(edition: Edition, id: str) -> None:
    try:
        edition.document(id)
    except KeyError:
        raise DocumentMissing(id) from None


def outcome(edition: Edition, question: Question) -> Outcome:
    """Asks a question and judges the answer."""
    started = time.perf_counter()
    answer, hits = edition.ask_with_hits(question.question, question.history, question.documents)
    milliseconds = 1000 * (time.perf_counter() - started)
    relevant, total = _relevance(hits, question) if question.answerable else ([], 0)
    # Quotes are judged even if the confidence was below the threshold.
    quotes = answer.quotes or answer.nearest
    rejected = [_is_rejected(quote, question) for quote in quotes]
    holds = [_holds_answer(quote, question) for quote in quotes]
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
        right=bool(quotes) and is_right(quotes[0], question),
        rejected1=hit_at(rejected, 1),
        has_rejected=bool(question.rejected),
        has_answers=bool(question.answers),
        has_gold=bool(question.answers or question.gold_passage_ids),
        milliseconds=milliseconds,
    )


def is_right(quote: Quote, question: Question) -> bool:
    """Whether a quote is from a gold document and holds a gold answer, as far as they are known, and isn't rejected."""
    known = bool(question.answers or question.gold_passage_ids)
    in_gold = not question.gold_passage_ids or quote.document.id in question.gold_passage_ids
    holds = not question.answers or _holds_answer(quote, question)
    return question.answerable and known and in_gold and holds and not _is_rejected(quote, question)


def _holds_answer(quote: Quote, question: Question) -> bool:
    """Whether a quote that isn't rejected holds a gold answer, white space aside."""
    text = " ".join(quote.text.split())
    return any(" ".join(gold.split()) in text for gold in question.answers) and not _is_rejected(quote, question)


def _is_rejected(quote: Quote, question: Question) -> bool:
    """Whether users rejected a quote with the same words, white space aside."""
    return any(quote.text.split() == text.split() for text in question.rejected)


def _relevance(hits: Sequence[Hit], question: Question) -> tuple[list[bool], int]:
    """Which of the documents found, best first, are relevant, and how many relevant ones there are in all.

    Without gold documents (questions about a single document), passages take the
    place of documents, and those that contain an answer are relevant.
    """
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
