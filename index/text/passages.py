"""Splits documents into passages: runs of whole sentences, no longer than the encoder reads.

Invariant: `passage.text == document.text[span.start:span.end]`. Word pieces are
counted on whole paragraphs with the encoder's own tokenizer, and offsets are carried
along from there; text is never searched for again. A limit in word pieces doesn't
bound the length (a million spaces have none, an unknown word has one), so characters
are limited too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import numpy as np

from index.encoder.protocol import Encoder, knows
from index.text.sentences import sentences
from index.text.word_pieces import Stretch, WordPieces
from source import Document, OnWait, Span, do_nothing, trim

LONGEST_PASSAGE = 5000
"""Characters in a passage at most; ordinary text reaches the limit in word pieces long before."""
LONGEST_CONTEXT = 160  # characters of title and heading path, without the dashes between them
_MOST_NAMES = 8  # in a heading path: the first and the deepest
_VERSION = "passages/4"
"""Increased whenever the same document would yield other passages, so that indexes are rebuilt."""
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


def passages(
    document: Document, language: str, encoder: Encoder, target: int, on_wait: OnWait = do_nothing
) -> Iterator[Draft]:
    """Splits a document into passages of at most `target` word pieces and `LONGEST_PASSAGE` characters, in order.

    Whole sentences are packed until the next one doesn't fit. A passage never spans a
    region that isn't quotable (a heading, a script). The document may be large, so it is
    split as its passages are needed. `on_wait` is called again and again, even between two.

    If the encoder doesn't know the language, a word has several times as many pieces, and a passage twice as many.
    """
    text, target = document.text, min(target if knows(encoder, document.text) else 2 * target, encoder.max_tokens)
    for _, numbered in groupby(_stretches(document), key=itemgetter(0)):
        stretch = Stretch(span for _, span in numbered)
        context = context_of(document, stretch.start)
        # A context that takes more than half of what the encoder reads is dropped.
        cost = len(encoder.pieces([context])[0]) if context else 0
        if cost > encoder.max_tokens // 2:
            context, cost = "", 0
        limit = min(target, encoder.max_tokens - cost - _SLACK)
        # Text between paragraphs, such as a table's rule, is part of the passage and counts.
        pieces = WordPieces(text, stretch, encoder, LONGEST_PASSAGE, on_wait)
        paragraphs = (
            (reach, _units(text, sentences(text, span, language, on_wait), pieces, limit))
            for span, reach in _with_lists(text, stretch)
        )
        for run in _packed(paragraphs, pieces, limit):
            yield Draft(run, context)


def context_of(document: Document, offset: int) -> str:
    """The document's title and the heading path above `offset`, as the encoder reads them."""
    path = [heading.title for heading in document.places.headings_at(offset) if not heading.is_item]
    title = document.title if document.title != document.id else ""
    names = [name for name in (title, *path) if name]
    unique = list(dict.fromkeys(names))
    if len(unique) > _MOST_NAMES:
        unique = [unique[0], *unique[1 - _MOST_NAMES :]]
    return " – ".join(_fitted(unique, LONGEST_CONTEXT)) + ".\n" if unique else ""


def _fitted(names: list[str], longest: int) -> list[str]:
    """The names, the longest ones cut so that all together have no more than about `longest` characters."""
    remaining = longest
    for number, name in enumerate(sorted(names, key=len)):
        share = remaining // (len(names) - number)
        if len(name) > share:
            return [each[:share].rstrip() for each in names]
        remaining -= len(name)
    return names


def _stretches(document: Document) -> Iterator[tuple[int, Span]]:
    """The quotable paragraphs, each with the number of its stretch: a run with nothing unquotable in between."""
    barriers = [region.span for region in document.regions if not region.kind.in_passages]
    # What follows a table isn't read under its head row, nor what precedes a heading under it, even if its words
    # stand elsewhere.
    headings = (heading for heading in document.places.headings if not heading.is_item)
    bounds = {at for heading in headings for at in (heading.start, heading.end) if at is not None}
    barriers = sorted([*barriers, *(Span(at, at) for at in bounds)])
    number = at = 0
    last: Span | None = None  # of the stretch so far
    for span in document.iter_quotable():
        while at < len(barriers) and barriers[at].end <= span.start:
            if last and barriers[at].end >= last.end:
                number, last = number + 1, None
            at += 1
        yield number, span
        last = span


def _with_lists(text: str, stretch: Stretch) -> Iterator[tuple[Span, int | None]]:
    """Each paragraph, with the end of what belongs together: one that ends in a colon, and the next, usually a list.

    None for a paragraph that belongs to the one before. What is longer than a passage is not looked at to its end.
    """
    joined = False
    for span in stretch:
        reach, number = span.end, 0
        while not joined and _announces(text, reach) and reach - span.start <= LONGEST_PASSAGE:
            if (following := stretch.ahead(number)) is None:
                break
            reach, number = following.end, number + 1
        yield span, None if joined else reach
        joined = _announces(text, span.end)


def _announces(text: str, end: int) -> bool:
    return text[end - 1] in ":："


def _units(text: str, found: Iterable[Span], pieces: WordPieces, limit: int) -> Iterator[Span]:
    """The sentences, with those too long for a passage cut."""
    for sentence in found:
        yield from _cut(text, sentence, pieces, limit)


def _cut(text: str, sentence: Span, pieces: WordPieces, limit: int) -> Iterator[Span]:
    """Cuts a sentence that is too long for a passage, at white space or else between word pieces."""
    first = pieces.number(sentence.start)
    while len(sentence) > LONGEST_PASSAGE or pieces.number(sentence.end) - first > limit:
        reach = sentence.start + LONGEST_PASSAGE
        near = pieces.around(first, reach, sentence.end)
        cut = min(limit, int(np.searchsorted(near[:, 1], reach, "right")), len(near))
        for candidate in range(min(cut, len(near) - 1), cut // 2, -1):
            if text[near[candidate][0] - 1].isspace():
                cut = candidate
                break
        end = min(int(near[cut][0]), reach) if cut < len(near) else reach
        yield trim(text, Span(sentence.start, end))
        sentence, first = trim(text, Span(end, sentence.end)), first + cut
    yield sentence


def _packed(
    paragraphs: Iterable[tuple[int | None, Iterable[Span]]], pieces: WordPieces, limit: int
) -> Iterator[tuple[Span, ...]]:
    """Packs sentences into runs that fit; a run that is half full ends before a paragraph that doesn't fit whole.

    `paragraphs`: for each, the end of what belongs together (see `_with_lists`), and its sentences.
    """

    def fits(start: int, end: int) -> bool:
        return end - start <= LONGEST_PASSAGE and pieces.count(Span(start, end)) <= limit

    run: list[Span] = []
    for reach, units in paragraphs:
        half_full = run and reach and 2 * pieces.count(Span(run[0].start, run[-1].end)) >= limit
        if half_full and reach and not fits(run[0].start, reach):
            yield tuple(run)
            run = []
        for span in units:
            if run and not fits(run[0].start, span.end):
                yield tuple(run)
                run = []
            if not run:
                pieces.forget(span.start)
            run.append(span)
    if run:
        yield tuple(run)
