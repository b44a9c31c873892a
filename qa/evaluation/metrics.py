"""The metrics of an evaluation, under their usual names."""

from __future__ import annotations

import math
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation)
_UNSPACED = re.compile(r"([\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff])")


def hit_at(relevant: Sequence[bool], k: int) -> float:
    """Success@k: 1 if one of the first `k` results is relevant, else 0."""
    return float(any(relevant[:k]))


def reciprocal_rank(relevant: Sequence[bool]) -> float:
    """1 / rank of the first relevant result; 0 if there is none."""
    return next((1 / rank for rank, is_relevant in enumerate(relevant, 1) if is_relevant), 0.0)


def ndcg_at(relevant: Sequence[bool], k: int, total: int) -> float:
    """Normalised discounted cumulative gain (Järvelin & Kekäläinen 2002), binary; `total` results are relevant."""
    gain = sum(1 / math.log2(rank + 1) for rank, is_relevant in enumerate(relevant[:k], 1) if is_relevant)
    best = sum(1 / math.log2(rank + 1) for rank in range(1, min(k, total) + 1))
    return gain / best if best else 0.0


def token_f1(text: str, gold: str) -> float:
    """The token F1 of SQuAD (Rajpurkar et al. 2016, section 6.1).

    Case, punctuation and English articles are ignored. In scripts without spaces
    between words, each character is a token.
    """
    tokens, gold_tokens = _tokens(text), _tokens(gold)
    if not tokens or not gold_tokens:
        return float(tokens == gold_tokens)
    common = sum((Counter(tokens) & Counter(gold_tokens)).values())
    if not common:
        return 0.0
    precision, recall = common / len(tokens), common / len(gold_tokens)
    return 2 * precision * recall / (precision + recall)


def _tokens(text: str) -> list[str]:
    plain = "".join(" " if _is_punctuation(char) else char for char in text.lower())
    return _ARTICLES.sub(" ", _UNSPACED.sub(r" \1 ", plain)).split()


def _is_punctuation(char: str) -> bool:
    return char in _PUNCTUATION or unicodedata.category(char).startswith("P")


def auroc(scores: Sequence[float] | Floats, positive: Sequence[bool]) -> float:
    """The probability that a positive scores above a negative (Mann-Whitney); nan unless there are both."""
    values, labels = np.asarray(scores, float), np.asarray(positive, bool)
    above, below = values[labels], values[~labels]
    if not len(above) or not len(below):
        return math.nan
    wins = (above[:, None] > below[None]).mean() + 0.5 * (above[:, None] == below[None]).mean()
    return float(wins)


def coverage_at(
    confidence: Sequence[float], right: Sequence[bool], answerable: Sequence[bool], precision: float
) -> float:
    """The share of answerable questions that are answered at the lowest threshold with at least `precision`.

    Precision is the share of right answers among all answered questions, so answered
    unanswerable questions lower it; they never count for coverage.
    """
    order = np.argsort(-np.asarray(confidence, float), kind="stable")
    values = np.asarray(confidence, float)[order]
    precise = np.cumsum(np.asarray(right, float)[order]) / np.arange(1, len(order) + 1) >= precision
    # A threshold can't separate questions of equal confidence.
    last_of_ties = np.append(values[1:] != values[:-1], True)
    allowed = np.flatnonzero(precise & last_of_ties)
    answerable_in_order = np.asarray(answerable, bool)[order]
    if not len(allowed) or not answerable_in_order.any():
        return 0.0
    return float(answerable_in_order[: allowed[-1] + 1].sum() / answerable_in_order.sum())


def calibration_error(confidence: Sequence[float] | Floats, right: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error over bins of equal size (Naeini et al. 2015, section "Evaluation")."""
    chance, hits = np.asarray(confidence, float), np.asarray(right, float)
    parts = [part for part in np.array_split(np.argsort(chance, kind="stable"), bins) if len(part)]
    return float(sum(len(part) * abs(chance[part].mean() - hits[part].mean()) for part in parts) / len(chance))


def bootstrap(measure: Callable[[NDArray[np.int64]], float], count: int, rounds: int = 1000) -> tuple[float, float]:
    """The 95% interval of `measure` over samples of `count` questions drawn with replacement (Efron 1979).

    `measure` gets the indices of the questions drawn. The seed is fixed, so equal
    answers give equal intervals.
    """
    random = np.random.default_rng(0)
    values = [measure(random.integers(0, count, count)) for _ in range(rounds)]
    low, high = np.nanpercentile(values, (2.5, 97.5)) if not np.isnan(values).all() else (math.nan, math.nan)
    return float(low), float(high)
