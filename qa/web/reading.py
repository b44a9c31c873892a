"""A document to HTML: the paragraphs around a quote, the quote marked, the rest a click away.

Every character that is not white space between blocks is shown, so what was left
over from a web page (and is never quoted) is there too, dimmed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

from qa import Quote
from qa.web import texts
from qa.web.markup import Mark, element, escaped, marked
from source import Document, RegionKind, Span

WINDOW = 200
"""Blocks shown at first, and added by each "show earlier" or "show later"."""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a heading (level 1 up) or what stands between two (level 0)."""

    span: Span
    level: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """A quote whose document lies open, and which of its blocks are shown."""

    quote: Quote
    first: int
    last: int

    @classmethod
    def around(cls, quote: Quote, document: Document) -> Reading:
        """With the quote in the middle."""
        here = bisect_right(blocks(document), quote.span.start, key=lambda block: block.span.start)
        return cls(quote, max(0, here - WINDOW // 2), here + WINDOW // 2)

    def earlier(self) -> Reading:
        """With a window more before it."""
        return replace(self, first=max(0, self.first - WINDOW))

    def later(self) -> Reading:
        """With a window more after it."""
        return replace(self, last=self.last + WINDOW)


def blocks(document: Document) -> list[Block]:
    """The whole text in reading order, without the white space between blocks."""
    return list(_blocks(document))


def draw(reading: Reading, document: Document) -> str:
    """The panel: title, the blocks of the reading, and buttons for more where there is more."""
    every = blocks(document)
    part = every[reading.first : reading.last]
    marks = _marks(reading.quote, document, Span(part[0].span.start, part[-1].span.end))
    text = "".join(_block(document.text, block, marks) for block in part)
    earlier = more("earlier", texts.EARLIER) if reading.first > 0 else ""
    later = more("later", texts.LATER) if reading.last < len(every) else ""
    attributes = {"class": "text", "tabindex": 0, "aria-label": document.title}
    article = element("article", attributes, earlier, text, later)
    return element("section", {"class": "reading", "aria-label": texts.READING}, header(document), article)


def _blocks(document: Document) -> Iterator[Block]:
    levels = {heading.start: heading.level for heading in document.places.headings}
    headings = [
        Block(region.span, levels.get(region.span.start, 1))
        for region in document.regions
        if region.kind is RegionKind.HEADING
    ]
    paragraphs = [Block(span) for span in document.places.paragraphs]
    at = 0
    for block in sorted([*headings, *paragraphs], key=lambda block: block.span):
        yield from _between(document.text, at, block.span.start)
        if block.span.end > at:
            start = max(at, block.span.start)
            yield replace(block, span=Span(start, block.span.end))
            at = block.span.end
    yield from _between(document.text, at, len(document.text))


def _between(text: str, start: int, end: int) -> Iterator[Block]:
    """What neither a paragraph nor a heading claims, if it is more than white space."""
    inner = text[start:end].strip()
    if inner:
        start += text[start:end].index(inner[0])  # the first character that is no white space
        yield Block(Span(start, start + len(inner)))


def _marks(quote: Quote, document: Document, shown: Span) -> list[Mark]:
    rest = [
        (region.span, "rest")
        for region in document.regions
        if region.span.overlaps(shown) and not region.kind.quotable and region.kind is not RegionKind.HEADING
    ]
    return [*rest, (quote.span, "quoted"), *((span, "answer") for span in quote.highlights)]


def _block(text: str, block: Block, marks: list[Mark]) -> str:
    attributes = {"dir": "auto", "data-at": block.span.start}
    tag = f"h{min(block.level + 1, 6)}" if block.level else "p"
    return element(tag, attributes, marked(text, block.span, marks))


def header(document: Document) -> str:
    """Title, file and a button to close."""
    title = element("h2", {"dir": "auto"}, escaped(document.title))
    path = element("p", {"class": "path"}, escaped(document.path))
    attributes = {"type": "button", "class": "close", "data-close": "", "aria-label": texts.CLOSE}
    return element("header", {}, element("div", {}, title, path), element("button", attributes, "×"))


def more(way: str, label: str) -> str:
    """A button that shows more, "earlier" or "later"."""
    return element("button", {"type": "button", "class": "more", "data-more": way}, label)
