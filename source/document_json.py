"""Converts documents to bytes and back, without loss.

An index stores a document as a line of JSON (`dump_document`), and the corners of its
characters beside it. A parser process sends it in parts (`dump_parts`). A large document
has a text of many megabytes and millions of paragraphs, so both are converted a piece at
a time, without a Python object for each paragraph.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from source.document import Document, Doubt, DoubtKind, Region, RegionKind, Stated, StatedName, values_of
from source.encoding import is_unicode
from source.places import Heading, Labels, Places
from source.spans import Span, Spans

# A quotation mark inside a JSON string is escaped, so these byte sequences occur only between two fields.
_TEXT, _REGIONS, _PARAGRAPHS, _HEADINGS, _PAGES = (
    f', "{name}": '.encode() for name in ("text", "regions", "paragraphs", "headings", "pages")
)
_CHARACTERS = 1 << 18  # converted at once
_ROWS = 1 << 13
_MOST = (1 << 31) - 1
DOCUMENT_PARTS = 4
"""The number of parts that `dump_parts` makes."""
_UNITS = re.compile(rb"(?:[^\\]++|\\[^u]|\\u[0-9a-fA-F]{4})*+", re.DOTALL)
"""Characters and whole escapes of a JSON string."""
_NUMBERS = re.compile(rb"[-0-9, \[\]]*")


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """A document's metadata without its text. `pages`: their number; None if the format has none.

    `authors`, `date`, `version`, `sha256`, `extractor`, `address`, `fetched`: as in `Document`.
    """

    id: str
    title: str
    path: str
    pages: int | None
    doubts: tuple[Doubt, ...]
    authors: tuple[str, ...] = ()
    date: str = ""
    version: str = ""
    sha256: str = ""
    extractor: str = ""
    address: str = ""
    fetched: str = ""


def dump_document(document: Document) -> bytes:
    """A document without its corners as one line of JSON, newline included."""
    return b"".join(line_of(document))


def line_of(document: Document) -> Iterator[bytes]:
    """The line of `dump_document`, a piece at a time."""
    before, after = _records(document)
    yield json.dumps(before, ensure_ascii=False).encode()[:-1] + _TEXT + b'"'
    text, rows = document.text, Spans.of(document.places.paragraphs).rows
    for start in range(0, len(text), _CHARACTERS):
        yield json.dumps(text[start : start + _CHARACTERS], ensure_ascii=False)[1:-1].encode()
    regions = json.dumps(after.pop("regions")).encode()
    yield b'"' + _REGIONS + regions + _PARAGRAPHS + b"["
    for start in range(0, len(rows), _ROWS):
        piece = json.dumps(rows[start : start + _ROWS].tolist())[1:-1]
        yield f"{', ' if start else ''}{piece}".encode()
    yield b"], " + json.dumps(after, ensure_ascii=False).encode()[1:] + b"\n"


def _records(document: Document) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of a line before and after the text, except for the paragraphs."""
    places = document.places
    before = {
        "id": document.id,
        "title": document.title,
        "path": document.path,
        "sha256": document.sha256,
        "extractor": document.extractor,
        **({"stated": [_stated_row(each) for each in document.stated]} if document.stated else {}),
        **({"address": document.address, "fetched": document.fetched} if document.address else {}),
    }
    after = {
        "regions": [(r.span.start, r.span.end, r.kind) for r in document.regions],
        "headings": [(h.start, h.level, h.title, h.end) for h in places.headings],
        **({"labels": places.labels.joined, "label_name": places.label_name} if places.labels.joined else {}),
        "pages": places.pages,
        "page_name": places.page_name,
        "own_lines": places.own_lines,
        "doubts": [(doubt.kind, doubt.page, doubt.count) for doubt in document.doubts],
    }
    return before, after


def _stated_row(stated: Stated) -> list[Any]:
    return [stated.name, stated.value, *((stated.span.start, stated.span.end) if stated.span else ())]


def load_document(line: bytes) -> Document:
    """The document in a line written by `dump_document`. Raises ValueError for any other line."""
    with _refusing():
        text, regions = line.index(_TEXT), line.index(_REGIONS)
        paragraphs = line.index(_PARAGRAPHS, regions)
        headings = line.index(_HEADINGS, paragraphs)
        record = json.loads(line[:text] + line[regions:paragraphs] + line[headings:])
        rows = _rows(line, paragraphs + len(_PARAGRAPHS), headings)
        return _document(record, _loaded_text(line, text + len(_TEXT), regions), rows)


