"""Finds the list that a sentence introduces or belongs to, so that it can be quoted whole.

Items are paragraphs. They are known by their markers ("-", "2.", "(b)"), or, in formats whose extractor drops the
markers, by following a lead-in that ends in a colon without an empty line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from source import Document, Span

LONGEST_LIST = 1200
"""Characters of a list that are quoted; its other items are counted."""
MOST_ITEMS = 200
"""Items of a list that are looked at in each direction."""
_LONGEST_ITEM = 250  # characters of an item on average, and of one without a marker
_MARKER = re.compile(r"\(?(?:\d{1,3}|[a-zа-я]|[ivx]{1,5})[.)]\s+|[-*+•·‣◦–]\s+")
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
    paragraphs = _Paragraphs(document)
    at = (document.places.paragraph(span.start) or 1) - 1
    if opens_list(document.text[span.start : span.end]):
        first, lead = at + 1, at
    elif found := paragraphs.beginning(at):
        first, lead = found
    else:
        return None
    last = first
    while last < first + MOST_ITEMS and paragraphs.is_item(last, led=lead >= 0):
        last += 1
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

    def beginning(self, at: int) -> tuple[int, int] | None:
        """The first item of the list around the paragraph `at`, and its lead-in (-1 if it has none)."""
        number = at
        while number > max(0, at - MOST_ITEMS) and self.is_item(number, led=True):
            before = self.spans[number - 1]
            if opens_list(self.text[before.start : before.end]) and not self._is_marked(number - 1):
                return number, number - 1
            number -= 1
        number = at + 1
        least = max(0, at - MOST_ITEMS)
        while number > least and self._is_marked(number - 1) and (number > at or self.is_item(number, led=False)):
            number -= 1
        return (number, -1) if number <= at else None

    def _is_marked(self, number: int) -> bool:
        span = self.spans[number]
        return bool(_MARKER.match(self.text, span.start, span.end))
