import io
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from docx_fixtures import NAMES, W, docx, p, table
from hypothesis import given, settings
from hypothesis import strategies as st
from office_fixtures import COMPOUND, ENCRYPTED, OFFICE, check_paragraphs, package, relations

from source.document import Document, RegionKind
from source.errors import Damaged, Encrypted, SourceEmpty, TooLarge
from source.formats.office.docx import read_docx


def read(body: str, title: str = "", notes: str = "") -> Document:
    return read_docx(docx(body, title=title, notes=notes), id="a.docx", title="stem")


def regions(document: Document) -> list[tuple[RegionKind, str]]:
    return [(each.kind, document.text[each.span.start : each.span.end]) for each in document.regions]


def test_headings_paragraphs_and_lists_in_their_order() -> None:
    body = (
        p("Of Ships", "KonuBal")
        + p("Sailing", "berschrift1")
        + p("  Two   ships sail:")
        + p("the Long Serpent", "Bullet")
        + p("the Crane", properties='<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>')
        + p("no item", "Bullet", '<w:numPr><w:numId w:val="0"/></w:numPr>')
        + p("Rowing", "Own")
        + p("Oars.")
        + p("Last things", properties='<w:outlineLvl w:val="0"/>')
        + p("The end.", "berschrift1", '<w:outlineLvl w:val="9"/>')
    )
    document = read(body)
    assert document.text == (
        "Of Ships\n\nSailing\n\nTwo ships sail:\nthe Long Serpent\nthe Crane\n\nno item\n\nRowing\n\nOars.\n\n"
        "Last things\n\nThe end."
    )
    assert document.title == "Of Ships"
    assert [(each.level, each.title) for each in document.places.headings] == [
        (1, "Of Ships"), (1, "Sailing"), (2, "Rowing"), (1, "Last things"),
    ]  # fmt: skip
    assert document.place(document.text.index("Oars")).heading == ("Sailing", "Rowing")
    assert document.place(document.text.index("Crane")).paragraph == 3
    assert document.extractor == "docx/3"


def test_a_long_paragraph_in_a_heading_style_is_not_a_heading() -> None:
    long = "A sentence of many words in the wrong style. " * 10
    assert not read(p(long, "berschrift1")).places.headings


def test_the_contents_are_marked() -> None:
    document = read(p("Contents", "TOCHeading") + p("Sailing 3", "TOC1") + p("Text."))
    assert regions(document) == [(RegionKind.NAVIGATION, "Contents"), (RegionKind.NAVIGATION, "Sailing 3")]
    assert [document.text[s.start : s.end] for s in document.quotable()] == ["Text."]


def test_what_is_shown_in_a_line_and_what_is_not() -> None:
    line = (
        "<w:r><w:t>One</w:t><w:tab/><w:t>two</w:t><w:br/><w:t>three</w:t><w:noBreakHyphen/><w:t>fo</w:t>"
        "<w:softHyphen/><w:t>ur</w:t></w:r>"
        '<w:hyperlink r:id="x"><w:r><w:t> link</w:t></w:r></w:hyperlink>'
        "<w:ins><w:r><w:t> inserted</w:t></w:r></w:ins><w:del><w:r><w:delText> deleted</w:delText></w:r></w:del>"
        "<w:moveFrom><w:r><w:t> from</w:t></w:r></w:moveFrom><w:moveTo><w:r><w:t> to</w:t></w:r></w:moveTo>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t> hidden</w:t></w:r>"
        '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t> seen</w:t></w:r>'
        '<w:r><w:rPr><w:rStyle w:val="Ghost"/></w:rPr><w:t> ghost</w:t></w:r>'
        "<w:r><w:commentReference w:id='1'/></w:r>"
        '<w:smartTag><w:sdt><w:sdtPr><w:alias w:val="x"/></w:sdtPr><w:sdtContent><w:r><w:t> control</w:t></w:r>'
        "</w:sdtContent></w:sdt></w:smartTag>"
        '<w:r><w:sym w:font="Symbol" w:char="F061"/><w:sym w:font="Wingdings" w:char="F0E0"/></w:r>'
        "<w:r><w:ruby><w:rt><w:r><w:t>kan</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>漢</w:t></w:r></w:rubyBase></w:ruby></w:r>"
    )
    assert read(p(line)).text == "One two\nthree-four link inserted to seen controlα→漢"


