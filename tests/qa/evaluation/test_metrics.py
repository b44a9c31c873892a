"""The metrics, checked against published examples, figures worked out by hand, and brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

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

# Few distinct values, so ties are common.
SCORED = st.lists(st.tuples(st.integers(0, 4).map(lambda n: n / 4), st.booleans()), max_size=30)


def test_hit_at_looks_at_the_first_k_only() -> None:
    assert hit_at([False, True], 1) == 0.0
    assert hit_at([False, True], 2) == 1.0
    assert hit_at([], 5) == 0.0


def test_the_calibration_error_by_hand() -> None:
    # Two bins: said .25 and .25, right 0 of 2; said .75 and .95, right 2 of 2.
    assert calibration_error([0.95, 0.25, 0.75, 0.25], [True, False, True, False], bins=2) == pytest.approx(
        (2 * 0.25 + 2 * 0.15) / 4
    )
    assert calibration_error([1.0, 0.0], [True, False]) == 0.0


def test_mrr_of_the_textbook_example() -> None:
    # Wikipedia, "Mean reciprocal rank": catten, tori, viruses; ranks 3, 2 and 1.
    ranks = [[False, False, True], [False, True, False], [True, False, False]]
    assert sum(map(reciprocal_rank, ranks)) / 3 == pytest.approx(11 / 18)
    assert reciprocal_rank([False, False]) == 0.0


def test_ndcg_by_hand() -> None:
    assert ndcg_at([True, False, True], 10, 2) == pytest.approx((1 + 1 / 2) / (1 + 1 / math.log2(3)))
    assert ndcg_at([False, True], 10, 1) == pytest.approx(0.6309297535714575)
    assert ndcg_at([True] * 20, 10, 20) == pytest.approx(1.0)
    assert ndcg_at([False] * 10 + [True], 10, 1) == 0.0
    assert ndcg_at([False], 10, 0) == 0.0


def test_ndcg_counts_relevant_ones_that_were_never_found() -> None:
    assert ndcg_at([True], 10, 2) < ndcg_at([True], 10, 1) == 1.0


@pytest.mark.parametrize(
    ("text", "gold", "f1"),
    [
        ("the cat sat", "a cat", 2 / 3),  # articles do not count: precision 1/2, recall 1
        ("Denver Broncos", "the Denver Broncos!", 1.0),
        ("May 17-18", "May 17–18", 1.0),
        ("a b c d e", "e f", 2 * 0.25 * 0.5 / 0.75),  # "a" is an article: 1 of 4, 1 of 2
        ("cat cat cat", "cat", 0.5),  # a repeated word is matched once
        ("北京市", "北京", 0.8),  # 2 of 3 characters, 2 of 2
        ("北京。", "北京", 1.0),
        ("dog", "cat", 0.0),
        ("", "cat", 0.0),
        ("the", "a", 1.0),  # both are empty
    ],
)
def test_token_f1_as_squad_counts(text: str, gold: str, f1: float) -> None:
    assert token_f1(text, gold) == pytest.approx(f1)
    assert token_f1(gold, text) == pytest.approx(f1)


@given(SCORED)
def test_auroc_equals_brute_force(scored: list[tuple[float, bool]]) -> None:
    above = [score for score, positive in scored if positive]
    below = [score for score, positive in scored if not positive]
    got = auroc([score for score, _ in scored], [positive for _, positive in scored])
    if not above or not below:
        assert math.isnan(got)
    else:
        wins = sum((a > b) + 0.5 * (a == b) for a in above for b in below)
        assert got == pytest.approx(wins / len(above) / len(below))


def test_auroc_by_hand() -> None:
    assert auroc([0.9, 0.8, 0.3, 0.1], [True, True, False, False]) == 1.0
    assert auroc([0.9, 0.1], [False, True]) == 0.0
    assert auroc([0.5, 0.5], [False, True]) == 0.5


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.booleans()), max_size=25), st.sampled_from([0.5, 0.9]))
def test_coverage_equals_brute_force(rows: list[tuple[int, bool, bool]], precision: float) -> None:
    confidence = [float(row[0]) for row in rows]
    right, answerable = [row[1] for row in rows], [row[2] for row in rows]
    best = 0.0
    for threshold in sorted(set(confidence)):  # the lowest threshold that is precise enough
        answered = [i for i, value in enumerate(confidence) if value >= threshold]
        if sum(right[i] for i in answered) / len(answered) >= precision:
            best = sum(answerable[i] for i in answered) / max(sum(answerable), 1)
            break
    assert coverage_at(confidence, right, answerable, precision) == pytest.approx(best)


def test_coverage_cannot_separate_ties() -> None:
    assert coverage_at([0.9, 0.9], [True, False], [True, True], 0.9) == 0.0
    assert coverage_at([0.9, 0.8], [True, False], [True, True], 0.9) == 0.5
    # An unanswerable question that is answered counts against precision, not for coverage.
    assert coverage_at([0.9, 0.8], [True, False], [True, False], 0.5) == 1.0


def test_bootstrap_is_the_same_every_time_and_as_wide_as_theory_says() -> None:
    values = np.repeat([0.0, 1.0], 50)

    def mean(drawn: NDArray[np.int64]) -> float:
        return float(values[drawn].mean())

    low, high = bootstrap(mean, 100)
    assert (low, high) == bootstrap(mean, 100)
    assert low < 0.5 < high
    assert high - low == pytest.approx(2 * 1.96 * 0.05, rel=0.1)  # of a mean of 100 coin tosses


def test_bootstrap_leaves_out_samples_without_a_value() -> None:
    assert bootstrap(lambda drawn: math.nan if drawn[0] else 2.0, 3) == (2.0, 2.0)
    assert all(map(math.isnan, bootstrap(lambda drawn: math.nan, 3)))
