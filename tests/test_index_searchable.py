"""Text as it is searched, and offsets carried back to the text itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.encoder import Encoder
from index.searchable import searchable
from index.words import words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("in-\nvisible", "invisible"),
        ("in-\r\nvisible", "invisible"),
        ("in\u00ad\nvisible", "invisible"),
        ("in\u00advis\u200bible", "invisible"),
        ("Serbo-\nCroatian", "Serbo-\nCroatian"),  # a name of two words
        ("from 3-\n4", "from 3-\n4"),
        ("a -\nb", "a -\nb"),
        ("eﬃcient ﬁsh", "efficient fish"),
        ("ＡＢＣ１", "ABC1"),
        ("plain text\nof two lines", "plain text\nof two lines"),
        ("Redpaper™ m²", "Redpaper™ m²"),  # not letters of the word
    ],
)
def test_words_are_whole(text: str, found: str) -> None:
    assert searchable(text).text == found


def test_plain_text_is_not_copied() -> None:
    text, offsets = "Nothing changes here.", np.array([(0, 7)])
    read = searchable(text)
    assert read.text is text and read.back(offsets) is offsets


@given(st.text(alphabet="ab-\n\u00adﬁﬃ Ａ", max_size=60))
def test_offsets_come_back_to_what_they_were_made_of(text: str) -> None:
    read = searchable(text)
    spans = np.array([(i, i + 1) for i in range(len(read.text))], np.int64).reshape(-1, 2)
    back = read.back(spans)
    for (start, _), (first, last) in zip(spans.tolist(), back.tolist(), strict=True):
        assert 0 <= first < last <= len(text)
        assert searchable(text[first:last]).text[:1] or text[first:last].isspace()
        assert read.text[start] in searchable(text[first:last]).text
    assert (np.diff(back[:, 0]) >= 0).all()


def test_the_encoder_reads_a_divided_word_as_a_whole_one_and_says_where_it_stands(encoder: Encoder) -> None:
    whole = next(iter(encoder.encode(["The invisible fish."])))
    divided = next(iter(encoder.encode(["The in-\nvisible ﬁsh."])))
    assert divided.vector == pytest.approx(whole.vector, abs=1e-6)
    assert divided.offsets.tolist() == [[0, 3], [4, 15], [16, 19], [19, 20]]
    assert encoder.pieces(["in-\nvisible"])[0].tolist() == [[0, 11]]


def test_a_divided_word_is_found_by_its_words() -> None:
    assert words("an in-\nvisible ﬁsh", "en") == words("an invisible fish", "en")
