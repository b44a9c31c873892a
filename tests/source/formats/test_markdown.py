from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from source.document import Document, RegionKind
from source.formats.markdown import read_markdown

LINES = st.sampled_from(
    [
        "", "    ", "# One", "## Two ##", "Setext", "===", "---", "```", "~~~py", "- item", "  - nested", "1. first",
        "> quoted", "> # deep", "|a|b|", "|-|-|", "<div>", "</div>", "<!-- note -->", "[r]: http://x", "    code",
        "text *that* goes on", "\ttab", "***", "title: x", "- - - a", "\0", "\x0c", "漢字",
    ]
)  # fmt: skip
LIKELY = st.lists(st.tuples(LINES, st.sampled_from(["\n", "\r\n", "\r", "\n\n"]))).map(
    lambda pairs: "".join(a + b for a, b in pairs)
)


def quotable(document: Document) -> list[str]:
    return [document.text[span.start : span.end] for span in document.quotable()]


def regions(document: Document) -> list[tuple[str, str]]:
    return [(each.kind.value, document.text[each.span.start : each.span.end]) for each in document.regions]


@given(st.text() | LIKELY)
@settings(max_examples=200)
def test_text_is_kept_and_what_is_quotable_lies_in_order(text: str) -> None:
    document = read_markdown(text, id="x")
    assert document.text == text
    end = 0
    for span in document.quotable():
        assert end <= span.start < span.end <= len(text)
        assert text[span.start : span.end].strip() == text[span.start : span.end]
        assert not any(region.span.overlaps(span) for region in document.regions)
        end = span.end


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_headings_paragraphs_and_places_at_any_line_end(end: str) -> None:
    lines = [
        "# The *Long* [Road](http://x)", "", "First line", "second line.", "", "Setext", "heading", "---", "Body.", "",
        "### `Deep` ###", "", "Deeper body.", "", "Top again", "=========", "Last.",
    ]  # fmt: skip
    document = read_markdown(end.join(lines), id="x")
    assert quotable(document) == [f"First line{end}second line.", "Body.", "Deeper body.", "Last."]
    assert [(each.level, each.title) for each in document.places.headings] == [
        (1, "The Long Road"), (2, "Setext heading"), (3, "Deep"), (1, "Top again"),
    ]  # fmt: skip
    assert regions(document)[1] == (RegionKind.HEADING, f"Setext{end}heading{end}---")
    assert document.title == "The Long Road"
    deep = document.place(document.quotable()[2].start + 3)
    assert (deep.heading, deep.paragraph, deep.line) == (("The Long Road", "Setext heading", "Deep"), 3, 13)
    assert document.place(document.quotable()[3].start).heading == ("Top again",)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_front_matter_is_marked_and_gives_the_title(end: str) -> None:
    front = end.join(["---", 'title: "Of Ships"  ', "tags: [a, b]", "---"])
    document = read_markdown(f"{front}{end}# Heading{end}{end}Text.", id="x")
    assert document.title == "Of Ships"
    assert regions(document)[0] == (RegionKind.FRONT_MATTER, front + end)
    assert quotable(document) == ["Text."]
    assert document.place(document.quotable()[0].start).line == 7


def test_rules_at_the_beginning_are_not_front_matter() -> None:
    for text in ("---\n\nIntroduction.\n\n---\n\nMore.", "---\n---\n\nIntroduction.\n\n---\nMore."):
        document = read_markdown(text, id="x", title="stem")
        assert quotable(document) == ["Introduction.", "More."]
        assert document.title == "stem"


def test_each_line_of_code_is_quotable_without_the_fences() -> None:
    text = "Run:\n\n```sh\nmake run\n\n  make test\n```\n\n~~~\nx = 1\n~~~\n\n    indented\n    code\n"
    assert quotable(read_markdown(text, id="x")) == ["Run:", "make run", "make test", "x = 1", "indented", "code"]


@pytest.mark.parametrize("text", ["```\none\ntwo", "```\none\ntwo\n", "> ```\n> one\n> two\n\nafter"])
def test_a_fence_that_is_never_closed_loses_no_line(text: str) -> None:
    assert [line.lstrip("> ") for line in quotable(read_markdown(text, id="x"))][:2] == ["one", "two"]


def test_each_row_of_a_table_is_a_paragraph_under_its_head_row() -> None:
    text = "Prices:\n\n| what | price |\n|------|------:|\n| saw | 12 |\n| nail | 1 |\n\nAll in euros."
    document = read_markdown(text, id="x")
    assert quotable(document) == ["Prices:", "| saw | 12 |", "| nail | 1 |", "All in euros."]
    assert [text[span.start : span.end] for span in document.places.paragraphs][1] == "| what | price |"
    assert document.place(text.index("nail")).heading == ("what | price",)
    assert document.place(text.index("Prices")).heading == document.place(text.index("All in")).heading == ()
    assert document.title == "x"


def test_a_table_without_rows_stays_quotable() -> None:
    assert quotable(read_markdown("| what | price |\n|---|---|\n\nNone.", id="x")) == ["| what | price |", "None."]


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("Set `max_retries` to 3", "Set max_retries to 3"),
        ("max_retries and __init__.py", "max_retries and __init__.py"),
        ("*Ships* of **the `a*b` _fleet_**", "Ships of the a*b fleet"),
        ("E\\_1 2 * 3 a*b", "E_1 2 * 3 a*b"),
        ("The [max_level](https://x.org/a_b) ![of a_b](x.png)<br>", "The max_level of a_b"),
        ("snake_case_name_ and _so on_", "snake_case_name_ and so on"),
    ],
)
def test_a_heading_keeps_its_characters_without_the_markup(heading: str, title: str) -> None:
    assert read_markdown(f"# {heading}\n\nText.", id="x").places.headings[0].title == title


