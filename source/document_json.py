"""Converts documents to lines of JSON and back, without loss except for the corners of their characters.

The parser processes send documents in this form, and an index stores them in this form.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, starmap
from operator import attrgetter
from typing import Any

from source.document import Document, Doubt, DoubtKind, Region, RegionKind
from source.encoding import is_unicode
from source.places import Heading, Places
from source.spans import Span

# A quotation mark inside a JSON string is escaped, so these byte sequences occur only between two fields.
_TEXT, _PAGES = b', "text": ', b', "pages": '
_ENDS = attrgetter("start", "end")


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """A document's metadata without its text. `pages`: their number; None if the format has none."""

    id: str
    title: str
    path: str
    pages: int | None
    doubts: tuple[Doubt, ...]


def dump_document(document: Document) -> bytes:
    """A document as one line of JSON, newline included."""
    places = document.places
    record = {
        "id": document.id,
        "title": document.title,
        "path": document.path,
        "sha256": document.sha256,
        "extractor": document.extractor,
        "text": document.text,
        "regions": [(r.span.start, r.span.end, r.kind) for r in document.regions],
        "paragraphs": [(span.start, span.end) for span in places.paragraphs],
        "headings": [(h.start, h.level, h.title, h.end) for h in places.headings],
        "pages": places.pages,
        "page_name": places.page_name,
        "own_lines": places.own_lines,
        "doubts": [(doubt.kind, doubt.page, doubt.count) for doubt in document.doubts],
    }
    return json.dumps(record, ensure_ascii=False).encode() + b"\n"


def load_document(line: bytes) -> Document:
    """The document in a line written by `dump_document`. Raises ValueError for any other line."""
    try:
        document = _document(json.loads(line))
    except (TypeError, KeyError, RecursionError) as error:
        raise ValueError("The line does not hold a document.") from error
    if not all(map(_is_text, _texts(document))) or not _are_numbers(_numbers(document)):
        raise ValueError("The line holds values of the wrong type.")
    if not all(map(_ascend, _rows_of_offsets(document))):
        raise ValueError("The line holds offsets outside its text or out of order.")
    return document


def _texts(document: Document) -> tuple[object, ...]:
    places = document.places
    own = (document.id, document.title, document.path, document.sha256, document.extractor, document.text)
    return (*own, places.page_name, *(heading.title for heading in places.headings))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and is_unicode(value)


def _are_numbers(values: Iterable[object]) -> bool:
    return set(map(type, values)) <= {int}


def _numbers(document: Document) -> Iterator[object]:
    """Every number in a document; optional ones only where they are present."""
    places = document.places
    return chain(
        _offsets(places.paragraphs),
        _offsets(region.span for region in document.regions),
        chain.from_iterable((each.start, each.level, 0 if each.end is None else each.end) for each in places.headings),
        places.pages,
        _numbers_of(document.doubts),
    )


def _offsets(spans: Iterable[Span]) -> Iterator[int]:
    """The start and the end of each span. There may be hundreds of thousands: no Python code runs for each."""
    return chain.from_iterable(map(_ENDS, spans))


def _numbers_of(doubts: Iterable[Doubt]) -> Iterator[object]:
    return (number for doubt in doubts for number in (0 if doubt.page is None else doubt.page, doubt.count))


def _rows_of_offsets(document: Document) -> Iterator[Iterable[int]]:
    """Sequences of offsets that must ascend, each from the start of the text to its end."""
    places, size = document.places, len(document.text)
    yield (0, *_offsets(places.paragraphs), size)
    yield (0, *places.pages, size)
    yield (0, *(heading.start for heading in places.headings), size)
    yield from ((heading.start, heading.end, size) for heading in places.headings if heading.end is not None)
    yield from ((0, region.span.start, region.span.end, size) for region in document.regions)


def _ascend(offsets: Iterable[int]) -> bool:
    found = list(offsets)
    return sorted(found) == found  # takes linear time if they do


def _document(record: dict[str, Any]) -> Document:
    return Document(
        id=record["id"],
        title=record["title"],
        path=record["path"],
        sha256=record["sha256"],
        extractor=record["extractor"],
        text=record["text"],
        regions=tuple(Region(Span(s, e), RegionKind(kind)) for s, e, kind in record["regions"]),
        places=Places(
            paragraphs=tuple(starmap(Span, record["paragraphs"])),
            headings=tuple(Heading(*heading) for heading in record["headings"]),
            pages=tuple(record["pages"]),
            page_name=record["page_name"],
            own_lines=record["own_lines"],
        ),
        doubts=_doubts(record["doubts"]),
    )


def load_facts(line: bytes) -> DocumentFacts:
    """The metadata in a line written by `dump_document`; its text is not parsed. Raises ValueError."""
    try:
        head = json.loads(line[: line.index(_TEXT)] + b"}")
        tail = json.loads(b"{" + line[line.rindex(_PAGES) + 2 :])
        pages, doubts = tail["pages"], _doubts(tail["doubts"])
        facts = DocumentFacts(head["id"], head["title"], head["path"], len(pages) or None, doubts)
    except (TypeError, KeyError, RecursionError) as error:
        raise ValueError("The line does not hold a document.") from error
    numbers = (*pages, *_numbers_of(doubts))
    if not all(map(_is_text, (facts.id, facts.title, facts.path))) or not _are_numbers(numbers):
        raise ValueError("The line holds values of the wrong type.")
    return facts


def _doubts(rows: Iterable[tuple[str, int | None, int]]) -> tuple[Doubt, ...]:
    return tuple(Doubt(DoubtKind(kind), page, count) for kind, page, count in rows)
