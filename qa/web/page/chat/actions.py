"""Questions from the page, and what readers say of the answers. Nothing of a chat is kept here."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from qa import Edition, UsageError, answer_json
from qa.evaluation.feedback import record
from qa.verification.requote import restore_answer, restore_quote
from qa.web.page.chat import cards
from qa.web.page.request import Fields
from qa.web.page.texts import Texts
from qa.web.state import AppState
from source import is_unicode

_MOST_TURNS = 20  # that are drawn at once


class ChatActions:
    """The actions of the conversation."""

    def __init__(self, state: AppState) -> None:
        self._state = state

    def welcome(self, given: Fields, texts: Texts) -> dict[str, Any]:
        """What an empty chat shows."""
        state = self._state
        return {"html": str(cards.welcome(state.examples, state.titles, state.book.store.documents, texts))}

    def ask(self, given: Fields, texts: Texts) -> dict[str, Any]:
        """The answer to a question, as JSON and drawn."""
        book = self._state.book
        answer = book.ask(given.text("question").strip(), given.texts("history"), documents=given.texts("documents"))
        return {"answer": answer_json(answer), "html": str(cards.draw(answer, book, texts))}

    def draw(self, given: Fields, texts: Texts) -> dict[str, Any]:
        """Answers that the page kept, drawn from the documents as they are now."""
        book = self._state.book
        return {"turns": [str(_again(answer, book, texts)) for answer in given.items("answers", _MOST_TURNS)]}

    def judge(self, given: Fields, texts: Texts) -> dict[str, Any]:
        """Keeps a reader's word on a quote, or on an answer that there is none."""
        quote = restore_quote(self._state.book, given.value("quote")) if given.has("quote") else None
        record(self._state.feedback, given.text("question"), given.texts("history"), quote, given.flag("right"))
        return {"said": texts.thanks}


def _again(record: object, book: Edition, texts: Texts) -> Markup:
    """A kept answer as it can be shown now; one that cannot be read is no reason to lose the others."""
    try:
        answer, gone = restore_answer(book, record)
    except UsageError:
        question = Fields(record).value("question")
        return cards.lost(question if isinstance(question, str) and is_unicode(question) else "", texts)
    return cards.draw(answer, book, texts, gone)
