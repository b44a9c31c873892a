from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odt_fixtures import content, odt, p
from office_fixtures import check_paragraphs, package

from source.document import Document, RegionKind
from source.errors import Damaged, Encrypted, SourceEmpty, TooLarge
from source.formats.office.odt import read_odt


def read(body: str, title: str = "") -> Document:
    return read_odt(odt(body, title), id="a.odt", title="stem")


def h(text: str, level: int) -> str:
    return f'<text:h text:outline-level="{level}">{text}</text:h>'


def items(*each: str) -> str:
    return "<text:list>" + "".join(f"<text:list-item>{item}</text:list-item>" for item in each) + "</text:list>"


def row(*cells: str) -> str:
    written = (f"<table:table-cell>{c if c.startswith('<') else p(c)}</table:table-cell>" for c in cells)
    return f"<table:table-row>{''.join(written)}</table:table-row>"


def table(*rows: str, head: str = "") -> str:
    heading = f"<table:table-header-rows>{head}</table:table-header-rows>" if head else ""
    return f"<table:table><table:table-column/>{heading}{''.join(rows)}</table:table>"


def test_headings_paragraphs_and_lists_in_their_order() -> None:
    document = read(
        "<text:sequence-decls><text:sequence-decl/></text:sequence-decls>"
        + p("Of Ships", "P1")
        + h("Sailing", 1)
        + p("Two ships sail:")
        + items(p("the Serpent"), p("the Crane") + items(p("a small one")))
        + f"<text:section>{items(h('Rowing', 2))}{p('Oars.')}</text:section>"
    )
    assert document.text == (
        "Of Ships\n\nSailing\n\nTwo ships sail:\nthe Serpent\nthe Crane\na small one\n\nRowing\n\nOars."
    )
    assert document.title == "Of Ships"
    assert [(each.level, each.title) for each in document.places.headings] == [
        (1, "Of Ships"), (1, "Sailing"), (2, "Rowing"),
    ]  # fmt: skip
    assert document.place(document.text.index("Oars")).heading == ("Sailing", "Rowing")
    assert document.place(document.text.index("Crane")).paragraph == 3
    assert document.extractor == "odt/3"


def test_what_is_shown_in_a_line_and_what_is_not() -> None:
    line = (
        "One<text:s text:c='3'/>two<text:tab/>three<text:line-break/>four\n  five"
        "<text:span text:style-name='T1'> hidden</text:span> <text:span text:style-name='T3'>six</text:span>"
        "<text:a> link</text:a><office:annotation><text:p>comment</text:p></office:annotation>"
        "<text:change-start/> inserted<text:change-end/><text:page-number>7</text:page-number>"
        "<text:hidden-text text:is-hidden='true'>secret</text:hidden-text>"
        "<!-- c --> <text:ruby><text:ruby-base>漢</text:ruby-base><text:ruby-text>kan</text:ruby-text></text:ruby>"
        " dam\xadage"
    )
    deleted = f"<text:tracked-changes><text:changed-region>{p('deleted')}</text:changed-region></text:tracked-changes>"
    assert read(deleted + p(line)).text == "One two three\nfour five six link inserted7 漢 damage"


def test_hidden_paragraphs_and_sections() -> None:
    hidden = (
        p("gone", "Ghost")
        + p("gone<text:hidden-paragraph text:is-hidden='true'/>")
        + f"<text:section text:display='none'>{p('gone')}</text:section>"
    )
    assert read(hidden + p("Seen.")).text == "Seen."


def test_notes_follow_the_body_under_no_heading() -> None:
    note = (
        "<text:note text:note-class='{}'><text:note-citation>1</text:note-citation>"
        "<text:note-body>{}</text:note-body></text:note>"
    )
    document = read(h("Sailing", 1) + p("A" + note.format("endnote", p("Last.")) + note.format("footnote", p("Foot."))))
    assert document.text == "Sailing\n\nA\n\nFoot.\n\nLast."
    assert document.place(document.text.index("A")).heading == ("Sailing",)
    assert document.place(document.text.index("Foot")).heading == ()


def test_a_box_is_not_between_a_colon_and_its_list() -> None:
    box = f"<draw:frame><draw:text-box>{p('In a box.')}</draw:text-box><svg:desc>a ship</svg:desc></draw:frame>"
    assert read(p(f"Beside{box} it.") + box).text == "Beside it.\n\nIn a box.\n\nIn a box."
    assert read(p(f"{box}Take:") + items(p("oars"))).text == "In a box.\n\nTake:\noars"


def test_the_contents_are_marked() -> None:
    index = (
        "<text:table-of-content><text:table-of-content-source><text:index-title-template>Contents"
        "</text:index-title-template></text:table-of-content-source><text:index-body><text:index-title>"
        f"{p('Contents')}</text:index-title>{p('Sailing 3')}</text:index-body></text:table-of-content>"
    )
    document = read(index + p("Text."))
    assert document.text == "Contents\n\nSailing 3\n\nText."
    assert [each.kind for each in document.regions] == [RegionKind.NAVIGATION] * 2


