"""Org mode (.org): headlines, and the text of the file; blocks of source, drawers and keywords are marked.

>>> document = read_org("* TODO Ships :sea:\\nTwo sail.\\n", id="a.org")
>>> document.place(document.text.index("Two")).heading
('Ships',)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from source.document import Document
from source.formats.imprint import properties
from source.formats.markup.lines import BLANK, CODE, ITEM, MARKUP, TEXT, LineKind, MarkedLine, lines_of, marked_document
from source.spans import Span

EXTRACTOR = "org/1"

_HEADLINE = re.compile(r"(\*{1,30})\s+(?:(?:TODO|DONE|NEXT|WAITING)\s+)?(?:\[#[A-Z]\]\s+)?(.*?)(?:\s+:[\w@#%:]+:)?\Z")
_KEYWORD = re.compile(r"#\+(\w{1,40}):\s*(.*)", re.IGNORECASE)
_BEGIN = re.compile(r"#\+begin_(\w{1,40})", re.IGNORECASE)
_END = re.compile(r"#\+end_(\w{1,40})", re.IGNORECASE)
_CODE = frozenset({"src", "example", "export", "comment"})
_ITEM = re.compile(r"(?:[-+]|\d{1,4}[.)])\s+\S")
_DRAWER = re.compile(r":[\w-]{1,40}:\Z")
_RULE = re.compile(r"\|[-+|]*\Z|-{5,}\Z")
_PLANNING = re.compile(r"(?:CLOSED|DEADLINE|SCHEDULED):")


def read_org(text: str, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """Extracts a Document from an Org file. Raises SourceEmpty."""
    lines = lines_of(text)
    stated = {match[1].lower(): match[2] for _, line in lines if (match := _KEYWORD.match(line))}
    found = properties([stated.get("author", "")], stated.get("date", "").strip("<>[]"))
    facts = {"id": id, "title": " ".join(stated.get("title", "").split()) or title, "path": path, "sha256": sha256}
    return marked_document(text, lines, _kinds(text, lines), extractor=EXTRACTOR, stated=found, **facts)


def _kinds(text: str, lines: Sequence[tuple[Span, str]]) -> Iterator[MarkedLine]:
    block, drawer = "", False
    for at, (span, line) in enumerate(lines):
        begin = _BEGIN.match(line)
        if block:
            ended = _END.match(line)
            yield MARKUP if ended else CODE if line else BLANK
            block = "" if ended else block
        elif drawer:
            drawer = line.upper() != ":END:"
            yield MARKUP if line else BLANK
        elif begin:
            block = begin[1] if begin[1].lower() in _CODE else ""
            yield MARKUP
        elif _DRAWER.match(line):
            drawer = True
            yield MARKUP
        else:
            indented = span.start > 0 and text[span.start - 1] not in "\r\n"
            yield _kind(line, "" if indented else line, lines[at + 1][1] if at + 1 < len(lines) else "")


def _kind(line: str, unindented: str, following: str) -> MarkedLine:
    if not line:
        return BLANK
    if headline := _HEADLINE.match(unindented):
        return MarkedLine(LineKind.HEADING, len(headline[1]), " ".join(headline[2].split()))
    if (line.startswith("#") and (line[1:2] in ("", " ", "+"))) or _RULE.match(line) or _PLANNING.match(line):
        return MARKUP
    if line.startswith("|"):
        cells = " | ".join(cell.strip() for cell in line.strip("|").split("|") if cell.strip())
        return MarkedLine(LineKind.HEAD, title=cells) if following.startswith("|-") and cells else ITEM
    return ITEM if _ITEM.match(line) else TEXT
