from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from source.document import Document, RegionKind
from source.formats.rst import read_rst

LINES = st.sampled_from(
    [
        "", "    ", "Title", "=====", "-----", "~~", "- item", "  - nested", "1. first", "(a) letter", "term",
        "  meaning of it", "text goes on", "text::", "::", "   code", "> quoted", ".. note:: look", ".. code:: py",
        "   :option: value", ".. comment", "..", ".. _target: http://x", ".. |s| replace:: x", ".. [1] note",
        ":field: x", "-o FILE  what it does", "| verse", "+---+---+", "| a | b |", "+===+===+", "=== ===", "a   b",
        ">>> 1 + 1", "__ http://x", "\ttab", "- .. image:: x", "漢字", "\x0c", "\0",
    ]
)  # fmt: skip
LIKELY = st.lists(st.tuples(LINES, st.sampled_from(["\n", "\r\n", "\r", "\n\n"]))).map(
    lambda pairs: "".join(a + b for a, b in pairs)
)


def quotable(document: Document) -> list[str]:
    return [document.text[span.start : span.end] for span in document.quotable()]


def quoted(text: str) -> list[str]:
    return quotable(read_rst(text, id="x"))


def regions(document: Document) -> list[tuple[str, str]]:
    return [(each.kind.value, document.text[each.span.start : each.span.end]) for each in document.regions]


def marked(text: str) -> list[str]:
    return [words for kind, words in regions(read_rst(text, id="x")) if kind == RegionKind.MARKUP]


def check(document: Document) -> None:
    end = 0
    for span in document.quotable():
        assert end <= span.start < span.end <= len(document.text)
        assert document.text[span.start : span.end].strip() == document.text[span.start : span.end]
        assert not any(region.span.overlaps(span) for region in document.regions)
        end = span.end
    assert list(document.places.paragraphs) == sorted(document.places.paragraphs)
    assert list(document.places.headings) == sorted(document.places.headings, key=lambda heading: heading.start)
    assert all(0 <= region.span.start < region.span.end <= len(document.text) for region in document.regions)


@given(st.text() | LIKELY)
@settings(max_examples=300)
def test_text_is_kept_and_what_is_quotable_lies_in_order(text: str) -> None:
    document = read_rst(text, id="x")
    assert document.text == text
    check(document)


@given(LIKELY)
@settings(max_examples=300)
def test_every_word_is_quotable_or_marked(text: str) -> None:
    document = read_rst(text, id="x")
    covered = [False] * len(text)
    for span in [*document.quotable(), *(region.span for region in document.regions)]:
        covered[span.start : span.end] = [True] * len(span)
    assert [char for char, known in zip(text, covered, strict=True) if char.isalpha() and not known] == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_headings_paragraphs_and_places_at_any_line_end(end: str) -> None:
    lines = [
        "=========", " Of Ships", "=========", "", "First line", "second line.", "", "Two *Sail* to `Rome <http://x>`_",
        "-----------", "Body.", "", "Deep", "~~~~", "Deeper body.", "", "1. Again", "--------", "", "Last.",
    ]  # fmt: skip
    document = read_rst(end.join(lines), id="x", title="stem", path="p", sha256="s")
    assert quotable(document) == [f"First line{end}second line.", "Body.", "Deeper body.", "Last."]
    assert [(each.level, each.title) for each in document.places.headings] == [
        (1, "Of Ships"), (2, "Two Sail to Rome"), (3, "Deep"), (2, "1. Again"),
    ]  # fmt: skip
    assert regions(document)[0] == (RegionKind.HEADING, end.join(lines[:3]))
    assert (document.title, document.path, document.sha256, document.extractor) == ("Of Ships", "p", "s", "rst/2")
    deep = document.place(document.quotable()[2].start)
    assert (deep.heading, deep.paragraph, deep.line) == (("Of Ships", "Two Sail to Rome", "Deep"), 3, 14)
    assert document.place(document.quotable()[3].start).heading == ("Of Ships", "1. Again")


