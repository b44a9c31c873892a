"""What happens when something is asked, clicked or rebuilt; nothing here knows how the page is laid out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from html import escape
from time import monotonic
from typing import Any

from qa import ChapterVerseError, Edition, Quote
from qa.web import cards, reading, texts
from qa.web.chat import Chat, Turn, at
from qa.web.desk import Desk
from qa.web.paged import PagedReading, draw_pages
from qa.web.quick_import import gr
from qa.web.reading import Reading
from source import Document, has_pictures

_Opened = Reading | PagedReading
Asked = tuple[Chat, Any, Any, Any]
"""The chat, the conversation's HTML, the question box's text, the notice."""
_log = logging.getLogger(__name__)
_BETWEEN_REPORTS = 0.1  # seconds; a page cannot draw a step for every passage


class Handlers:
    """The page's answers to the reader. Numbers that come from the browser are checked, never trusted."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def greet(self, chat: Chat) -> str:
        """The conversation as it stands, or the welcome."""
        if chat.turns:
            return cards.conversation(chat.turns)
        return cards.welcome(self._desk.examples, self._desk.titles)

    def choices(self) -> Any:
        """The documents to choose from, where there are several."""
        found = self._desk.choices
        return gr.Dropdown(choices=found, value=[], visible=bool(found))

    def ask(self, question: str, chat: Chat, among: list[str]) -> Iterator[Asked]:
        """The question at once, its answer when known; after an error, the question in its box again.

        `among`: the ids of the documents that are asked alone.
        """
        question = question.strip()
        if not question:
            return
        yield chat, cards.conversation(chat.turns, pending=question), "", ""
        book = self._desk.book
        try:
            answer = book.ask(question, history=chat.questions, documents=among)
        except Exception as error:  # whatever it is, the reader gets the question back and can go on
            yield chat, self.greet(chat), question, _wrong(error)
            return
        turn = Turn(answer, cards.draw(len(chat.turns), answer, book))
        chat = Chat((*chat.turns, turn))
        yield chat, cards.conversation(chat.turns), gr.skip(), gr.skip()

    def ask_example(self, chat: Chat, among: list[str], event: gr.EventData) -> Iterator[Asked]:
        """Asks the example that was clicked on."""
        question = at(self._desk.examples, event._data.get("example"))
        if question is None:
            yield chat, self.greet(chat), gr.skip(), cards.notice(texts.UNEXPECTED, error=True)
        else:
            yield from self.ask(question, chat, among)

    def open(self, chat: Chat, event: gr.EventData) -> tuple[_Opened | None, str, str]:
        """The document of the card that was clicked on, with its quote marked."""
        quote = chat.quote(event._data.get("turn"), event._data.get("quote"))
        if quote is None:
            return None, "", cards.notice(texts.UNEXPECTED, error=True)
        book = self._desk.book
        if not cards.stands(quote, book):  # a rebuild has come between
            return None, "", cards.notice(texts.CHANGED, error=True)
        return _opened(_opening(quote, book.document(quote.document.id)), book)

    def more(self, opened: _Opened | None, event: gr.EventData) -> tuple[_Opened | None, Any, Any]:
        """More of the open document, before or after what is shown."""
        if opened is None:
            return None, gr.skip(), gr.skip()
        book = self._desk.book
        if not cards.stands(opened.quote, book):
            return None, gr.skip(), cards.notice(texts.CHANGED, error=True)
        return _opened(opened.earlier() if event._data.get("more") == "earlier" else opened.later(), book)

    def clear(self) -> tuple[Chat, str, None, str, str]:
        """An empty chat, and the document put away."""
        return Chat(), self.greet(Chat()), None, "", ""

    def rebuild(self, chat: Chat, progress: gr.Progress = gr.Progress()) -> tuple[str, Any, Any]:  # noqa: B008
        """The report as a notice, a fresh welcome where the chat is empty, and the documents there are now."""
        try:
            report = self._desk.rebuild(_Reporter(progress))
        except Exception as error:  # the old book goes on answering
            return _wrong(error), gr.skip(), gr.skip()
        return cards.notice(report), gr.skip() if chat.turns else self.greet(chat), self.choices()


def _opened(opened: _Opened, book: Edition) -> tuple[_Opened, str, str]:
    """The panel; the document's text where its pages cannot be drawn, and why not."""
    document = book.document(opened.quote.document.id)
    if isinstance(opened, Reading):
        return opened, reading.draw(opened, document), ""
    try:
        return opened, draw_pages(opened, document, partial(book.page_picture, document.id)), ""
    except ChapterVerseError as error:
        text = Reading.around(opened.quote, document)
        return text, reading.draw(text, document), cards.notice(str(error), error=True)


def _opening(quote: Quote, document: Document) -> _Opened:
    """Its pages where a file has boxes, or else its text."""
    return PagedReading.at(quote, document) if has_pictures(document) else Reading.around(quote, document)


def _wrong(error: Exception) -> str:
    if not isinstance(error, ChapterVerseError):
        _log.error("unexpected", exc_info=error)
        return cards.notice(texts.BROKEN, error=True)
    return cards.notice(str(error), error=True)


class _Reporter:
    """Passes a build's progress on to the page, a few times a second."""

    def __init__(self, progress: gr.Progress) -> None:
        self._progress = progress
        self._last = 0.0
        progress(0, desc=texts.REBUILDING)

    def __call__(self, step: str, done: int, total: int) -> None:
        now = monotonic()
        if done >= total or now - self._last >= _BETWEEN_REPORTS:
            self._last = now
            self._progress((done, total), desc=f"{texts.REBUILDING}: {escape(step)}")
