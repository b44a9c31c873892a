"""The page's three uses as named endpoints, for `gradio_client` and any program that speaks HTTP."""

from __future__ import annotations

from typing import Any

import qa
from qa.web import texts
from qa.web.desk import Desk
from qa.web.quick_import import gr


def publish(desk: Desk) -> None:
    """Adds `/ask`, `/retrieve` and `/rebuild` to the Blocks being built.

    They return what the command line prints with `--json`, and say what is wrong in one sentence.
    """

    # A list as a default is what Gradio publishes as one; nothing changes it.
    def ask(question: str, history: list[str] = [], documents: list[str] = []) -> dict[str, Any]:  # noqa: B006
        """Answers a question with verbatim quotes from the documents, or says that they do not answer it.

        Args:
            question: What is asked, 2,000 characters at most.
            history: The earlier questions of this conversation, oldest first.
            documents: The ids of the documents to ask; all of them if none is named.
        """
        try:
            earlier, among = _texts(history, texts.BAD_HISTORY), _texts(documents, texts.BAD_DOCUMENTS)
            return qa.answer_json(desk.book.ask(_text(question, "question"), history=earlier, documents=among))
        except qa.ChapterVerseError as error:
            raise said(error) from error

    def retrieve(query: str, k: int = 5, documents: list[str] = []) -> dict[str, Any]:  # noqa: B006
        """Finds the passages of the documents that fit a query best.

        Args:
            query: What to look for, 2,000 characters at most.
            k: How many passages to return.
            documents: The ids of the documents to look in; all of them if none is named.
        """
        try:
            among = _texts(documents, texts.BAD_DOCUMENTS)
            return qa.hits_json(query, desk.book.retrieve(_text(query, "query"), k=_count(k), documents=among))
        except qa.ChapterVerseError as error:
            raise said(error) from error

    def rebuild() -> dict[str, str]:
        """Rebuilds the index from its sources and answers from the new one."""
        try:
            return {"report": desk.rebuild()}
        except qa.ChapterVerseError as error:
            raise said(error) from error

    gr.api(ask, api_name="ask", concurrency_limit=4, concurrency_id="ask")
    gr.api(retrieve, api_name="retrieve", concurrency_limit=4, concurrency_id="ask")
    gr.api(rebuild, api_name="rebuild", concurrency_limit=1, concurrency_id="rebuild")


def said(error: qa.ChapterVerseError) -> gr.Error:
    """The error as a client gets it: its one sentence, and no traceback in the server's log.

    For programs only. Gradio's own page draws such a message as HTML, and the
    sentence may hold a file's name: the page uses `qa.web.cards.notice` instead.
    """
    return gr.Error(str(error), print_exception=False)


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise qa.UsageError(texts.BAD_TEXT.format(name=name))
    return value


def _texts(value: object, complaint: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise qa.UsageError(complaint)
    return value


def _count(value: object) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise qa.UsageError(texts.BAD_COUNT)
    return value
