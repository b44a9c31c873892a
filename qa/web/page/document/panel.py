"""The document panel beside the chat: its frame, and a part of the document's text or pages."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import accumulate

from markupsafe import Markup

from qa import Edition
from qa.web.page.document.units import PageUnits, TextUnits, Units, View
from qa.web.page.html import button, element, escaped, link, named
from qa.web.page.texts import Texts
from source import Document, Heading, SourceError, has_pictures, isolated

_MOST_LANDMARKS = 200
_DEEPEST_INDENT = 8  # steps of indentation of a heading, whatever its level
_FEWEST_CONTENTS = 3  # headings that make a list of contents


@dataclass(frozen=True, slots=True)
class PanelPart:
    """Units `first` up to `last` of a document's `count`, as HTML.

    `window`: the most units drawn at once. `paged`: whether they are pictures of pages.
    `notice`: why its text is shown instead of its pages, if so.
    """

    html: Markup
    first: int
    last: int
    count: int
    window: int
    paged: bool
    notice: str = ""


def part_around(view: View, offset: int, book: Edition, texts: Texts) -> PanelPart:
    """The part with an offset in its middle: pictures of pages if the format has them, else text."""
    if has_pictures(view.document):
        pages = PageUnits(view, book, texts)
        try:
            return _around(pages, offset, paged=True)
        except SourceError as error:
            return _around(TextUnits(view), offset, notice=str(error))
    return _around(TextUnits(view), offset)


def part_between(view: View, first: int, last: int, paged: bool, book: Edition, texts: Texts) -> PanelPart:
    """Units `first` up to `last`, at most a window of them. Raises SourceError."""
    units: Units = PageUnits(view, book, texts) if paged else TextUnits(view)
    first = min(max(0, first), len(units))
    last = min(max(first, last), first + units.window, len(units))
    return PanelPart(units.draw(first, last), first, last, len(units), units.window, paged)


def _around(units: Units, offset: int, *, paged: bool = False, notice: str = "") -> PanelPart:
    first = max(0, units.at(offset) - (units.window - 1) // 2)
    last = min(first + units.window, len(units))
    return PanelPart(units.draw(first, last), first, last, len(units), units.window, paged, notice)


def frame(document: Document, texts: Texts) -> Markup:
    """The panel without text: title, file, navigation, map, and an empty place for a part."""
    title = named(document.title, "h2")
    path = link(document.address, class_="path") if document.address else named(document.id, "p", class_="path")
    back, close = button("close", texts.back, "text back"), button("close", texts.close, "icon")
    head = element("header", {}, element("div", {}, back, title, path), close)
    content = element("article", {"class": "content", "tabindex": 0, "aria-label": isolated(document.title)})
    map = element("div", {"class": "map", "title": texts.map, "aria-hidden": "true"})
    body = element("div", {"class": "sheets"}, content, map)
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
    """A list of the headings, if there are several."""
    headings = landmarks(document)
    if len(headings) < _FEWEST_CONTENTS:
        return Markup()
    options = [
        element(
            "option",
            {"value": each.start},
            escaped("\N{NO-BREAK SPACE}" * 2 * min(each.level - 1, _DEEPEST_INDENT)),
            escaped(isolated(each.title)),  # an option holds no elements
        )
        for each in headings
    ]
    first = element("option", {"value": ""}, escaped(texts.contents))
    return element("select", {"name": "contents", "class": "contents", "aria-label": texts.contents}, first, *options)


def _steps(kind: str, previous: str, next: str) -> Markup:
    position = element("output", {"aria-live": "polite"})
    steps = [button(f"previous-{kind}", previous, "icon"), position, button(f"next-{kind}", next, "icon")]
    return element("span", {"class": f"steps {kind}", "hidden": ""}, *steps)


def landmarks(document: Document) -> list[Heading]:
    """The document's headings, of as many levels, from the highest, as fit on the map and in a list."""
    headings = [heading for heading in document.places.headings if heading.end is None]  # others are rows of tables
    counts = sorted(Counter(each.level for each in headings).items())
    together = accumulate(count for _, count in counts)
    shown = {level for (level, _), count in zip(counts, together, strict=True) if count <= _MOST_LANDMARKS}
    return [each for each in headings if each.level in shown]
