from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from index.text.analyzer import stopwords
from qa.suggest import names, subject

STOPWORDS = frozenset(stopwords(["en", "de", "es", "ru"]))


def carries(word: str) -> bool:
    return word.lower() not in STOPWORDS


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The harbour master of Lund is called Astrid Lindqvist.", "The harbour master of Lund"),
        ("Cumulative investment in Central Asian countries has reached $30.5 billion.",
         "Cumulative investment in Central Asian countries"),
        ("Die Bezeichnung Oxygenium für Sauerstoff wurde 1777 geprägt.", "Die Bezeichnung Oxygenium für Sauerstoff"),
        ("La región china de Fujian es el hogar del clan.", "La región china de Fujian"),
        ("Теория сложности вычислений является разделом информатики.", "Теория сложности вычислений"),
        ("计算复杂性理论是计算理论的一个分支。", "计算复杂性理论"),
        ("RAGの性能は検索の質に依存する。", "RAGの性能"),
        ("نظرية التعقيد الحاسوبي هي فرع من نظرية الحوسبة", "نظرية التعقيد الحاسوبي"),
        ("This is a bridge.", None),
        ("Another challenge in Central Asia is water.", None),
        ("Rudenko said Central Asia is an island.", None),
        ("The team won the title and was promoted.", None),
        ("When the building is flooded, it freezes.", None),
        ("match in a penalty shoot-out was lost.", None),
        ("The code `a = b` is wrong.", None),
        ("The first, which is blue", None),
        ("但反过来是不可能的。", None),
        ("No verb here", None),
        ("", None),
    ],
)  # fmt: skip
def test_the_subject_is_what_precedes_the_verb(sentence: str, expected: str | None) -> None:
    assert subject(sentence, carries) == expected


def test_names_are_capitalised_words_in_a_row() -> None:
    sentence = "Yesterday Wang Wen met Анна Петрова, and Paul was in the Old Town of Graz."
    assert list(names(sentence)) == ["Wang Wen", "Анна Петрова", "Old Town of Graz"]
    assert list(names("The First National Bank For Many Rich People was there.")) == []  # a list, or a title


def test_hostile_sentences_take_little_time(
    hostile: str, within: Callable[[float], AbstractContextManager[None]]
) -> None:
    with within(1):
        subject(hostile, carries)
        list(names(hostile))
        list(names("A " * 100_000))
        list(names("Aa " * 60_000))