def test_a_field_gives_its_result_and_not_its_instruction() -> None:
    line = (
        '<w:r><w:t>See </w:t></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        "<w:r><w:instrText>REF x</w:instrText></w:r>"
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        '<w:r><w:t>inner</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>page 3</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t> and </w:t></w:r>'
        '<w:fldSimple w:instr="DATE"><w:r><w:t>today</w:t></w:r></w:fldSimple>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t>.</w:t></w:r>'
    )
    assert read(p(line)).text == "See page 3 and today."


def test_paragraphs_shown_as_one_are_one() -> None:
    deleted = p("A shi", properties="<w:rPr><w:del/></w:rPr>") + p("p sails.")
    initial = p("O", properties='<w:framePr w:dropCap="drop"/>') + p("nce upon a time.")
    assert read(deleted + initial).text == "A ship sails.\n\nOnce upon a time."
    assert read(p("Left", properties="<w:rPr><w:del/></w:rPr>") + table([["a", "b"]])).text == "Left\n\na\tb"


def test_a_box_occurs_once_and_not_between_a_colon_and_its_list() -> None:
    box = (
        "<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><w:txbxContent>{}</w:txbxContent></w:drawing>"
        "</mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent>{}</w:txbxContent></v:textbox></w:pict>"
        "</mc:Fallback></mc:AlternateContent></w:r>"
    ).format(p("In a box."), p("In an old box."))
    assert read(p(f"<w:r><w:t>Beside it.</w:t></w:r>{box}")).text == "Beside it.\n\nIn a box."
    listed = read(p(f"<w:r><w:t>Take:</w:t></w:r>{box}") + p("oars", "Bullet"))
    assert listed.text == "In a box.\n\nTake:\noars"


def test_endnotes_are_notes_too() -> None:
    notes = f'<w:endnotes {NAMES}><w:endnote w:id="1">{p("The end.")}</w:endnote></w:endnotes>'
    reference = p('<w:r><w:t>A</w:t><w:endnoteReference w:id="1"/></w:r>')
    data = docx(reference, endnotes="endnotes.xml", more={"word/endnotes.xml": notes})
    assert read_docx(data, id="x").text == "A\n\nThe end."


def test_notes_follow_the_body_under_no_heading() -> None:
    reference = '<w:r><w:t>{}</w:t></w:r><w:r><w:footnoteReference w:id="{}"/></w:r>'
    notes = "".join(
        f'<w:footnote w:id="{n}">{p(text)}</w:footnote>' for n, text in ((0, "—"), (1, "Note one."), (2, "Two."))
    )
    document = read(
        p("Sailing", "berschrift1") + p(reference.format("B", 2)) + p(reference.format("A", 1)), notes=notes
    )
    assert document.text == "Sailing\n\nB\n\nA\n\nTwo.\n\nNote one."
    assert document.place(document.text.index("A")).heading == ("Sailing",)
    assert document.place(document.text.index("Note")).heading == ()


ROWS = [["Ship", "Sails", "Crew"], ["Serpent", "3", "34"], ["Crane", "2", "30"]]
NAMES_ALONE = [ROWS[0], ["a", "b", "c"]]
NAMED = 'w:firstRow="1" w:val="0000"'


@pytest.mark.parametrize(
    ("rows", "properties", "first", "heads"),
    [
        (NAMES_ALONE, "", "<w:trPr><w:tblHeader/></w:trPr>", True),
        (NAMES_ALONE, "", '<w:trPr><w:tblHeader w:val="0"/></w:trPr>', False),
        (ROWS, "", "", True),  # columns of numbers under words
        (NAMES_ALONE, f'<w:tblStyle w:val="Report"/><w:tblLook {NAMED}/>', "", True),
        (NAMES_ALONE, '<w:tblStyle w:val="Report"/><w:tblLook w:val="0420"/>', "", True),
        (NAMES_ALONE, f'<w:tblStyle w:val="Plain"/><w:tblLook {NAMED}/>', "", False),
        (NAMES_ALONE, '<w:tblStyle w:val="Report"/><w:tblLook w:val="0400"/>', "", False),
        (NAMES_ALONE, '<w:tblStyle w:val="Report"/><w:tblLook w:firstRow="0" w:val="0420"/>', "", False),
        ([[p("Ship", run="<w:b/>"), p("Sails", run="<w:b/>")], ["a", "b"]], "", "", True),
        ([[p("Ship", run="<w:b/>"), p("Sails")], [p("a", run="<w:b/>"), "b"]], "", "", False),
        ([[p("A", run="<w:b/>"), p("B", run="<w:b/>")], [p("C", run="<w:b/>"), p("D", run="<w:b/>")]], "", "", False),
        ([["Ship " * 9, "Sails", "Crew"], *ROWS[1:]], "", "", False),  # too long for a name
        ([["Name", "Erik"], ["Age", "30"], ["Height", "182"]], "", "", False),  # each row a name and what it is
        ([["2001", "2002", "2003"], ["1", "2", "3"], ["1", "2", "3"]], "", "", False),
    ],
)  # fmt: skip
def test_when_the_first_row_heads_the_columns(rows: list[list[str]], properties: str, first: str, heads: bool) -> None:
    document = read(table(rows, properties, first))
    assert [each.level for each in document.places.headings] == [99] * heads


