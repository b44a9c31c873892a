"""What the reading panel shows of a document: its units in order, a run of them at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from qa import Quote
from source import Document, Span


@dataclass(frozen=True, slots=True)
class View:
    """A document as somebody looks at it: with quotes, and the places of what is searched for, marked.

    `answered`: whether the quotes answer, so that their highlights are marked too.
    """

    document: Document
    quotes: tuple[Quote, ...]
    found: tuple[Span, ...]
    answered: bool


class Sheets(Protocol):
    """A document cut into units that are drawn one by one: paragraphs of a text, or pages."""

    window: int
    """Units that are drawn at once."""

    def __len__(self) -> int:
        """How many there are."""

    def at(self, offset: int) -> int:
        """The unit, from 0, that holds an offset of the text."""

    def draw(self, first: int, last: int) -> str:
        """Units `first` up to `last` as HTML; each says with `data-at` where it starts. Raises SourceError."""