def test_tables() -> None:
    nested = table(row("e", "f"))
    covered = row("two", "x").replace("<table:table-cell", "<table:covered-table-cell", 1)
    covered = covered.replace("</table:table-cell", "</table:covered-table-cell", 1)
    rows = row("Serpent", nested), covered, "<table:table-row table:visibility='collapse'/>"
    document = read(table(*rows, head=row("Ship", "Sails")))
    assert document.text == "Ship\tSails\nSerpent\te f\n\tx"
    assert document.place(document.text.index("x")).heading == ("Ship | Sails", "Ship: Serpent")


def test_when_the_first_row_heads_the_columns() -> None:
    styled = row(p("Ship", "P2"), p("Sails", "P2"))
    assert len(read(table(styled, row("a", "b"))).places.headings) == 1
    bold = row(*(p(f"<text:span text:style-name='T2'>{name}</text:span>") for name in ("Ship", "Sails")))
    assert len(read(table(bold, row("a", "b"))).places.headings) == 1
    assert not read(table(row("Ship", "Sails"), row("a", "b"))).places.headings


def test_repeated_rows_are_read_once(within: Callable[[float], AbstractContextManager[None]]) -> None:
    many = row("a", "b").replace("row>", "row table:number-rows-repeated='1000000000'>", 1)
    many = many.replace("cell>", "cell table:number-columns-repeated='1000000000'>", 1)
    with within(1):
        assert read(table(many, row("c", "d"))).text == "a\tb\nc\td"


@pytest.mark.parametrize(("given", "title"), [("Of the Sea", "Of the Sea"), ("untitled", "Heading"), ("", "Heading")])
def test_the_title(given: str, title: str) -> None:
    assert read(h("Heading", 1) + p("Text."), given).title == title
    assert read(p("Text.")).title == "stem"


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8).map(
    lambda text: text.replace("&", "&amp;").replace("<", "&lt;")
)
BLOCKS = st.recursive(
    st.builds(p, TEXT, st.sampled_from(["", "P1", "P2", "Ghost"])) | st.builds(h, TEXT, st.integers(0, 12)),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda each: items(*each))
        | st.lists(st.lists(inner, max_size=3).map(lambda cells: row(*cells)), max_size=3).map(
            lambda each: table(*each)
        )
    ),
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


def test_files_that_are_not_opendocument_texts() -> None:
    whole = odt(p("Text."))
    sheet = content("").replace("office:text", "office:spreadsheet")
    for data in (
        b"", b"plain text", whole[: len(whole) // 2], package({"mimetype": "x"}), package({"content.xml": sheet}),
        package({"content.xml": "<office:document-content"}),
    ):  # fmt: skip
        with pytest.raises(Damaged, match=r"a\.odt is damaged"):
            read_odt(data, id="x", path="a.odt")


def test_missing_parts_that_a_file_can_do_without() -> None:
    assert read_odt(package({"content.xml": content(p("Text."))}), id="x").text == "Text."


def test_encrypted_files() -> None:
    manifest = '<m:manifest xmlns:m="m"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    with pytest.raises(Encrypted, match=r"a\.odt .* password"):
        read_odt(package({"content.xml": "\0\1", "META-INF/manifest.xml": manifest}), id="x", path="a.odt")


def test_a_file_without_words_is_refused() -> None:
    with pytest.raises(SourceEmpty, match="x contains no text"):
        read_odt(odt(p(" ")), id="x")


def test_no_entity_is_expanded(within: Callable[[float], AbstractContextManager[None]]) -> None:
    outside = "<!DOCTYPE o [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"
    assert read_odt(package({"content.xml": outside + content(p("x &e;"))}), id="x").text == "x"
    chain = "".join(f"<!ENTITY {b} '{f'&{a};' * 99}'>" for a, b in ("ab", "bc", "cd", "de"))
    bomb = f"<!DOCTYPE o [<!ENTITY a 'lol'>{chain}]>"
    with within(2), pytest.raises(Damaged):
        read_odt(package({"content.xml": bomb + content(p("x &e;"))}), id="x")


def test_bombs_are_refused() -> None:
    with pytest.raises(TooLarge):
        read_odt(package({"content.xml": content(p("Text.")), "Pictures/a": "\0" * (64 << 20)}), id="x")
    with pytest.raises(Damaged):
        read("<text:section>" * 1000 + "</text:section>" * 1000)


@pytest.mark.parametrize("name", ["text:section", "text:list", "draw:frame", "table:table"])
def test_deep_nesting_does_no_harm(name: str) -> None:
    inner = ["table:table", "table:table-row", "table:table-cell"] if name == "table:table" else [name]
    depth = 240 // len(inner)
    start, end = "".join(f"<{each}>" for each in inner), "".join(f"</{each}>" for each in reversed(inner))
    assert read(start * depth + p("deep") + end * depth).text == "deep"
    assert read(p("<text:span>" * 240 + "deep" + "</text:span>" * 240)).text == "deep"
