"""JSON from outside has the shape that is asked for, or is refused."""

from __future__ import annotations

from typing import Any

import pytest

from index.json_shape import fits, number, optional, text

SHAPE = {"id": text, "count": int, "spans": [{"start": int}], "note": optional(str | None)}
GOOD: dict[str, Any] = {"id": "a", "count": 3, "spans": [{"start": 0}, {"start": 5}]}


@pytest.mark.parametrize("more", [{}, {"note": None}, {"note": "x"}, {"more": [1]}, {"spans": []}])
def test_values_that_fit_a_shape(more: dict[str, Any]) -> None:
    assert fits({**GOOD, **more}, SHAPE)


@pytest.mark.parametrize(
    "other",
    [
        {"id": "\ud800"}, {"id": 5}, {"count": True}, {"count": 1.0}, {"count": None}, {"spans": {}}, {"spans": [5]},
        {"spans": [{}]}, {"spans": [{"start": "0"}]}, {"note": 5},
    ],
)  # fmt: skip
def test_values_that_do_not_fit_a_shape(other: dict[str, Any]) -> None:
    assert not fits({**GOOD, **other}, SHAPE)


@pytest.mark.parametrize("missing", sorted(GOOD))
def test_a_name_that_is_missing(missing: str) -> None:
    assert not fits({name: value for name, value in GOOD.items() if name != missing}, SHAPE)


def test_str_matches_any_other_name() -> None:
    assert fits({"a": 1, "b": 2}, {str: int, "a": int})
    assert not fits({"a": 1, "b": "2"}, {str: int, "a": int})


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1e9, -1e9, True, "1", None])
def test_enormous_and_special_numbers_are_refused(value: object) -> None:
    assert not number(value)
    assert number(1) and number(-0.5)


def test_true_is_a_bool_and_no_number() -> None:
    assert fits(True, bool) and fits(True, bool | int) and fits(True, object)
    assert not fits(True, int) and not fits(True, int | None)