def _loaded_text(line: bytes, start: int, end: int) -> str:
    """The JSON string in `line[start:end]`, parsed a piece at a time, so that other threads can run in between.

    Raises ValueError.
    """
    if end - start < 2 or line[start : start + 1] + line[end - 1 : end] != b'""':
        raise _wrong_type()
    parts = []
    at, end = start + 1, end - 1
    while at < end:
        whole = _UNITS.match(line, at, min(at + _CHARACTERS, end))
        stop = whole.end() if whole else at
        while at < stop < end and line[stop] & 0xC0 == 0x80:  # amid a character of UTF-8
            stop -= 1
        if stop == at:
            raise ValueError("The line holds a string that isn't JSON.")
        parts.append(json.loads(b'"' + line[at:stop] + b'"'))
        at = stop
    return "".join(parts)


def _rows(line: bytes, start: int, end: int) -> NDArray[np.int32]:
    """The rows (n, 2) of a list of pairs of integers, which is parsed a piece at a time. Raises ValueError."""
    parts = [np.zeros((0, 2), np.int32)]
    at = start + 1
    while at < end - 1:
        cut = line.find(b"], [", at + _CHARACTERS, end)
        stop = end - 1 if cut < 0 else cut + 1
        piece = line[at:stop]
        rows = np.array(json.loads(b"[" + piece + b"]"))
        if not _NUMBERS.fullmatch(piece) or rows.dtype != np.int64 or rows.shape[1:] != (2,):
            raise _wrong_type()
        parts.append(np.clip(rows, -1, _MOST).astype(np.int32))  # nothing beyond is in the text
        at = stop + len(b", ")
    if line[start : start + 1] + line[end - 1 : end] != b"[]":
        raise _wrong_type()
    return np.concatenate(parts)


def dump_parts(document: Document) -> list[bytes]:
    """A document in four parts: its fields as JSON, its text in UTF-8, its paragraphs, its corners (maybe empty)."""
    before, after = _records(document)
    fields = json.dumps({**before, **after}, ensure_ascii=False).encode()
    corners = b"" if document.corners is None else document.corners.tobytes()
    return [fields, document.text.encode(), Spans.of(document.places.paragraphs).rows.tobytes(), corners]


def load_parts(parts: Sequence[bytes]) -> Document:
    """The document in parts made by `dump_parts`. Raises ValueError for any others."""
    fields, text, paragraphs, corners = parts
    with _refusing():
        rows = np.frombuffer(paragraphs, np.int32).reshape(-1, 2)
        document = _document(json.loads(fields), text.decode(), rows)
    if not corners:
        return document
    return replace(document, corners=np.frombuffer(corners, np.uint16).reshape(len(document.text), 4))


@contextmanager
def _refusing() -> Iterator[None]:
    """Raises ValueError for whatever a line may lack."""
    try:
        yield
    except (TypeError, KeyError, RecursionError) as error:
        raise ValueError("The line does not hold a document.") from error


def _wrong_type() -> ValueError:
    return ValueError("The line holds values of the wrong type.")


def _document(record: dict[str, Any], text: str, paragraphs: NDArray[np.int32]) -> Document:
    address, fetched = _origin(record)
    document = Document(
        id=record["id"],
        title=record["title"],
        path=record["path"],
        sha256=record["sha256"],
        extractor=record["extractor"],
        text=text,
        regions=tuple(Region(Span(s, e), RegionKind(kind)) for s, e, kind in record["regions"]),
        places=Places(
            paragraphs=Spans(paragraphs),
            headings=tuple(Heading(*heading) for heading in record["headings"]),
            pages=tuple(record["pages"]),
            page_name=record["page_name"],
            own_lines=record["own_lines"],
            labels=Labels(record.get("labels", "")),
            label_name=record.get("label_name", ""),
        ),
        doubts=_doubts(record["doubts"]),
        stated=_stated(record),
        address=address,
        fetched=fetched,
    )
    if not all(map(_is_text, _texts(document))) or not _are_numbers(_numbers(document)):
        raise _wrong_type()
    if len(document.places.labels) not in (0, len(paragraphs)):
        raise ValueError("The line holds labels of other paragraphs.")
    if not _divide(paragraphs, len(text)) or not all(map(_ascend, _rows_of_offsets(document))):
        raise ValueError("The line holds offsets outside its text or out of order.")
    return document