@pytest.mark.parametrize(
    "mark", ["`", "``", "*", "**", "_", "a_", "[", "](", "[a](", "<", "<a", "\\", "*a", "_a ", "`a"]
)
def test_markup_by_the_thousand_in_a_heading_takes_no_time(
    mark: str, within: Callable[[float], AbstractContextManager[None]]
) -> None:
    with within(1):
        read_markdown(f"# {mark * 30_000}\n\nText.", id="x")


def test_html_blocks_comments_and_rules_are_markup() -> None:
    text = (
        "One.\n\n<script>\nalert(1);\n\nalert(2);\n</script>\n\n<!-- a\n\nnote -->\n\n<div>\nraw\n</div>\n\n***\n\nTwo."
    )
    document = read_markdown(text, id="x")
    assert quotable(document) == ["One.", "raw", "Two."]
    assert regions(document) == [
        ("markup", "<script>\nalert(1);\n\nalert(2);\n</script>"), ("markup", "<!-- a\n\nnote -->"),
        ("markup", "<div>\n"), ("markup", "\n</div>"), ("markup", "***"),
    ]  # fmt: skip


def test_lists_and_quotations_keep_their_marks() -> None:
    text = "- one\n- two\n  more\n\n  and on\n  - three\n\n> said\n> twice\n\n1. # In a list\n"
    document = read_markdown(text, id="x")
    assert quotable(document) == ["- one", "- two\n  more", "and on", "- three", "> said\n> twice"]
    assert [each.title for each in document.places.headings] == ["In a list"]


def test_a_document_without_headings_gets_the_given_title() -> None:
    assert read_markdown("Text.", id="a.md", title="a").title == "a"
    assert read_markdown("#\n\nText.", id="a.md").title == "a.md"


@pytest.mark.parametrize("end", ["```\n", "```", "", "\n"])
def test_a_line_of_code_that_ends_like_a_fence_is_code(end: str) -> None:
    assert quotable(read_markdown(f"```\nx = 1\ny = `z```\n{end}", id="x")) == ["x = 1", "y = `z```"]


def test_hostile_text_is_read_in_time(hostile: str, within: Callable[[float], AbstractContextManager[None]]) -> None:
    with within(5):
        document = read_markdown(hostile, id="x")
        document.quotable()
    assert document.text == hostile


def test_quotes_whose_lines_lack_their_mark_are_read_in_time(
    within: Callable[[float], AbstractContextManager[None]],
) -> None:
    with within(5):  # it took three minutes
        assert read_markdown("> ====\n====\n" * 3000, id="x").quotable()
    lazy = read_markdown("> a quote\n" + "that goes on\n" * 2000 + "\nA paragraph.\n", id="x")
    assert len(lazy.places.paragraphs) == 2


TABLE = (
    "<table>\n<thead><tr><th>Part</th><th>Colour</th></tr></thead>\n<tr><td>Rail</td><td><b>moss</b> green</td></tr>\n"
    "<tr><td>Post</td><td>red</td></tr>\n</table>\nAfter it.\n"
)


def html_quotes(text: str) -> list[str]:
    document = read_markdown(text, id="a.md")
    return [document.text[span.start : span.end] for span in document.quotable()]


def test_the_rows_of_an_html_table_are_paragraphs_under_its_head() -> None:
    document = read_markdown(f"# Plan\n\n{TABLE}", id="a.md")
    assert html_quotes(TABLE) == ["Rail</td><td><b>moss</b> green", "Post</td><td>red", "After it."]
    assert document.place(document.text.index("moss")).heading == ("Plan", "Part | Colour")
    assert document.place(document.text.index("After")).heading == ("Plan",)


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("<details>\n<summary>Who?</summary>\n<p>By <i>Ewan</i>.</p>\n</details>\n", ["Who?", "By <i>Ewan</i>."]),
        ("<!-- a <b>secret -->\n", []),
        ("<script>\nlet a = '<p>x</p>'\n</script>\n", []),
        ('<p align="center"><a href="x"><img src="y"></a></p>\n', []),
        ('<div><a href="x">Home</a> | <a href="y">Docs</a></div>\n', []),
        ('<div>See <a href="x">here</a> for all the rest.</div>\n', ['See <a href="x">here</a> for all the rest.']),
        ("<div>\n3 < 4\n</div>\n", ["3 < 4"]),
    ],
)
def test_the_text_of_html_blocks_is_quotable(text: str, quotes: list[str]) -> None:
    assert html_quotes(text) == quotes


def test_a_heading_in_html_is_a_heading() -> None:
    document = read_markdown('<h1 align="center">The Ship</h1>\n\nIt sails.\n', id="a.md")
    assert (document.title, document.place(len(document.text) - 4).heading) == ("The Ship", ("The Ship",))


@pytest.mark.parametrize(
    "unit", ["<", "<a ", "<table><tr><th>", "<!--", "<script>", "<td>x", "<h1>", "</table>", "<a>x"]
)
def test_hostile_html_is_read_in_time(unit: str, within: Callable[[float], AbstractContextManager[None]]) -> None:
    with within(2):
        read_markdown("<div>" + unit * 20_000, id="a.md")