def test_the_same_sign_over_and_under_is_a_style_of_its_own() -> None:
    document = read_rst("One\n===\n\n===\nTwo\n===\n\nThree\n-----\n\nFour\n====\n", id="x")
    assert [(each.level, each.title) for each in document.places.headings] == [
        (1, "One"), (2, "Two"), (3, "Three"), (1, "Four"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "A long line\n===\nof text",  # the rule is too short
        "First\nsecond\n------",  # the title is one line
        "  Indented\n  --------",
        "  Indented\n--------",
        "Title\n  -----",
        "==\nLong\n==",
        "- item\n------",
        ":field: x\n---------",
    ],
)
def test_lines_that_are_not_titles(text: str) -> None:
    assert read_rst(text, id="x").places.headings == ()


def test_titles_lose_their_marks() -> None:
    titles = {
        "``code`` and :py:class:`~a.B`": "code and ~a.B",
        ":ref:`Text <label>` or *that*": "Text or that",
        r"Not \*that": "Not *that",
        "See Docutils_ and x_y, __init__": "See Docutils and x_y, __init__",
        "--option NAME": "--option NAME",
    }
    for title, plain in titles.items():
        assert read_rst(f"{title}\n{'=' * len(title)}\n", id="x").title == plain


def test_a_document_without_headings_gets_the_given_title() -> None:
    assert read_rst("Text.", id="a.rst", title="a").title == "a"
    assert read_rst("=== ===\na   b\n=== ===\n1   2\n=== ===\n", id="a.rst").title == "a.rst"


def test_a_rule_between_paragraphs_is_markup() -> None:
    text = "One.\n\n--------\n\nTwo.\n\n...\n"
    assert quoted(text) == ["One.", "Two."]
    assert marked(text) == ["--------"]


def test_lists_keep_their_marks_and_their_wrapped_lines() -> None:
    text = (
        "Take:\n\n- a hammer, which\n  is heavy;\n- a saw\n\n  and oil\n\n  * nails\n\n1. one\n2) two\n#. three\n"
        "(iv) four\n\nA. Einstein was\nright.\n\n- - deep\n\n- tab\n\tbed\n"
    )
    assert quoted(text) == [
        "Take:", "- a hammer, which\n  is heavy;", "- a saw", "and oil", "* nails", "1. one", "2) two", "#. three",
        "(iv) four", "A. Einstein was\nright.", "- - deep", "- tab\n\tbed",
    ]  # fmt: skip


def test_a_dash_inside_a_paragraph_opens_no_list() -> None:
    assert quoted("The ship\n- a bark -\nleft.") == ["The ship\n- a bark -\nleft."]


def test_a_term_and_its_definition_are_one_paragraph() -> None:
    text = "bark\n  A ship with\n  three masts.\n\n  Or of a tree.\nbrig\n  Two masts.\nrig\n  - of ropes\n  - of oil\n"
    assert quoted(text) == [
        "bark\n  A ship with\n  three masts.", "Or of a tree.", "brig\n  Two masts.", "rig", "- of ropes", "- of oil",
    ]  # fmt: skip


def test_fields_options_and_verses_are_one_each() -> None:
    text = (
        ":Author: Erik\n    of Oslo\n:Date: 1902\n:param int x:\n    how many\n\n-v        be loud\n"
        "--file=<f>  read it\n          twice\n\n| one verse\n| another\n"
    )
    assert quoted(text) == [
        ":Author: Erik\n    of Oslo", ":Date: 1902", ":param int x:\n    how many", "-v        be loud",
        "--file=<f>  read it\n          twice", "| one verse", "| another",
    ]  # fmt: skip


