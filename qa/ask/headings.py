"""Finds the words of a heading in the document, where a heading is what answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from source import Document, Span

_MARKS = 20  # characters that may come before a heading's title: "### ", "1.2 "


@dataclass(frozen=True, slots=True)
class HeadingWords:
    """Words of a heading: the span of its whole title, and of the words, both in the document."""

    title: Span
    words: Span


def heading_words(document: Document, offset: int, context: str, found: Span) -> HeadingWords | None:
    """The words `found` of the context of a passage at `offset`, in the heading that the context has them from.

    `found`: offsets from the end of the context, below 0. None if they aren't in one heading, or if its title doesn't
    stand in the text as it is, as the title of a document that is its file's name.
    """
    start, end = found.start + len(context), found.end + len(context)
    for heading in reversed(document.places.headings_at(offset)):
        at = context.rfind(heading.title)
        if not (at >= 0 and end <= at + len(heading.title)):
            continue
        for before in _beginnings(heading.title):  # an automatic number doesn't stand in the text
            own = heading.title[before:]
            title = document.text.find(own, heading.start, heading.start + _MARKS + len(own))
            if title >= 0 and at + before <= start:
                span = Span(title, title + len(own))
                return HeadingWords(span, Span(title + start - at - before, title + end - at - before))
    return None


def _beginnings(title: str) -> Iterator[int]:
    """Where the words of a title may begin: at its start, or after what may be a number."""
    yield 0
    yield from (at + 1 for at, char in enumerate(title[:_MARKS]) if char == " ")
