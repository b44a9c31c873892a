"""A document's text in parts: nothing is missing, and no part is too large for the browser or the server."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from cachetools import LRUCache
from hypothesis import given
from hypothesis import strategies as st

from qa import DocumentRef, Quote
from qa.web.page.document import panel, units
from qa.web.page.document.units import Blocks, TextUnits, View
from qa.web.page.texts import in_language
from source import Document, Heading, Place, Places, Span
from source.formats.markdown import read_markdown
from source.formats.markdown.marks import marks_in
from source.formats.plain import read_plain

Within = Callable[[float], AbstractContextManager[None]]
READERS = [read_plain, read_markdown]
LONGEST = 8000  # characters of a unit


class Read(HTMLParser):
    """The units in some HTML, each with its declared offset and text, and the declared offsets of the marks."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.units: list[tuple[int, list[str]]] = []
        self.starts: list[int] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        known = dict(attributes)
        if at := known.get("data-at"):
            self.units.append((int(at), []))
        if start := known.get("data-start"):
            self.starts.append(int(start))

    def handle_data(self, data: str) -> None:
        self.units[-1][1].append(data)


def view(document: Document, quotes: tuple[Quote, ...] = (), found: tuple[Span, ...] = ()) -> View:
    return View(document, quotes, found, answered=True)


def parts(document: Document) -> Iterator[str]:
    sheets = TextUnits(view(document))
    for first in range(0, len(sheets), sheets.window):
        yield sheets.draw(first, first + sheets.window)


def spans_of(sheets: TextUnits) -> list[Span]:
    return [Span(start, end) for start, end, _ in sheets._blocks.tolist()]


def quote(document: Document, span: Span, *highlights: Span) -> Quote:
    text = document.text[span.start : span.end]
    return Quote(text, span, highlights, Place(None, (), None, None), DocumentRef.of(document), 1.0)


def check_all_is_there(document: Document, parts: Iterable[str]) -> None:
    shown = document.text.replace("\0", "\ufffd")
    units = [(at, "".join(words)) for html in parts for at, words in Read(html).units]
    assert "".join("".join(words for _, words in units).split()) == "".join(shown.split())
    for at, words in units:
        assert shown.startswith(words, at) and 0 < len(words) <= LONGEST


def test_hostile_texts_are_drawn_whole_and_in_time(hostile: str, within: Within) -> None:
    for read in READERS:
        document = read(hostile, id=f"{hash(hostile)}.{read.__name__}")
        marks_in(document, Span(0, len(document.text)))  # markdown-it-py's own time is not measured here
        with within(1):
            drawn = list(parts(document))
        check_all_is_there(document, drawn)


@given(st.text(st.sampled_from("ab #*_`>\n\r\t.-|\u00a0é\0"), max_size=80), st.sampled_from(READERS))
def test_every_character_is_there(text: str, read: Callable[..., Document]) -> None:
    document = read(text, id=f"{text!r}.{read.__name__}")
    check_all_is_there(document, parts(document))


@pytest.mark.parametrize("word", [4, 700, 9000, 10**6])
def test_a_book_on_one_line_is_cut_between_words_where_it_can(word: int) -> None:
    drawn = random.Random(word)
    text = ""
    while len(text) < 300_000:
        text += "ж" * drawn.randint(1, word) + " " * drawn.choice([1, 1, 3])
    document = read_plain(text[:300_000], id=f"{word}.txt")
    check_all_is_there(document, parts(document))
    sheets = TextUnits(view(document))
    assert 38 <= len(sheets) <= 38 * 3
    if word < LONGEST:
        spans = spans_of(sheets)
        assert all(text[one.end : other.start].isspace() for one, other in pairwise(spans))
    for offset in range(0, len(document.text), 5000):
        start = spans_of(sheets)[sheets.at(offset)].start
        assert start <= offset and offset - start <= LONGEST


