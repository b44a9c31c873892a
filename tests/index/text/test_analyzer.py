from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from bm25s import stopwords as lists
from hypothesis import given
from hypothesis import strategies as st

from index.text.analyzer import fold, query_words, split_words, stopwords, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The QUICK brown-fox", ["the", "quick", "brown", "fox"]),
        ("Café ﬁn ＡＢＣ ①", ["cafe", "fin", "abc", "1"]),
        ("Straße İstanbul ёлка", ["strasse", "istanbul", "елка"]),
        (
            "Łódź Ørsted Æther Œuvre Þór Guðrún Đoković Maltaħ Iŋgá",
            [
                "lodz",
                "orsted",
                "aether",
                "oeuvre",
                "thor",
                "gudrun",
                "dokovic",
                "maltah",
                "inga",
            ],
        ),
        ("Diyarbakır ıssız", ["diyarbakir", "issiz"]),
        ("don’t don't rock 'n' roll", ["don't", "don't", "rock", "n", "roll"]),
        ("北京大学", ["北京", "京大", "大学"]),
        ("在2021年iPhone", ["在", "2021", "年", "iphone"]),
        ("カタカナ", ["カタ", "タカ", "カナ"]),
        ("กขค", ["กข", "ขค"]),
        ("… — !", []),
        ("Error E-1042", ["error", "e", "1042", "e-1042"]),
        ("E\u20111042", ["e", "1042", "e-1042"]),
        ("clause 4.2.1.", ["clause", "4", "2", "1", "4.2.1"]),
        ("1,250 at 10:30", ["1", "250", "1,250", "at", "10", "30", "10:30"]),
        ("max_retries", ["max", "retries", "max_retries"]),
        ("`config.yaml`, Config.yaml's", ["config", "yaml", "config.yaml", "config", "yaml's", "config.yaml"]),
        ("--dry-run or -v", ["dry", "run", "--dry-run", "or", "v", "-v"]),
        ("a.lee@kalmar.org", ["a", "lee", "kalmar", "org", "a.lee@kalmar.org"]),
        ("§ 7 and §7a", ["7", "§7", "and", "7a", "§7a"]),
        ("well-known U.S. e.g. x--y 3, 4", ["well", "known", "u", "s", "e", "g", "x", "y", "3", "4"]),
        ("第4.2条", ["第", "4", "2", "条", "4.2"]),
        ("_ __ -", []),
    ],
)
def test_folded_words_and_pairs(text: str, expected: list[str]) -> None:
    assert list(split_words(text)) == expected


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", ["connect", "connected", "Connections"]),
        ("de", ["Haus", "Hauses"]),
        ("ru", ["корабль", "корабля", "КОРАБЛЮ"]),
        ("fr", ["continuer", "continuait"]),
    ],
)
def test_forms_of_a_word_are_one_term(language: str, forms: list[str]) -> None:
    assert len({tuple(words(form, language)) for form in forms}) == 1


def test_an_identifier_has_no_other_forms() -> None:
    assert words("max_retries", "en")[-1] == "max_retries"
    assert query_words("max_retries", ["de", "en"])[-1] == "max_retries"


def test_cyrillic_words_in_an_english_text_are_stemmed_as_russian() -> None:
    assert words("корабля", "en") == words("корабль", "ru")


def test_a_question_is_stemmed_in_every_language_of_the_documents() -> None:
    both = query_words("houses", ["en", "de"])
    assert set(words("houses", "en")) | set(words("houses", "de")) == set(both)
    assert query_words("houses", []) == words("houses", "en")


def test_stopwords_are_those_of_bm25s() -> None:
    theirs = {"en": "EN_PLUS", "de": "GERMAN", "es": "SPANISH", "ru": "RUSSIAN", "zh": "CHINESE"}
    for language, name in theirs.items():
        assert stopwords([language]) == sorted({fold(word) for word in getattr(lists, f"STOPWORDS_{name}")})


def test_stopwords_are_known_per_language_in_any_case() -> None:
    assert "the" in stopwords(["en"])
    assert fold("für") in stopwords(["de"])
    assert fold("für") not in stopwords(["en"])
    assert "ship" not in stopwords(["en", "de"])
    assert stopwords(["ar"]) == []


@given(st.text())
def test_terms_are_never_empty_and_folding_twice_changes_no_case(text: str) -> None:
    assert all(split_words(text))
    assert all(words(text, "en"))
    assert list(split_words(text)) == list(split_words(text.replace("'", "’")))


def test_accents_and_case_do_not_matter() -> None:
    assert fold("CAFÉ") == fold("cafe\u0301") == "cafe"


def test_accents_by_the_thousand_take_no_time(within: Callable[[float], AbstractContextManager[None]]) -> None:
    """Attack: accents by the ten thousand on one letter, to be sorted."""
    for accents in ("\u0301\u0323", "\u0f73\uff9e"):  # the others become accents only when they are decomposed
        with within(1):
            assert fold("A" + accents * 40_000 + "b") == "ab"


@pytest.mark.parametrize("text", ["a-", "a1-", "1,", "§", "--", "_", "a'"])
def test_marks_by_the_thousand_take_no_time(text: str, within: Callable[[float], AbstractContextManager[None]]) -> None:
    with within(2):
        words(text * 50_000, "en")


def test_hostile_text_in_time(hostile: str, within: Callable[[float], AbstractContextManager[None]]) -> None:
    with within(5):
        words(hostile, "en")
