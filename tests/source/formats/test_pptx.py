from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from office_fixtures import COMPOUND, ENCRYPTED, check_paragraphs, package, relations
from pptx_fixtures import NAMES, frame, paragraphs, place, pptx, shape, title, tree

from source.document import Document, DoubtKind
from source.errors import Damaged, Encrypted, SourceEmpty, TooLarge
from source.formats.office.pptx import read_pptx


def graphic(content: str, at: str = "") -> str:
    return (
        f"<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr/></p:nvGraphicFramePr>{at.replace('a:xfrm', 'p:xfrm')}"
        f"<a:graphic><a:graphicData>{content}</a:graphicData></a:graphic></p:graphicFrame>"
    )


def read(*slides: str) -> Document:
    return read_pptx(pptx(*slides), id="a.pptx", title="stem")


def test_each_slide_is_a_page_under_its_title() -> None:
    notes = shape("Say hello.", place=place("body", 1)) + shape("3", place=place("sldNum"))
    data = pptx(
        shape("First,", "then.", place=place("body", 1)) + title("Of Ships"),
        shape("No title here."),
        title("The End"),
        notes=notes,
    )
    document = read_pptx(data, id="a.pptx", title="stem")
    assert document.text == "Of Ships\n\nFirst,\nthen.\n\nSay hello.\n\nNo title here.\n\nThe End"
    assert document.title == "Of Ships"
    places = [document.place(document.text.index(word)) for word in ("then", "hello", "No title", "The End")]
    assert [each.page for each in places] == [1, 1, 2, 3]
    assert [each.heading for each in places] == [("Of Ships",), ("Of Ships",), (), ("The End",)]
    assert places[0].page_name == "slide"
    assert [each.level for each in document.places.headings] == [1, 1]
    assert document.extractor == "pptx/4"


def test_footers_and_hidden_shapes_are_left_out_and_hidden_slides_are_kept() -> None:
    left_out = "".join(shape("gone", place=place(kind)) for kind in ("ftr", "dt", "sldNum", "hdr"))
    slide = tree(left_out + shape("gone", hidden='hidden="1"') + shape("Kept."))
    hidden = {"ppt/slides/1.xml": slide.replace("<p:sld ", '<p:sld show="0" ')}
    assert read_pptx(pptx("", more=hidden), id="x").text == "Kept."


def test_shapes_are_read_from_top_to_bottom_and_left_to_right() -> None:
    shapes = (
        shape("right", at=frame(500, 98, 200))
        + shape("left", at=frame(0, 100, 400))
        + shape("low right", at=frame(500, 310, 100))
        + shape("top", at=frame(300, 0, 50))
    )
    assert read(shapes).text == "top\n\nleft\n\nright\n\nlow right"


def test_groups_are_read_at_one_place_and_alternatives_once() -> None:
    inner = shape("second", at=frame(0, 9000)) + shape("first", at=frame(0, 1))
    group = f"<p:grpSp><p:nvGrpSpPr/><p:grpSpPr>{frame(0, 100)}</p:grpSpPr>{inner}</p:grpSp>"
    twice = "<mc:AlternateContent><mc:Choice>{0}</mc:Choice><mc:Fallback>{0}</mc:Fallback></mc:AlternateContent>"
    last = twice.format(shape("last", at=frame(0, 200)))
    assert read(last + group).text == "first\n\nsecond\n\nlast"


def test_a_shape_without_a_place_of_its_own_has_that_of_the_layout_or_the_master() -> None:
    layout = shape(place=place("body", 1), at=frame(0, 300)) + shape(place=place("body", 2), at=frame(0, 100))
    data = pptx(
        shape("master's", place=place("body", 7))
        + shape("below", place='<p:ph idx="1"/>')
        + shape("above", place='<p:ph idx="2"/>')
        + shape("own", at=frame(0, 150)),
        more={
            "ppt/layout.xml": tree(layout.replace("body", "obj"), "sldLayout"),
            "ppt/_rels/layout.xml.rels": relations(slideMaster="master.xml"),
            "ppt/master.xml": tree(shape(place=place("body", 1), at=frame(0, 200)), "sldMaster"),
        },
    )
    assert read_pptx(data, id="x").text == "above\n\nown\n\nmaster's\n\nbelow"


def test_tables_keep_their_position_and_hidden_ones_are_left_out() -> None:
    table = f"<a:tbl><a:tr><a:tc><a:txBody>{paragraphs('cell')}</a:txBody></a:tc></a:tr></a:tbl>"
    hidden = graphic(table).replace("<p:cNvPr/>", '<p:cNvPr hidden="1"/>')
    shapes = shape("above", at=frame(0, 100)) + shape("below", at=frame(0, 300)) + graphic(table, frame(0, 200))
    assert read(hidden + shapes).text == "above\n\ncell\n\nbelow"


def test_the_text_of_a_line() -> None:
    line = (
        "<a:r><a:t>One</a:t></a:r><a:br/><a:r><a:rPr/><a:t> two  three</a:t></a:r><a:fld><a:t>7</a:t></a:fld>"
        "<mc:AlternateContent><mc:Choice><m:r><m:t>x²</m:t></m:r></mc:Choice>"
        "<mc:Fallback><a:r><a:t>picture</a:t></a:r></mc:Fallback></mc:AlternateContent><a:endParaRPr/>"
    )
    assert read(shape(line)).text == "One\ntwo three7x²"
    assert read(shape(line, place=place("ctrTitle"))).text == "One two three7x²"


