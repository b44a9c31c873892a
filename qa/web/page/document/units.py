"""A document in units that are drawn as HTML some at a time: blocks of its text, or pictures of its pages.

All characters are shown except the white space between blocks. Boilerplate, which is
never quoted, is dimmed.
"""

from __future__ import annotations

import re
from base64 import b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Protocol, TypeAlias

import numpy as np
from cachetools import LRUCache, cached
from cachetools.keys import hashkey
from markupsafe import Markup
from numpy.typing import NDArray

from qa import Edition, Quote
from qa.web.page.html import Mark, Stretch, drawn, element, escaped, flows, stretches
from qa.web.page.texts import Texts
from source import Box, Document, RegionKind, Span, trim
from source.formats.markdown.marks import marks_in
from source.spans import Spans


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


_KEPT = 1 << 26  # bytes of cached blocks and spans of documents, because a document is read part by part
_SPAN_SIZE = 120  # bytes
_LONGEST = 8000  # characters of a block
_PART = re.compile(rf"\S(?:.{{0,{_LONGEST - 1}}}(?!\S)|.{{{_LONGEST - 1}}})", re.DOTALL)
"""Matches at most `_LONGEST` characters, up to white space if there is any."""
_DEEPEST = 4  # level of a heading that differs from the next: HTML has no more

Blocks: TypeAlias = NDArray[np.int64]
"""(n, 3): start, end and level of each block, in order. There may be hundreds of thousands.

A block is a heading (level 1 or more), a paragraph or the text between two (level 0), or a part of a long one.
"""


@dataclass(frozen=True, slots=True)
class _Cut:
    """A document's blocks, and the spans that are never quoted (`rest`), in order."""

    blocks: Blocks
    rest: list[Span]


class TextUnits:
    """The blocks of a document's text."""

    window = 120

    def __init__(self, view: View) -> None:
        self._view = view

    def __len__(self) -> int:
        return len(self._blocks)

    def at(self, offset: int) -> int:
        return max(0, int(np.searchsorted(self._blocks[:, 0], offset, "right")) - 1)

    def draw(self, first: int, last: int) -> Markup:
        blocks = self._blocks[first:last].tolist()
        if not blocks:
            return Markup()
        marks = stretches(self._marks(Span(blocks[0][0], blocks[-1][1])))
        text = self._view.document.text
        return Markup().join(_block(text, Span(start, end), level, marks) for start, end, level in blocks)

    @property
    def _blocks(self) -> Blocks:
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


def _size(cut: _Cut) -> int:
    """Its bytes, but not more than are cached: what is larger is cached alone."""
    return min(cut.blocks.nbytes + _SPAN_SIZE * len(cut.rest), _KEPT)


@cached(
    LRUCache[tuple[object, ...], _Cut](_KEPT, _size),
    key=lambda document: hashkey(document.id, document.sha256, document.extractor),
    lock=Lock(),
)
def _cut_up(document: Document) -> _Cut:
    kinds = [kind for kind in RegionKind if not kind.in_passages and kind is not RegionKind.HEADING]
    rest = stretches((region.span, "rest") for region in document.regions if region.kind in kinds)
    return _Cut(blocks(document), [span for span, _ in rest])


def blocks(document: Document) -> Blocks:
    """The blocks of the whole text, without the white space between them."""
    text = document.text
    spans, levels = _paragraphs_and_headings(document)
    # Where what came before a span ends; before the end of the text, too.
    reached = np.maximum.accumulate(np.append(0, spans[:, 1]))
    begins = np.append(spans[:, 0], len(text))
    between = np.stack([reached, begins], axis=1)[reached < begins]
    gaps = [trim(text, Span(start, end)) for start, end in between.tolist() if not text[start:end].isspace()]
    new = spans[:, 1] > reached[:-1]
    found = np.stack([np.maximum(spans[:, 0], reached[:-1]), spans[:, 1], levels], axis=1)[new]
    whole = np.concatenate([found, _rows((gap.start, gap.end, 0) for gap in gaps)])
    return _divided(text, whole[np.argsort(whole[:, 0], kind="stable")])


def _paragraphs_and_headings(document: Document) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(n, 2) the spans of all paragraphs and headings, in order; (n,) the level of each."""
    levels = {heading.start: heading.level for heading in document.places.headings}
    headings = [region.span for region in document.regions if region.kind is RegionKind.HEADING]
    spans = np.concatenate([Spans.of(document.places.paragraphs).rows, Spans.of(headings).rows]).astype(np.int64)
    found = np.zeros(len(spans), np.int64)
    found[len(spans) - len(headings) :] = [max(0, min(levels.get(span.start, 1), _DEEPEST)) for span in headings]
    order = np.lexsort((spans[:, 1], spans[:, 0]))
    return spans[order], found[order]


def _divided(text: str, blocks: Blocks) -> Blocks:
    """The blocks with each long one in several: some texts have a whole book on one line."""
    parts, done = [], 0
    for row in np.flatnonzero(blocks[:, 1] - blocks[:, 0] > _LONGEST).tolist():
        start, end, level = blocks[row].tolist()
        parts += [blocks[done:row], _rows((*part.span(), level) for part in _PART.finditer(text, start, end))]
        done = row + 1
    return np.concatenate([*parts, blocks[done:]])


def _rows(blocks: Iterable[tuple[int, int, int]]) -> Blocks:
    return np.array(list(blocks), np.int64).reshape(-1, 3)


def _block(text: str, span: Span, level: int, marks: Sequence[Stretch]) -> Markup:
    attributes: dict[str, object] = {"dir": "auto", "data-at": span.start}
    if flows(text[span.start : span.end]):
        attributes["class"] = "flowing"
    tag = f"h{min(level + 2, 6)}" if level else "p"
    return element(tag, attributes, drawn(text, span, marks))
