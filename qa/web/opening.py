"""The document beside the chat: opened at a quote, read part by part, searched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qa import Quote
from qa.find_in import find_in
from qa.requote import MOST_QUOTES, QuoteGone, quote_again
from qa.web import panel
from qa.web.desk import Desk
from qa.web.given import Given, at
from qa.web.sheets import View
from qa.web.texts import Texts
from source import Document, Span

_MOST_FOUND = 1000  # places


class Opening:
    """The actions of the reading panel."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def open(self, given: Given, texts: Texts) -> dict[str, Any]:
        """The document of one of an answer's quotes, and where in it there are others.

        `at`: which of the quotes. `elsewhere`: which of its other places, from 1; 0 for the quote itself.
        """
        quotes = self._quotes(given)
        quote = at(quotes, given.number("at"))
        place = given.number("elsewhere")
        there = at(quote.elsewhere, place - 1) if place else quote
        document = self._desk.book.document(there.document.id)
        facts = _facts(document, there.span, [each for each in quotes if each.document.id == document.id])
        return {"frame": panel.frame(document, texts), **facts}

    def read(self, given: Given, texts: Texts) -> dict[str, Any]:
        """A document from its beginning, with nothing marked."""
        document = self._named(given)
        return {"frame": panel.frame(document, texts), **_facts(document, Span(0, 0), ())}

    def part(self, given: Given, texts: Texts) -> dict[str, Any]:
        """A part of the open document: units `first` up to `last`, or those around an `offset`."""
        book = self._desk.book
        view = self._view(given)
        if given.has("offset"):
            return panel.part_around(view, given.number("offset"), book, texts).fields()
        first, last = given.number("first"), given.number("last")
        return panel.part_between(view, first, last, given.flag("paged"), book, texts).fields()

    def find(self, given: Given, texts: Texts) -> dict[str, Any]:
        """Where in the open document some words stand."""
        document = self._document(given)
        found = find_in(document, given.text("query"), _MOST_FOUND)
        starts = [span.start for span in found]
        return {"starts": starts, "chart": panel.chart(document, found), "more": len(found) == _MOST_FOUND}

    def _quotes(self, given: Given) -> list[Quote]:
        return [quote_again(self._desk.book, each) for each in given.items("quotes", MOST_QUOTES)]

    def _named(self, given: Given) -> Document:
        try:
            return self._desk.book.document(given.text("document"))
        except KeyError:
            raise QuoteGone from None

    def _document(self, given: Given) -> Document:
        """The document that lies open, if it is still the one that was opened."""
        document = self._named(given)
        if document.sha256 != given.text("sha256"):
            raise QuoteGone
        return document

    def _view(self, given: Given) -> View:
        document = self._document(given)
        query = given.text("query")
        quotes = tuple(each for each in self._quotes(given) if each.document.id == document.id)
        found = tuple(find_in(document, query, _MOST_FOUND)) if query.strip() else ()
        return View(document, quotes, found, given.flag("answered"))


def _facts(document: Document, span: Span, quotes: Sequence[Quote]) -> dict[str, Any]:
    """What the page's script knows of an open document."""
    marked = sorted({quote.span for quote in quotes} | ({span} if span else set()))
    return {
        "document": document.id,
        "sha256": document.sha256,
        "starts": [each.start for each in marked],
        "chart": panel.chart(document, marked),
        "at": marked.index(span) if span in marked else -1,
        "headings": panel.chart(document, panel.landmarks(document)),
        "length": len(document.text),
    }
