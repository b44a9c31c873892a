"""What each question came to in, the figures of an evaluation out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.measures import auroc, bootstrap, calibration_error, coverage_at

_ROUNDS = 200  # of the bootstrap, for measures that look at all questions together


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one question came to. Ranking and quote figures count for answerable questions only.

    `has_gold`: whether it is known where, or with what, it is answered; if not,
    an answerable question can be judged only by a first quote that readers have
    rejected (`rejected1`).
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
    """A measure's value and its 95% bootstrap interval (none for counts and times)."""

    value: float
    interval: tuple[float, float] | None = None


def summary(outcomes: Sequence[Outcome]) -> dict[str, Figure]:
    """The figures, each with its interval where it has one."""
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
    figures["answerable_auroc"] = _resampled(outcomes, _auroc)
    figures["coverage@90"] = _resampled(judged, _coverage)
    figures["calibration_error"] = _resampled(judged, _calibration_error)
    times = [outcome.milliseconds for outcome in outcomes]
    figures["latency_p50_ms"] = Figure(float(np.percentile(times, 50)))
    figures["latency_p95_ms"] = Figure(float(np.percentile(times, 95)))
    figures["n"] = Figure(len(outcomes))
    figures["n_answerable"] = Figure(len(answerable))
    return figures


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