def test_a_quote_is_marked_in_each_unit_that_it_covers() -> None:
    document = read_plain("word " * 4000 + "\n\nOne more.\n\nAnd the last.", id="across.txt")
    first, second, third, last = spans_of(TextUnits(view(document)))[-4:]
    across = quote(document, Span(first.start + 5, third.end - 1), Span(second.start + 4, second.start + 8))
    html = TextUnits(view(document, (across,), (last,))).draw(0, 120)
    assert Read(html).starts == [
        across.span.start,
        second.start,
        second.start + 4,
        second.start + 8,
        third.start,
        last.start,
    ]
    assert '<mark class="answer quoted"' in html


def test_nested_emphasis_is_drawn_in_time(within: Within) -> None:
    document = read_markdown(("*a* " * 2400 + "\n\n") * 2, id="emphasis.md")
    marks_in(document, Span(0, len(document.text)))
    with within(2):  # once it took fifteen seconds; a fifth of it is markdown-it-py
        html = TextUnits(view(document)).draw(0, 120)
    assert html.count('<span class="emphasis">a</span>') > 4700


def test_forged_quotes_are_drawn_in_time(within: Within) -> None:
    """As many quotes as are accepted, with as many highlights, all in one place."""
    document = read_plain(("A line of a paragraph that goes on. " * 20 + "\n\n") * 120, id="forged.txt")
    everywhere = Span(0, 80_000)
    marks = [[Span(400 * n + shift, 400 * n + shift + 300) for n in range(200)] for shift in range(20)]
    quotes = tuple(quote(document, everywhere, *highlights) for highlights in marks)
    found = tuple(Span(at, at + 1) for at in range(0, 80_000, 80))
    with within(1):
        TextUnits(view(document, quotes, found)).draw(0, 120)


def test_a_document_is_cut_once_for_all_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    cut: list[str] = []
    blocks = units.blocks

    def counting(document: Document) -> Blocks:
        cut.append(document.text)
        return blocks(document)

    monkeypatch.setattr(units, "blocks", counting)
    document = read_plain("One.\n\nTwo.\n\nThree.", id="cut.txt", sha256="1")
    changed = read_plain("Another text.\n\nOf two.", id="cut.txt", sha256="2")
    for _ in range(3):
        assert len(TextUnits(view(replace(document)))) == 3
        assert len(TextUnits(view(changed))) == 2
    assert cut == [document.text, changed.text]


def test_a_heading_of_any_level_has_its_place_in_the_list() -> None:
    """An index from somebody else may say anything about a document."""
    headings = tuple(Heading(at, 10**12 * at, f"Part {at}") for at in range(3))
    document = Document("a", "a", "a", "0", "x/1", "Words.", places=Places(headings=headings))
    assert panel.frame(document, in_language("en")).count("<option") == 4


def test_a_document_with_a_heading_of_every_level_is_opened_in_time(within: Within) -> None:
    headings = tuple(Heading(at, at, f"Part {at}") for at in range(20_000))
    document = Document("a", "a", "a", "0", "x/1", "Words. " * 5000, places=Places(headings=headings))
    with within(1):
        assert panel.frame(document, in_language("en")).count("<option") == 201


def test_what_is_larger_than_the_cache_is_cached_alone() -> None:
    cut = units._Cut(np.zeros((units._KEPT // 24 + 1, 3), np.int64), [])
    cache = LRUCache[str, units._Cut](units._KEPT, units._size)
    cache["small"] = units._Cut(np.zeros((1, 3), np.int64), [])
    cache["large"] = cut
    assert dict(cache) == {"large": cut}


def test_a_document_of_many_paragraphs_is_cut_in_time(within: Within) -> None:
    places = Places(paragraphs=tuple(Span(8 * at, 8 * at + 6) for at in range(300_000)))
    document = Document("many", "many", "many", "0", "x/1", "Words.\n\n" * 300_000, places=places)
    with within(0.8):
        assert len(TextUnits(view(document))) == 300_000
