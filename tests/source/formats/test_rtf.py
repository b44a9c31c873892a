from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from office_fixtures import COMPOUND, ENCRYPTED, check_paragraphs
from rtf_fixtures import FONTS, STYLES

from source.document import Document, DoubtKind, RegionKind
from source.errors import Damaged, Encrypted, SourceEmpty
from source.formats.rtf import read_rtf


def read(body: str, head: str = r"\ansi\ansicpg1252\deff0") -> Document:
    data = "{\\rtf1" + head + FONTS + STYLES + r"{\*\generator Word}" + body + "}"
    return read_rtf(data.encode("latin-1"), id="a.rtf", title="stem")


def test_headings_paragraphs_and_lists_in_their_order() -> None:
    document = read(
        r"\pard\plain\s15 Of Ships\par \pard\plain\s1\outlinelevel0{\b Sail}ing\par"
        r"\pard\plain  Two   ships sail:\par{\listtext\pard\'b7\tab}\ls1\ilvl0 the Serpent\par"
        r"{\pntext 2.\tab}the Crane\par \pard\s2 Rowing\par\pard Oars.\par"
        r"\pard\outlinelevel1 Last things\par\pard\s16 The end."
    )
    assert document.text == (
        "Of Ships\n\nSailing\n\nTwo ships sail:\nthe Serpent\nthe Crane\n\nRowing\n\nOars.\n\nLast things\n\nThe end."
    )
    assert document.title == "Of Ships"
    assert [(each.level, each.title) for each in document.places.headings] == [
        (1, "Of Ships"), (1, "Sailing"), (2, "Rowing"), (2, "Last things"),
    ]  # fmt: skip
    assert document.place(document.text.index("Oars")).heading == ("Sailing", "Rowing")
    assert document.place(document.text.index("Crane")).paragraph == 3
    assert document.extractor == "rtf/3"


def test_the_contents_are_marked() -> None:
    document = read(r"\pard\s17 Sailing\tab 3\par\pard Text.\par")
    assert [each.kind for each in document.regions] == [RegionKind.NAVIGATION]
    assert [document.text[s.start : s.end] for s in document.quotable()] == ["Text."]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (r"caf\'e9 na\u239\'efve \u8222?x\u8220?", "café naïve „x“"),
        (r"{\f1 \'ca\'ee\'f0\'e0}\f0  \'ca", "Кора Ê"),
        (r"\f3\'82\'a0\'83A", "あア"),
        (r"\f2 a\'b7\u-3999?", "α•α"),
        (r"{\uc0\u25968 }{\uc2\u24211\'bf\'e2}\u27169?", "数库模"),
        (r"\u-10179?\u-8704?", "😀"),
        (r"\u8220\ldblquote x\u8221\rdblquote .", "“x”."),
        (r"a\~b\_c\-d\{e\}\\ \emdash\bullet\lquote", "a b-cd{e}\\ —•‘"),
        ("a\r\nb\\\nc\\\r\nd", "ab\n\nc\n\nd"),
        (r"one\line two\tab three\page four", "one\ntwo three\nfour"),
        (r"seen{\v hidden}\v gone\v0  too {\deleted gone}\plain on", "seen too on"),
        (r"see {\field{\*\fldinst HYPERLINK x}{\fldrslt a link}}{\*\bkmkstart x}{\xe{\v x}}.", "see a link."),
        (
            r"{\header gone}{\footerr gone}{\pict 0a0b}{\object{\*\objdata 01}{\result shown}}{\info{\author Erik}}",
            "shown",
        ),
        (r"a{\*\unknown gone{\par gone}}b{\unknown kept}", "abkept"),
        (r"a{\pict\bin5 }{}\\x}b", "ab"),
        ("nul\x00 and\x0bcontrol", "nul andcontrol"),
    ],
)
def test_what_is_shown_and_what_is_not(body: str, text: str) -> None:
    assert read(body).text == text


