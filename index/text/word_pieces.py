"""The word pieces of a text of any length, tokenised a part at a time and forgotten when they were used."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np

from index.encoder.protocol import Encoder
from index.types import Offsets
from source import OnWait, Span

_AT_ONCE = 50_000  # characters tokenised at once: the tokenizer takes 150 to 200 bytes of memory for each


class Stretch:
    """Consecutive paragraphs of a text, at least one; they come from an iterator and are looked at ahead of their turn.

    `start`: the offset of the first.
    """

    def __init__(self, paragraphs: Iterator[Span]) -> None:
        self._rest = paragraphs
        self._ahead = deque([next(paragraphs)])
        self.start = self._ahead[0].start
        self.end = self._ahead[0].end
        """The end of the last paragraph that was looked at."""

    def __iter__(self) -> Iterator[Span]:
        """Takes the paragraphs, in order."""
        while self.ahead(0):
            yield self._ahead.popleft()

    def ahead(self, number: int) -> Span | None:
        """The paragraph that comes after the next `number` ones; None if there is none."""
        while len(self._ahead) <= number:
            if (paragraph := next(self._rest, None)) is None:
                return None
            self._ahead.append(paragraph)
            self.end = paragraph.end
        return self._ahead[number]

    def extends_beyond(self, offset: int) -> bool:
        """Whether any paragraph ends after an offset."""
        while self.end <= offset and self.ahead(len(self._ahead)):
            pass
        return self.end > offset


class WordPieces:
    """The word pieces of a stretch, numbered from 0; they are tokenised as far as they are asked for.

    `longest`: an unknown word that has more characters is tokenised in parts.
    """

    def __init__(self, text: str, stretch: Stretch, encoder: Encoder, longest: int, on_wait: OnWait) -> None:
        self._text, self._stretch, self._encoder = text, stretch, encoder
        self._longest, self._on_wait = longest, on_wait
        self._at = stretch.start  # up to where the text is tokenised
        self._is_whole = False
        self._forgotten = 0  # pieces
        self._keep(np.zeros((0, 2), np.int64))

    def number(self, offset: int) -> int:
        """The number of the first piece that starts at an offset or after it."""
        while not self._is_whole and self._at < offset:
            self._tokenise()
        return self._forgotten + int(self._starts.searchsorted(offset))

    def count(self, span: Span) -> int:
        """The number of pieces that start in a span."""
        return self.number(span.end) - self.number(span.start)

    def around(self, first: int, offset: int, end: int) -> Offsets:
        """The pieces from number `first` that start before `end`: at least those before `offset`, and the next one."""
        while not self._is_whole and self._at < end and not (len(self._rows) and self._rows[-1, 0] >= offset):
            self._tokenise()
        rows = self._rows[first - self._forgotten :]
        return rows[: np.searchsorted(rows[:, 0], end)]

    def forget(self, offset: int) -> None:
        """Forgets the pieces that start before an offset."""
        before = self.number(offset) - self._forgotten
        self._forgotten += before
        self._keep(self._rows[before:])

    def _keep(self, rows: Offsets) -> None:
        self._rows, self._starts = rows, rows[:, 0]

    def _tokenise(self) -> None:
        """Tokenises the next part of the stretch."""
        self._on_wait()
        if self._stretch.extends_beyond(self._at + _AT_ONCE):
            part = Span(self._at, _cut(self._text, self._at, _AT_ONCE))
        else:
            part, self._is_whole = Span(self._at, self._stretch.end), True
        self._at = part.end
        self._keep(np.concatenate([self._rows, self._pieces(part)]))

    def _pieces(self, part: Span) -> Offsets:
        pieces = self._counted(part)
        longer = pieces[:, 1] - pieces[:, 0] > self._longest
        if not longer.any():
            return pieces
        words = [Span(start, end) for start, end in pieces[longer].tolist()]
        parts = [self._counted(part) for word in words for part in _slices(self._text, word, self._longest)]
        found = np.concatenate([pieces[~longer], *parts])
        return found[np.argsort(found[:, 0], kind="stable")]

    def _counted(self, span: Span) -> Offsets:
        return self._encoder.pieces([self._text[span.start : span.end]])[0] + span.start


def _slices(text: str, span: Span, most: int) -> Iterator[Span]:
    """Cuts a span into parts of at most `most` characters, at white space if possible."""
    start = span.start
    while span.end - start > most:
        cut = _cut(text, start, most)
        yield Span(start, cut)
        start = cut
    yield Span(start, span.end)


def _cut(text: str, start: int, most: int) -> int:
    """Where to end a part of at most `most` characters: at white space, if there is any."""
    cut = max(text.rfind(space, start + 1, start + most) for space in " \n")
    return cut if cut > start else start + most
