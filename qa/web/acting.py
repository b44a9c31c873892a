"""How the page's script is answered: an object in, an object out, an error as one sentence."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable
from typing import Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qa import ChapterVerseError, DocumentMissing
from qa.requote import QuoteGone
from qa.web.builds import BuildRunning
from qa.web.given import Given, Misunderstood, json_of
from qa.web.rates import Rate, TooOften, client_of, too_often
from qa.web.refusal import refusal
from qa.web.rules import Limits
from qa.web.texts import Texts, in_language

_log = logging.getLogger("chapter-verse")

Action = Callable[[Given, Texts], dict[str, Any]]
"""What the server does for the page: from the fields that were sent, in the language of who sent them."""
Act = Callable[[Any], dict[str, Any]]
"""All of the actions, by the name that is among the fields."""
_ADDRESS = "/act"
_BUILDING = ("add", "remove", "put_back", "rebuild")


def act_with(actions: Iterable[Action]) -> Act:
    """The one function that the page calls, with the name of one of these actions among its fields."""
    named = {each.__name__: each for each in actions}

    def act(data: Any) -> dict[str, Any]:
        given = Given(data)
        texts = in_language(given.value("language"))
        try:
            return named.get(given.text("action"), _nothing)(given, texts)
        except Exception as error:  # whatever it is, the reader can go on
            return {"error": _told(error, texts)}

    return act


def _nothing(given: Given, texts: Texts) -> dict[str, Any]:
    raise Misunderstood("action")


def _told(error: Exception, texts: Texts) -> str:
    """What the reader is told."""
    match error:
        case Misunderstood():
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


class Acts:
    """Answers the page's script, at an address of its own.

    A component's server function, which Gradio would call, begins a session for every
    name that a client makes up for one, fails at fields that it does not expect, and
    forty are worked on at once. Here it is a few; the others wait, and whose client
    is gone is not worked on.
    """

    def __init__(self, act: Act, limits: Limits, changes: Rate) -> None:
        """`changes`: how often a client may change the documents."""
        self._act = act
        self._turns = asyncio.Semaphore(limits.at_work)
        self._threads = CapacityLimiter(limits.at_work)
        self._changes = changes

    @property
    def routes(self) -> list[Route]:
        """What is to be served."""
        return [Route(_ADDRESS, self._answer, methods=["POST"])]

    async def _answer(self, request: Request) -> Response:
        body, client = await request.body(), client_of(request.scope)
        async with self._turns:
            if await request.is_disconnected():
                return Response(status_code=499)  # as the access log has it; nobody reads it
            return await run_sync(self._answered, body, client, limiter=self._threads)

    def _answered(self, body: bytes, client: str) -> Response:
        try:
            data = json_of(body)["data"]
        except (Misunderstood, TypeError, KeyError):
            return refusal(400, "BadRequest", "The request is no JSON object with `data`; send one.")
        try:
            if isinstance(data, dict) and data.get("action") in _BUILDING:
                self._changes.count(client)
        except TooOften as error:
            return too_often(error)
        return _Said(self._act(data))


class _Said(JSONResponse):
    """Half of a surrogate pair, which may come back from what was sent, is a question mark."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(errors="replace")
