"""What a rendered view hides: nothing that its reader would see."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from source import Document, Span
from source.formats.markdown import marks, read_markdown, stretches
from source.formats.markdown.extractor import Parsed
from source.formats.markdown.marks import marks_in
from source.formats.plain import read_plain

RENDERER = MarkdownIt("commonmark").enable("table")


def marked(text: str, name: str) -> list[str]:
    marks = marks_in(read_markdown(text, id="a.md"), Span(0, len(text)))
    return [text[span.start : span.end] for span, of in marks if of == name]


def left(text: str) -> str:
    """The text without what is hidden."""
    hidden = [False] * len(text)
    for span, name in marks_in(read_markdown(text, id="a.md"), Span(0, len(text))):
        if name == "syntax":
            hidden[span.start : span.end] = [True] * (span.end - span.start)
    return "".join(char for char, gone in zip(text, hidden, strict=True) if not gone)


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("one **two** three", "strong", ["two"]),
        ("one *two* and _three_", "emphasis", ["two", "three"]),
        ("***both***", "strong", ["both"]),
        ("**a *b* c**", "strong", ["a *b* c"]),
        ("say `a * b` and ``c`d`` and `` ` ``", "code", ["a * b", "c`d", "`"]),
        ("see [the *page*](http://a.b \"title\") and <http://c.d>", "link", ["the *page*", "http://c.d"]),
        ("see [this][r], [r][] and [r]\n\n[r]: http://a.b", "link", ["this", "r", "r"]),
        ("[a](b(c)d) [e](<f g>) [h](i\n'j')", "link", ["a", "e", "h"]),
        ("```py\nx = 1\n```\n\n    y = 2\n", "code", ["x = 1\n", "    y = 2\n"]),
        ("a ** b * c __ d [e] f [g](h i)", "syntax", []),
        (r"\*not\* **yes**", "syntax", ["\\", "\\", "**", "**"]),
        ("# Head *ing* #\n\ntext", "syntax", ["# ", "*", "*", " #"]),
        ("Head\ning\n---\n\ntext", "syntax", ["---"]),
        ("> one **two\n> three**\n\n- four\n  *five*", "emphasis", ["five"]),
        ("| *a* | b |\n|---|---|\n| `c` | **d** |", "strong", ["d"]),
        ("| a\\|b | **c** |\n|---|---|", "strong", []),
        ("![alt](http://a.b)", "syntax", ["![", "](http://a.b)"]),
        ("a <b>c</b> &amp; d", "syntax", ["<b>", "</b>"]),
        ("---\ntitle: *x*\n---\n\n*y*", "emphasis", ["y"]),
        ("plain text, no marks", "syntax", []),
    ],
)  # fmt: skip
def test_marks(text: str, name: str, expected: list[str]) -> None:
    assert marked(text, name) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# One **two** [three](http://a.b) `four`", "One two three four"),
        ("> quoted *text*\n> goes on\\\n> here", " quoted text\n goes on\n here"),
        ("- a **b**\n- [c][1]\n\n[1]: x", "- a b\n- c\n\n[1]: x"),
        ("```py\ncode *as it is*\n```\n", "code *as it is*\n"),
        ("two  \nlines\r\n*three*", "two  \nlines\r\nthree"),
    ],
)
def test_markup_that_is_left_after_hiding(text: str, expected: str) -> None:
    assert left(text) == expected


def test_only_the_marks_inside_a_span() -> None:
    text = "*one*\n\n*two* and **three\nfour**\n\n*five*"
    document = read_markdown(text, id="a.md")
    whole = marks_in(document, Span(0, len(text)))
    for start in range(len(text)):
        for end in range(start, len(text)):
            inside = [mark for mark in whole if start <= mark[0].start and mark[0].end <= end]
            assert marks_in(document, Span(start, end)) == inside


def test_other_formats_have_no_marks() -> None:
    assert marks_in(read_plain("# One **two**", id="a.txt"), Span(0, 13)) == []


def visible(text: str) -> Iterator[str]:
    """The characters that the renderer shows, white space aside."""
    for token in RENDERER.parse(text):
        for each in token.children or [token]:
            if each.type in {"text", "code_inline", "code_block", "fence"}:
                yield from "".join(each.content.split())


PIECES = st.sampled_from(
    [
        "*", "**", "_", "__", "`", "``", "[", "]", "](x)", "](<y z>)", "][r]", "![", "<", ">", "<b>", "<http://a.b>",
        "\\", "&amp;", "&", "  \n", "\n", "\n\n", "\r\n", "\r", "> ", "- ", "1. ", "# ", " #", "\n---\n", "|",
        "\n|-|-|\n", "```\n", "    ", "\t", "\n[r]: z\n", "one", "two", "three", "four", "five", " ", " ", "é",
        "漢字", "\0", "\xa0", "'", "!", "(", ")",
    ]
)  # fmt: skip

BLOCKS = st.sampled_from(
    [
        "\n\n", "\n\n*one* [a]\n\n", "\n\n```\n", "\n  ```\n", "\n~~~~\n\n", "\n\n- one\n\n  ", "\n\n> ",
        "\n\n# *h*\n", "\n\n<!--\n", "\n-->\n", "\n\n<div>\n", "\n\n    code\n\n", "\n\n[a]: b\n", "\r\n\r\n", "\r\r",
        "\n\n| *a* | b |\n|-|-|\n| c | *d* |\n", "\n\n1. *two*\n", "\n\nTitle\n===\n", "\n ", "\n``` `\n",
        "\n\n<pre>\n\n", "</pre>\n", "\n\n* * *\n\n",
    ]
)  # fmt: skip


@settings(max_examples=1500)
@given(st.lists(PIECES, max_size=24).map("".join))
def test_visible_text_is_never_hidden(text: str) -> None:
    marks = marks_in(read_markdown(text, id="a.md"), Span(0, len(text)))
    assert all(0 <= span.start < span.end <= len(text) for span, _ in marks)
    assert marks == sorted(marks)
    rest = iter(left(text).replace("\0", "\ufffd"))
    assert all(char in rest for char in visible(text)), (text, left(text))  # in this order


@settings(max_examples=1500)
@given(st.lists(st.one_of(PIECES, BLOCKS), max_size=40).map("".join))
@example("[a][r]\n\n```\n[r]: x\n\n*one*\n\n```\n\n*two*\n\n[r]: y\n")
@example("- one\n\n  ```\n\n*two*\n\n```\n\n*three*\n\n```\n\n*four*")
@example("*||\n-|-\r\n<e>")
@example("<!--\n```\n\n-->\n\n*one*\n\n```\n\n*two*")
def test_a_document_is_marked_in_stretches_as_it_is_whole(text: str) -> None:
    document = read_markdown(text, id="a.md")
    whole = marks_of(document)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stretches, "_LEAST", 1)
        assert marks_of(document) == whole


def marks_of(document: Document) -> list[tuple[Span, str]]:
    """The marks of a document, found anew."""
    for cache in (marks._blocks(), stretches._bounds(), stretches._definitions()):
        cache.cache_clear()
    return marks_in(document, Span(0, len(document.text)))


def test_only_the_stretch_that_is_shown_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    chapter = "# A *chapter*\n\n" + "Some *words* of [it].\n\n" * 400
    documents = [read_markdown(chapter * 20 + end, id="a.md") for end in ("", "\n[it]: x\n")]
    parsed: list[int] = []
    for module in (marks, stretches):
        parse = module.parsed

        def counting(text: str, start: int, end: int, parse: Callable[..., Parsed] = parse) -> Parsed:
            parsed.append(end - start)
            return parse(text, start, end)

        monkeypatch.setattr(module, "parsed", counting)
    for document in documents:
        parsed.clear()
        at = document.text.index("Some", len(chapter) * 10)
        assert ("link" in {name for _, name in marks_in(document, Span(at, at + 30))}) == (document is documents[1])
        assert 0 < sum(parsed) < 30_000


def seconds(text: str) -> float:
    """How long it takes to mark a text that was not marked before."""
    document = read_markdown(text, id="a.md")
    marks._blocks().cache_clear()
    start = time.process_time()
    for span, _ in marks_in(document, Span(0, len(text))):
        assert 0 <= span.start < span.end <= len(text)
    return time.process_time() - start


def test_twice_the_hostile_text_is_marked_in_twice_the_time(hostile: str) -> None:
    """Were it quadratic, in four times. What is quick, or measured on a busy machine, tells nothing: so thrice."""
    half = hostile[: len(hostile) // 2]
    assert any(seconds(hostile) < 3 * seconds(half) + 0.2 for _ in range(3))
