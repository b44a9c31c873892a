"""The endpoint of the page's script: JSON in, JSON out, errors as a sentence in the page's language."""

from __future__ import annotations

import json
import logging
import re
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qa import ChapterVerseError, DocumentMissing
from qa.verification.restore import QuoteGone
from qa.web.http.concurrency import crowded
from qa.web.http.config import MEGABYTE, Limits
from qa.web.http.errors import refusal
from qa.web.http.rate_limit import RateLimit, TooOften, client_of, too_often
from qa.web.http.turns import Turns
from qa.web.page.chat.actions import ChatActions
from qa.web.page.document.actions import DocumentActions
from qa.web.page.library.actions import LibraryActions, Uploads
from qa.web.page.request import BadRequest, Fields, json_of
from qa.web.page.texts import Texts, in_language
from qa.web.state import AppState, TooManyChanges

_log = logging.getLogger("chapter-verse")

Action = Callable[[Fields, Texts], dict[str, Any]]
"""Called with the fields of a request and the texts in its language; returns the response as JSON."""
Act = Callable[[Any], dict[str, Any]]
"""Runs the action that a request names."""
_PATH = "/act"
_BUILD_ACTIONS = ("add", "remove", "put_back", "rebuild")
# These take turns of their own, so that they don't delay questions: a document may be large.
_SLOW_ACTIONS = ("open", "read", "part", "find", "welcome")
_MOST_SLOW = 14  # of one client that wait
_LARGEST = {"draw": 4 * MEGABYTE}  # bytes of a request: a chat's answers
_LARGEST_OTHER = MEGABYTE  # a question with many earlier ones and documents, or an answer's quotes
_NAMED = re.compile(rb'"action"\s*:\s*"([^"\\]*)"')


def act_with(actions: Iterable[Action]) -> Act:
    """A function that runs whichever of the actions a request names in its field `action`."""
    named = {action.__name__: action for action in actions}

    def act(data: Any) -> dict[str, Any]:
        fields = Fields(data)
        texts = in_language(fields.value("language"))
        try:
            return named.get(fields.text("action"), _unknown)(fields, texts)
        except Exception as error:  # any error, so that the page keeps working
            return {"error": _message(error, texts)}

    return act


def _unknown(fields: Fields, texts: Texts) -> dict[str, Any]:
    raise BadRequest("action")


def _message(error: Exception, texts: Texts) -> str:
    """The sentence that the page shows for an error."""
    match error:
        case BadRequest():
            return texts.unexpected
        case QuoteGone():
            return texts.gone
        case DocumentMissing():
            return texts.missing
        case TooManyChanges():
            return texts.busy
        case ChapterVerseError():
            return str(error)
    _log.error("An action of the page failed.", exc_info=error)
    return texts.broken


class ActionRoute:
    """Answers the page's script on a route of its own.

    Gradio's own way, a component's server function, begins a session for every session name
    that a client invents, fails on unexpected fields and runs forty calls at once. Here a few
    run at once; the others wait, the clients in turn, and requests whose client has gone are dropped.
    """

    def __init__(self, act: Act, limits: Limits, changes: RateLimit) -> None:
        """`changes`: how often a client may change the documents."""
        self.turns = Turns(limits.actions)
        """Whose turn it is to be answered; the tools of assistants take theirs here, too."""
        self._slow_turns = Turns(limits.slow_actions)
        self._act = act
        self._changes = changes

    @property
    def routes(self) -> list[Route]:
        """The routes to serve."""
        return [Route(_PATH, self._answer, methods=["POST"])]

    async def _answer(self, request: Request) -> Response:
        body, client = await request.body(), client_of(request.scope)
        action = _named_action(body)
        if len(body) > _LARGEST.get(action, _LARGEST_OTHER):
            return refusal(413, "RequestTooLarge", "The request is too large for its action. Send less at once.")
        turns = self.turns
        if action in _SLOW_ACTIONS:
            turns = self._slow_turns
            if turns.waiting(client) >= _MOST_SLOW:  # slow requests must not take the client's places for questions
                return crowded()
        async with turns.slot(client):
            if await request.is_disconnected():
                return Response(status_code=499)  # for the access log only: the client has gone
            return await run_sync(self._parse_and_respond, body, action, client, limiter=turns.threads)

    def _parse_and_respond(self, body: bytes, action: str, client: str) -> Response:
        try:
            data = data_of(body)
            if _action(data) != action:
                raise BadRequest("action")
        except BadRequest:
            return refusal(400, "BadRequest", "The request must be a JSON object with `data`.")
        return self.respond(data, client)

    def respond(self, data: Any, client: str) -> Response:
        """The response to a request from the page."""
        try:
            if _action(data) in _BUILD_ACTIONS:
                self._changes.count(client)
        except TooOften as error:
            return too_often(error)
        return _ActionResponse(self._act(data))


def _named_action(body: bytes) -> str:
    """The action that a body names, read before its turn to be parsed has come: the value of the last such key.

    It is compared with the parsed one. A quote in a string is escaped, so this is never a part of one.

    >>> _named_action(b'{"data": {"action": "ask", "question": "Who?"}}')
    'ask'
    """
    named = deque(_NAMED.finditer(body), maxlen=1)
    return named[0][1].decode(errors="replace") if named else ""


def data_of(body: bytes) -> Any:
    """The data of a request from the page. Raises BadRequest."""
    request = json_of(body)
    if not isinstance(request, dict) or "data" not in request:
        raise BadRequest("no data")
    return request["data"]


def _action(data: Any) -> str:
    action = data.get("action") if isinstance(data, dict) else None
    return action if isinstance(action, str) else ""


class _ActionResponse(JSONResponse):
    """JSON in which lone surrogates, which may come from the request, are question marks."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(errors="replace")


def actions(state: AppState, uploads: Uploads) -> Act:
    """The function that runs the page's actions; a read-only page has only those that change nothing."""
    chat, document, library = ChatActions(state), DocumentActions(state), LibraryActions(state, uploads)
    reading = [
        chat.welcome, chat.ask, chat.draw, chat.export,
        document.open, document.read, document.part, document.find,
        library.library, library.progress,
    ]  # fmt: skip
    changing = [
        chat.judge,
        library.add, library.remove, library.put_back, library.rebuild, library.cancel,
    ]  # fmt: skip
    return act_with(reading if state.read_only else [*reading, *changing])
