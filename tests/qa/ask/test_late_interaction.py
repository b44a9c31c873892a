"""MaxSim and min-max, by hand."""

from __future__ import annotations

import numpy as np

from qa.ask.retrieve import best_matches, rescale


def test_best_matches_is_the_maximum_of_each_row() -> None:
    similarities = np.array([[0.1, 0.7, -0.2], [-0.5, -0.9, -0.6]], np.float32)
    np.testing.assert_allclose(best_matches(similarities), [0.7, -0.5])


def test_a_text_without_tokens_matches_nothing() -> None:
    np.testing.assert_array_equal(best_matches(np.zeros((2, 0), np.float32)), [-1, -1])


def test_rescale_reaches_from_0_to_1() -> None:
    np.testing.assert_allclose(rescale(np.array([-2, 0, 6], np.float32)), [0, 0.25, 1])


def test_rescale_of_equal_scores_is_0() -> None:
    np.testing.assert_array_equal(rescale(np.array([3, 3], np.float32)), [0, 0])
    assert len(rescale(np.array([], np.float32))) == 0
