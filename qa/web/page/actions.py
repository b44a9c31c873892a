"""How the page's script is answered: an object in, an object out, an error as one sentence."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qa import ChapterVerseError, DocumentMissing
from qa.verification.requote import QuoteGone
from qa.web.http.concurrency import crowded
from qa.web.http.config import Limits
from qa.web.http.errors import refusal
from qa.web.http.rate_limit import RateLimit, TooOften, client_of, too_often
from qa.web.page.chat.actions import ChatActions
from qa.web.page.document.actions import DocumentActions
from qa.web.page.library.actions import LibraryActions, Uploads
from qa.web.page.request import BadRequest, Fields, json_of
from qa.web.page.texts import Texts, in_language
from qa.web.state import AppState, BuildRunning

_log = logging.getLogger("chapter-verse")

Action = Callable[[Fields, Texts], dict[str, Any]]
"""What the server does for the page: from the fields that were sent, in the language of who sent them."""
Act = Callable[[Any], dict[str, Any]]
"""All of the actions, by the name that is among the fields."""
_ADDRESS = "/act"
_BUILDING = ("add", "remove", "put_back", "rebuild")
_APART = ("part", "welcome")  # may take long, and keep no question from being answered
_APART_MOST = 16  # of them that are worked on or wait


def act_with(actions: Iterable[Action]) -> Act:
    """The one function that the page calls, with the name of one of these actions among its fields."""
    named = {each.__name__: each for each in actions}

    def act(data: Any) -> dict[str, Any]:
        given = Fields(data)
        texts = in_language(given.value("language"))
        try:
            return named.get(given.text("action"), _nothing)(given, texts)
        except Exception as error:  # whatever it is, the reader can go on
            return {"error": _told(error, texts)}

    return act


def _nothing(given: Fields, texts: Texts) -> dict[str, Any]:
    raise BadRequest("action")


def _told(error: Exception, texts: Texts) -> str:
    """What the reader is told."""
    match error:
        case BadRequest():
            return texts.unexpected
        case QuoteGone():
            return texts.gone
        case DocumentMissing():
            return texts.missing
        case BuildRunning():
            return texts.busy
        case ChapterVerseError():
            return str(error)
    _log.error("The page asked for something that went wrong.", exc_info=error)
    return texts.broken


class ActionRoute:
    """Answers the page's script, at an address of its own.

    A component's server function, which Gradio would call, begins a session for every
    name that a client makes up for one, fails at fields that it does not expect, and
    forty are worked on at once. Here it is a few; the others wait, and whose client
    is gone is not worked on.
    """

    def __init__(self, act: Act, limits: Limits, changes: RateLimit) -> None:
        """`changes`: how often a client may change the documents."""
        self._act = act
        self._places = _Places(limits.actions)
        self._apart = _Places(limits.slow_actions)
        self._changes = changes

    @property
    def routes(self) -> list[Route]:
        """What is to be served."""
        return [Route(_ADDRESS, self._answer, methods=["POST"])]

    async def _answer(self, request: Request) -> Response:
        body, client = await request.body(), client_of(request.scope)
        try:
            data = await run_sync(data_of, body)
        except BadRequest:
            return refusal(400, "BadRequest", "The request is no JSON object with `data`; send one.")
        places = self._places
        if _action(data) in _APART:
            places = self._apart
            if places.taken >= _APART_MOST:  # or they would be all that waits before the door
                return crowded()
        async with places.turn():
            if await request.is_disconnected():
                return Response(status_code=499)  # as the access log has it; nobody reads it
            return await run_sync(self.answered, data, client, limiter=places.threads)

    def answered(self, data: Any, client: str) -> Response:
        """The answer to what a page sent."""
        try:
            if _action(data) in _BUILDING:
                self._changes.count(client)
        except TooOften as error:
            return too_often(error)
        return _Said(self._act(data))


def data_of(body: bytes) -> Any:
    """What a page sent. Raises BadRequest."""
    sent = json_of(body)
    if not isinstance(sent, dict) or "data" not in sent:
        raise BadRequest("no data")
    return sent["data"]


def _action(data: Any) -> object:
    return data.get("action") if isinstance(data, dict) else None


class _Places:
    """Where so many requests are worked on at once. `taken`: how many are worked on or wait."""

    def __init__(self, count: int) -> None:
        self.threads = CapacityLimiter(count)
        self.taken = 0
        self._turns = asyncio.Semaphore(count)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One of the places, once it is there."""
        self.taken += 1
        try:
            async with self._turns:
                yield
        finally:
            self.taken -= 1


class _Said(JSONResponse):
    """Half of a surrogate pair, which may come back from what was sent, is a question mark."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(errors="replace")


def actions(state: AppState, uploads: Uploads) -> Callable[[Any], dict[str, Any]]:
    """The one function that the page calls. What it sends is all checked: it may be anything."""
    asking, opening, shelving = ChatActions(state), DocumentActions(state), LibraryActions(state, uploads)
    reading = [
        asking.welcome, asking.ask, asking.draw,
        opening.open, opening.read, opening.part, opening.find,
        shelving.library, shelving.progress,
    ]  # fmt: skip
    changing = [
        asking.judge, shelving.add, shelving.remove, shelving.put_back, shelving.rebuild,
        shelving.cancel,
    ]  # fmt: skip
    return act_with(reading if state.read_only else [*reading, *changing])
