"""The functions that the server offers to programs, and their endpoints in Gradio."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeAlias, TypeVar

import qa
from qa.web.api.gradio import gr
from qa.web.http.rate_limit import RateLimit, client_of
from qa.web.state import AppState

Function: TypeAlias = Callable[..., dict[str, Any]]
_P = ParamSpec("_P")
_T = TypeVar("_T")

_MAX_LISTED = 1000


class Api:
    """The functions of the API, which take plain JSON values and return what the command line prints with `--json`.

    They raise a ChapterVerseError for any invalid value. The defaults are lists, because Gradio publishes them as the
    type of the parameter; nothing changes them.
    """

    def __init__(self, state: AppState) -> None:
        self._state = state

    def ask(self, question: str, history: list[str] = [], documents: list[str] = []) -> dict[str, Any]:  # noqa: B006
        """Answers a question with verbatim quotes from the documents, or reports that they contain no answer.

        The result's `state` is "answered" (`quotes` answer the question), "unsure" (the closest passages, in
        `nearest`, may answer it) or "nothing found" (they don't).

        Args:
            question: The question, at most 2,000 characters.
            history: The earlier questions of this conversation, oldest first.
            documents: The ids of the documents to search; all of them if the list is empty.
        """
        return qa.answer_json(self._state.book.ask(question, history=history, documents=documents))

    def retrieve(self, query: str, k: int = 5, documents: list[str] = []) -> dict[str, Any]:  # noqa: B006
        """Finds the best-matching passages of the documents.

        Args:
            query: The words to search for, at most 2,000 characters.
            k: The number of passages to return.
            documents: The ids of the documents to search; all of them if the list is empty.
        """
        return qa.hits_json(query, self._state.book.retrieve(query, k=_count(k, "k"), documents=documents))

    def documents(self, first: int = 0, count: int = 100) -> dict[str, Any]:
        """Lists the documents of the index, in the order in which they were read.

        Args:
            first: The number of documents to skip.
            count: The number of documents to list, at most 1,000.
        """
        first, count = _count(first, "first"), _count(count, "count")
        if first < 0 or not 1 <= count <= _MAX_LISTED:
            raise qa.UsageError(f"first must be at least 0, and count between 1 and {_MAX_LISTED}.")
        entries, total = self._state.library.entries(self._state.book, first, count)
        return {"documents": [entry.json() for entry in entries], "total": total}

    def rebuild(self) -> dict[str, Any]:
        """Rebuilds the index from its sources. Later answers come from the new index."""
        return {"report": self._state.library.rebuild()}

    @property
    def reading(self) -> tuple[Function, ...]:
        """The functions that change nothing."""
        return self.ask, self.retrieve, self.documents

    @property
    def changing(self) -> tuple[Function, ...]:
        """The functions that change files; none if the state is read-only."""
        return () if self._state.read_only else (self.rebuild,)


def publish(state: AppState) -> None:
    """Adds an endpoint for each function to the Blocks being built."""
    api = Api(state)
    for function in api.reading:
        gr.api(_with_titles(function), api_name=function.__name__, concurrency_limit=4, concurrency_id="ask")
    for function in api.changing:
        limited = _with_titles(_rate_limited(function, state.changes))
        gr.api(limited, api_name=function.__name__, concurrency_limit=1, concurrency_id="rebuild")


def _rate_limited(function: Function, rate: RateLimit) -> Function:
    """Wraps a function without arguments to raise TooOften for a client that calls it too often."""

    def call(request: gr.Request) -> dict[str, Any]:
        rate.count(client_of(request.request.scope))
        return function()

    call.__name__, call.__doc__ = function.__name__, function.__doc__
    return call


def _with_titles(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Wraps a function to raise its errors as Gradio sends them: the message, and the class as title (`UsageError`).

    For programs only: Gradio's own page would draw the message as HTML, and it may contain the name of a file. The
    server logs no traceback.
    """

    @wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return function(*args, **kwargs)
        except qa.ChapterVerseError as error:
            raise gr.Error(str(error), title=type(error).__name__, print_exception=False) from error

    return call


def _count(value: object, name: str) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise qa.UsageError(f"{name} must be a whole number.")
    return value
