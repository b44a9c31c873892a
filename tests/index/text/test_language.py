import pytest

from index.text.language import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The ship was lost in the storm and nobody saw it again.", "en"),
        ("Das Schiff ist im Sturm verloren und niemand hat es gesehen.", "de"),
        ("El barco se perdió en la tormenta y no lo vieron por la noche.", "es"),
        ("Le navire est perdu dans la tempête et les hommes ne sont pas revenus.", "fr"),
        ("O navio não voltou para o porto e os homens da cidade choraram.", "pt"),
        ("La nave non è tornata nel porto e gli uomini della città sono tristi.", "it"),
        ("Корабль пропал в шторм, и никто его не видел.", "ru"),
        ("فقدت السفينة في العاصفة", "ar"),
        ("船在暴风雨中失踪了 (the ship)。", "zh"),
        ("", "en"),
        ("12 + 34 = 46", "en"),
        ("Xyzzy", "en"),
    ],
)
def test_the_language_of_a_text(text: str, language: str) -> None:
    assert language_of(text) == language


def test_a_name_in_another_script_does_not_change_the_language() -> None:
    assert language_of("Корабль «Aurora» стоит на Неве, и его видят все.") == "ru"
