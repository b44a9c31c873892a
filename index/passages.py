"""Documents to passages: runs of whole sentences, no longer than the encoder reads.

The invariant is `passage.text == document.text[span.start:span.end]`. Pieces
are counted on the whole paragraph with the encoder's own tokenizer, and offsets
are carried from there on; no text is ever looked up again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from index.encoder import Encoder, Offsets
from index.sentences import sentences
from source.document import Document
from source.spans import Span, trim

LONGEST_CONTEXT = 160  # characters of heading path that the encoder is given
_SLACK = 8  # word pieces: a word that is cut in two may become more of them than it was


@dataclass(frozen=True, slots=True)
class Passage:
    """`text == document.text[span.start:span.end]`, always."""

    document_id: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A passage before it is encoded: its sentences, and the context it is read in."""

    sentences: tuple[Span, ...]
    context: str

    @property
    def span(self) -> Span:
        return Span(self.sentences[0].start, self.sentences[-1].end)


def passages(document: Document, language: str, encoder: Encoder, target: int) -> Iterator[Draft]:
    """The passages of a document, in order, of at most `target` word pieces each.

    Whole sentences are packed until the next would not fit; a passage never
    reaches across a region that is not quoted (a heading, a script).
    """
    room = min(target, encoder.max_tokens)
    for stretch in _stretches(document):
        context = context_of(document, stretch[0].start)
        # The context may not crowd out the text: past half of the room it is left out.
        cost = len(encoder.pieces([context])[0]) if context else 0
        if cost > encoder.max_tokens // 2:
            context, cost = "", 0
        limit = min(room, encoder.max_tokens - cost - _SLACK)
        start, end = stretch[0].start, stretch[-1].end
        # What stands between the paragraphs (a table's rule) is read too, and counts.
        pieces = encoder.pieces([document.text[start:end]])[0] + start
        paragraphs = _with_lists(document.text, [_units(document, span, pieces, limit, language) for span in stretch])
        for run in _packed(paragraphs, pieces, limit):
            yield Draft(run, context)


def context_of(document: Document, offset: int) -> str:
    """The title and heading path above `offset`, as the encoder is to read them."""
    path = document.places.heading(offset)
    title = document.title if document.title != document.id else ""
    names = [name for name in (title, *path) if name]
    unique = list(dict.fromkeys(names))
    return " – ".join(unique)[-LONGEST_CONTEXT:] + ".\n" if unique else ""


def _stretches(document: Document) -> Iterator[list[Span]]:
    """Runs of quotable paragraphs with nothing unquotable between them."""
    walls = [region.span for region in document.regions if not region.kind.quotable]
    stretch: list[Span] = []
    wall = 0
    for span in document.quotable():
        while wall < len(walls) and walls[wall].end <= span.start:
            if stretch and walls[wall].end > stretch[-1].end:
                yield stretch
                stretch = []
            wall += 1
        stretch.append(span)
    if stretch:
        yield stretch


def _with_lists(text: str, paragraphs: list[list[Span]]) -> list[list[Span]]:
    """The paragraphs, one that ends in a colon together with the one it announces."""
    together: list[list[Span]] = []
    for units in paragraphs:
        if together and text[together[-1][-1].end - 1] in ":：":
            together[-1].extend(units)
        else:
            together.append(list(units))
    return together


def _units(document: Document, span: Span, pieces: Offsets, limit: int, language: str) -> list[Span]:
    """The sentences of a paragraph; those that are longer than `limit` word pieces are cut."""
    units: list[Span] = []
    for sentence in sentences(document.text, span, language):
        first, last = np.searchsorted(pieces[:, 0], (sentence.start, sentence.end))
        units.extend(_cut(document.text, sentence, pieces[first:last], limit))
    return units


def _cut(text: str, sentence: Span, pieces: Offsets, limit: int) -> Iterator[Span]:
    """A sentence too long to be read, cut where white space is, or else between word pieces."""
    start, first = sentence.start, 0
    while len(pieces) - first > limit:
        cut = first + limit
        for candidate in range(cut, first + limit // 2, -1):
            if text[pieces[candidate][0] - 1].isspace():
                cut = candidate
                break
        end = int(pieces[cut][0])
        yield trim(text, Span(start, end))
        start, first = end, cut
    yield Span(start, sentence.end)


def _packed(paragraphs: Sequence[Sequence[Span]], pieces: Offsets, limit: int) -> Iterator[tuple[Span, ...]]:
    """Runs of sentences within `limit`; one that is half full ends where a paragraph does not fit whole."""

    def length(start: int, end: int) -> int:
        first, last = np.searchsorted(pieces[:, 0], (start, end))
        return int(last - first)

    run: list[Span] = []
    for units in paragraphs:
        half_full = run and 2 * length(run[0].start, run[-1].end) >= limit
        if half_full and length(run[0].start, units[-1].end) > limit:
            yield tuple(run)
            run = []
        for span in units:
            if run and length(run[0].start, span.end) > limit:
                yield tuple(run)
                run = []
            run.append(span)
    if run:
        yield tuple(run)
