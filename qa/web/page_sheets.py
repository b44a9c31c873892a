"""A document that has pages to HTML: their pictures, what is quoted and found marked by its boxes."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

from qa import Edition
from qa.web.markup import element
from qa.web.sheets import View
from qa.web.texts import Texts
from source import Box, Span

_MARGIN = 0.003  # of the page: a box is as tight as its letters


class PageSheets:
    """The pages of a document, drawn from its file."""

    window = 3  # a picture is some 200 KB

    def __init__(self, view: View, book: Edition, texts: Texts) -> None:
        self._view, self._book, self._texts = view, book, texts

    def __len__(self) -> int:
        return len(self._view.document.places.pages)

    def at(self, offset: int) -> int:
        return max(0, (self._view.document.places.page(offset) or 1) - 1)

    def draw(self, first: int, last: int) -> str:
        return "".join(self._page(number) for number in range(first + 1, min(last, len(self)) + 1))

    def _page(self, number: int) -> str:
        document = self._view.document
        picture = b64encode(self._book.page_picture(document.id, number)).decode()
        label = self._texts.page.format(number=number)
        image = element("img", {"src": f"data:image/png;base64,{picture}", "alt": label})
        boxes = [_box(box, kind, start) for box, kind, start in self._marks(number) if box.page == number]
        attributes = {"data-at": document.places.pages[number - 1]}
        caption = element("figcaption", {}, label)
        return element("figure", attributes, element("div", {"class": "sheet"}, image, *boxes), caption)

    def _marks(self, number: int) -> Iterator[tuple[Box, str, int]]:
        """The boxes of what is marked on a page (and of what goes on from there), and where in the text that starts."""
        document = self._view.document
        starts = (*document.places.pages, len(document.text))
        page = Span(starts[number - 1], starts[number])
        for quote in self._view.quotes:
            yield from ((box, "quoted", quote.span.start) for box in quote.boxes)
        highlights = [span for quote in self._view.quotes for span in quote.highlights if self._view.answered]
        for kind, spans in (("answer", highlights), ("found", self._view.found)):
            for span in spans:
                if span.overlaps(page):
                    yield from ((box, kind, span.start) for box in self._book.boxes(document.id, span))


def _box(box: Box, kind: str, start: int) -> str:
    left, top = max(0.0, box.left - _MARGIN), max(0.0, box.top - _MARGIN)
    width, height = box.right + _MARGIN - left, box.bottom + _MARGIN - top
    style = f"left:{left:.3%};top:{top:.3%};width:{width:.3%};height:{height:.3%}"
    return element("mark", {"class": f"{kind} box", "style": style, "data-start": start})
