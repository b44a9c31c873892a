from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from index.text.language import language_of

SHIP = """The Aurora left Los Angeles in March. Her captain, Anna Smith, saw El Niño come and La Niña go.
The pump on board has a warranty period of two years, and it does not leak. Die Hard was shown at night."""
SCHIFF = "Die Aurora verließ den Hafen im März. Die Pumpe an Bord hat eine Garantie von zwei Jahren, und sie ist dicht."


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The ship was lost in the storm and nobody saw it again.", "en"),
        ("Das Schiff ist im Sturm verloren und niemand hat es gesehen.", "de"),
        ("El barco se perdió en la tormenta y no lo vieron por la noche.", "es"),
        ("Le navire est perdu dans la tempête et les hommes ne sont pas revenus.", "fr"),
        ("O navio não voltou para o porto e os homens da cidade choraram.", "pt"),
        ("La nave non è tornata nel porto e gli uomini della città sono tristi.", "it"),
        ("Het schip is niet in de haven en de mannen van de stad wachten er op.", "nl"),
        ("Statek nie wrócił do portu i nie jest to jedyny, który zaginął.", "pl"),
        ("Fartyget är inte i hamnen och det är många som väntar på det.", "sv"),
        ("Laiva ei ole satamassa ja se on kadonnut, kun myrsky tuli.", "fi"),
        ("Gemi limana dönmedi ve bu şehir için çok kötü bir gün oldu.", "tr"),
        ("Loď se do přístavu nevrátila a není to jediná, která je pryč.", "cs"),
        ("Nava nu este în port și oamenii din oraș sunt triști.", "ro"),
        ("A hajó nem tért vissza, és ez nem az egyetlen, hogy elveszett.", "hu"),
        ("Kapal itu tidak kembali ke pelabuhan dan orang yang ada di kota sedih.", "id"),
        ("Meli ya kwanza katika bahari ni hii na watu wa mji wake.", "sw"),
        ("Корабль пропал в шторм, и никто его не видел.", "ru"),
        ("فقدت السفينة في العاصفة", "ar"),
        ("船在暴风雨中失踪了 (the ship)。", "zh"),
        ("船は嵐の中で行方不明になった。", "ja"),
        ("배는 폭풍 속에서 사라졌다.", "ko"),
        ("ఓడ తుఫానులో పోయింది", "te"),
        ("Το πλοίο χάθηκε στην καταιγίδα", "el"),
        ("", "en"),
        ("12 + 34 = 46", "en"),
        ("Xyzzy", "en"),
    ],
)
def test_the_language_of_a_text(text: str, language: str) -> None:
    assert language_of(text) == language


def test_a_name_in_another_script_does_not_change_the_language() -> None:
    assert language_of("Корабль «Aurora» стоит на Неве, и его видят все.") == "ru"
    assert language_of("What does «перестройка» mean, and where is the word from?") == "en"


@pytest.mark.parametrize(
    "question",
    [
        "What do I do?",
        "Do a pump and a ship leak?",
        "When did he die?",
        "Was a man as late as me?",
        "Has it come?",
        "What is a de facto captain?",
    ],
)
def test_small_words_of_other_languages_are_english_in_an_english_question(question: str) -> None:
    assert language_of(question) == language_of(question, SHIP) == "en"


@pytest.mark.parametrize(
    "question",
    [
        "warranty period pump",
        "pump",
        "warrenty perod pmup",
        "E-1042",
        "e-1042",
        "los angeles departure",
        "el niño captain",
        "die hard night",
        "Who is Łucja Wałęsa?",
        "la niña",
    ],
)
def test_keywords_to_english_passages_are_english(question: str) -> None:
    assert language_of(question, SHIP) == "en"


@pytest.mark.parametrize(
    "question",
    [
        "Wer ist der Kapitän der Aurora?",
        "Wann verließ die Aurora Los Angeles?",
        "¿Quién es el capitán del Aurora?",
        "Qui est le capitaine de la pompe ?",
        "Quem é o capitão do Aurora?",
        "Chi è il capitano della Aurora?",
        "Wie is de kapitein van de Aurora?",
        "Kto jest kapitanem statku Aurora?",
        "Vem är kapten på Aurora?",
        "Hvem er kaptajn på Aurora?",
        "Kuka on laivan kapteeni?",
        "Aurora ne zaman ayrıldı?",
        "Kdo je kapitán lodi Aurora?",
        "Cine este căpitanul navei Aurora?",
        "Ki volt a hajó kapitánya?",
        "Siapa kapten kapal Aurora?",
        "Nani ni nahodha wa Aurora?",
        "Ai là thuyền trưởng của Aurora?",
        "Кто капитан «Авроры»?",
        "オーロラの船長は誰ですか",
        "선장은 누구입니까?",
    ],
)
def test_a_question_in_another_language_than_its_passages(question: str) -> None:
    assert language_of(question, SHIP) != "en"


def test_a_text_that_does_not_tell_is_in_the_language_of_its_context() -> None:
    assert language_of("Aurora?", SHIP) == "en"
    assert language_of("Aurora?", SCHIFF) == "de"
    assert language_of("Pumpe Garantie", SCHIFF) == "de"
    assert language_of("Where is the captain?", SCHIFF) == "en"
    assert language_of("Where is the captain?", "Корабль пропал в шторм.") == "en"


def test_single_letters_in_code_do_not_change_the_language() -> None:
    assert language_of("Add up all rows:\nfor e, o in a: y = e + o; u = y + a; print(o, a, e)") == "en"


def test_the_language_of_most_of_a_text_is_its_language() -> None:
    assert language_of(SHIP + "\n" + SCHIFF[:70]) == "en"
    assert language_of(SCHIFF + "\n" + SHIP[:70]) == "de"


@pytest.mark.parametrize("part", ["é", "The ", "Aé ", "是", "é" * 50 + " ", "'", "か漢"])
def test_a_long_text_in_time(part: str, within: Callable[[float], AbstractContextManager[None]]) -> None:
    with within(1):
        language_of(part * 100_000, part * 100_000)
