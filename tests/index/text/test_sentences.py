from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text.sentences import sentences
from source.spans import Span


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["Dr. Smith of the U.S. Army spoke.", "He left at 5 p.m. sharp."]),
        ("en", ["Trade came to $ 27 billion.", "It rose by 3.5% in 2021."]),
        ("en", ["“We must go,” she said.", "“Now?”", "He nodded."]),
        ("en", ["They had conflicts. ..", "Then there was peace."]),
        ("en", ["1. Narrowing of the system.", "It went on."]),
        ("en", ["A. First item.", "Next."]),
        ("en", ["A first thing.", "Mr. X\u00a0.", "Then another."]),
        ("ru", ["Это т. е. пример.", "Второе предложение."]),
        ("ru", ["Он родился в 1905 г. в Москве.", "Потом уехал."]),
        ("zh", ["你好。", "世界很大！", "好吗？"]),
        ("de", ["Das ist z. B. ein Satz.", "Hier ist noch einer."]),
    ],
)
def test_golden_examples(language: str, expected: list[str]) -> None:
    text = "Before. " + " ".join(expected) + " After."
    found = list(sentences(text, Span(8, len(text) - 7), language))
    assert [text[span.start : span.end] for span in found] == expected


@given(
    st.text() | st.text(alphabet="aA1.!?。\u00a0\u3000 \n“”()-—т"),
    st.sampled_from(["en", "ru", "zh", "ar", "de", "fr", "es", "it", "pt"]),
)
def test_spans_are_ordered_disjoint_and_leave_out_only_white_space(text: str, language: str) -> None:
    padded = f"xx{text}yy"
    end = 2
    for span in sentences(padded, Span(2, 2 + len(text)), language):
        assert padded[end : span.start].strip() == ""
        assert end <= span.start < span.end <= 2 + len(text)
        assert padded[span.start : span.end] == padded[span.start : span.end].strip()
        end = span.end
    assert padded[end : 2 + len(text)].strip() == ""


def test_a_long_paragraph_is_split_the_same_past_the_window() -> None:
    one = "The keeper of the light counted every ship that passed in the night. "
    text = one * 400
    found = list(sentences(text, Span(0, len(text)), "en"))
    assert {text[span.start : span.end] for span in found} == {one.strip()}
    assert len(found) == 400


def test_hostile_text_is_split_in_time(hostile: str, within: Callable[[float], AbstractContextManager[None]]) -> None:
    with within(5):
        sentences(hostile, Span(0, len(hostile)), "en")


@pytest.mark.parametrize("unit", ["A. ", "« ", "a.\u00a0.", "!?", "Dr. ", "1. ", "“a” "])
def test_more_hostile_text(unit: str, within: Callable[[float], AbstractContextManager[None]]) -> None:
    text = unit * (200_000 // len(unit))
    with within(5):
        list(sentences(text, Span(0, len(text)), "en"))
