import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from operator import itemgetter

from hypothesis import given
from hypothesis import strategies as st

from source.document import Document, Region, RegionKind
from source.places import LONGEST_TITLE, Heading, Places
from source.spans import Span, SpanIndex, Spans, subtract, trim

spans = st.tuples(st.integers(0, 60), st.integers(1, 9)).map(lambda pair: Span(pair[0], pair[0] + pair[1]))


def disjoint(unordered: list[Span]) -> list[Span]:
    out: list[Span] = []
    for span in sorted(unordered):
        if not out or span.start >= out[-1].end:
            out.append(span)
    return out


def offsets(many: list[Span]) -> set[int]:
    return {offset for span in many for offset in range(span.start, span.end)}


@given(st.lists(spans).map(disjoint), st.lists(spans))
def test_subtract_leaves_exactly_what_is_outside_the_holes(kept: list[Span], holes: list[Span]) -> None:
    left = list(subtract(kept, holes))
    assert offsets(left) == offsets(kept) - offsets(holes)
    assert all(len(span) for span in left)
    assert left == disjoint(left)


def test_subtract_cuts_a_span_at_each_hole() -> None:
    left = list(subtract([Span(0, 9), Span(9, 12)], [Span(2, 4), Span(8, 10)]))
    assert left == [
        Span(0, 2),
        Span(4, 8),
        Span(10, 12),
    ]


def test_subtract_joins_nothing_that_was_apart() -> None:
    assert list(subtract([Span(0, 3), Span(3, 5)], [])) == [Span(0, 3), Span(3, 5)]


@given(st.text(alphabet=" \t\n\u00a0\u3000ab."), st.data())
def test_trim_takes_the_white_space_and_only_that(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    inner = trim(text, Span(start, end))
    assert text[inner.start : inner.end] == text[start:end].strip()
    assert start <= inner.start <= inner.end <= end


def test_trim_takes_millions_of_spaces_in_no_time() -> None:
    text = "a" + " \u3000\n" * 5_000_000 + "b"
    start = time.process_time()
    assert trim(text, Span(1, len(text))) == Span(len(text) - 1, len(text))
    assert trim(text, Span(0, len(text) - 1)) == Span(0, 1)
    assert not trim(text, Span(1, len(text) - 1))
    assert time.process_time() - start < 1


@given(spans, spans)
def test_overlap_is_a_shared_character(one: Span, other: Span) -> None:
    assert one.overlaps(other) == bool(offsets([one]) & offsets([other]))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda pair: Span(*pair))), st.data())
def test_an_index_finds_the_same_overlaps_as_comparing_all_spans(many: list[Span], data: st.DataObject) -> None:
    span = Span(*data.draw(st.tuples(st.integers(-1, 10), st.integers(-1, 10))))
    assert SpanIndex(many).overlap(span) == any(each.overlaps(span) for each in many)


def test_long_titles_are_shortened() -> None:
    title, long = "a" * LONGEST_TITLE, "a" * 1_000_000
    places = Places(headings=(Heading(0, 1, title), Heading(0, 2, long)))
    document = Document("d", long, "p", "", "x", "abc", places=places)
    assert document.place(1).heading == (title, f"{title[1:]}…")
    assert (document.title, Document("d", title, "p", "", "x", "abc").title) == (f"{title[1:]}…", title)


def test_a_place_gives_heading_path_paragraph_and_line() -> None:
    text = "One\r\nTwo\rThree\n\nfour"
    places = Places(
        paragraphs=(Span(5, 8), Span(16, 20)),
        headings=(Heading(0, 1, "Top"), Heading(5, 3, "Deep"), Heading(9, 3, "Beside"), Heading(16, 2, "Middle")),
    )
    document = Document("d", "t", "p", "", "x", text, places=places)
    assert [document.place(offset).line for offset in (0, 2, 5, 8, 9, 15, 16)] == [1, 1, 2, 2, 3, 4, 5]
    assert document.place(0).paragraph is None
    assert document.place(7).paragraph == 1
    assert document.place(12).paragraph == 1
    assert document.place(16).paragraph == 2
    assert document.place(5).heading == ("Top", "Deep")
    assert document.place(9).heading == ("Top", "Beside")
    assert document.place(18).heading == ("Top", "Middle")
    assert document.place(0).page is None


def path_above(headings: list[Heading], offset: int) -> tuple[str, ...]:
    """The path found by going through all the headings before."""
    path: list[Heading] = []
    for heading in headings:
        if heading.start <= offset:
            while path and path[-1].level >= heading.level:
                path.pop()
            path.append(heading)
    return tuple(each.title for each in path if each.end is None or offset < each.end)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(-1, 4), st.none() | st.integers(0, 40)), max_size=12))
def test_the_path_of_headings_is_that_of_all_before(rows: list[tuple[int, int, int | None]]) -> None:
    headings = [
        Heading(start, level, f"{n}", end) for n, (start, level, end) in enumerate(sorted(rows, key=itemgetter(0)))
    ]
    places = Places(headings=tuple(headings))
    assert [places.heading(offset) for offset in range(45)] == [path_above(headings, offset) for offset in range(45)]


def test_a_heading_is_found_among_many_in_time(within: Callable[[float], AbstractContextManager[None]]) -> None:
    places = Places(headings=tuple(Heading(n, 1 + n % 2, f"{n}") for n in range(50_000)))
    with within(1):  # it was a minute
        assert {places.heading(49_999) for _ in range(5000)} == {("49998", "49999")}


def test_only_an_attribution_is_marked_and_still_quoted() -> None:
    for kind in RegionKind:
        region = Region(Span(2, 4), kind)
        document = Document("d", "t", "p", "", "x", "ab cd ef", (region,), Places((Span(0, 8),)))
        expected = [Span(0, 8)] if kind is RegionKind.ATTRIBUTION else [Span(0, 2), Span(4, 8)]
        assert document.quotable() == expected


def test_a_span_is_quotable_as_by_looking_at_all_regions() -> None:
    regions = tuple(Region(Span(n, n + 3), kind) for n, kind in enumerate(RegionKind, start=2))
    document = Document("d", "t", "p", "", "x", "a" * 20, regions)
    for start in range(-2, 23):
        for end in range(-2, 23):
            inside = 0 <= start < end <= 20
            marked = any(each.span.overlaps(Span(start, end)) for each in regions if not each.kind.quotable)
            assert document.is_quotable(Span(start, end)) == (inside and not marked)


@given(st.lists(spans, max_size=20))
def test_spans_are_a_sequence_like_a_tuple(found: list[Span]) -> None:
    kept = Spans.of(iter(found))
    assert list(kept) == found and len(kept) == len(found)
    assert kept == Spans.of(found) and hash(kept) == hash(Spans.of(found)) and Spans.of(kept) is kept
    assert kept[1:] == Spans.of(found[1:])
    assert all(kept[at] == found[at] for at in range(-len(found), len(found)))
    assert bool(found) == bool(kept)
