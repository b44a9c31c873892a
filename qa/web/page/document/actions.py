"""The document beside the chat: opened at a quote, read part by part, searched."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from qa import Edition, Location, Quote
from qa.find import find_in
from qa.verification.requote import MOST_QUOTES, QuoteGone, restore_quote
from qa.web.page.document import panel
from qa.web.page.document.units import View
from qa.web.page.request import Fields, at
from qa.web.page.texts import Texts
from qa.web.state import AppState
from source import Document, Span

_MOST_FOUND = 5000  # places


class DocumentActions:
    """The actions of the reading panel. Each is answered from one generation, whatever is built meanwhile."""

    def __init__(self, state: AppState) -> None:
        self._state = state

    def open(self, given: Fields, texts: Texts) -> dict[str, Any]:
        """The document of one of an answer's quotes, and where in it there are others.

        `at`: which of the quotes. `elsewhere`: how many places on from it, round by those where its words stand again.
        """
        book = self._state.book
        quote = restore_quote(book, at(given.items("quotes", MOST_QUOTES), given.number("at")))
        places: list[Quote | Location] = [quote, *quote.elsewhere]
        place = given.number("elsewhere") % len(places)
        document = book.document(places[place].document.id)
        here = [each.span for each in _standing(given, book) if each.document.id == document.id]
        return {**_opened(document, [places[place].span, *here], texts), "elsewhere": place}

    def read(self, given: Fields, texts: Texts) -> dict[str, Any]:
        """A document from its beginning, with nothing marked."""
        return _opened(_named(given, self._state.book), [], texts)

    def part(self, given: Fields, texts: Texts) -> dict[str, Any]:
        """A part of the open document: units `first` up to `last`, or those around an `offset`."""
        book = self._state.book
        view = _view(given, book)
        if given.has("offset"):
            return _plain(panel.part_around(view, given.number("offset"), book, texts))
        first, last = given.number("first"), given.number("last")
        return _plain(panel.part_between(view, first, last, given.flag("paged"), book, texts))

    def find(self, given: Fields, texts: Texts) -> dict[str, Any]:
        """Where in the open document some words stand."""
        found = find_in(_still_there(given, self._state.book), given.text("query"), _MOST_FOUND)
        return {"starts": [span.start for span in found], "more": len(found) == _MOST_FOUND}


def _plain(part: panel.PanelPart) -> dict[str, Any]:
    return {**asdict(part), "html": str(part.html)}


def _opened(document: Document, marked: Sequence[Span], texts: Texts) -> dict[str, Any]:
    """What the page's script gets of a document when it is opened at the first of the marked spans."""
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


def _standing(given: Fields, book: Edition) -> list[Quote]:
    """The quotes of the answer that their documents still have."""
    standing = []
    for each in given.items("quotes", MOST_QUOTES):
        with suppress(QuoteGone):
            standing.append(restore_quote(book, each))
    return standing


def _named(given: Fields, book: Edition) -> Document:
    try:
        return book.document(given.text("document"))
    except KeyError:
        raise QuoteGone from None


def _still_there(given: Fields, book: Edition) -> Document:
    """The document that lies open, if it is still the one that was opened."""
    document = _named(given, book)
    if document.sha256 != given.text("sha256"):
        raise QuoteGone
    return document


def _view(given: Fields, book: Edition) -> View:
    document = _still_there(given, book)
    query = given.text("query")
    quotes = tuple(each for each in _standing(given, book) if each.document.id == document.id)
    found = tuple(find_in(document, query, _MOST_FOUND)) if query.strip() else ()
    return View(document, quotes, found, given.flag("answered"))
