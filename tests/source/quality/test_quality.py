import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from source.document import Doubt, DoubtKind
from source.quality import doubts_of
from source.quality.characters import (
    CONTROL,
    LETTER,
    LOWER,
    PRIVATE,
    SPACE,
    UNDECODABLE,
    UPPER,
    WHITE,
    index_of,
    kinds_of,
    runs,
)
from source.quality.joined_words import common_words

ENGLISH = (
    "The ship left the harbour of Bergen on the third day of March, with a crew of nineteen and a cargo of dried fish. "
    "For two weeks nobody in the town heard of her. Then a fisherman from the Lofoten Islands came into the office of "
    "the company and told the clerk, Mr. Hansen, that he had seen the masts of a bark standing out of the water near "
    "the Skerries. The owners of the ship asked the men of the lifeboat to row out to the place, and they found the "
    "bark lying on the rocks, with the sails still set and the cabin locked. In the log of the captain the last entry "
    "was that of the ninth of March. It said that the wind had turned to the west, that the mate was ill, and that the "
    "fire in the galley had gone out. Of the crew the men of the lifeboat found no sign, and the sea never gave them "
    "back. The widow of the captain lived in the house above the quay until the end of the war, and told the story to "
    "anybody who asked for it, though in the later years the number of the crew grew with every telling."
)
GERMAN = (
    "Das Schiff verließ den Hafen von Hamburg am dritten Tag im März, mit neunzehn Mann und einer Ladung Stockfisch. "
    "Zwei Wochen lang hörte niemand in der Stadt etwas von ihm. Die Schifffahrtsgesellschaft und die "
    "Feuerversicherungsgesellschaft stritten um den Schaden, bis das Seegericht die Verantwortung der Reederei "
    "feststellte. Der Kapitän hatte seine Geschwindigkeitsbegrenzung nicht beachtet, und in der Donaudampfschifffahrt "
    "wäre ihm das nicht erlaubt worden. Die Witwe des Kapitäns wohnte bis zum Ende des Krieges in dem Haus über dem "
    "Kai und erzählte die Geschichte jedem, der danach fragte, auch wenn die Zahl der Männer mit den Jahren wuchs."
)
FINNISH = (
    "Laiva lähti Turun satamasta maaliskuun kolmantena päivänä, mukanaan yhdeksäntoista miestä ja lasti kuivaa kalaa. "
    "Kahteen viikkoon kukaan kaupungissa ei kuullut siitä mitään. Merenkulkulaitoksen tarkastajat totesivat, että "
    "kapteeni ei ollut noudattanut turvallisuusmääräyksiä, ja vakuutusyhtiö kieltäytyi maksamasta korvauksia. "
    "Kapteenin leski asui talossa laiturin yläpuolella sodan loppuun asti ja kertoi tarinan jokaiselle, joka kysyi."
)
RUSSIAN = (
    "Корабль вышел из гавани Архангельска третьего марта с командой из девятнадцати человек и грузом сушёной рыбы. Две "
    "недели никто в городе о нём не слышал. Потом рыбак пришёл в контору и рассказал приказчику, что видел мачты барка "
    "над водой у скал. Владельцы просили спасателей выйти на вёслах к тому месту, и те нашли барк на камнях, с "
    "поднятыми парусами и запертой каютой. Вдова капитана жила в доме над пристанью до конца войны и рассказывала эту "
    "историю всякому, кто о ней спрашивал."
)
ARABIC = (
    "غادرت السفينة الميناء في اليوم الثالث من شهر مارس وعلى متنها تسعة عشر رجلا وحمولة من السمك المجفف. لم يسمع أحد في "
    "المدينة عنها شيئا طوال أسبوعين. ثم جاء صياد إلى مكتب الشركة وأخبر الكاتب بأنه رأى صواري السفينة فوق الماء قرب "
    "الصخور. عاشت أرملة القبطان في البيت فوق الرصيف حتى نهاية الحرب. كانت تحكي القصة لكل من يسأل عنها."
    " لم يعرف أحد ماذا حدث في تلك الليلة."
)
SPACELESS = (
    "船在三月三日離開了港口船上有十九個人和一批乾魚。" * 12 + "เรือออกจากท่าเรือในวันที่สามของเดือนมีนาคมพร้อมลูกเรือสิบเก้าคน " * 12
)
CHEMISTRY = (
    "The samples were treated with dichlorodiphenyltrichloroethane and ethylenediaminetetraacetic acid; the mRNA of "
    "the cells, and the siRNA, were kept at pH 7. See https://www.example.org/thisIsALongAddress/andAnotherOne for the "
    "sequences: "
) + "".join(f"{'ACGTTGCA' * n}, {'MKVLAAGIV' * n} and {'a' * 9 * n}, " for n in range(3, 8))
CODE = ENGLISH + "".join(
    f"\nThe plan of `ofThe{name}` and of self.inThe{name}, the theOther{name}() of the set_the{name * 4}."
    for name in ("wharf", "quays", "ropes", "sails", "masts", "hulls")
)
TABLE = ("A B C D E F G H\n" + "x x x x x x x x\n" + "1 2 3 4 5 6 7 8\n") * 9 + "By J. R. R. Tolkien and U S A. " * 5
CLEAN = {
    "English": ENGLISH, "German": GERMAN, "Finnish": FINNISH, "Russian": RUSSIAN, "Arabic": ARABIC,
    "Chinese and Thai": SPACELESS, "chemistry": CHEMISTRY, "code": CODE, "table": TABLE, "nothing": "",
    "white": " \n\t",
    "invisible": "\ufeffsoft\u00adhyphen, join\u200der\u200c, \u202bdirection\u202c\f\v\t\r\n\x85\u2028" * 20,
    "bullets": "\n\uf0b7 one thing\n\uf0b7\tanother\n \uf0fe " * 20, "column": "\n".join("WHENINROMEDOASTHEYDO" * 3),
    "emoji": "👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿 " * 30,
}  # fmt: skip