def test_tables_give_each_text_once() -> None:
    merged = '<w:tcPr><w:vMerge w:val="restart"/></w:tcPr>', "<w:tcPr><w:vMerge/></w:tcPr>"
    nested = table([["e", "f"], ["g", "h"]])
    rows = [
        ["Ship", "Sails", "Crew"],
        [merged[0] + p("both"), nested, "34"],
        [merged[1] + p(), p("two") + p("lines"), "30"],
    ]
    removed = "<w:tr><w:trPr><w:del/></w:trPr><w:tc>" + p("gone") + "</w:tc></w:tr></w:tbl>"
    document = read(table(rows).removesuffix("</w:tbl>") + removed)
    assert document.text == "Ship\tSails\tCrew\nboth\te f g h\t34\n\ttwo lines\t30"
    assert document.place(document.text.index("two")).heading == ("Ship | Sails | Crew", "Ship: both")
    assert document.place(document.text.index("two")).paragraph == 3


def test_a_table_that_only_lays_out_gives_its_paragraphs() -> None:
    frame = table([[p("Letter", "berschrift1") + p("Dear Erik.")], [p("Yours.") + table([["a", "b"]])]])
    assert read(frame).text == "Letter\n\nDear Erik.\n\nYours.\n\na\tb"
    assert read(table([["One.", p("Two.") + p("Three.")]])).text == "One.\n\nTwo.\n\nThree."
    assert read(table([["One.", "Two."]])).text == "One.\tTwo."
    columns = table([[p("Work", "berschrift1"), p("At sea.") + p("On land.")]])
    assert read(columns).text == "Work\n\nAt sea.\n\nOn land."


def test_a_table_whose_names_look_like_headings_is_a_table() -> None:
    assert read(table([[p("Ship", "berschrift1"), p("Crew", "berschrift1")], ["a", "b"]])).text == "Ship\tCrew\na\tb"


def test_lines_of_a_drawing() -> None:
    lines = "".join(f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>" for text in ("One", "Two"))
    assert read(p(f"<w:r><w:drawing><a:txBody>{lines}</a:txBody></w:drawing></w:r>")).text == "One\nTwo"


def test_the_words_of_a_chart_are_read() -> None:
    chart = (
        f"<c:chartSpace {NAMES}><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>Crews</a:t></a:r></a:p></c:rich></c:tx>"
        "</c:title><c:ser><c:tx><c:strCache><c:pt><c:v>Men</c:v></c:pt></c:strCache></c:tx><c:cat><c:strCache><c:pt>"
        "<c:v>Serpent</c:v></c:pt></c:strCache></c:cat><c:val><c:numCache><c:pt><c:v>34.0000001</c:v></c:pt></c:numCache>"
        "</c:val></c:ser></c:chart></c:chartSpace>"
    )
    drawing = p('<w:r><w:drawing><c:chart r:id="chart1"/></w:drawing></w:r>')
    data = docx(p("Look.") + drawing, chart1="charts/c.xml", more={"word/charts/c.xml": chart})
    assert read_docx(data, id="x").text == "Look.\nCrews\nMen\nSerpent"


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("Of the Sea", "Of the Sea"), ("Word Document", "Heading"), ("Microsoft Word - draft.doc", "Heading"),
        ("Document1", "Heading"), ("", "Heading"), ("final.docx", "Heading"),
    ],
)  # fmt: skip
def test_the_title(given: str, title: str) -> None:
    assert read(p("Heading", "berschrift1") + p("Text."), title=given).title == title
    assert read(p("Text."), title="").title == "stem"


