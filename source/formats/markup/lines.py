"""A document from the lines of a marked-up text, each of which an extractor has called by its kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from source.builder import first_title
from source.document import Document, Region, RegionKind, Stated
from source.errors import SourceEmpty
from source.places import CLAUSE_LEVEL, HEADER_LEVEL, Heading, Places
from source.spans import Span, trim
from source.untrusted_text import isolated

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_DECIDES = 400  # characters of a line


class LineKind(Enum):
    """What a line is."""

    TEXT = auto()
    BLANK = auto()  # ends a paragraph
    ITEM = auto()  # starts a paragraph: an item of a list, a row of a table
    HEAD = auto()  # names the columns of the rows below it
    HEADING = auto()
    CODE = auto()
    MARKUP = auto()  # says how other lines are shown


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A line: its kind, and for a heading its level and title."""

    kind: LineKind
    level: int = 0
    title: str = ""


TEXT, BLANK, ITEM, CODE, MARKUP = (
    MarkedLine(kind) for kind in (LineKind.TEXT, LineKind.BLANK, LineKind.ITEM, LineKind.CODE, LineKind.MARKUP)
)
_OF_REGIONS = {
    LineKind.HEADING: RegionKind.HEADING,
    LineKind.CODE: RegionKind.SCRIPT,
    LineKind.MARKUP: RegionKind.MARKUP,
}
_OF_REGIONS[LineKind.HEAD] = RegionKind.HEADING


def lines_of(text: str) -> list[tuple[Span, str]]:
    """The lines of a text, each with its span, and the start of it that may decide its kind.

    That is limited, because the patterns of some lines take more than linear time.
    """
    spans = (trim(text, Span(*match.span())) for match in _LINE.finditer(text) if match.start() < len(text))
    return [(span, text[span.start : min(span.end, span.start + _DECIDES)]) for span in spans]


def marked_document(
    text: str, lines: Sequence[tuple[Span, str]], kinds: Iterable[MarkedLine], *, id: str, extractor: str,
    title: str, path: str, sha256: str, stated: Sequence[Stated] = (),
) -> Document:  # fmt: skip
    """The document. Raises SourceEmpty if it has no paragraph and no heading."""
    called = [(span, line) for (span, _), line in zip(lines, kinds, strict=True)]
    paragraphs = tuple(_paragraphs(called))
    headings = tuple(_headings(called))
    if not paragraphs and not headings:
        raise SourceEmpty(f"{isolated(path or id)} contains no text.")
    return Document(
        id=id,
        title=title or first_title(headings) or id,
        path=path,
        sha256=sha256,
        extractor=extractor,
        text=text,
        regions=tuple(
            Region(span, _OF_REGIONS[line.kind]) for span, line in called if span and line.kind in _OF_REGIONS
        ),
        places=Places(paragraphs=paragraphs, headings=headings),
        stated=tuple(stated),
    )


def _paragraphs(lines: Iterable[tuple[Span, MarkedLine]]) -> Iterator[Span]:
    """What is text: lines up to a blank one, an item, or any other line; a line of code is one of its own."""
    open_span: Span | None = None
    for span, line in lines:
        continues = line.kind is LineKind.TEXT and open_span is not None
        if open_span and not continues:
            yield open_span
            open_span = None
        if line.kind in (LineKind.TEXT, LineKind.ITEM) and span:
            open_span = Span(open_span.start if open_span else span.start, span.end)
        elif line.kind is LineKind.CODE and span:
            yield span
    if open_span:
        yield open_span


def _headings(lines: Iterable[tuple[Span, MarkedLine]]) -> list[Heading]:
    """The headings; a table's head ends with the last of its rows, from which rules and a blank line may divide it."""
    found: list[Heading] = []
    rows: int | None = None  # below the head of a table; None outside one
    for span, line in lines:
        if rows is not None and line.kind is LineKind.ITEM:
            found[-1] = replace(found[-1], end=span.end)
            rows += 1
        elif line.kind is not LineKind.MARKUP and (rows or line.kind is not LineKind.BLANK):
            rows = None
        if line.kind is LineKind.HEADING and line.title:
            found.append(Heading(span.start, min(line.level, CLAUSE_LEVEL - 1), line.title))
        elif line.kind is LineKind.HEAD:
            found.append(Heading(span.start, HEADER_LEVEL, line.title, span.end))
            rows = 0
    return found
