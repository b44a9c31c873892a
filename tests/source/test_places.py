from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source import places as lines_module
from source.formats.plain import read_plain
from source.places import Lines


@given(st.text(st.sampled_from("\r\n\r\n a\x0b\x85\u2028"), max_size=40), st.integers(1, 5))
def test_lines_are_those_of_the_pattern(text: str, step: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lines_module, "_STEP", step)
        lines = Lines(text)
        for offset in range(len(text) + 3):
            assert lines.number(offset) == len(re.findall(r"\r\n|\r|\n", text[:offset])) + 1


def test_a_text_is_not_gone_through_for_every_place(within: Callable[[float], AbstractContextManager[None]]) -> None:
    document = read_plain("A line that goes on for a while, as lines do.\r\n" * 60_000, id="a.txt")
    with within(1):  # it was a minute
        numbers = [document.place(len(document.text) - 47 * back).line for back in range(1, 3000)]
    assert numbers == list(range(60_000, 57_001, -1))
