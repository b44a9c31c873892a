"""A document in units that are drawn as HTML some at a time: blocks of its text, or pictures of its pages.

All characters are shown except the white space between blocks. Boilerplate, which is
never quoted, is dimmed.
"""

from __future__ import annotations

import re
from base64 import b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from threading import Lock
from typing import Protocol

from cachetools import LRUCache, cached
from cachetools.keys import hashkey
from markupsafe import Markup

from qa import Edition, Quote
from qa.web.page.html import Mark, Stretch, drawn, element, escaped, flows, stretches
from qa.web.page.texts import Texts
from source import Box, Document, RegionKind, Span, trim
from source.formats.markdown_marks import marks_in


@dataclass(frozen=True, slots=True)
class View:
    """A document and the marks in it: quotes and the matches of a search.

    `answered`: whether the quotes are an answer, whose highlights are marked too.
    """

    document: Document
    quotes: tuple[Quote, ...]
    found: tuple[Span, ...]
    answered: bool


class Units(Protocol):
    """A document in units that are drawn one by one: blocks of text, or pages."""

    window: int
    """The most units drawn at once."""

    def __len__(self) -> int:
        """The number of units."""

    def at(self, offset: int) -> int:
        """The position, from 0, of the unit with an offset of the text."""

    def draw(self, first: int, last: int) -> Markup:
        """Units `first` up to `last` as HTML, each with its offset in `data-at`. Raises SourceError."""


_MARGIN = 0.003  # of the page, around a box, which is as tight as its letters


class PageUnits:
    """The pages of a document, as pictures drawn from its file."""

    window = 3  # a picture is about 200 KB

    def __init__(self, view: View, book: Edition, texts: Texts) -> None:
        self._view, self._book, self._texts = view, book, texts

    def __len__(self) -> int:
        return len(self._view.document.places.pages)

    def at(self, offset: int) -> int:
        return max(0, (self._view.document.places.page(offset) or 1) - 1)

    def draw(self, first: int, last: int) -> Markup:
        return Markup().join(self._page(number) for number in range(first + 1, min(last, len(self)) + 1))

    def _page(self, number: int) -> Markup:
        document = self._view.document
        picture = b64encode(self._book.page_picture(document.id, number)).decode()
        label = self._texts.page.format(number=number)
        image = element("img", {"src": f"data:image/png;base64,{picture}", "alt": label})
        boxes = [_box(box, kind, start) for box, kind, start in self._marks(number) if box.page == number]
        attributes = {"data-at": document.places.pages[number - 1]}
        caption = element("figcaption", {}, escaped(label))
        return element("figure", attributes, element("div", {"class": "sheet"}, image, *boxes), caption)

    def _marks(self, number: int) -> Iterator[tuple[Box, str, int]]:
        """The boxes of the marks on a page (some may be on the next), with their class and offset in the text."""
        document = self._view.document
        starts = (*document.places.pages, len(document.text))
        page = Span(starts[number - 1], starts[number])
        for quote in self._view.quotes:
            yield from ((box, "quoted", quote.span.start) for box in quote.boxes)
        highlights = [span for quote in self._view.quotes for span in quote.highlights if self._view.answered]
        for kind, spans in (("answer", highlights), ("found", self._view.found)):
            for span in spans:
                if span.overlaps(page):
                    yield from ((box, kind, span.start) for box in self._book.boxes(document.id, span))


def _box(box: Box, kind: str, start: int) -> Markup:
    left, top = max(0.0, box.left - _MARGIN), max(0.0, box.top - _MARGIN)
    width, height = box.right + _MARGIN - left, box.bottom + _MARGIN - top
    style = f"left:{left:.3%};top:{top:.3%};width:{width:.3%};height:{height:.3%}"
    return element("mark", {"class": f"{kind} box", "style": style, "data-start": start})


