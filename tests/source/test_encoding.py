import codecs
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source.document import Doubt, DoubtKind
from source.encoding import decode
from source.errors import NotText
from source.formats.registry import format_of

ENGLISH = "The lighthouse keeper counted the ships.\nThere were twelve of them that night.\n"
RUSSIAN = (
    "Смотритель маяка считал корабли каждый вечер.\nВ ту ночь их было двенадцать, и все они шли на север.\n"
    "Никто не знал, откуда они пришли и что везли.\n"
)
JAPANESE = (
    "灯台守は毎晩、船の数を数えていました。\nその夜は十二隻の船が北へ向かっていました。\n"
    "どこから来たのか、何を運んでいるのかは、だれも知りませんでした。\n"
)
FRENCH = (
    "Le gardien du phare comptait les bateaux chaque soir. Cette nuit-là, l'été finissait déjà.\n"
    "Élodie préférait le café très sucré à côté de la fenêtre, où l'on voyait la forêt.\n"
    "Après le dîner, elle a reçu une lettre de sa mère : « Reviens bientôt, ma chère, l'hiver sera très long. »\n"
    "Ça ne la gênait pas du tout ; elle avait déjà préparé ses bagages et fermé les volets de la maison.\n"
)
CHINESE = "一天晚上，灯塔看守人数了数船。\n一共有十二艘船，一起向北驶去。\n没有人知道一切从何而来。\n"


@pytest.mark.parametrize("text", [ENGLISH, RUSSIAN, JAPANESE, FRENCH, CHINESE, "😀 emoji\r\nand \x0c feed"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_with_its_own_mark(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding), "x.txt") == (text, 0)


@pytest.mark.parametrize("text", [ENGLISH, RUSSIAN, JAPANESE, FRENCH, CHINESE, "abcdefghij" * 9])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_encodings_without_a_mark(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding), "x.txt") == (text, 0)


@pytest.mark.parametrize(("mark", "encoding"), [(codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF32_BE, "utf-32-be")])
def test_big_endian_marks_are_consumed(mark: bytes, encoding: str) -> None:
    assert decode(mark + RUSSIAN.encode(encoding), "x.txt") == (RUSSIAN, 0)


@pytest.mark.parametrize(
    ("text", "encoding"), [(RUSSIAN, "cp1251"), (FRENCH, "latin-1"), (FRENCH, "cp1252"), (JAPANESE, "shift_jis")]
)
def test_legacy_code_pages_are_detected(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding), "x.txt") == (text, 0)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1250", "Proszę przynieść dowód osobisty."),
        ("cp1250", "Dělníci uzavřou přístavní můstek až do října."),
        ("cp1250", "A kikötőben tűz ütött ki, de gyorsan eloltották."),
        ("cp1250", "Lučko vijeće sastalo se devetog svibnja u staroj carinarnici."),
        ("cp1250", "Digul de nord va fi închis din iunie până în toamnă şi va fi reparat fără întârziere."),
        ("cp1254", "Kuzey iskelesi ekim ayına kadar kapalı kalacak, çünkü kazıklar değiştirilecek."),
        ("cp1257", "Šiaurinis molas bus uždarytas nuo birželio iki spalio mėnesio."),
        ("iso8859-2", "Goście wrócili późnym wieczorem do źle oświetlonego miasta."),
        ("cp1252", "El muelle se reunió en la antigua aduana."),
        ("cp1252", "Norðurbryggjan verður lokuð frá júní því að skipta þarf um staura."),
        ("cp1252", "“The pier is closed,” said the chair – it’s not safe. The fee rose to £4, or 5 €."),
        ("cp1252", "Die Fläche beträgt 300 m², die Wärme 5 °C, der Preis 4 € für ½ kg."),
        ("cp850", "Die nördliche Mole wird geschlossen, weil die Pfähle erneuert werden müssen."),
        ("mac-roman", "La jetée nord sera fermée de juin à octobre, où l’on remplacera les pieux."),
    ],
)
def test_a_short_text_is_read_in_the_code_page_whose_letters_its_language_has(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding), "x.txt") == (text, 0)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"])))
def test_utf_8_survives_decoding(text: str) -> None:
    data = text.encode()
    assert decode(data, "x.txt") == (text[1:] if text.startswith("\ufeff") else text, 0)


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\1\0\x08\6\0\0\0\\r\xa8f" + random.Random(1).randbytes(3000),
        b"\x7fELF\2\1\1" + bytes(9) + random.Random(2).randbytes(2000),
        b"PK\3\4\x14\0\0\0\x08\0" + random.Random(3).randbytes(5000),
        random.Random(4).randbytes(20_000),
        b"\0" * 1000,
        b"plain words and then\0a zero byte among them",
        bytes(range(1, 32)) * 20,
    ],
    ids=["png", "elf", "zip", "noise", "zeros", "zero byte", "controls"],
)
def test_binary_is_not_text(data: bytes) -> None:
    with pytest.raises(NotText, match=r"^picture\.txt is not text .*Convert it to UTF-8"):
        decode(data, "picture.txt")


def test_the_odd_control_character_is_allowed() -> None:
    text = ENGLISH + "\x0c\x1a" + ENGLISH
    assert decode(text.encode(), "x.txt") == (text, 0)


@pytest.mark.parametrize("text", [RUSSIAN, JAPANESE, FRENCH, CHINESE, ENGLISH * 9 + "It was late \u2014 too late.\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_one_bad_byte_costs_one_character(text: str, encoding: str) -> None:
    """Or else the rest is read in some legacy code page: "‚Äúvery quiet‚Äù" for “very quiet”."""
    data = text.encode(encoding)
    assert decode(data + "й".encode()[:1], "x.txt") == (text + "\ufffd", 1)  # cut inside a character
    if encoding != "utf-16":
        assert decode(data + b"caf\xe9 " + text.encode(), "x.txt") == (text + "caf\ufffd " + text, 1)


@pytest.mark.parametrize("more", [b"\0", b"\0\0", b"\0x", b"\0\0x"])
@pytest.mark.parametrize("repeats", [1, 3, 50, 600])
def test_one_zero_does_not_turn_a_text_into_chinese(more: bytes, repeats: int) -> None:
    text = ENGLISH * repeats
    zeros = more.count(0)
    expected = text + "\ufffd" * zeros + more.lstrip(b"\0").decode() + ENGLISH
    assert decode(text.encode() + more + ENGLISH.encode(), "x.txt") == (expected, zeros)


def test_a_short_table_with_a_zero_is_refused_rather_than_guessed() -> None:
    with pytest.raises(NotText):
        decode(b"a,b\n1,\0\n", "x.csv")


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.md", "a.rst", "a.html"])
@pytest.mark.parametrize("bad", [b"\xff", b"\xff" * 5])
def test_undecodable_bytes_are_doubts_that_are_counted_once(name: str, bad: bytes) -> None:
    format = format_of(Path(name).suffix)
    assert format
    data = (RUSSIAN * 9).encode() + bad + RUSSIAN.encode()
    document = format.read(data, id=name, title="", path=name, sha256="")
    assert document.doubts == (Doubt(DoubtKind.UNDECODABLE, count=len(bad)),)
    assert document.text.count("\ufffd") == len(bad)
