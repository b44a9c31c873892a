"""Finds the list that a sentence introduces or belongs to, so that it can be quoted whole.

Items are the lines of a paragraph that begin with a marker ("-", "2.", "(b)"), or paragraphs. These are known by their
markers, too, or, in formats whose extractor drops the markers, by following a lead-in that ends in a colon without an
empty line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from source import Document, Span, trim

LONGEST_LIST = 1200
"""Characters of a list that are quoted; its other items are counted."""
MOST_ITEMS = 200
"""Items of a list that are looked at in each direction."""
_LONGEST_ITEM = 250  # characters of an item on average, and of one without a marker
_MARKER = re.compile(r"\(?(?:\d{1,3}|[a-zа-я]|[ivx]{1,5})[.)]\s+|[-*+•·‣◦–]\s+")
_MARKED_LINE = re.compile(rf"^[^\S\n]*(?P<marker>{_MARKER.pattern})", re.MULTILINE)
_LOOKED_AT = 4 * LONGEST_LIST  # characters of a paragraph on each side, for lines that are items
_FIRST = ("", "0", "1", "a", "а", "i")  # the numbers and letters of first markers; none in a bullet
_OPENS = re.compile(r"[:：][*_]{0,3}\Z")


@dataclass(frozen=True, slots=True)
class TextList:
    """A list in a document: its lead-in (None if it has none) and its items, in order."""

    lead: Span | None
    items: tuple[Span, ...]

    @property
    def start(self) -> int:
        """Where the list begins, with its lead-in."""
        return (self.lead or self.items[0]).start

    def fitting(self) -> tuple[Span, ...]:
        """The items that are quoted with the lead-in: as many as `LONGEST_LIST` allows, but at least one."""
        return tuple(item for item in self.items if item.end - self.start <= LONGEST_LIST) or self.items[:1]


def opens_list(text: str) -> bool:
    """Whether a sentence ends in a colon, as one that introduces a list does."""
    return bool(_OPENS.search(text))


def list_at(document: Document, span: Span) -> TextList | None:
    """The list that the sentence `span` introduces or lies in; None if there is none of at least two items."""
    return _of_lines(document, span) or _of_paragraphs(document, span)


def _of_lines(document: Document, span: Span) -> TextList | None:
    """The list of lines in the paragraph of the sentence or, if that is a lead-in, in the next one.

    It has a lead-in: without one, lines that begin with a dash may be what people say.
    """
    text, paragraphs = document.text, document.places.paragraphs
    at = (document.places.paragraph(span.start) or 1) - 1
    if opens_list(text[span.start : span.end]) and paragraphs[at].end <= span.end:
        at += 1
    if not 0 <= at < len(paragraphs):
        return None
    whole = Span(max(paragraphs[at].start, span.start - _LOOKED_AT), min(paragraphs[at].end, span.end + _LOOKED_AT))
    items = _marked_lines(text, whole, span)
    if len(items) < 2 or sum(map(len, items)) > _LONGEST_ITEM * len(items):
        return None
    own = trim(text, Span(whole.start, items[0].start))
    lead = own if len(own) else paragraphs[max(0, at - 1)]
    leads = opens_list(text[lead.start : lead.end]) and not text[lead.end : items[0].start].strip()
    return TextList(lead, tuple(items)) if leads and lead.end <= span.end else None


def _marked_lines(text: str, whole: Span, span: Span) -> list[Span]:
    """The items in a paragraph that are marked as the one that a sentence is in, or else as the first after it."""
    lines = _MARKED_LINE.finditer(text[whole.start : whole.end])
    kinds = {whole.start + match.start("marker"): _kind(match["marker"]) for match in lines}
    above = [start for start in kinds if start <= span.start]
    chosen = kinds[above[-1] if above else min(kinds)] if kinds else ""
    starts = [start for start, kind in kinds.items() if kind == chosen]
    return [trim(text, Span(*each)) for each in pairwise([*starts, whole.end])]


def _kind(marker: str) -> str:
    """What the markers of one list have in common: all but their numbers and letters."""
    return re.sub(r"\d+", "1", re.sub(r"[^\W\d]+", "a", marker.strip()))


def _is_first(marker: str) -> bool:
    """Whether a list may begin with a marker: "1.", "(a)", a bullet."""
    return "".join(filter(str.isalnum, marker)).casefold() in _FIRST


def _of_paragraphs(document: Document, span: Span) -> TextList | None:
    """The list of paragraphs that the sentence introduces or lies in."""
    paragraphs = _Paragraphs(document)
    at = (document.places.paragraph(span.start) or 1) - 1
    if opens_list(document.text[span.start : span.end]):
        first, lead = at + 1, at
    elif found := paragraphs.beginning(at):
        first, lead = found
    else:
        return None
    last = paragraphs.end(first, led=lead >= 0)
    if last - first < 2 or last <= at:
        return None
    spans = paragraphs.spans
    if sum(len(spans[number]) for number in range(first, last)) > _LONGEST_ITEM * (last - first):
        return None  # numbered paragraphs of running text
    return TextList(spans[lead] if lead >= 0 else None, tuple(spans[number] for number in range(first, last)))


class _Paragraphs:
    """The paragraphs of a document, as the possible items of a list."""

    def __init__(self, document: Document) -> None:
        self.text = document.text
        self.spans = document.places.paragraphs

    def is_item(self, number: int, *, led: bool) -> bool:
        """Whether a paragraph continues a list: it has a marker; or, after a lead-in, it is short and follows closely.

        Text that isn't a paragraph, such as a heading, ends the list.
        """
        if not 0 < number < len(self.spans):
            return number == 0 < len(self.spans) and self._is_marked(0)
        between = self.text[self.spans[number - 1].end : self.spans[number].start]
        if between.strip():
            return False
        close = between.count("\n") == 1 and len(self.spans[number]) <= _LONGEST_ITEM
        return self._is_marked(number) or (led and close)

    def end(self, first: int, *, led: bool) -> int:
        """The paragraph after the last item of the list that begins with `first`, lists inside it included.

        A marker of another kind begins a list inside, or goes on with the one around.
        """
        last, kinds = first, set[str]()
        while last < first + MOST_ITEMS and self.is_item(last, led=led):
            marker = self._marker(last)
            if marker and kinds and _kind(marker) not in kinds and not _is_first(marker):
                break
            kinds |= {_kind(marker)} if marker else set()
            last += 1
        return last

    def beginning(self, at: int) -> tuple[int, int] | None:
        """The first item of the list around the paragraph `at`, and its lead-in (-1 if it has none)."""
        number = at
        while number > max(0, at - MOST_ITEMS) and self.is_item(number, led=True):
            before = self.spans[number - 1]
            inside = self._is_marked(number - 1) and not self._begins(number, at)
            if opens_list(self.text[before.start : before.end]) and not inside:
                return number, number - 1
            number -= 1
        number = at + 1
        least = max(0, at - MOST_ITEMS)
        while number > least and self._is_marked(number - 1) and (number > at or self.is_item(number, led=False)):
            if number <= at and self._begins(number, at):
                break
            number -= 1
        return (number, -1) if number <= at else None

    def _begins(self, number: int, at: int) -> bool:
        """Whether the list around the paragraph `at` begins with `number`, although there is another marker before."""
        before, own, sought = (self._marker(each) for each in (number - 1, number, at))
        return bool(own) and _kind(own) == _kind(sought) != _kind(before) and _is_first(own)

    def _is_marked(self, number: int) -> bool:
        return bool(self._marker(number))

    def _marker(self, number: int) -> str:
        """The marker at the beginning of a paragraph; empty if it has none."""
        span = self.spans[number]
        found = _MARKER.match(self.text, span.start, span.end)
        return found.group() if found else ""