@pytest.mark.parametrize("name", CLEAN)
def test_clean_text_raises_no_doubt(name: str) -> None:
    text = CLEAN[name]
    assert doubts_of(text, (0,)) == doubts_of(text, ()) == doubts_of(text * 9, ()) == []


@pytest.mark.parametrize("text", [ENGLISH, GERMAN, RUSSIAN, ARABIC], ids=["English", "German", "Russian", "Arabic"])
def test_lost_spaces_join_words_on_their_page_only(text: str) -> None:
    pages = [text, re.sub(r"(\w) (?=\w)", r"\1", text), text]
    starts = (0, len(pages[0]), len(pages[0]) + len(pages[1]))
    (doubt,) = doubts_of("".join(pages), starts)
    assert (doubt.kind, doubt.page) == (DoubtKind.JOINED_WORDS, 2)
    assert doubt.count >= 5


def test_losing_four_spaces_in_five_is_a_doubt() -> None:
    text = "".join(word + (" " if number % 5 == 0 else "") for number, word in enumerate(ENGLISH.split()))
    assert [doubt.kind for doubt in doubts_of(text, ())] == [DoubtKind.JOINED_WORDS]


def test_spaces_lost_before_capitals_join_words() -> None:
    small = " und in das von der die dem im der und das von die dem im " * 3
    seams = "der Kapitän, dieWitwe, demHaus, derStadt, imHafen, undHamburg, dasSchiff, vonBergen, "
    assert doubts_of(GERMAN + small, (0,)) == []
    assert doubts_of(GERMAN + small + seams, (0,)) == [Doubt(DoubtKind.JOINED_WORDS, 1, 7)]
    assert doubts_of(GERMAN * 6 + small + seams, (0,)) == []  # too few for so long a page
    assert doubts_of(GERMAN + small + "undHamburg " * 20, (0,)) == []  # one name, again and again
    assert doubts_of(GERMAN + small + seams.replace(",", "("), (0,)) == []  # code: they are called
    assert (
        doubts_of(GERMAN + " der Kapitän, fooWitwe, barHaus, bazStadt, quxHafen, fooHamburg, barSchiff, bazBergen", ())
        == []
    )


@pytest.mark.parametrize("space", [" ", "   "])
def test_letters_with_spaces_between_are_spaced_words(space: str) -> None:
    spaced = (
        ENGLISH.replace(" ", space).replace("", " ") if space == " " else space.join(map(" ".join, ENGLISH.split()))
    )
    (doubt,) = doubts_of(ENGLISH + "\f" + spaced, (0, len(ENGLISH) + 1))
    assert (doubt.kind, doubt.page) == (DoubtKind.SPACED_WORDS, 2)
    assert doubt.count == len(re.findall(r"(?<!\w)\w(?: \w){5,}(?!\w)", re.sub(r"[\d_]", ".", spaced)))


def test_a_spaced_heading_makes_no_page_doubtful() -> None:
    assert doubts_of("C O N T E N T S\n\n" * 6 + ENGLISH * 2, (0,)) == []
    assert doubts_of("C O N T E N T S\n\n" * 6 + ENGLISH, (0,)) == [Doubt(DoubtKind.SPACED_WORDS, 1, 6)]
    assert doubts_of("C O N T E N T S\n\n" + ENGLISH, (0,)) == []
    assert doubts_of("C O N T E N T S", (0,)) == []