def test_each_line_of_code_is_quotable() -> None:
    text = (
        "Run::\n\n  make run\n\n    make test\n\nThen\n\n::\n\n  more\n\nor\n\n.. code-block:: sh\n   :linenos:\n\n"
        "   ls -l\n   cat\n\n- in a list::\n\n    deep\n  not code\n\nMail::\n\n> quoted\n> twice\n\n>>> 1 + 1\n2\n"
    )
    assert quoted(text) == [
        "Run::", "make run", "make test", "Then", "more", "or", "ls -l", "cat", "- in a list::", "deep", "not code",
        "Mail::", "> quoted", "> twice", ">>> 1 + 1", "2",
    ]  # fmt: skip
    assert marked(text) == ["::", ".. code-block:: sh", ":linenos:"]


def test_code_ends_where_the_text_of_a_note_continues() -> None:
    assert quoted(".. note:: Run::\n\n      make\n      run\n\n   Then go\n   on.\n") == [
        "Run::", "make", "run", "Then go\n   on.",
    ]  # fmt: skip


def test_a_directive_after_two_colons_is_not_code() -> None:
    assert quoted("Thus::\n\n.. note:: look\n   here\n") == ["Thus::", "look\n   here"]


def test_what_looks_like_a_title_or_a_comment_in_code_is_code() -> None:
    text = "Write::\n\n  Title\n  =====\n\n  .. a comment\n\nEnd.\n"
    assert quoted(text) == ["Write::", "Title", ".. a comment", "End."]
    assert read_rst(text, id="x").regions == ()


def test_a_directive_is_marked_and_its_content_is_text() -> None:
    text = (
        ".. note::\n   :class: big\n\n   Mind the\n   gap.\n\n   - twice\n\n.. warning:: Hot, and\n   heavy.\n"
        "   :name: w\n\n.. py:function:: open(file)\n\n   Opens.\n\n.. versionadded:: 3.1\n   The *file*.\n\n"
        ".. figure:: ship.png\n   :alt: a ship\n\n   The caption.\n\n- - .. tip:: in a list\n\n"
        ".. hint::\n   Short of\n   a line.\n   :name: h\n\nEnd.\n"
    )
    assert quoted(text) == [
        "Mind the\n   gap.", "- twice", "Hot, and\n   heavy.", "open(file)", "Opens.",
        "versionadded:: 3.1\n   The *file*.", "The caption.", "in a list",
        "Short of\n   a line.", "End.",
    ]  # fmt: skip
    assert marked(text) == [
        ".. note::", ":class: big", ".. warning:: ", ":name: w", ".. py:function:: ", ".. ", ".. figure:: ship.png",
        ":alt: a ship", ".. tip:: ", ".. hint::", ":name: h",
    ]  # fmt: skip


def test_invisible_blocks_are_markup_to_their_end() -> None:
    hidden = [
        ".. a comment\n   goes on\n\n   and on", ".. _target: http://x\n   /more", ".. |sub| replace:: words",
        ".. image:: ship.png\n   :alt: a ship", ".. raw:: html\n\n   <b>raw</b>", ".. include:: /etc/passwd",
        ".. toctree::\n   :maxdepth: 2\n\n   one\n   two", "__ http://y", ".. autoclass:: a.B\n   :members:", "..",
    ]  # fmt: skip
    text = "".join(f"{block}\n\nText {number}.\n\n" for number, block in enumerate(hidden))
    assert quoted(text) == [f"Text {number}." for number in range(len(hidden))]
    assert marked(text) == hidden


def test_bare_dots_hide_nothing_after_a_blank_line() -> None:
    assert quoted("..\n\n   A quotation.\n\n..\n   A comment.\n") == ["A quotation."]
    assert quoted(".. _target: http://x\n\n   A quotation.\n") == ["A quotation."]


def test_footnotes_and_citations_are_text() -> None:
    assert quoted("Text [1]_.\n\n.. [1] A note\n   that goes on.\n.. [#] Another.\n.. [Ref20] A book.\n") == [
        "Text [1]_.", "[1] A note\n   that goes on.", "[#] Another.", "[Ref20] A book.",
    ]  # fmt: skip


