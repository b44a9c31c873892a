from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from source.document import Document, RegionKind
from source.formats.plain import read_plain

LINES = st.sampled_from(
    [
        "", " ", "\t", "Menu", "Back to top", "Title of things", "Chapter 1", "1. One thing", "- item", "=====",
        "-----",
        "(function(d, s) {", "document.write('x');", "}); And then some prose went on.", "Source: Someone",
        "Prose that goes on for a good while, and ends.", "word " * 30 + ".", "2.1 Part", "* * *", "漢字。", "‮”",
    ]
)  # fmt: skip
BREAKS = st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\u2028", "\x0b", "\x85"])
LIKELY = st.lists(st.tuples(LINES, BREAKS)).map(lambda pairs: "".join(a + b for a, b in pairs))


def quotable(document: Document) -> list[str]:
    return [document.text[span.start : span.end] for span in document.quotable()]


def headings(document: Document) -> list[tuple[int, str]]:
    return [(each.level, each.title) for each in document.places.headings]


def check(document: Document, text: str) -> None:
    """What holds for every document, whatever the extractor."""
    assert document.text == text
    end = 0
    for span in document.quotable():
        assert end <= span.start < span.end <= len(text)
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        for region in document.regions:
            assert region.kind.quotable or not region.span.overlaps(span)
        end = span.end
    for region in document.regions:
        assert 0 <= region.span.start < region.span.end <= len(text)
    assert list(document.places.paragraphs) == sorted(document.places.paragraphs)
    assert all(0 <= heading.start < len(text) for heading in document.places.headings)


@given(st.text() | LIKELY)
@settings(max_examples=150)
def test_text_is_kept_and_what_is_quotable_lies_in_order(text: str) -> None:
    check(read_plain(text, id="x"), text)


@given(LIKELY)
def test_every_character_is_quotable_or_marked_or_white(text: str) -> None:
    document = read_plain(text, id="x")
    covered = [False] * len(text)
    for span in [*document.quotable(), *(region.span for region in document.regions)]:
        covered[span.start : span.end] = [True] * len(span)
    assert [char for char, known in zip(text, covered, strict=True) if not known and not char.isspace()] == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_do_not_change_what_the_paragraphs_are(end: str) -> None:
    text = "A heading\n\nThe first paragraph is\nwrapped by hand here.\n\nThe second one stands alone.\n".replace(
        "\n", end
    )
    document = read_plain(text, id="x")
    assert quotable(document) == [
        f"The first paragraph is{end}wrapped by hand here.",
        "The second one stands alone.",
    ]
    assert document.title == "A heading"
    second = text.index("The second")
    place = document.place(second)
    assert (place.heading, place.paragraph, place.line, place.page) == (("A heading",), 2, 6, None)


def test_a_first_line_that_ends_like_a_sentence_is_not_a_headline() -> None:
    document = read_plain("It rained.\n\nThen it stopped raining.", id="rain.txt", title="rain")
    assert document.title == "rain"
    assert quotable(document) == ["It rained.", "Then it stopped raining."]
    assert read_plain("Only one line without an end", id="x.txt").title == "x.txt"


def test_chapters_parts_and_numbers_make_a_path() -> None:
    body = "The road went on and on, over the hills and down into the valley, and nobody was there."
    blocks = [
        "The Long Road", body, "Part One", body, "Chapter 1. The Start", body, "Chapter 2", body, "Part Two", body,
        "2.1 Of Tools", body, "2.1.3 Of Hammers", body, "Afterword", body,
    ]  # fmt: skip
    document = read_plain("\n\n".join(blocks), id="x")
    assert headings(document) == [
        (1, "The Long Road"), (2, "Part One"), (3, "Chapter 1. The Start"), (3, "Chapter 2"), (2, "Part Two"),
        (4, "2.1 Of Tools"), (5, "2.1.3 Of Hammers"), (9, "Afterword"),
    ]  # fmt: skip
    assert quotable(document) == [body] * 8
    assert document.place(document.quotable()[2].start).heading == ("The Long Road", "Part One", "Chapter 1. The Start")
    assert document.place(document.quotable()[4].start).heading == ("The Long Road", "Part Two")


