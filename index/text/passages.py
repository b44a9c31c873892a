"""Splits documents into passages: runs of whole sentences, no longer than the encoder reads.

Invariant: `passage.text == document.text[span.start:span.end]`. Word pieces are
counted on whole paragraphs with the encoder's own tokenizer, and offsets are carried
along from there; text is never searched for again. A limit in word pieces doesn't
bound the length (a million spaces have none, an unknown word has one), so characters
are limited too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from index.encoder.protocol import Encoder
from index.text.sentences import sentences
from index.types import Offsets
from source import Document, Span, trim

LONGEST_PASSAGE = 5000
"""Characters in a passage at most; ordinary text reaches the limit in word pieces long before."""
LONGEST_CONTEXT = 160  # characters of title and heading path
_VERSION = "passages/2"
"""Increased whenever the same document would yield other passages, so that indexes are rebuilt."""
_AT_ONCE = 50_000  # characters tokenised at once: the tokenizer takes 150 to 200 bytes of memory for each
_SLACK = 8  # word pieces: a word that is cut in two may have more pieces than before


def splitter() -> str:
    """The name and version of the splitter, and of the library that decides where sentences end."""
    from importlib.metadata import version  # only in a build: slow to import

    return f"{_VERSION} sentencex/{version('sentencex')}"


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of a document: `text == document.text[span.start:span.end]`, always."""

    document_id: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A passage before encoding: its sentences, and the context that is encoded with it."""

    sentences: tuple[Span, ...]
    context: str

    @property
    def span(self) -> Span:
        """The span of the passage, from its first sentence to its last."""
        return Span(self.sentences[0].start, self.sentences[-1].end)


def passages(document: Document, language: str, encoder: Encoder, target: int) -> Iterator[Draft]:
    """Splits a document into passages of at most `target` word pieces and `LONGEST_PASSAGE` characters, in order.

    Whole sentences are packed until the next one doesn't fit. A passage never spans a
    region that isn't quotable (a heading, a script).
    """
    target = min(target, encoder.max_tokens)
    for stretch in _stretches(document):
        context = context_of(document, stretch[0].start)
        # A context that takes more than half of what the encoder reads is dropped.
        cost = len(encoder.pieces([context])[0]) if context else 0
        if cost > encoder.max_tokens // 2:
            context, cost = "", 0
        limit = min(target, encoder.max_tokens - cost - _SLACK)
        start, end = stretch[0].start, stretch[-1].end
        # Text between paragraphs, such as a table's rule, is part of the passage and counts.
        pieces = _pieces(document.text, Span(start, end), encoder)
        paragraphs = _with_lists(document.text, [_units(document, span, pieces, limit, language) for span in stretch])
        for run in _packed(paragraphs, pieces, limit):
            yield Draft(run, context)


def context_of(document: Document, offset: int) -> str:
    """The document's title and the heading path above `offset`, as the encoder reads them."""
    path = document.places.heading(offset)
    title = document.title if document.title != document.id else ""
    names = [name for name in (title, *path) if name]
    unique = list(dict.fromkeys(names))
    return " – ".join(unique)[-LONGEST_CONTEXT:] + ".\n" if unique else ""


def _stretches(document: Document) -> Iterator[list[Span]]:
    """Runs of quotable paragraphs with nothing unquotable between them."""
    barriers = [region.span for region in document.regions if not region.kind.quotable]
    stretch: list[Span] = []
    at = 0
    for span in document.quotable():
        while at < len(barriers) and barriers[at].end <= span.start:
            if stretch and barriers[at].end > stretch[-1].end:
                yield stretch
                stretch = []
            at += 1
        stretch.append(span)
    if stretch:
        yield stretch


def _with_lists(text: str, paragraphs: list[list[Span]]) -> list[list[Span]]:
    """The paragraphs, with one that ends in a colon joined to the next, usually a list."""
    together: list[list[Span]] = []
    for units in paragraphs:
        if together and text[together[-1][-1].end - 1] in ":：":
            together[-1].extend(units)
        else:
            together.append(list(units))
    return together


def _pieces(text: str, span: Span, encoder: Encoder) -> Offsets:
    """The word pieces of a stretch; an unknown word that is too long is tokenised in parts."""
    pieces = np.concatenate([_counted(text, part, encoder) for part in _slices(text, span, _AT_ONCE)])
    longer = pieces[:, 1] - pieces[:, 0] > LONGEST_PASSAGE
    if not longer.any():
        return pieces
    words = [Span(start, end) for start, end in pieces[longer].tolist()]
    parts = [_counted(text, part, encoder) for word in words for part in _slices(text, word, LONGEST_PASSAGE)]
    found = np.concatenate([pieces[~longer], *parts])
    return found[np.argsort(found[:, 0], kind="stable")]


def _counted(text: str, span: Span, encoder: Encoder) -> Offsets:
    return encoder.pieces([text[span.start : span.end]])[0] + span.start


def _slices(text: str, span: Span, most: int) -> Iterator[Span]:
    """Cuts a span into parts of at most `most` characters, at white space if possible."""
    start = span.start
    while span.end - start > most:
        cut = max((text.rfind(space, start + 1, start + most) for space in " \n"), default=-1)
        cut = cut if cut > start else start + most
        yield Span(start, cut)
        start = cut
    yield Span(start, span.end)


def _units(document: Document, span: Span, pieces: Offsets, limit: int, language: str) -> list[Span]:
    """The sentences of a paragraph, with those too long for a passage cut."""
    units: list[Span] = []
    for sentence in sentences(document.text, span, language):
        first, last = np.searchsorted(pieces[:, 0], (sentence.start, sentence.end))
        units.extend(_cut(document.text, sentence, pieces[first:last], limit))
    return units


def _cut(text: str, sentence: Span, pieces: Offsets, limit: int) -> Iterator[Span]:
    """Cuts a sentence that is too long for a passage, at white space or else between word pieces."""
    first = 0
    while len(pieces) - first > limit or len(sentence) > LONGEST_PASSAGE:
        reach = sentence.start + LONGEST_PASSAGE
        cut = min(first + limit, int(np.searchsorted(pieces[:, 1], reach, "right")), len(pieces))
        for candidate in range(min(cut, len(pieces) - 1), first + (cut - first) // 2, -1):
            if text[pieces[candidate][0] - 1].isspace():
                cut = candidate
                break
        end = min(int(pieces[cut][0]), reach) if cut < len(pieces) else reach
        yield trim(text, Span(sentence.start, end))
        sentence, first = trim(text, Span(end, sentence.end)), cut
    yield sentence


def _packed(paragraphs: Sequence[Sequence[Span]], pieces: Offsets, limit: int) -> Iterator[tuple[Span, ...]]:
    """Packs sentences into runs that fit; a run that is half full ends before a paragraph that doesn't fit whole."""

    def length(start: int, end: int) -> int:
        first, last = np.searchsorted(pieces[:, 0], (start, end))
        return int(last - first)

    def fits(start: int, end: int) -> bool:
        return length(start, end) <= limit and end - start <= LONGEST_PASSAGE

    run: list[Span] = []
    for units in paragraphs:
        half_full = run and 2 * length(run[0].start, run[-1].end) >= limit
        if half_full and not fits(run[0].start, units[-1].end):
            yield tuple(run)
            run = []
        for span in units:
            if run and not fits(run[0].start, span.end):
                yield tuple(run)
                run = []
            run.append(span)
    if run:
        yield tuple(run)