def test_a_grid_tables_rows_are_paragraphs_under_its_header() -> None:
    text = (
        "+------+--------+\n| Ship | Masts  |\n| name | (high) |\n+======+========+\n| Erik | three, |\n"
        "|      | or so  |\n+------+--------+\n| Anna | two    |\n+------+--------+\n\nAfter.\n"
    )
    document = read_rst(text, id="x")
    assert quotable(document) == [
        "| Erik | three, |\n|      | or so  |", "| Anna | two    |", "After.",
    ]  # fmt: skip
    assert marked(text) == ["+------+--------+", "+======+========+", "+------+--------+", "+------+--------+"]
    assert document.place(text.index("Anna")).heading == ("Ship name | Masts (high)",)
    assert document.place(text.index("After")).heading == ()


def test_a_simple_tables_rows_are_paragraphs_under_its_header() -> None:
    text = (
        ".. table:: Ships\n\n   ====  ===== ===\n   Of    ships  x\n   ----------- ---\n   Name  Masts xylophone\n"
        "   ====  ===== ===\n   Erik  three\n         or so\n\n   Anna  two\n   ====  ===== ===\n\nAfter.\n"
    )
    document = read_rst(text, id="x")
    assert quotable(document) == [
        "Ships", "Erik  three\n         or so", "Anna  two", "After.",
    ]  # fmt: skip
    assert document.place(text.index("Anna")).heading == ("Of Name | ships Masts | x xylophone",)
    assert document.place(text.index("After")).heading == ()


def test_tables_without_a_header_or_an_end() -> None:
    assert quoted("=== ===\na   b\nc   d\n=== ===\n\nAfter.") == ["a   b", "c   d", "After."]
    assert quoted("=== ===\na   b\n\nText.") == ["a   b", "Text."]
    assert quoted("+---+\n| a |\n") == ["| a |"]
    for indent, title in (("", "Title"), ("  ", "A title")):
        text = f"{indent}=== ===\n{indent}a   b\n\n{title}\n{'=' * len(title)}\n\nText.\n"
        assert [heading.title for heading in read_rst(text, id="x").places.headings] == [title]
    for text in ("=== ===\na   b\n=== ===\n", "+---+\n| a |\n+---+\n"):
        assert read_rst(text, id="x").places.headings == ()


DEEP = "".join(" " * depth + ".. a::\n" for depth in range(600))
HOSTILE = {
    "bullets": "- " * 100_000, "numbers": "1. " * 70_000, "dots": ".. " * 70_000, "directives": ".. a::\n" * 30_000,
    "stairs": DEEP, "borders": "== ==\n" * 30_000, "rows": "== ==\na b\n\n" * 20_000, "fields": ":a" * 100_000,
    "options": "-a, " * 50_000, "literals": "a::\n\n" * 40_000, "backticks": f"`{'a <' * 70_000}\n====\n",
    "stars": f"{'a*' * 100_000}\n====\n", "roles": f"{':a' * 100_000}\n====\n", "names": f"{'a.' * 100_000}_\n====\n",
    "citation": f".. [{'a.' * 100_000}", "white space": f"{' ' * 200_000}a{' ' * 200_000}b",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_read_in_time(name: str, within: Callable[[float], AbstractContextManager[None]]) -> None:
    with within(3):
        document = read_rst(HOSTILE[name], id="x")
        document.quotable()
    assert document.text == HOSTILE[name]


def test_hostile_text_is_read_in_time(hostile: str, within: Callable[[float], AbstractContextManager[None]]) -> None:
    with within(5):
        document = read_rst(hostile, id="x")
        document.quotable()
    assert document.text == hostile


def test_underscores_and_hyphens_take_time_in_proportion(
    within: Callable[[float], AbstractContextManager[None]],
) -> None:
    with within(1):
        read_rst(f".. {'_a' * 60}:\n\n-{'a' * 8000}!\n\nText.\n", id="a.rst")
