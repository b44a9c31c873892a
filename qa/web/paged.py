"""A document that has pages to HTML: pictures of the quote's pages, its words marked by their boxes."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace

from qa import Quote
from qa.web import texts
from qa.web.markup import element
from qa.web.reading import header, more
from source import Document

MOST_PAGES = 8
"""Pictures shown at a time; each is some 200 KB."""
_MARGIN = 0.003  # of the page: a box is as tight as its letters


@dataclass(frozen=True, slots=True)
class PagedReading:
    """A quote whose document lies open, and which of its pages are shown (from 1)."""

    quote: Quote
    first: int
    last: int

    @classmethod
    def at(cls, quote: Quote, document: Document) -> PagedReading:
        """The pages that the quote stands on."""
        first, last = (document.places.page(at) or 1 for at in (quote.span.start, quote.span.end - 1))
        return cls(quote, first, min(last, first + MOST_PAGES - 1))

    def earlier(self) -> PagedReading:
        """With the page before."""
        first = max(1, self.first - 1)
        return replace(self, first=first, last=min(self.last, first + MOST_PAGES - 1))

    def later(self) -> PagedReading:
        """With the page after; the document's last is the last."""
        return replace(self, last=self.last + 1, first=max(self.first, self.last + 2 - MOST_PAGES))


def draw_pages(reading: PagedReading, document: Document, picture: Callable[[int], bytes]) -> str:
    """The panel: title, pictures, and buttons for more where there is more. Raises what `picture` raises."""
    count = len(document.places.pages)
    reading = replace(reading, last=min(reading.last, count))
    pages = "".join(_page(reading.quote, number, picture(number)) for number in range(reading.first, reading.last + 1))
    earlier = more("earlier", texts.EARLIER_PAGE) if reading.first > 1 else ""
    later = more("later", texts.LATER_PAGE) if reading.last < count else ""
    unmarked = "" if reading.quote.boxes else element("p", {"class": "unmarked"}, texts.UNMARKED)
    attributes = {"class": "text pages", "tabindex": 0, "aria-label": document.title}
    article = element("article", attributes, earlier, unmarked, pages, later)
    return element("section", {"class": "reading", "aria-label": texts.READING}, header(document), article)


def _page(quote: Quote, number: int, picture: bytes) -> str:
    label = texts.PAGE.format(number=number)
    source = f"data:image/png;base64,{b64encode(picture).decode()}"
    image = element("img", {"src": source, "alt": label})
    boxes = "".join(
        _box(max(0.0, box.left - _MARGIN), max(0.0, box.top - _MARGIN), box.right + _MARGIN, box.bottom + _MARGIN)
        for box in quote.boxes
        if box.page == number
    )
    caption = element("figcaption", {}, label)
    return element("figure", {"data-at": number}, element("div", {"class": "sheet"}, image, boxes), caption)


def _box(left: float, top: float, right: float, bottom: float) -> str:
    style = f"left:{left:.3%};top:{top:.3%};width:{right - left:.3%};height:{bottom - top:.3%}"
    return element("mark", {"class": "quoted box", "style": style})
