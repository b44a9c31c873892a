"""A Markdown document in stretches, each parsed alone with the same result as within the whole.

A stretch starts where a block starts that is inside no other one: at a heading or, after
a blank line, at a paragraph, if it isn't indented. Their places are known from when the
document was extracted. Only fenced code goes on after a blank line, and its lines count
as paragraphs too, so fences are followed.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection
from itertools import pairwise
from operator import attrgetter, itemgetter
from threading import Lock
from typing import Any

from cachetools import LRUCache, cached

from source.document import Document, RegionKind
from source.forking import PerProcess
from source.formats.markdown.extractor import parsed
from source.spans import Span, SpanIndex

_LEAST = 4000  # characters of a stretch, if it isn't the last one
_CACHED = 4  # documents
_FENCE = re.compile(r"(?:^|(?<=\r))( {0,3})(`{3,}|~{3,})([^\r\n]*)", re.MULTILINE)
_BLANK_LINE = re.compile(r"(?:\r\n|\r(?!\n)|\n)[ \t]*(?:\r\n|\r|\n)\Z")
_LONGEST_BLANK = 80  # characters of a blank line that is recognised


def stretches_around(document: Document, span: Span) -> list[Span]:
    """The stretches that a span overlaps."""
    bounds = _bounds()(document)
    first = bisect_right(bounds, span.start) - 1
    last = bisect_left(bounds, span.end, first + 1)
    return [Span(start, end) for start, end in pairwise(bounds[first : last + 1])]


def link_definitions(document: Document) -> dict[str, Any]:
    """The link definitions of the whole document, as markdown-it-py's environment."""
    return _definitions()(document)


def _find_definitions(document: Document) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for start, end in pairwise(_bounds()(document)):
        if document.text.find("]:", start, end) >= 0:  # there may be some
            found = {**parsed(document.text, start, end).references.get("references", {}), **found}
    return {"references": found}


def _find_bounds(document: Document) -> list[int]:
    """Where each stretch starts, and the end of the text."""
    text = document.text
    tags = [region.span for region in document.regions if region.kind is RegionKind.MARKUP]
    inside = _after_tags(document, {span.end for span in tags})
    raw = SpanIndex(sorted([*tags, *inside]))
    in_html = {span.start for span in inside}
    bounds = [0]
    fence: str | None = ""  # of the code that goes on; None if there may be some
    for at, event in sorted(_events(document), key=itemgetter(0)):
        if isinstance(event, re.Match):
            fence = _after(fence, event, raw)
            continue
        if at in in_html:
            continue
        is_heading = event is RegionKind.HEADING and text[at : at + 1] == "#"
        if is_heading and text[at - 1 : at] in ("\n", "\r"):
            fence = ""
        elif fence != "" or not _follows_blank_line(text, at):
            continue
        if at - bounds[-1] >= _LEAST:
            bounds.append(at)
    return [*bounds, len(text)]


def _after_tags(document: Document, ends: Collection[int]) -> list[Span]:
    """The paragraphs and headings in HTML blocks: they begin right where the markup before them ends."""
    headings = (region.span for region in document.regions if region.kind is RegionKind.HEADING)
    return [span for span in (*document.places.paragraphs, *headings) if span.start in ends] if ends else []


def _events(document: Document) -> list[tuple[int, RegionKind | re.Match[str] | None]]:
    """Where headings, paragraphs and lines that look like fences start."""
    found: list[tuple[int, RegionKind | re.Match[str] | None]] = []
    found += [(each.span.start, each.kind) for each in document.regions if each.kind is RegionKind.HEADING]
    found += [(span.start, None) for span in document.places.paragraphs]
    if "```" in document.text or "~~~" in document.text:
        found += [(line.start(), line) for line in _FENCE.finditer(document.text)]
    return found


def _after(fence: str | None, line: re.Match[str], raw: SpanIndex) -> str | None:
    """The fence of the code that goes on after a line that looks like a fence. `raw`: the HTML blocks."""
    indent, marker, rest = line.groups()
    if fence:
        closes = marker[0] == fence[0] and len(marker) >= len(fence) and not rest.strip(" \t")
        return "" if closes else fence
    if fence is None or raw.overlap(Span(*line.span(2))) or (marker[0] == "`" and "`" in rest):
        return fence
    return None if indent else marker  # an indented one may be part of a list


def _follows_blank_line(text: str, at: int) -> bool:
    return text[at - 2 : at] == "\n\n" or bool(_BLANK_LINE.search(text, max(0, at - _LONGEST_BLANK), at))


_text = attrgetter("text")
_bounds = PerProcess(lambda: cached(LRUCache[str, list[int]](_CACHED), _text, Lock())(_find_bounds))
_definitions = PerProcess(lambda: cached(LRUCache[str, dict[str, Any]](_CACHED), _text, Lock())(_find_definitions))
