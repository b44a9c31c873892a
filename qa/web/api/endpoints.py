"""What programs can ask of the server, each use with its named endpoint."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeAlias, TypeVar

import qa
from qa.web.api.gradio import gr
from qa.web.http.rate_limit import RateLimit, client_of
from qa.web.state import AppState

Use: TypeAlias = Callable[..., dict[str, Any]]
_P = ParamSpec("_P")
_T = TypeVar("_T")

_MOST_LISTED = 1000
_BAD_TEXT = "The {name} must be a text; send a string."
_BAD_TEXTS = "The {name} must be a list of texts; send a list of strings."
_BAD_COUNT = "{name} must be a whole number; send one."


class Api:
    """What the command line prints with `--json`, as functions of plain JSON values.

    Whatever is wrong with the values, or with what they ask for, is a
    ChapterVerseError. A list as a default is what Gradio publishes as one;
    nothing changes it.
    """

    def __init__(self, state: AppState) -> None:
        self._state = state

    def ask(self, question: str, history: list[str] = [], documents: list[str] = []) -> dict[str, Any]:  # noqa: B006
        """Answers a question with verbatim quotes from the documents, or says that they do not answer it.

        Args:
            question: What is asked, 2,000 characters at most.
            history: The earlier questions of this conversation, oldest first.
            documents: The ids of the documents to ask; all of them if none is named.
        """
        earlier, among = _texts(history, "history"), _texts(documents, "documents")
        return qa.answer_json(self._state.book.ask(_text(question, "question"), history=earlier, documents=among))

    def retrieve(self, query: str, k: int = 5, documents: list[str] = []) -> dict[str, Any]:  # noqa: B006
        """Finds the passages of the documents that fit a query best.

        Args:
            query: What to look for, 2,000 characters at most.
            k: How many passages to return.
            documents: The ids of the documents to look in; all of them if none is named.
        """
        among = _texts(documents, "documents")
        return qa.hits_json(query, self._state.book.retrieve(_text(query, "query"), k=_count(k, "k"), documents=among))

    def documents(self, first: int = 0, count: int = 100) -> dict[str, Any]:
        """Lists the documents that can be asked, in the order they were read.

        Args:
            first: How many to pass over.
            count: How many to list, 1,000 at most.
        """
        first, count = _count(first, "first"), _count(count, "count")
        if first < 0 or not 1 <= count <= _MOST_LISTED:
            raise qa.UsageError(f"first is {first} and count {count}; list 1 to {_MOST_LISTED} from 0 up.")
        entries, total = self._state.library.entries(self._state.book, first, count)
        return {"documents": [entry.json() for entry in entries], "total": total}

    def rebuild(self) -> dict[str, Any]:
        """Rebuilds the index from its sources and answers from the new one."""
        return {"report": self._state.library.rebuild()}

    @property
    def reading(self) -> tuple[Use, ...]:
        """The uses that change nothing."""
        return self.ask, self.retrieve, self.documents

    @property
    def changing(self) -> tuple[Use, ...]:
        """The uses that change what is on disk; none where the state is read-only."""
        return () if self._state.read_only else (self.rebuild,)


def publish(state: AppState) -> None:
    """Adds an endpoint for each use to the Blocks being built."""
    uses = Api(state)
    for use in uses.reading:
        gr.api(said(use), api_name=use.__name__, concurrency_limit=4, concurrency_id="ask")
    for use in uses.changing:
        gr.api(said(_counted(use, state.changes)), api_name=use.__name__, concurrency_limit=1, concurrency_id="rebuild")


def _counted(use: Use, rate: RateLimit) -> Use:
    """A use without arguments, as often as a client may."""

    def call(request: gr.Request) -> dict[str, Any]:
        rate.count(client_of(request.request.scope))
        return use()

    call.__name__, call.__doc__ = use.__name__, use.__doc__
    return call


def said(use: Callable[_P, _T]) -> Callable[_P, _T]:
    """The use with its errors as a client gets them: one sentence, titled by what went wrong (`UsageError`).

    For programs only. Gradio's own page draws such a message as HTML, and the
    sentence may hold a file's name. There is no traceback in the server's log.
    """

    @wraps(use)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return use(*args, **kwargs)
        except qa.ChapterVerseError as error:
            raise gr.Error(str(error), title=type(error).__name__, print_exception=False) from error

    return call


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise qa.UsageError(_BAD_TEXT.format(name=name))
    return value


def _texts(value: object, name: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise qa.UsageError(_BAD_TEXTS.format(name=name))
    return value


def _count(value: object, name: str) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise qa.UsageError(_BAD_COUNT.format(name=name))
    return value
