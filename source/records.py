"""Documents as lines of JSON, and back, without loss but for the corners of their characters."""

from __future__ import annotations

import json
from typing import Any

from source.document import Document, Doubt, DoubtKind, Region, RegionKind
from source.places import Heading, Places
from source.spans import Span


def dump_document(document: Document) -> bytes:
    """One line of JSON, newline included."""
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
    """The document that `dump_document` wrote."""
    record: dict[str, Any] = json.loads(line)
    return Document(
        id=record["id"],
        title=record["title"],
        path=record["path"],
        sha256=record["sha256"],
        extractor=record["extractor"],
        text=record["text"],
        regions=tuple(Region(Span(s, e), RegionKind(kind)) for s, e, kind in record["regions"]),
        places=Places(
            paragraphs=tuple(Span(s, e) for s, e in record["paragraphs"]),
            headings=tuple(Heading(*heading) for heading in record["headings"]),
            pages=tuple(record["pages"]),
            page_name=record["page_name"],
            own_lines=record["own_lines"],
        ),
        doubts=tuple(Doubt(DoubtKind(kind), page, count) for kind, page, count in record["doubts"]),
    )