def test_wrapped_blocks() -> None:
    body = "".join(f"<w:{name}>{p(name)}</w:{name}>" for name in ("sdtContent", "customXml", "ins", "moveTo"))
    assert read(f"{body}<w:del>{p('gone')}</w:del>").text == "sdtContent\n\ncustomXml\n\nins\n\nmoveTo"


def test_files_of_the_strict_kind() -> None:
    archive = zipfile.ZipFile(io.BytesIO(docx(p("Sailing", "berschrift1") + p("Text."))))
    parts = {name: archive.read(name).decode() for name in archive.namelist()}
    for old, new in ((W, "wordprocessingml/main"), (OFFICE, "officeDocument/relationships")):
        parts = {name: text.replace(old, f"http://purl.oclc.org/ooxml/{new}") for name, text in parts.items()}
    document = read_docx(package(parts), id="x")
    assert (document.title, document.text) == ("Sailing", "Sailing\n\nText.")


def test_characters_that_only_a_font_knows_are_kept() -> None:
    assert read(p('<w:r><w:sym w:font="Webdings" w:char="F04B"/><w:t> ok</w:t></w:r>')).text == "\uf04b ok"


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8).map(
    lambda text: text.replace("&", "&amp;").replace("<", "&lt;")
)
BLOCKS = st.recursive(
    st.builds(p, TEXT, st.sampled_from(["", "berschrift1", "Own", "Bullet", "TOC1", "KonuBal"])),
    lambda inner: st.lists(st.lists(inner, min_size=1, max_size=3), min_size=1, max_size=3).map(table),
    max_leaves=12,
)


@given(st.lists(BLOCKS, min_size=1, max_size=6))
@settings(max_examples=60)
def test_paragraphs_lie_in_order_and_are_trimmed(blocks: list[str]) -> None:
    try:
        document = read("".join(blocks))
    except SourceEmpty:
        return
    check_paragraphs(document)


def test_files_that_are_not_word_documents() -> None:
    whole = docx(p("Text."))
    for data in (b"", b"plain text", whole[:200], whole[: len(whole) // 2], package({"a": "b"})):
        with pytest.raises(Damaged, match=r"a\.docx is damaged"):
            read_docx(data, id="x", path="a.docx")
    workbook = {"_rels/.rels": relations(officeDocument="xl/w.xml"), "xl/w.xml": "<workbook/>"}
    missing = {"_rels/.rels": relations(officeDocument="word/document.xml")}
    broken = {**missing, "word/document.xml": "<w:document"}
    for parts in (workbook, missing, broken):
        with pytest.raises(Damaged):
            read_docx(package(parts), id="x")


def test_missing_parts_that_a_file_can_do_without() -> None:
    parts = {"_rels/.rels": relations(officeDocument="word/document.xml")}
    body = p("Text.") + p('<w:r><w:footnoteReference w:id="7"/></w:r>')
    parts["word/document.xml"] = f"<w:document {NAMES}><w:body>{body}</w:body></w:document>"
    assert read_docx(package(parts), id="x").text == "Text."


def test_old_and_encrypted_files() -> None:
    with pytest.raises(Damaged, match=r"a\.docx .* save it as \.docx"):
        read_docx(COMPOUND, id="x", path="a.docx")
    with pytest.raises(Encrypted, match=r"a\.docx .* password"):
        read_docx(ENCRYPTED, id="x", path="a.docx")


def test_a_file_without_words_is_refused() -> None:
    with pytest.raises(SourceEmpty, match="x contains no text"):
        read_docx(docx(p("  ")), id="x")


def test_no_entity_is_expanded(within: Callable[[float], AbstractContextManager[None]]) -> None:
    """Attack: entities that expand without end."""
    parts = {"_rels/.rels": relations(officeDocument="d.xml")}
    document = f"<w:document {NAMES}><w:body>{p('x &e;')}</w:body></w:document>"
    parts["d.xml"] = f"<!DOCTYPE w [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>{document}"
    assert read_docx(package(parts), id="x").text == "x"
    chain = "".join(f"<!ENTITY {b} '{f'&{a};' * 99}'>" for a, b in ("ab", "bc", "cd", "de"))
    parts["d.xml"] = f"<!DOCTYPE w [<!ENTITY a 'lol'>{chain}]>{document}"
    with within(2), pytest.raises(Damaged):
        read_docx(package(parts), id="x")


def test_bombs_are_refused() -> None:
    """Attack: zip bombs."""
    with pytest.raises(TooLarge):
        read_docx(docx(p("Text."), more={"media": "\0" * (64 << 20)}), id="x")
    with pytest.raises(Damaged):
        read_docx(docx("<w:sdt>" * 1000 + "</w:sdt>" * 1000), id="x")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"), ("<w:sdt>", "</w:sdt>"),
        ("<w:p><w:r><w:txbxContent>", "</w:txbxContent></w:r></w:p>"),
    ],
)  # fmt: skip
def test_deep_nesting_does_no_harm(start: str, end: str) -> None:
    """Attack: elements nested a hundred thousand deep."""
    depth = 240 // start.count("<")
    assert read(start * depth + p("deep") + end * depth).text == "deep"


