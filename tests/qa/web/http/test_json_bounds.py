"""What is found to be bounded is bounded when it has been parsed."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.web.http.json_bounds import MOST_LEVELS, is_bounded

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='a"\\[]{},:é\ud800', max_size=6),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(alphabet='a"\\[,', max_size=3), inside),
    max_leaves=30,
)


def separators(value: Any) -> int:
    """The commas, colons and opening brackets of a value as JSON, outside strings."""
    if isinstance(value, dict):
        return 1 + max(0, len(value) - 1) + sum(1 + separators(each) for each in value.values())
    if isinstance(value, list):
        return 1 + max(0, len(value) - 1) + sum(map(separators, value))
    return 0


@given(VALUES, st.booleans())
def test_all_values_outside_strings_are_counted(value: Any, ascii: bool) -> None:
    body = json.dumps(value, ensure_ascii=ascii).encode("utf-8", "surrogatepass")
    count = separators(value)
    assert is_bounded(body, count)
    assert not count or not is_bounded(body, count - 1)


@given(st.text(alphabet='[]{}",:\\a1 ', max_size=40))
def test_what_a_parser_reads_is_counted_right(text: str) -> None:
    try:
        value = json.loads(text)
    except ValueError:
        return
    assert is_bounded(text.encode(), 40)
    if isinstance(value, list) and len(value) > 1:  # an object may have a key twice
        assert not is_bounded(text.encode(), len(value) - 1)


@pytest.mark.parametrize("levels", [("[", "]"), ('{"a":', "}")])
def test_depth_is_bounded(levels: tuple[str, str]) -> None:
    begin, end = levels
    for depth, bounded in ((MOST_LEVELS, True), (MOST_LEVELS + 1, False), (100_000, False)):
        value = f"{begin * depth}{end * depth}".replace('"a":}', '"a":1}')
        assert is_bounded(value.encode(), 1_000_000) is bounded


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_other_encodings_are_not_read(encoding: str) -> None:
    """Attack: JSON as UTF-16, in which letters have the bytes of quotes: strings seem to begin where there are none."""
    assert not is_bounded('["∢", [[[1, 2, 3]]]]'.encode(encoding), 100)


@pytest.mark.parametrize("repeated", [b"[", b"[],", b"{", b'"', b'"a",', b"\\", b'\\"', b"]", b"[{", b"1,"])
def test_any_body_is_scanned_in_time(repeated: bytes, within: Callable[[float], AbstractContextManager[None]]) -> None:
    with within(0.3):
        is_bounded(b'{"data": [' + repeated * (2**22 // len(repeated)), 100_000)
