"""A document's text to HTML, block by block, with what is quoted and what is found marked.

Every character that is not white space between blocks is there, so what was left
over from a web page (and is never quoted) is shown too, dimmed.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter

from qa.kept import Kept
from qa.web.flow import flows
from qa.web.markup import Mark, Stretch, drawn, element, stretches
from qa.web.sheets import View
from source import Document, RegionKind, Span
from source.formats.markdown.marks import marks_in
from source.spans import trim

_KEPT = 200_000  # blocks and stretches of documents: who reads a part of a document goes on to the next
_LONGEST = 8000  # characters of a block
_PART = re.compile(rf"\S(?:.{{0,{_LONGEST - 1}}}(?!\S)|.{{{_LONGEST - 1}}})", re.DOTALL)
"""As much as a block may have, up to white space if there is any."""


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (level 1 up), or a paragraph or what stands between two (level 0); or a part of a long one."""

    span: Span
    level: int = 0


@dataclass(frozen=True, slots=True)
class _Cut:
    """A document's blocks, and what of it is never quoted, in order."""

    blocks: list[Block]
    rest: list[Span]


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
        marks = stretches(self._marks(Span(blocks[0].span.start, blocks[-1].span.end)))
        return "".join(_block(self._view.document.text, block, marks) for block in blocks)

    @property
    def _blocks(self) -> list[Block]:
        return self._cut.blocks

    @cached_property
    def _cut(self) -> _Cut:
        document = self._view.document
        return _kept.get((document.id, document.sha256, document.extractor), lambda: _cut_up(document))

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


def _cut_up(document: Document) -> _Cut:
    kinds = [kind for kind in RegionKind if not kind.quotable and kind is not RegionKind.HEADING]
    rest = stretches((region.span, "rest") for region in document.regions if region.kind in kinds)
    return _Cut(list(blocks(document)), [span for span, _ in rest])


def blocks(document: Document) -> Iterator[Block]:
    """The whole text in reading order, without the white space between blocks."""
    levels = {heading.start: heading.level for heading in document.places.headings}
    claimed = [(span, 0) for span in document.places.paragraphs]
    claimed += [
        (region.span, levels.get(region.span.start, 1))
        for region in document.regions
        if region.kind is RegionKind.HEADING
    ]
    at = 0
    for span, level in sorted(claimed, key=itemgetter(0)):
        yield from _between(document.text, at, span.start)
        if span.end > at:
            yield from _parts(document.text, Span(max(at, span.start), span.end), level)
            at = span.end
    yield from _between(document.text, at, len(document.text))


def _between(text: str, start: int, end: int) -> Iterator[Block]:
    """What neither a paragraph nor a heading claims, if it is more than white space."""
    if start < end and (inner := trim(text, Span(start, end))):
        yield from _parts(text, inner, 0)


def _parts(text: str, span: Span, level: int) -> Iterator[Block]:
    """A block, or several: some texts are a whole book on one line."""
    if len(span) <= _LONGEST:
        yield Block(span, level)
    else:
        for part in _PART.finditer(text, span.start, span.end):
            yield Block(Span(*part.span()), level)


def _block(text: str, block: Block, marks: Sequence[Stretch]) -> str:
    attributes: dict[str, object] = {"dir": "auto", "data-at": block.span.start}
    if flows(text[block.span.start : block.span.end]):
        attributes["class"] = "flowing"
    tag = f"h{min(block.level + 2, 6)}" if block.level else "p"
    return element(tag, attributes, drawn(text, block.span, marks))


_kept: Kept[tuple[str, str, str], _Cut] = Kept(_KEPT, lambda cut: len(cut.blocks) + len(cut.rest))