def test_invalid_numbers_do_no_harm() -> None:
    """Attack: invalid and enormous numbers."""
    odd = '<w:outlineLvl w:val="x"/><w:numPr><w:numId/></w:numPr>'
    body = p('<w:r><w:sym w:font="Symbol" w:char="zz"/><w:t>Text.</w:t></w:r>', properties=odd)
    assert read(body + table([["a", "b"]], '<w:tblLook w:val="zz"/>')).text.endswith(
        "Text.\na\tb".replace("\na", "\n\na")
    )


def test_time_grows_with_the_size_alone(within: Callable[[float], AbstractContextManager[None]]) -> None:
    chain = "".join(
        f'<w:style w:styleId="s{n}"><w:name w:val="s{n}"/><w:basedOn w:val="s{n + 1}"/></w:style>' for n in range(2000)
    )
    data = docx(
        "".join(p(f"Line {n}.", f"s{n}") for n in range(2000)),
        more={"word/styles.xml": f"<w:styles {NAMES}>{chain}</w:styles>"},
    )
    with within(5):
        assert read_docx(data, id="x").text.count("\n\n") == 1999


def level(number: int, pattern: str, format: str = "decimal", more: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{number}"><w:start w:val="1"/><w:numFmt w:val="{format}"/>'
        f'<w:lvlText w:val="{pattern}"/>{more}</w:lvl>'
    )


def numbered(body: str, *levels: str, more: str = "") -> Document:
    lists = (
        f'<w:numbering {NAMES}><w:abstractNum w:abstractNumId="7">{"".join(levels)}</w:abstractNum>'
        f'<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>{more}</w:numbering>'
    )
    return read_docx(docx(body, more={"word/numbering.xml": lists}, numbering="numbering.xml"), id="a.docx")


def at(number: int, text: str, style: str = "", list: int = 1) -> str:
    return p(text, style, f'<w:numPr><w:ilvl w:val="{number}"/><w:numId w:val="{list}"/></w:numPr>')


def test_clauses_are_placed_by_their_automatic_numbers() -> None:
    body = (
        at(0, "Rent", "berschrift1") + at(1, "It is due.") + at(1, "It is late.") + at(2, "On Monday.")
        + p("Or so.") + at(2, "On Friday.") + at(0, "Notice", "berschrift1") + at(1, "Ten weeks.") + p("Plain.")
    )  # fmt: skip
    document = numbered(body, level(0, "%1"), level(1, "%1.%2"), level(2, "(%3)", "lowerLetter"))
    assert {document.text[s.start : s.end]: document.place(s.start).heading for s in document.quotable()} == {
        "It is due.": ("1 Rent", "1.1"),
        "It is late.": ("1 Rent", "1.2"),
        "On Monday.": ("1 Rent", "1.2", "(a)"),
        "Or so.": ("1 Rent", "1.2"),
        "On Friday.": ("1 Rent", "1.2", "(b)"),
        "Ten weeks.": ("2 Notice", "2.1"),
        "Plain.": ("2 Notice",),
    }
    assert "1.1" not in document.text and document.title == "Rent"


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([level(0, "Article %1.", "upperRoman")], ["Article I.", "Article II.", "Article III."]),
        ([level(0, "%1)", "upperLetter")], ["A)", "B)", "C)"]),
        ([level(0, "%1.", "decimalZero")], ["01.", "02.", "03."]),
        ([level(0, "%1.", more='<w:start w:val="4"/>').replace('<w:start w:val="1"/>', "")], ["4.", "5.", "6."]),
        ([level(0, "•", "bullet")], None),
        ([], None),
    ],
)
def test_the_formats_of_numbers(levels: list[str], expected: list[str] | None) -> None:
    document = numbered(at(0, "one") + at(0, "two") + at(0, "three"), *levels)
    assert [each.title for each in document.places.headings] == (expected or [])