def _divide(rows: NDArray[np.int32], size: int) -> bool:
    """Whether the spans in these rows (n, 2) lie in a text of this size, in order."""
    offsets = rows.ravel()
    inside = not len(offsets) or 0 <= offsets[0] <= offsets[-1] <= size
    return bool(inside and (offsets[:-1] <= offsets[1:]).all())


def _texts(document: Document) -> tuple[object, ...]:
    places = document.places
    own = (document.id, document.title, document.path, document.sha256, document.extractor, document.text)
    origin = (document.address, document.fetched)
    headings = (heading.title for heading in places.headings)
    names = (places.page_name, places.label_name, places.labels.joined)
    return (*own, *origin, *names, *headings, *(each.value for each in document.stated))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and is_unicode(value)


def _are_numbers(values: Iterable[object]) -> bool:
    return set(map(type, values)) <= {int}


def _numbers(document: Document) -> Iterator[object]:
    """Every number in a document, except for its paragraphs; optional ones only where they are present."""
    places = document.places
    for region in document.regions:
        yield from (region.span.start, region.span.end)
    for each in document.stated:
        yield from (each.span.start, each.span.end) if each.span else ()
    for heading in places.headings:
        yield from (heading.start, heading.level, 0 if heading.end is None else heading.end)
    yield from places.pages
    yield from _numbers_of(document.doubts)


def _numbers_of(doubts: Iterable[Doubt]) -> Iterator[object]:
    return (number for doubt in doubts for number in (0 if doubt.page is None else doubt.page, doubt.count))


def _rows_of_offsets(document: Document) -> Iterator[Iterable[int]]:
    """Sequences of offsets that must ascend, each from the start of the text to its end, except for paragraphs."""
    places, size = document.places, len(document.text)
    yield (0, *places.pages, size)
    yield (0, *(heading.start for heading in places.headings), size)
    yield from ((heading.start, heading.end, size) for heading in places.headings if heading.end is not None)
    yield from ((0, region.span.start, region.span.end, size) for region in document.regions)
    yield from ((0, each.span.start, each.span.end, size) for each in document.stated if each.span)


def _ascend(offsets: Iterable[int]) -> bool:
    found = list(offsets)
    return sorted(found) == found  # takes linear time if they do


def load_facts(line: bytes) -> DocumentFacts:
    """The metadata in a line written by `dump_document`; its text is not parsed. Raises ValueError."""
    try:
        record = json.loads(line[: line.index(_TEXT)] + line[line.rindex(_PAGES) :])
        pages, doubts, stated = record["pages"], _doubts(record["doubts"]), _stated(record)
        names = (record["id"], record["title"], record["path"])
        origin = (record["sha256"], record["extractor"], *_origin(record))
        facts = DocumentFacts(*names, len(pages) or None, doubts, *_values(stated), *origin)
    except (TypeError, KeyError, RecursionError) as error:
        raise ValueError("The line does not hold a document.") from error
    numbers = (*pages, *_numbers_of(doubts))
    if not all(map(_is_text, (*names, *origin, *(each.value for each in stated)))) or not _are_numbers(numbers):
        raise _wrong_type()
    return facts


def _origin(record: dict[str, Any]) -> tuple[str, str]:
    """The address and when it was fetched: empty in the line of a document that wasn't, or of an earlier version."""
    return record.get("address", ""), record.get("fetched", "")


def _values(stated: tuple[Stated, ...]) -> tuple[tuple[str, ...], str, str]:
    """The authors, the date and the version among what a document states."""
    if not stated:
        return (), "", ""
    dates, versions = (values_of(stated, name) for name in (StatedName.DATE, StatedName.VERSION))
    return values_of(stated, StatedName.AUTHOR), "".join(dates[:1]), "".join(versions[:1])


def _doubts(rows: Iterable[tuple[str, int | None, int]]) -> tuple[Doubt, ...]:
    return tuple(Doubt(DoubtKind(kind), page, count) for kind, page, count in rows)


def _stated(record: dict[str, Any]) -> tuple[Stated, ...]:
    """What the document states about itself: nothing in the line of an earlier version."""
    return tuple(
        Stated(StatedName(name), value, Span(*span) if span else None)
        for name, value, *span in record.get("stated", [])
    )
