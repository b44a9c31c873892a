"""What one browser session remembers: its questions, their answers, and the document that lies open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from qa import Answer, Quote

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Turn:
    """A question, its answer, and how that was drawn while its book lay open."""

    answer: Answer
    html: str

    @property
    def shown(self) -> tuple[Quote, ...]:
        """The quotes in the order of their cards."""
        return shown(self.answer)


@dataclass(frozen=True, slots=True)
class Chat:
    """The turns of a chat, oldest first."""

    turns: tuple[Turn, ...] = ()

    @property
    def questions(self) -> list[str]:
        """What `Book.ask` takes as history."""
        return [turn.answer.question for turn in self.turns]

    def quote(self, turn: object, quote: object) -> Quote | None:
        """The quote behind a card. The numbers come from the browser, so they may be anything."""
        chosen = at(self.turns, turn)
        return at(chosen.shown, quote) if chosen else None


def shown(answer: Answer) -> tuple[Quote, ...]:
    """The quotes that an answer shows: those that answer, or else the nearest."""
    return answer.quotes if answer.answered else answer.nearest


def at(items: Sequence[_Item], position: object) -> _Item | None:
    """The item at a position that the browser named: None unless it is a number of one of them."""
    if isinstance(position, bool) or not isinstance(position, int):
        return None
    return items[position] if 0 <= position < len(items) else None
