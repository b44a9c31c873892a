"""The actions of the conversation: questions, answers and feedback. The server keeps no chats."""

from __future__ import annotations

from functools import partial
from typing import Any

from markupsafe import Markup

from qa import Edition, UsageError, answer_json
from qa.evaluation.feedback import record
from qa.verification.restore import restore_answer, restore_quote
from qa.web.http.rate_limit import current_client
from qa.web.page.chat import cards, markdown
from qa.web.page.request import Fields
from qa.web.page.texts import Texts
from qa.web.state import AppState
from source import is_unicode

_MOST_TURNS = 20  # drawn by one request


class ChatActions:
    """The actions of the conversation."""

    def __init__(self, state: AppState) -> None:
        self._state = state

    def welcome(self, fields: Fields, texts: Texts) -> dict[str, Any]:
        """The content of an empty chat."""
        state = self._state
        return {"html": str(cards.welcome(state.examples, state.titles, state.book.store.documents, texts))}

    def ask(self, fields: Fields, texts: Texts) -> dict[str, Any]:
        """The answer to a question, as JSON and as HTML."""
        book = self._state.book
        answer = book.ask(fields.text("question").strip(), fields.texts("history"), documents=fields.texts("documents"))
        return {"answer": answer_json(answer), "html": str(cards.draw(answer, book, texts))}

    def draw(self, fields: Fields, texts: Texts) -> dict[str, Any]:
        """Answers that the browser stored, as HTML, with their quotes checked against the current documents."""
        book = self._state.book
        return {"turns": [str(_redrawn(answer, book, texts)) for answer in fields.items("answers", _MOST_TURNS)]}

    def export(self, fields: Fields, texts: Texts) -> dict[str, Any]:
        """Answers that the browser stored, as Markdown, likewise."""
        book = self._state.book
        return {"turns": [_written(answer, book, texts) for answer in fields.items("answers", _MOST_TURNS)]}

    def judge(self, fields: Fields, texts: Texts) -> dict[str, Any]:
        """Records feedback on a quote or, without one, on the verdict that there is no answer."""
        quote = restore_quote(self._state.book, fields.value("quote")) if fields.has("quote") else None
        question, history, right = fields.text("question"), fields.texts("history"), fields.flag("right")
        admit = partial(self._state.feedback_allowance.count, current_client.get())
        record(self._state.feedback, question, history, quote, right, admit)
        return {"said": texts.thanks}


def _redrawn(record: object, book: Edition, texts: Texts) -> Markup:
    """A stored answer as HTML. One that cannot be read becomes a notice, so that the others are still shown."""
    try:
        answer, gone = restore_answer(book, record)
    except UsageError:
        return cards.lost(_question(record), texts)
    return cards.draw(answer, book, texts, gone)


def _written(record: object, book: Edition, texts: Texts) -> str:
    """As `_redrawn`, as Markdown."""
    try:
        answer, gone = restore_answer(book, record)
    except UsageError:
        return markdown.lost(_question(record), texts)
    return markdown.turn(answer, gone, texts)


def _question(record: object) -> str:
    """The question of a stored answer that cannot be read; empty if that cannot be read either."""
    question = Fields(record).value("question")
    return question if isinstance(question, str) and is_unicode(question) else ""