@pytest.mark.parametrize(
    ("head", "written", "text"),
    [
        (r"\ansi\ansicpg1251", r"\f4\'ca\'ee\'f0\'e0", "Кора"),
        (r"\ansi\ansicpg65001", r"\f4\'d0\'ba", "к"),
        (r"\ansi\ansicpg10000", r"\f4\'8e", "é"),
        (r"\ansi\ansicpg4711", r"\f4\'e9", "é"),
        (r"\mac", r"\f4\'8e", "é"),
        (r"\pca", r"\f4\'82", "é"),
        (r"\ansi\ansicpg1251\deff4", r"\plain\'ca", "К"),
    ],
)
def test_code_pages(head: str, written: str, text: str) -> None:
    assert read(written, head).text == text


@pytest.mark.parametrize(
    ("charset", "written", "char"),
    [
        (77, "8e", "é"), (128, "82'a0", "あ"), (129, "b0'a1", "가"), (130, "88'61", "가"), (134, "b0'a1", "啊"),
        (136, "a4'40", "一"), (161, "e1", "α"), (162, "f0", "ğ"), (163, "fe", "₫"), (177, "e0", "א"), (178, "c7", "ا"),
        (186, "e0", "ą"), (204, "ff", "я"), (222, "a1", "ก"), (238, "b3", "ł"), (254, "82", "é"), (255, "82", "é"),
        (78, "82'a0", "あ"), (79, "b0'a1", "가"), (80, "b0'a1", "啊"), (81, "a4'40", "一"), (0, "e9", "é"),
    ],
)  # fmt: skip
def test_character_sets(charset: int, written: str, char: str) -> None:
    text = "\\'" + written.replace("'", "\\'")
    assert read_rtf(f"{{\\rtf1{{\\fonttbl{{\\f0\\fcharset{charset} X;}}}}\\f0{text}}}".encode(), id="x").text == char


def test_raw_bytes_are_read_in_the_font_s_code_page() -> None:
    assert read("\\f1 \xca\xee\xf0\xe0").text == "Кора"


def test_tables() -> None:
    row = r"\trowd\cellx9\cellx99\pard\intbl {}\cell {}\par two\cell\row"
    head = row.replace(r"\trowd", r"\trowd\trhdr")
    document = read(r"Before:\par" + head.format("Ship", "Crew") + row.format("Serpent", "34") + r"\pard After.\par")
    assert document.text == "Before:\n\nShip\tCrew two\nSerpent\t34 two\n\nAfter."
    assert document.place(document.text.index("Serpent")).heading == ("Ship | Crew two",)
    assert document.place(document.text.index("After")).heading == ()
    bold = r"\trowd\pard\intbl{\b Ship\cell Crew\cell}\row\trowd\pard\intbl a\cell b\cell\row"
    assert [each.level for each in read(bold).places.headings] == [99]
    assert not read(bold.replace(r"{\b ", "{")).places.headings


def test_merged_cells_are_headings_of_their_rows() -> None:
    def row(*cells: str, merged: str = "") -> str:
        return rf"\trowd{merged}\cellx9\cellx99\pard\intbl " + "".join(f"{cell}\\cell " for cell in cells) + r"\row"

    document = read(row("Year", "Visitors") + row("2031", "310", merged=r"\clvmgf") + row("", "298", merged=r"\clvmrg"))
    assert document.text == "Year\tVisitors\n2031\t310\n\t298"
    assert document.place(document.text.index("298")).heading == ("2031",)


def test_tables_in_tables_and_open_tables_lose_nothing() -> None:
    nested = (
        r"\trowd\pard\intbl\itap1 a\cell\pard\intbl\itap2 x\nestcell y\nestcell"
        r"{\*\nesttableprops\trowd\nestrow}{\nonesttables\par}\pard\intbl\itap1 b\cell\row"
    )
    assert read(rf"{nested}\trowd\intbl c\cell d\cell\row").text == "a\tx y b\nc\td"
    assert read(r"\trowd\pard\intbl a\cell b").text == "a\tb"


def test_notes_follow_the_body_under_no_heading() -> None:
    document = read(
        r"\pard\outlinelevel0 Sailing\par\pard A{\super\chftn{\footnote\pard\plain{\chftn} Foot.\par More.}} b.\par"
    )
    assert document.text == "Sailing\n\nA b.\n\nFoot.\n\nMore."
    assert document.place(document.text.index("A b")).heading == ("Sailing",)
    assert document.place(document.text.index("Foot")).heading == ()


