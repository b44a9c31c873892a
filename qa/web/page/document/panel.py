"""The document that lies open beside the chat: its frame, and a part of its text or its pages."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from qa import Edition
from qa.web.page.document.units import PageUnits, TextUnits, Units, View
from qa.web.page.html import button, element, escaped
from qa.web.page.texts import Texts
from source import Document, Heading, SourceError, has_pictures

_LANDMARKS = 200
_DEEPEST = 8  # steps that a heading is set in, whatever its level
_CONTENTS = 3  # headings, from which on they are listed


@dataclass(frozen=True, slots=True)
class PanelPart:
    """A run of a document's units, of which there are `count`, and a `window` are drawn at once.

    `notice`: why its pages cannot be shown, if so.
    """

    html: Markup
    first: int
    last: int
    count: int
    window: int
    paged: bool
    notice: str = ""


def part_around(view: View, offset: int, book: Edition, texts: Texts) -> PanelPart:
    """The part with an offset in its middle: pictures of pages where the format has them, or else text."""
    if has_pictures(view.document):
        pages = PageUnits(view, book, texts)
        try:
            return _around(pages, offset, paged=True)
        except SourceError as error:
            return _around(TextUnits(view), offset, notice=str(error))
    return _around(TextUnits(view), offset)


def part_between(view: View, first: int, last: int, paged: bool, book: Edition, texts: Texts) -> PanelPart:
    """Units `first` up to `last`, a window of them at the most. Raises SourceError."""
    sheets: Units = PageUnits(view, book, texts) if paged else TextUnits(view)
    first = min(max(0, first), len(sheets))
    last = min(max(first, last), first + sheets.window, len(sheets))
    return PanelPart(sheets.draw(first, last), first, last, len(sheets), sheets.window, paged)


def _around(sheets: Units, offset: int, *, paged: bool = False, notice: str = "") -> PanelPart:
    first = max(0, sheets.at(offset) - (sheets.window - 1) // 2)
    last = min(first + sheets.window, len(sheets))
    return PanelPart(sheets.draw(first, last), first, last, len(sheets), sheets.window, paged, notice)


def frame(document: Document, texts: Texts) -> Markup:
    """Title, file, ways from quote to quote and from place to place, the map, and room for a part."""
    title = element("h2", {"dir": "auto"}, escaped(document.title))
    path = element("p", {"class": "path", "dir": "auto"}, escaped(document.id))
    ways = button("close", texts.back, "text back"), button("close", texts.close, "icon")
    head = element("header", {}, element("div", {}, ways[0], title, path), ways[1])
    text = element("article", {"class": "content", "tabindex": 0, "aria-label": document.title})
    charted = element("div", {"class": "map", "title": texts.map, "aria-hidden": "true"})
    body = element("div", {"class": "sheets"}, text, charted)
    notice = element("p", {"class": "notice", "role": "status"})
    return element(
        "section", {"class": "reading", "aria-label": texts.reading}, head, _bar(document, texts), notice, body
    )


def _bar(document: Document, texts: Texts) -> Markup:
    quotes = _steps("quote", texts.previous_quote, texts.next_quote)
    found = _steps("found", texts.previous_found, texts.next_found)
    box = {
        "type": "search", "name": "find", "aria-label": texts.find, "placeholder": texts.find, "autocomplete": "off",
    }  # fmt: skip
    field = element("form", {"class": "find", "role": "search"}, element("input", box), found)
    return element("div", {"class": "bar"}, quotes, _contents(document, texts), field)


def _contents(document: Document, texts: Texts) -> Markup:
    """The headings to choose from, where there are several."""
    headings = landmarks(document)
    if len(headings) < _CONTENTS:
        return Markup()
    options = [
        element(
            "option",
            {"value": each.start},
            escaped("\N{NO-BREAK SPACE}" * 2 * min(each.level - 1, _DEEPEST)),
            escaped(each.title),
        )
        for each in headings
    ]
    first = element("option", {"value": ""}, escaped(texts.contents))
    return element("select", {"name": "contents", "class": "contents", "aria-label": texts.contents}, first, *options)


def _steps(of: str, back: str, on: str) -> Markup:
    where = element("output", {"aria-live": "polite"})
    ways = [button(f"previous-{of}", back, "icon"), where, button(f"next-{of}", on, "icon")]
    return element("span", {"class": f"steps {of}", "hidden": ""}, *ways)


def landmarks(document: Document) -> list[Heading]:
    """Its headings: of as many levels, from the highest down, as the map and a list have room for."""
    headings = [heading for heading in document.places.headings if heading.end is None]  # a table's row is no heading
    levels = sorted({each.level for each in headings})
    shown = [level for level in levels if sum(each.level <= level for each in headings) <= _LANDMARKS]
    return [each for each in headings if each.level in shown]
