"""A document's text to HTML, block by block, with what is quoted and what is found marked.

Every character that is not white space between blocks is there, so what was left
over from a web page (and is never quoted) is shown too, dimmed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from qa.web.flow import flows
from qa.web.markup import Mark, element, marked
from qa.web.sheets import View
from source import Document, RegionKind, Span
from source.markdown_marks import marks_in


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a heading (level 1 up) or what stands between two (level 0)."""

    span: Span
    level: int = 0


class TextSheets:
    """The blocks of a document."""

    window = 120

    def __init__(self, view: View) -> None:
        self._view = view

    def __len__(self) -> int:
        return len(self._blocks)

    def at(self, offset: int) -> int:
        return max(0, bisect_right(self._blocks, offset, key=lambda block: block.span.start) - 1)

    def draw(self, first: int, last: int) -> str:
        blocks = self._blocks[first:last]
        if not blocks:
            return ""
        marks = list(self._marks(Span(blocks[0].span.start, blocks[-1].span.end)))
        return "".join(_block(self._view.document.text, block, marks) for block in blocks)

    @cached_property
    def _blocks(self) -> list[Block]:
        return list(blocks(self._view.document))

    def _marks(self, shown: Span) -> Iterator[Mark]:
        for region in self._view.document.regions:
            if not region.kind.quotable and region.kind is not RegionKind.HEADING and region.span.overlaps(shown):
                yield region.span, "rest"
        for quote in self._view.quotes:
            yield quote.span, "quoted"
            yield from ((span, "answer") for span in quote.highlights)
        yield from marks_in(self._view.document, shown)
        yield from ((span, "found") for span in self._view.found if span.overlaps(shown))


def blocks(document: Document) -> Iterator[Block]:
    """The whole text in reading order, without the white space between blocks."""
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


def _block(text: str, block: Block, marks: list[Mark]) -> str:
    attributes: dict[str, object] = {"dir": "auto", "data-at": block.span.start}
    if flows(text[block.span.start : block.span.end]):
        attributes["class"] = "flowing"
    tag = f"h{min(block.level + 2, 6)}" if block.level else "p"
    return element(tag, attributes, marked(text, block.span, marks))
