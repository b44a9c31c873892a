"""The actions of the document panel: opening a document at a quote, reading it part by part, searching it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from qa import Edition, Location, Quote
from qa.find import find_in
from qa.verification.restore import MOST_QUOTES, QuoteGone, restore_quote
from qa.web.page.document import panel
from qa.web.page.document.units import View
from qa.web.page.request import Fields, at
from qa.web.page.texts import Texts
from qa.web.state import AppState
from source import Document, Span

_MOST_FOUND = 5000  # places of a search


class DocumentActions:
    """The actions of the document panel. Each uses one generation, even if another is built meanwhile."""

    def __init__(self, state: AppState) -> None:
        self._state = state

    def open(self, fields: Fields, texts: Texts) -> dict[str, Any]:
        """The document of one of an answer's quotes, and where the answer's other quotes are in it.

        `at`: the position of the quote. `elsewhere`: which of its places to open, from 0: its own,
        then those where its words occur again, then its own again.
        """
        book = self._state.book
        quote = restore_quote(book, at(fields.items("quotes", MOST_QUOTES), fields.number("at")))
        places: list[Quote | Location] = [quote, *quote.elsewhere]
        place = fields.number("elsewhere") % len(places)
        document = book.document(places[place].document.id)
        others = [each.span for each in _valid_quotes(fields, book) if each.document.id == document.id]
        return {**_opened(document, [places[place].span, *others], texts), "elsewhere": place}

    def read(self, fields: Fields, texts: Texts) -> dict[str, Any]:
        """A document from its beginning, without quotes."""
        return _opened(_document(fields, self._state.book), [], texts)

    def part(self, fields: Fields, texts: Texts) -> dict[str, Any]:
        """A part of the open document: units `first` up to `last`, or those around `offset` if that is sent."""
        book = self._state.book
        view = _view(fields, book)
        if fields.has("offset"):
            return _plain(panel.part_around(view, fields.number("offset"), book, texts))
        first, last = fields.number("first"), fields.number("last")
        return _plain(panel.part_between(view, first, last, fields.flag("paged"), book, texts))

    def find(self, fields: Fields, texts: Texts) -> dict[str, Any]:
        """The places where the open document has the words of `query`."""
        found = find_in(_open_document(fields, self._state.book), fields.text("query"), _MOST_FOUND)
        return {"starts": [span.start for span in found], "more": len(found) == _MOST_FOUND}


def _plain(part: panel.PanelPart) -> dict[str, Any]:
    return {**asdict(part), "html": str(part.html)}


def _opened(document: Document, marked: Sequence[Span], texts: Texts) -> dict[str, Any]:
    """The data that the page's script needs to open a document at the first of the marked spans."""
    starts = sorted({span.start for span in marked})
    return {
        "frame": str(panel.frame(document, texts)),
        "document": document.id,
        "sha256": document.sha256,
        "starts": starts,
        "at": starts.index(marked[0].start) if marked else -1,
        "headings": [heading.start for heading in panel.landmarks(document)],
        "pages": list(document.places.pages),
        "length": max(1, len(document.text)),
    }


def _valid_quotes(fields: Fields, book: Edition) -> list[Quote]:
    """The quotes of the answer that their documents still have."""
    quotes = []
    for record in fields.items("quotes", MOST_QUOTES):
        with suppress(QuoteGone):
            quotes.append(restore_quote(book, record))
    return quotes


def _document(fields: Fields, book: Edition) -> Document:
    try:
        return book.document(fields.text("document"))
    except KeyError:
        raise QuoteGone from None


def _open_document(fields: Fields, book: Edition) -> Document:
    """The document that the page has open. Raises QuoteGone if it has changed since."""
    document = _document(fields, book)
    if document.sha256 != fields.text("sha256"):
        raise QuoteGone
    return document


def _view(fields: Fields, book: Edition) -> View:
    document = _open_document(fields, book)
    query = fields.text("query")
    quotes = tuple(each for each in _valid_quotes(fields, book) if each.document.id == document.id)
    found = tuple(find_in(document, query, _MOST_FOUND)) if query.strip() else ()
    return View(document, quotes, found, fields.flag("answered"))