def test_tables() -> None:
    def cell(text: str, merged: str = "") -> str:
        return f"<a:tc {merged}><a:txBody>{paragraphs(*text.split('|'))}</a:txBody><a:tcPr/></a:tc>"

    rows = "".join(f"<a:tr>{each}</a:tr>" for each in (
        cell("Ship") + cell("Crew"), cell("Serpent|the long") + cell("34"), cell("under", 'vMerge="1"') + cell("30"),
    ))  # fmt: skip
    document = read(graphic(f'<a:tbl><a:tblPr firstRow="1"/>{rows}</a:tbl>'))
    assert document.text == "Ship\tCrew\nSerpent the long\t34\n\t30"
    assert document.place(document.text.index("30")).heading == ("Ship | Crew", "Ship: Serpent the long")
    unmarked = read(graphic(f"<a:tbl><a:tblPr/>{rows}</a:tbl>"))
    assert [each.title for each in unmarked.places.headings] == ["Serpent the long"]


def test_the_words_of_a_diagram_are_read() -> None:
    points = "".join(f"<dgm:pt><dgm:t>{paragraphs(text)}</dgm:t></dgm:pt>" for text in ("Plan", "Sail"))
    data = pptx(
        graphic('<dgm:relIds r:dm="diagramData" r:lo="x"/>'),
        more={"ppt/diagram.xml": f"<dgm:dataModel {NAMES}><dgm:ptLst>{points}</dgm:ptLst></dgm:dataModel>"},
    )
    assert read_pptx(data, id="x").text == "Plan\nSail"


def test_a_slide_that_is_a_picture_is_doubtful() -> None:
    document = read("<p:pic/>", shape("Words.") + "<p:pic/>", "")
    assert [(each.kind, each.page) for each in document.doubts] == [(DoubtKind.NO_TEXT, 1)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [("Of the Sea", "Of the Sea"), ("PowerPoint Presentation", "Heading"), ("Folie 1", "Heading")],
)
def test_the_title(given: str, expected: str) -> None:
    assert read_pptx(pptx(title("Heading"), title=given), id="x").title == expected
    assert read(shape("Text.")).title == "stem"


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8).map(
    lambda text: text.replace("&", "&amp;").replace("<", "&lt;")
)
NUMBERS = st.integers(-999, 9999)
SHAPES = st.builds(lambda text, x, y: shape(text, text, at=frame(x, y, abs(y))), TEXT, NUMBERS, NUMBERS) | TEXT.map(
    title
)


@given(st.lists(st.lists(SHAPES, max_size=4).map("".join), max_size=4))
@settings(max_examples=60)
def test_paragraphs_lie_in_order_and_pages_in_theirs(slides: list[str]) -> None:
    try:
        document = read(*slides)
    except SourceEmpty:
        return
    check_paragraphs(document)
    assert len(document.places.pages) == len(slides)
    assert list(document.places.pages) == sorted(document.places.pages)


def test_files_that_are_not_presentations() -> None:
    whole = pptx(shape("Text."))
    parts = {"_rels/.rels": relations(officeDocument="p.xml")}
    wordy = package({**parts, "p.xml": "<document/>"})
    for data in (b"", b"plain text", whole[: len(whole) // 2], package({"a": "b"}), package(parts), wordy):
        with pytest.raises(Damaged, match=r"a\.pptx is damaged"):
            read_pptx(data, id="x", path="a.pptx")


def test_a_missing_slide_is_damage() -> None:
    listed = f'<p:presentation {NAMES}><p:sldIdLst><p:sldId id="1" r:id="slide1"/></p:sldIdLst></p:presentation>'
    parts = {"_rels/.rels": relations(officeDocument="p.xml"), "_rels/p.xml.rels": relations(slide1="s.xml")}
    with pytest.raises(Damaged, match=r"s\.xml"):
        read_pptx(package({**parts, "p.xml": listed}), id="x")


def test_old_and_encrypted_files() -> None:
    with pytest.raises(Damaged, match=r"save it as \.pptx"):
        read_pptx(COMPOUND, id="x")
    with pytest.raises(Encrypted, match="password"):
        read_pptx(ENCRYPTED, id="x")


def test_a_file_without_words_is_refused() -> None:
    with pytest.raises(SourceEmpty, match="x contains no text"):
        read_pptx(pptx("<p:pic/>"), id="x")


def test_no_entity_is_expanded(within: Callable[[float], AbstractContextManager[None]]) -> None:
    slide = tree(shape("x &e;"))
    outside = {"ppt/slides/1.xml": f"<!DOCTYPE p [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>{slide}"}
    assert read_pptx(pptx("", more=outside), id="x").text == "x"
    chain = "".join(f"<!ENTITY {b} '{f'&{a};' * 99}'>" for a, b in ("ab", "bc", "cd", "de"))
    bomb = {"ppt/slides/1.xml": f"<!DOCTYPE p [<!ENTITY a 'lol'>{chain}]>{slide}"}
    with within(2), pytest.raises(Damaged):
        read_pptx(pptx("", more=bomb), id="x")


def test_bombs_are_refused() -> None:
    with pytest.raises(TooLarge):
        read_pptx(pptx(shape("Text."), more={"media": "\0" * (64 << 20)}), id="x")
    with pytest.raises(Damaged):
        read("<p:grpSp>" * 1000 + "</p:grpSp>" * 1000)


def test_deep_nesting_does_no_harm() -> None:
    assert read("<p:grpSp>" * 240 + shape("deep") + "</p:grpSp>" * 240).text == "deep"
    assert read(shape("<a:r>" * 240 + "<a:t>deep</a:t>" + "</a:r>" * 240)).text == "deep"


def test_invalid_numbers_are_harmless() -> None:
    assert read(shape("b", at=frame(0, 0).replace('"0"', '"x"')) + shape("a", at=frame(-5, -(10**9)))).text == "a\n\nb"