def test_a_box_occurs_once_and_not_between_a_colon_and_its_list() -> None:
    old = r"{\*\do\dptxbx{\dptxbxtext\pard In a box.\par}}"
    box = r"{\shp{\*\shpinst{\sp{\sn x}{\sv 1}}{\shptxt\pard In a box.\par}}{\shprslt" + old + "}}"
    assert read(f"Beside {box}it.\\par").text == "Beside it.\n\nIn a box."
    assert read(rf"Take{box}:\par\ls1 oars\par").text == "In a box.\n\nTake:\noars"
    assert read(f"Beside{old} it.").text == "Beside it.\n\nIn a box."


def test_the_title() -> None:
    assert read(r"{\info{\title Of {\b the} S\'e9a\u8212?x}{\subject No}}\pard\s1 Heading\par").title == "Of the Séa—x"
    assert read(r"{\info{\title Microsoft Word - x.doc}}\pard\s1 Heading\par").title == "Heading"
    assert read(r"{\title Shown.}").text == "Shown."
    assert read("Text.").title == "stem"


def test_characters_that_only_a_font_knows_are_kept() -> None:
    assert read_rtf(rb"{\rtf1{\fonttbl{\f0\fcharset2 Webdings;}}\f0\'61\'62}", id="x").text == "\uf061\uf062"


WORDS = st.sampled_from(
    [
        "word", " ", "\n", r"\par", r"\pard", r"\intbl", r"\cell", r"\row", r"\trowd", r"\'e9", r"\u233?", r"\uc2",
        r"\u-10179",
        r"\v", r"\plain", r"\s1", r"\f2", r"\f3", r"\'83", r"\bin3", r"\*", "{", "}", r"\shptxt", r"\footnote",
        r"\info",
        r"\fonttbl", r"\stylesheet", r"\outlinelevel0", r"\listtext", r"\~", "\\", r"\ansicpg932", r"\deff3", "\x81",
    ]
)  # fmt: skip


@given(st.lists(WORDS, max_size=40))
@settings(max_examples=300)
def test_any_words_give_paragraphs_in_order(words: list[str]) -> None:
    try:
        document = read(" ".join(words) + "end")
    except SourceEmpty:
        return
    check_paragraphs(document)
    document.text.encode("utf-8")


def test_a_file_that_is_cut_off_is_doubtful() -> None:
    whole = r"{\rtf1 First.\par Second."
    document = read_rtf(whole.encode(), id="x")
    assert document.text == "First.\n\nSecond."
    assert [each.kind for each in document.doubts] == [DoubtKind.TRUNCATED]
    assert not read_rtf(f"{whole}}}\0rest".encode(), id="x").doubts


def test_files_that_are_not_rtf() -> None:
    for data in (b"", b"plain text", b"{\\html}", b"PK\3\4", "{\\rtf1 x}".encode("utf-16")):
        with pytest.raises(Damaged, match=r"a\.rtf is damaged"):
            read_rtf(data, id="x", path="a.rtf")
    assert read_rtf(b"\xef\xbb\xbf\r\n{\\rtf1 Text.}", id="x").text == "Text."
    with pytest.raises(Damaged, match=r"save it as \.rtf"):
        read_rtf(COMPOUND, id="x")
    with pytest.raises(Encrypted, match="password"):
        read_rtf(ENCRYPTED, id="x")


def test_a_file_without_words_is_refused() -> None:
    with pytest.raises(SourceEmpty, match="x contains no text"):
        read_rtf(rb"{\rtf1{\pict 00}\par }", id="x")


@pytest.mark.parametrize(
    "body",
    [
        "{" * 300_000,
        "{\\b " * 100_000,
        "{\\footnote x" * 30_000,
        "\\cell x" * 50_000,
        "\\u-10179?" * 50_000,
        "}" * 300_000,
    ],
)
def test_time_grows_with_the_size_alone(body: str, within: Callable[[float], AbstractContextManager[None]]) -> None:
    with within(4):
        assert "end" in read(f"end {body}").text