def test_lists_continue_and_begin_again_as_word_counts_them() -> None:
    more = (
        '<w:num w:numId="2"><w:abstractNumId w:val="7"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/>'
        '</w:lvlOverride></w:num><w:num w:numId="4"><w:abstractNumId w:val="7"/></w:num>'
    )
    body = (
        at(0, "a") + at(1, "b") + at(0, "c") + at(1, "d") + at(0, "e", list=2) + at(0, "f", list=2) + at(0, "g", list=4)
    )
    document = numbered(body, level(0, "%1."), level(1, "%2."), more=more)
    assert [each.title for each in document.places.headings] == ["1.", "1.", "2.", "1.", "5.", "6.", "7."]


def test_hostile_lists_take_no_time(within: Callable[[float], AbstractContextManager[None]]) -> None:
    """Attack: many uses of a list of many levels, each with a pattern of thousands of numbers."""
    levels = "".join(level(0, "%1" * 5000) for _ in range(1000))
    uses = "".join(f'<w:num w:numId="{n}"><w:abstractNumId w:val="7"/></w:num>' for n in range(2, 1000))
    with within(4):
        document = numbered("".join(at(0, "x", list=n) for n in range(1, 1000)), levels, more=uses)
    assert len(document.places.headings[0].title) <= 40


def field(data: str, instruction: str) -> str:
    return (
        f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{data}</w:ffData></w:fldChar></w:r><w:r><w:instrText>'
        f'{instruction}</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def test_old_form_fields_show_what_was_chosen() -> None:
    boxes = "".join(
        field(f"<w:checkBox>{state}</w:checkBox>", "FORMCHECKBOX")
        for state in ("<w:checked/>", '<w:checked w:val="0"/>', '<w:default w:val="1"/>', "")
    )
    entries = "".join(f'<w:listEntry w:val="{name}"/>' for name in ("Oak", "Elm"))
    choices = "".join(
        field(f"<w:ddList>{chosen}{entries}</w:ddList>", "FORMDROPDOWN")
        for chosen in ('<w:result w:val="1"/>', '<w:default w:val="1"/>', "", '<w:result w:val="9"/>')
    )
    assert read(p(boxes) + p(choices)).text == "☒☐☒☐\n\nElmElmOak"


PAGE = (
    "<html><body><h1>Offer</h1><p>It costs 18 kroner.</p><table><tr><th>a</th><th>b</th></tr>"
    "<tr><td>1</td><td>2</td></tr></table></body></html>"
)
ARCHIVE = (
    'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="x"\n\n--x\nContent-Type: text/html\n\n'
    f"{PAGE}\n--x--\n"
)


@pytest.mark.parametrize(("name", "content"), [("c.htm", PAGE), ("c.mht", ARCHIVE)])
def test_a_web_page_inside_is_a_part_of_the_text(name: str, content: str) -> None:
    body = p("Before.") + '<w:altChunk r:id="aFChunk"/>' + p("After.")
    document = read_docx(docx(body, more={f"word/{name}": content}, aFChunk=name), id="a.docx")
    assert document.text == "Before.\n\nOffer\n\nIt costs 18 kroner.\n\na\tb\n1\t2\n\nAfter."
    assert document.place(document.text.index("1\t2")).heading == ("Offer", "a | b")


def test_a_word_file_inside_is_a_part_of_the_text_once_and_to_a_depth() -> None:
    chunk = '<w:altChunk r:id="aFChunk"/>'
    inner = docx(p("Inside.") + p("2"))
    for _ in range(5):
        inner = docx(p("In.") + chunk * 3, more={"word/c.docx": inner}, aFChunk="c.docx")
    with pytest.raises(Damaged, match="another file"):
        read_docx(inner, id="a.docx")
    once = docx(chunk * 3 + p("After."), more={"word/c.docx": docx(p("Inside.", "berschrift1"))}, aFChunk="c.docx")
    assert read_docx(once, id="a.docx").text == "Inside.\n\nAfter."


def test_another_file_inside_is_refused_with_what_to_do() -> None:
    body = p("Before.") + '<w:altChunk r:id="aFChunk"/>'
    with pytest.raises(Damaged, match=r"another file as a part of its text.*Open it in Word and save it again"):
        read_docx(docx(body, more={"word/c.rtf": "{}"}, aFChunk="c.rtf"), id="a.docx")
