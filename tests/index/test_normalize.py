"""Normalised text, and offsets in it mapped back to the original."""

from __future__ import annotations

import re
import tracemalloc
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.encoder.protocol import Encoder
from index.normalize import searchable
from index.text.analyzer import words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("in-\nvisible", "invisible"),
        ("in-\r\nvisible", "invisible"),
        ("in\u00ad\nvisible", "invisible"),
        ("in\u00advis\u200bible", "invisible"),
        ("arti-\nﬁcial", "artificial"),
        ("Serbo-\nCroatian", "Serbo-\nCroatian"),  # a name of two words
        ("from 3-\n4", "from 3-\n4"),
        ("a -\nb", "a -\nb"),
        ("eﬃcient ﬁsh", "efficient fish"),
        ("ＡＢＣ１", "ABC1"),
        ("plain text\nof two lines", "plain text\nof two lines"),
        ("Redpaper™ m²", "Redpaper™ m²"),  # not letters of the word
    ],
)
def test_divided_words_are_joined(text: str, found: str) -> None:
    assert searchable(text).text == found


def test_plain_text_is_not_copied() -> None:
    text, offsets = "Nothing changes here.", np.array([(0, 7)])
    read = searchable(text)
    assert read.text is text and read.to_original(offsets) is offsets


@given(st.text(alphabet="ab-\n\u00adﬁﬃ Ａ", max_size=60))
def test_offsets_map_back_to_the_original(text: str) -> None:
    read = searchable(text)
    spans = np.array([(i, i + 1) for i in range(len(read.text))], np.int64).reshape(-1, 2)
    back = read.to_original(spans)
    for (start, _), (first, last) in zip(spans.tolist(), back.tolist(), strict=True):
        assert 0 <= first < last <= len(text)
        assert searchable(text[first:last]).text[:1] or text[first:last].isspace()
        assert read.text[start] in searchable(text[first:last]).text
    assert (np.diff(back[:, 0]) >= 0).all()


def by_character(text: str) -> list[tuple[str, int, int]]:
    """The reference: each normalised character with its start and end in the original, one after another."""
    found: list[tuple[str, int, int]] = []
    at = 0
    while at < len(text):
        if divided := DIVIDED.match(text, at):
            at = divided.end()
            continue
        new = unicodedata.normalize("NFKC", text[at]) if SHAPED.match(text[at]) else text[at].strip("\u00ad\u200b")
        found += [(char, at, at + 1) for char in new]
        at += 1
    return found


DIVIDED = re.compile(
    r"(?<=[^\W\d_][^\W\d_])(?:[-\u2010](?=\r?\n[a-zﬁﬃ])|\u00ad(?=\r?\n[^\W\d_]))[-\u2010\u00ad]?\r?\n|\Z(?!)"
)
SHAPED = re.compile("[\ufb00-\ufb06\uff01-\uff5e]")


@given(st.text(alphabet="abC1_-\u2010\n\r\u00ad\u200bﬁﬃ Ａ", max_size=60))
def test_text_and_offsets_are_those_of_the_rule(text: str) -> None:
    expected = by_character(text)
    read = searchable(text)
    assert read.text == "".join(char for char, _, _ in expected)
    spans = [(one, other) for one in range(len(expected)) for other in range(one + 1, len(expected) + 1)]
    back = read.to_original(np.array(spans, np.int64).reshape(-1, 2)).tolist()
    assert back == [[expected[one][1], expected[other - 1][2]] for one, other in spans]


def test_a_long_text_with_a_few_changes_takes_little_memory() -> None:
    text = "The in-\nvisible ﬁsh. " + "And more of it. " * 200_000
    tracemalloc.start()
    read = searchable(text)
    assert tracemalloc.get_traced_memory()[0] < 1.1 * len(text)  # the new text, and hardly anything else
    tracemalloc.stop()
    assert read.to_original(np.array([(len(read.text) - 5, len(read.text))])).tolist() == [[len(text) - 5, len(text)]]


def test_the_encoder_reads_a_divided_word_whole_with_its_offsets(encoder: Encoder) -> None:
    whole = next(iter(encoder.encode(["The invisible fish."])))
    divided = next(iter(encoder.encode(["The in-\nvisible ﬁsh."])))
    assert divided.vector == pytest.approx(whole.vector, abs=1e-6)
    assert divided.offsets.tolist() == [[0, 3], [4, 15], [16, 19], [19, 20]]
    assert encoder.pieces(["in-\nvisible"])[0].tolist() == [[0, 11]]


def test_a_divided_word_is_found_by_its_words() -> None:
    assert words("an in-\nvisible ﬁsh", "en") == words("an invisible fish", "en")
