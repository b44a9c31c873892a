"""What must hold of every document, whatever file it was read from."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from random import Random

import numpy as np

from source import Document, Span, boxes_of, is_unicode
from source.document_json import dump_document, load_document, load_facts


def check_document(document: Document, random: Random) -> None:
    """Raises AssertionError, or whatever the document raises when it is used."""
    _check_texts(document)
    _check_spans(document)
    _check_quotable(document)
    _check_places(document, random)
    _check_line(document)


def _check_texts(document: Document) -> None:
    headings = [heading.title for heading in document.places.headings]
    assert document.title, "it has no title"
    assert all(map(is_unicode, [document.text, document.title, *headings])), "half of a surrogate pair"


def _check_spans(document: Document) -> None:
    places, size = document.places, len(document.text)
    regions = [region.span for region in document.regions]
    for span in (*places.paragraphs, *regions):
        assert 0 <= span.start <= span.end <= size, "a span outside the text"
    assert regions == sorted(regions), "regions in disorder"
    assert all(a.end <= b.start for a, b in pairwise(places.paragraphs)), "paragraphs overlap or are in disorder"
    assert _ascending(heading.start for heading in places.headings), "headings in disorder"
    for heading in places.headings:
        assert 0 <= heading.start <= (size if heading.end is None else heading.end) <= size, "a heading outside"
        assert heading.level >= 1, "a heading of no level"
    assert _ascending((0, *places.pages, size)), "pages in disorder"


def _ascending(numbers: Iterable[int]) -> bool:
    return all(a <= b for a, b in pairwise(numbers))


def _check_quotable(document: Document) -> None:
    paragraphs = iter([*document.places.paragraphs, Span(len(document.text) + 1, len(document.text) + 2)])
    around, last = next(paragraphs), 0
    holes = [region.span for region in document.regions if not region.kind.quotable]
    hole = 0
    for span in document.quotable():
        while around.end < span.end:
            around = next(paragraphs)
        assert around.start <= span.start < span.end, "what is quotable is no part of a paragraph"
        assert last <= span.start, "what is quotable overlaps"
        words = document.text[span.start : span.end]
        assert words == words.strip() != "", "what is quotable is not trimmed"
        while hole < len(holes) and holes[hole].end <= span.start:
            hole += 1
        assert hole == len(holes) or not holes[hole].overlaps(span), "what is quotable is marked"
        last = span.end


def _check_places(document: Document, random: Random) -> None:
    size = len(document.text)
    pages = len(document.places.pages)
    for offset in (0, size, *(random.randrange(size + 1) for _ in range(5))):
        place = document.place(offset)
        assert place.page is None or 1 <= place.page <= pages, "a page that is not there"
        assert place.line is None or place.line >= 1
        assert place.numbers or not document.places.paragraphs or offset < document.places.paragraphs[0].start
    quotable = document.quotable()
    for span in random.sample(quotable, min(3, len(quotable))):
        document.doubts_about(span)
        if document.corners is not None:
            boxes_of(
                document.places, span, document.corners[span.start : span.end], document.text[span.start : span.end]
            )
    assert document.corners is None or (document.corners.shape == (size, 4) and document.corners.dtype == np.uint16)


def _check_line(document: Document) -> None:
    """As a worker sends it and an index keeps it."""
    line = dump_document(document)
    assert load_document(line) == document, "another document comes back"
    facts = load_facts(line)
    assert (facts.id, facts.title, facts.pages) == (document.id, document.title, len(document.places.pages) or None)
    assert facts.doubts == document.doubts
