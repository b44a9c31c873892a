from __future__ import annotations

from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from qa.cache import Kept


@given(st.lists(st.integers(0, 12)))
def test_what_was_used_last_is_kept_within_bounds(sizes: list[int]) -> None:
    """Beside a list that is looked through."""
    kept: Kept[int, list[int]] = Kept(10, sum)
    made: list[int] = []
    expected: list[int] = []

    def make(size: int) -> list[int]:
        made.append(size)
        return [size]

    for size in sizes:
        before = len(made)
        assert kept.get(size, partial(make, size)) == [size]
        assert (len(made) == before) == (size in expected)
        expected = [*(each for each in expected if each != size), *([size] if size <= 10 else [])]
        while sum(expected) > 10:
            expected.pop(0)