@pytest.mark.parametrize(
    ("char", "kind"),
    [
        ("\uf001", DoubtKind.PRIVATE_USE), ("\U000f1234", DoubtKind.PRIVATE_USE), ("\0", DoubtKind.CONTROL),
        ("\x1f", DoubtKind.CONTROL), ("\x93", DoubtKind.CONTROL), ("\x7f", DoubtKind.CONTROL),
        ("\ufffe", DoubtKind.CONTROL), ("\ufffd", DoubtKind.UNDECODABLE), ("\ud800", DoubtKind.UNDECODABLE),
    ],
)  # fmt: skip
def test_odd_characters_are_counted_on_their_page(char: str, kind: DoubtKind) -> None:
    odd = ENGLISH.replace("fi", char)
    assert odd.count(char) == 4
    text = ENGLISH + odd + ENGLISH
    assert doubts_of(text, (0, len(ENGLISH), len(ENGLISH + odd))) == [Doubt(kind, 2, 4)]
    assert doubts_of(text, ()) == [Doubt(kind, None, 4)]
    assert doubts_of(ENGLISH + f"a{char}b{char}c", (0,)) == []  # two are a slip


def test_a_few_odd_characters_in_a_long_page_are_not_a_doubt() -> None:
    text = (ENGLISH * 9)[: 8000 - 16]
    assert doubts_of(text + "a\ufffd" * 8, (0,)) == [Doubt(DoubtKind.UNDECODABLE, 1, 8)]
    assert doubts_of(text + "ab" + "a\ufffd" * 7, (0,)) == []


def test_a_damaged_stretch_of_a_long_text_without_pages_is_found() -> None:
    assert doubts_of(ENGLISH * 300 + "na\ufffdve \ufffd\ufffd\ufffd" + ENGLISH * 300, ()) == [
        Doubt(DoubtKind.UNDECODABLE, None, 4)
    ]


def test_doubts_come_by_page_and_kind_whatever_the_length() -> None:
    pages = [ENGLISH * 1500, "\ufffd\ufffd\ufffd\x01\x01\x01", "", ENGLISH * 1500, "\ufffd\ufffd\ufffd"]
    starts = (0, *np.cumsum([len(page) for page in pages[:-1]]).tolist())
    assert doubts_of("".join(pages), starts) == [
        Doubt(DoubtKind.CONTROL, 2, 3), Doubt(DoubtKind.UNDECODABLE, 2, 3), Doubt(DoubtKind.UNDECODABLE, 5, 3),
    ]  # fmt: skip


def test_text_before_the_first_page_is_on_no_page() -> None:
    assert doubts_of("\ufffd\ufffd\ufffd\n" + ENGLISH, (4,)) == [Doubt(DoubtKind.UNDECODABLE, None, 3)]


@given(st.text(st.characters(exclude_categories=[])), st.lists(st.integers(0, 40)))
def test_doubts_of_any_text_are_on_its_pages(text: str, starts: list[int]) -> None:
    pages = tuple(sorted(min(start, len(text)) for start in starts))
    for doubt in doubts_of(text, pages):
        assert 0 < doubt.count <= len(text)
        assert doubt.page is None or 1 <= doubt.page <= len(pages)


def test_kinds_of_characters() -> None:
    text = "aßж AÄЖ\u05d0\u0627\n\u3000\xa0字\u0e01\u09151-\ue000\0\x80\ufffd\udc00\U0010ffff"
    assert kinds_of(text).tolist() == [
        LOWER, LOWER, LOWER, SPACE, UPPER, UPPER, UPPER, LETTER, LETTER, WHITE, WHITE, WHITE, 0, 0, 0, 0, 0, PRIVATE,
        CONTROL, CONTROL, UNDECODABLE, UNDECODABLE, CONTROL,
    ]  # fmt: skip


def test_runs_and_the_pages_they_are_on() -> None:
    assert runs(np.array([], bool)).tolist() == runs(np.array([False, False])).tolist() == []
    assert runs(np.array([True, False, True, True])).tolist() == [[0, 1], [2, 4]]
    assert index_of(np.array([0, 4, 5, 9]), np.array([0, 5])).tolist() == [0, 0, 1, 1]


def test_common_words_occur_three_times_and_once_in_two_hundred() -> None:
    assert common_words("The the THE a a b") == {"the"}
    assert common_words("the " * 3 + "a " * 597) == {"the", "a"}
    assert common_words("the " * 3 + "a " * 598) == {"a"}


@pytest.mark.parametrize(
    "unit", ["theHouse of", "abcdefghijklmnopqrstuvwxyz ", "t h i s ", "\ue000", "aB", "a", "\0 ", "字", "a b\n"]
)
def test_a_hostile_text_is_checked_in_time(unit: str, within: Callable[[float], AbstractContextManager[None]]) -> None:
    text = unit * (3_000_000 // len(unit))
    with within(2):
        doubts_of(text, tuple(range(0, len(text), 2500)))


def test_a_whole_book_is_checked_in_time(within: Callable[[float], AbstractContextManager[None]]) -> None:
    book = (ENGLISH + "\n" + GERMAN + "\n") * 1900
    assert len(book) > 3_000_000
    doubts_of("", ())
    with within(0.6):
        assert doubts_of(book, ()) == []
