import math
from pathlib import Path

import numpy as np
import pytest

from index.lexical import Lexical
from index.words import words

TEXTS = [
    "The keeper counted the ships, and the ships went north.",
    "Ships sail.",
    "Nobody counted anything at all that night in the harbour, not even the stars over it.",
    "…",
    "The north wind blew.",
]
K1, B = 1.2, 0.75


def brute_force(query: list[str]) -> list[float]:
    """Lucene's BM25, word by word."""
    rows = [words(text, "en") or [""] for text in TEXTS]
    average = sum(map(len, rows)) / len(rows)
    scores = []
    for row in rows:
        score = 0.0
        for word in query:
            holding = sum(word in other for other in rows)
            idf = math.log(1 + (len(rows) - holding + 0.5) / (holding + 0.5)) if holding else 0
            count = row.count(word)
            score += idf * count / (count + K1 * (1 - B + B * len(row) / average))
        scores.append(score)
    return scores


@pytest.fixture(scope="module")
def lexical() -> Lexical:
    return Lexical.build(TEXTS, ["en"] * len(TEXTS))


@pytest.mark.parametrize("query", ["ship", "counted the ships", "North?", "ships ships", "north unknownword"])
def test_scores_are_those_of_the_formula(lexical: Lexical, query: str) -> None:
    scores = lexical.scores(query)
    assert scores.dtype == np.float32
    assert scores.tolist() == pytest.approx(brute_force(words(query, "en")), abs=1e-5)
    assert scores.max() > 0


@pytest.mark.parametrize("query", ["", "zzz", "…", "漢字"])
def test_a_query_without_a_known_word_scores_nothing(lexical: Lexical, query: str) -> None:
    assert lexical.scores(query).tolist() == [0] * len(TEXTS)


def test_rarity_is_the_inverse_document_frequency(lexical: Lexical) -> None:
    count = len(TEXTS)
    expected = [math.log(1 + (count - df + 0.5) / (df + 0.5)) for df in (2, 2, 1, 0)]
    assert lexical.rarity(["ships", "counted", "wind", "elephant"]).tolist() == pytest.approx(expected, abs=1e-5)


def test_content_words_leave_out_stopwords_and_repeats(lexical: Lexical) -> None:
    assert lexical.content_words("Where did the Ships, the ships, sail in Café Nord?") == [
        "ships",
        "sail",
        "cafe",
        "nord",
    ]


def test_a_word_is_contained_by_its_stem(lexical: Lexical) -> None:
    assert lexical.contains("A ship sailed.", ["ships", "sailing", "north"]).tolist() == [True, True, False]


def test_saved_and_loaded_it_scores_the_same(lexical: Lexical, tmp_path: Path) -> None:
    lexical.save(tmp_path / "words")
    loaded = Lexical.load(tmp_path / "words", len(TEXTS), ["en"])
    assert loaded.scores("ships north").tolist() == lexical.scores("ships north").tolist()
    assert loaded.rarity(["ships"]).tolist() == lexical.rarity(["ships"]).tolist()