_KEPT = 200_000  # cached blocks and spans of documents, because a document is read part by part
_LONGEST = 8000  # characters of a block
_PART = re.compile(rf"\S(?:.{{0,{_LONGEST - 1}}}(?!\S)|.{{{_LONGEST - 1}}})", re.DOTALL)
"""Matches at most `_LONGEST` characters, up to white space if there is any."""


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A heading (level 1 or more), a paragraph or the text between two (level 0), or a part of a long one."""

    span: Span
    level: int = 0


@dataclass(frozen=True, slots=True)
class _Cut:
    """A document's blocks, and the spans that are never quoted (`rest`), in order."""

    blocks: list[TextBlock]
    rest: list[Span]


class TextUnits:
    """The blocks of a document's text."""

    window = 120

    def __init__(self, view: View) -> None:
        self._view = view

    def __len__(self) -> int:
        return len(self._blocks)

    def at(self, offset: int) -> int:
        return max(0, bisect_right(self._blocks, offset, key=lambda block: block.span.start) - 1)

    def draw(self, first: int, last: int) -> Markup:
        blocks = self._blocks[first:last]
        if not blocks:
            return Markup()
        marks = stretches(self._marks(Span(blocks[0].span.start, blocks[-1].span.end)))
        return Markup().join(_block(self._view.document.text, block, marks) for block in blocks)

    @property
    def _blocks(self) -> list[TextBlock]:
        return self._cut.blocks

    @cached_property
    def _cut(self) -> _Cut:
        return _cut_up(self._view.document)

    def _marks(self, shown: Span) -> Iterator[Mark]:
        rest = self._cut.rest
        first = bisect_right(rest, shown.start, key=lambda span: span.end)
        last = bisect_left(rest, shown.end, key=lambda span: span.start)
        yield from ((span, "rest") for span in rest[first:last])
        for quote in self._view.quotes:
            yield quote.span, "quoted"
            yield from ((span, "answer") for span in quote.highlights if self._view.answered)
        yield from marks_in(self._view.document, shown)
        yield from ((span, "found") for span in self._view.found if span.overlaps(shown))


@cached(
    LRUCache[tuple[object, ...], _Cut](_KEPT, lambda cut: len(cut.blocks) + len(cut.rest)),
    key=lambda document: hashkey(document.id, document.sha256, document.extractor),
    lock=Lock(),
)
def _cut_up(document: Document) -> _Cut:
    kinds = [kind for kind in RegionKind if not kind.quotable and kind is not RegionKind.HEADING]
    rest = stretches((region.span, "rest") for region in document.regions if region.kind in kinds)
    return _Cut(list(blocks(document)), [span for span, _ in rest])


def blocks(document: Document) -> Iterator[TextBlock]:
    """The blocks of the whole text, in order, without the white space between them."""
    levels = {heading.start: heading.level for heading in document.places.headings}
    spans = [(span, 0) for span in document.places.paragraphs]
    spans += [
        (region.span, levels.get(region.span.start, 1))
        for region in document.regions
        if region.kind is RegionKind.HEADING
    ]
    at = 0
    for span, level in sorted(spans, key=itemgetter(0)):
        yield from _between(document.text, at, span.start)
        if span.end > at:
            yield from _parts(document.text, Span(max(at, span.start), span.end), level)
            at = span.end
    yield from _between(document.text, at, len(document.text))


def _between(text: str, start: int, end: int) -> Iterator[TextBlock]:
    """The text between paragraphs and headings, if it is more than white space."""
    if start < end and (inner := trim(text, Span(start, end))):
        yield from _parts(text, inner, 0)


def _parts(text: str, span: Span, level: int) -> Iterator[TextBlock]:
    """One block, or several for a long span: some texts have a whole book on one line."""
    if len(span) <= _LONGEST:
        yield TextBlock(span, level)
    else:
        for part in _PART.finditer(text, span.start, span.end):
            yield TextBlock(Span(*part.span()), level)


def _block(text: str, block: TextBlock, marks: Sequence[Stretch]) -> Markup:
    attributes: dict[str, object] = {"dir": "auto", "data-at": block.span.start}
    if flows(text[block.span.start : block.span.end]):
        attributes["class"] = "flowing"
    tag = f"h{min(block.level + 2, 6)}" if block.level else "p"
    return element(tag, attributes, drawn(text, block.span, marks))
