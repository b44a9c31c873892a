"""The text of raw HTML in Markdown: paragraphs, headings and the rows of tables between its tags.

Offsets are those of the Markdown text. A row is one paragraph with the tags between its cells, so that it can be
quoted whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from source.document import Region, RegionKind
from source.places import HEADER_LEVEL, Heading
from source.spans import Span, subtract, trim

# A tag, or what begins a comment or a declaration. No alternative looks further than the next angle bracket.
_TAG = re.compile(r"<(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9-]*)[^<>]*+>|<!--|<[!?]")
_INLINE = frozenset({
    "a", "abbr", "b", "br", "cite", "code", "em", "font", "i", "img", "kbd", "mark", "q", "s", "small", "span",
    "strong", "sub", "sup", "u", "var", "wbr",
})  # fmt: skip
_RAW = frozenset({"script", "style", "svg", "template"})
_WORD = re.compile(r"[^\W_]")
_SHOWN = 0.5  # share of a paragraph's text outside links; otherwise it is a menu


class RawHtml:
    """Collects the paragraphs, headings and regions of a Markdown text's HTML blocks, which are given in order."""

    def __init__(self, text: str) -> None:
        self.paragraphs: list[Span] = []
        self.headings: list[Heading] = []
        self.regions: list[Region] = []
        self._text = text
        self._pieces: list[tuple[Span, bool]] = []  # of the open paragraph: text, and whether it is a link's
        self._cells: list[int] | None = None  # of the open row: the number of pieces before each of its cells
        self._is_head = self._had_row = False
        self._table: int | None = None  # the heading that is the open table's head row
        self._links = 0

    def add(self, block: Span) -> None:
        """Adds the content of a block; what is only markup becomes a region."""
        before = len(self.paragraphs), len(self.headings)
        for part, tag in _parts(self._text, block):
            if inner := trim(self._text, part):
                self._pieces.append((inner, self._links > 0))
            if tag:
                self._pass(tag["name"].lower(), tag.end(), closes=bool(tag["close"]))
        self._flush()
        self._end_table(block.end)
        found = [*self.paragraphs[before[0] :], *(each.span for each in self._heads(before[1]))]
        self.regions += [Region(span, RegionKind.MARKUP) for span in subtract([block], sorted(found)) if span]

    def _heads(self, first: int) -> list[Region]:
        starts = {heading.start for heading in self.headings[first:]}
        return [region for region in self.regions if region.kind is RegionKind.HEADING and region.span.start in starts]

    def _pass(self, name: str, at: int, *, closes: bool) -> None:
        if name == "a":
            self._links = max(0, self._links + (-1 if closes else 1))
        elif name in {"td", "th"} and self._cells is not None:
            if not closes:
                self._cells.append(len(self._pieces))
                self._is_head = self._is_head and name == "th"
        elif name in {"table", "tr"}:
            self._flush()
            self._cells, self._is_head = ([], not self._had_row) if name == "tr" and not closes else (None, False)
            if name == "table":
                self._had_row = False
                self._end_table(at)
        elif name not in _INLINE and self._cells is None:
            self._flush(level=int(name[1]) if closes and re.fullmatch("h[1-6]", name) else 0)

    def _flush(self, level: int = 0) -> None:
        """Ends the open paragraph, row or heading."""
        pieces, self._pieces = self._pieces, []
        if not pieces or not any(_WORD.search(self._text, span.start, span.end) for span, _ in pieces):
            return
        span = Span(pieces[0][0].start, pieces[-1][0].end)
        linked = sum(len(each) for each, is_link in pieces if is_link)
        if self._cells and self._is_head and len(self._cells) > 1:
            bounds = [*self._cells, len(pieces)]
            names = (self._words(pieces[start:end]) for start, end in pairwise(bounds))
            self._head(span, HEADER_LEVEL, " | ".join(filter(None, names)))
        elif level:
            self._head(span, level, self._words(pieces))
        elif self._cells or linked <= _SHOWN * sum(len(each) for each, _ in pieces):
            self.paragraphs.append(span)
        self._had_row = self._had_row or self._cells is not None

    def _head(self, span: Span, level: int, title: str) -> None:
        if level == HEADER_LEVEL:
            self._table = len(self.headings)
        self.headings.append(Heading(span.start, level, title))
        self.regions.append(Region(span, RegionKind.HEADING))

    def _words(self, pieces: list[tuple[Span, bool]]) -> str:
        return " ".join(" ".join(self._text[span.start : span.end] for span, _ in pieces).split())

    def _end_table(self, end: int) -> None:
        """Lets the head row of the open table apply to its rows only."""
        if self._table is not None:
            self.headings[self._table] = replace(self.headings[self._table], end=end)
            self._table = None


def _parts(text: str, block: Span) -> Iterator[tuple[Span, re.Match[str] | None]]:
    """The stretches of text in a block, each with the tag after it; comments and scripts are left out."""
    at = block.start
    while at < block.end:
        tag = _TAG.search(text, at, block.end)
        if tag is None:
            yield Span(at, block.end), None
            return
        yield Span(at, tag.start()), tag if tag["name"] else None
        at = tag.end()
        if not tag["name"]:
            at = _after(text, "-->" if tag.group() == "<!--" else ">", at, block.end)
        elif tag["name"].lower() in _RAW and not tag["close"]:
            at = _after(text, f"</{tag['name']}", at, block.end)


def _after(text: str, mark: str, start: int, end: int) -> int:
    found = text.find(mark, start, end)
    return end if found < 0 else found + len(mark)
