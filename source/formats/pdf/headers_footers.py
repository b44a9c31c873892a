"""Finds what belongs to a page and not to its text: running headers and footers, page numbers, marginal text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from source.formats.pdf.lines import Page, PdfLine

_EDGE = 0.12  # of the page's height: the zone of running headers and footers
_EDGE_LINES = 3
_APART = 2.0  # of the font's size
_TURNED = 0.2  # of a page's lines: up to this share, rotated lines are not part of its text
_REPEATED = 3  # pages, or half of a shorter document's
_DIGITS = re.compile(r"\d+|\b[ivxlc]+\b", re.IGNORECASE)
_NUMBER = re.compile(r"\W*(?:page\s+)?(?:\d+|[ivxlc]+)(?:\s*(?:of|/)\s*\d+)?\W*", re.IGNORECASE)


def headers_and_footers(pages: Sequence[Page]) -> list[set[int]]:
    """For each page, which of its lines are running headers, footers and page numbers."""
    edges = [_edge_lines(page) for page in pages]
    counts = Counter(key for lines in edges for key in {key for keys in lines.values() for key in keys})
    least = max(2, min(_REPEATED, (len(pages) + 1) // 2))
    found = []
    for page, lines in zip(pages, edges, strict=True):
        repeated = {i for i, keys in lines.items() if any(counts[key] >= least for key in keys)}
        numbers = {i for i in lines if len(pages) > 1 and _NUMBER.fullmatch(page.lines[i].text)}
        found.append(repeated | numbers | _turned(page))
    return found


def _turned(page: Page) -> set[int]:
    """The slanted lines, which are marks across the page, and the few that are turned, which are in its margin."""
    turned = {i for i, line in enumerate(page.lines) if not line.upright}
    slanted = {i for i in turned if page.lines[i].angle % 90}
    if len(turned) <= _TURNED * len(page.lines):
        return turned
    return slanted if 2 * len(slanted) <= len(page.lines) else set()  # if they are more, the page was scanned aslant


def _edge_lines(page: Page) -> dict[int, list[str]]:
    """The few lines nearest to the page's top and bottom edge, with the keys that identify them on other pages."""
    upright = [i for i, line in enumerate(page.lines) if line.upright]
    order = sorted(upright, key=lambda i: page.lines[i].baseline)
    top = [i for i in order[:_EDGE_LINES] if page.lines[i].baseline < _EDGE * page.height]
    bottom = [i for i in order[-_EDGE_LINES:] if page.lines[i].baseline > (1 - _EDGE) * page.height]
    keys = {i: _words_key(page.lines[i]) for i in [*top, *bottom]}
    if top and _alone(page, order[0], order[1:2]):
        keys[order[0]].append(f"top {round(page.lines[order[0]].baseline)}")
    if bottom and _alone(page, order[-1], order[-2:-1]):
        keys[order[-1]].append(f"bottom {round(page.lines[order[-1]].baseline)}")
    return keys


def _words_key(line: PdfLine) -> list[str]:
    """The line without its numbers, which differ from page to page and change sides; none if no words remain."""
    words = _DIGITS.sub(" ", line.text.casefold()).split()
    return [" ".join(words)] if words else []


def _alone(page: Page, line: int, next_to_it: Sequence[int]) -> bool:
    """Whether the outermost line is separate from the text, like a header with the name of the page's section."""
    own = page.lines[line]
    return all(abs(page.lines[i].baseline - own.baseline) > _APART * own.size for i in next_to_it)