@pytest.mark.parametrize("name", ["Глава 3", "Kapitel 4", "Chapitre V", "第三章", "Capítulo 2"])
def test_chapters_in_other_languages(name: str) -> None:
    body = "Это длинный абзац, который заметно длиннее своего заголовка, и кончается точкой."
    document = read_plain(f"Beginning.\n\n{name}\n\n{body}", id="x")
    assert headings(document) == [(3, name)]
    assert quotable(document) == ["Beginning.", body]


def test_an_underlined_line_is_a_heading_with_its_rule() -> None:
    text = "Before it all.\n\nThe Tools\n=========\nA hammer and a saw.\n\nAfter."
    document = read_plain(text, id="x")
    assert headings(document) == [(9, "The Tools")]
    assert quotable(document) == ["Before it all.", "A hammer and a saw.", "After."]
    marked = [(each.kind, text[each.span.start : each.span.end]) for each in document.regions]
    assert marked == [(RegionKind.HEADING, "The Tools"), (RegionKind.MARKUP, "=========")]


def test_rules_between_paragraphs_are_markup() -> None:
    document = read_plain("One thing.\n\n* * * *\n\nAnother thing.\n-----\nA third.", id="x")
    assert [region.kind for region in document.regions] == [RegionKind.MARKUP, RegionKind.MARKUP]
    assert quotable(document) == ["One thing.", "Another thing.", "A third."]


def test_list_items_are_paragraphs_and_their_wrapped_lines_stay_with_them() -> None:
    text = "Take these:\n\n  1. A hammer, which is\n     heavy;\n  2. a saw.\n  - nails\n  (b) glue\n"
    assert quotable(read_plain(text, id="x")) == [
        "Take these:", "1. A hammer, which is\n     heavy;", "2. a saw.", "- nails", "(b) glue",
    ]  # fmt: skip


def test_hard_wrapped_lines_are_one_paragraph_and_long_lines_one_each() -> None:
    wrapped = (
        "The ship that had left the harbour in the morning\nwas seen again at noon, far out at sea,\nand then lost."
    )
    long = "This line is much longer than any that a person would wrap by hand, " * 3 + "so it stands alone."
    assert quotable(read_plain(f"{wrapped}\n\n{long}\n{long}", id="x")) == [wrapped, long, long]


def test_a_short_line_before_a_capital_ends_its_paragraph() -> None:
    text = "The ship that had left the harbour in the morning\nwas lost.\nNobody ever heard of it again, they say."
    assert quotable(read_plain(text, id="x")) == [
        "The ship that had left the harbour in the morning\nwas lost.",
        "Nobody ever heard of it again, they say.",
    ]


def test_hostile_text_is_read_in_time(hostile: str, within: Callable[[float], AbstractContextManager[None]]) -> None:
    with within(5):
        document = read_plain(hostile, id="x")
        document.quotable()
    assert document.text == hostile


def test_a_table_of_contents_is_not_quoted() -> None:
    body = "The text of this chapter goes on for a while, so that it is longer than its heading by far. " * 2
    parts = [f"{n}.{m}. What is question {m} of part {n}?\n\n{body}" for n in (1, 2) for m in (1, 2, 3)]
    entries = "\n".join(f"    {n}.{m}. What is question {m} of part {n}?" for n in (1, 2) for m in (1, 2, 3))
    document = read_plain(f"A Manual\n\nContents of it\n\n1. Part\n{entries}\n\n" + "\n\n".join(parts), id="x")
    assert not any("What is question" in text for text in quotable(document))
    assert len(document.places.headings) >= 6
    assert quotable(document).count(body.strip()) == 6


def test_a_paragraph_that_names_a_later_heading_is_text() -> None:
    body = "Words and more words in a paragraph that is long enough to follow a heading of its own. " * 2
    text = f"A Manual\n\nSailing is treated below, and here is more of it to say.\n\nSailing\n\n{body}"
    assert "Sailing is treated below, and here is more of it to say." in quotable(read_plain(text, id="x"))


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"Section number x{i:05d}" for i in range(20_000))
        + "\n\n"
        + "".join(f"Section number {i:06d}\n\n{'word ' * 12}{i}.\n\n" for i in range(6000)),
        "The end\n\n" + "\n\n".join(["a" * 1850 + "();" * 50 + "a"] * 600),
    ],
    ids=["titles that begin alike", "a word without end"],
)
def test_alike_titles_and_long_words_are_read_in_time(
    text: str, within: Callable[[float], AbstractContextManager[None]]
) -> None:
    with within(3):
        read_plain(text, id="x")
