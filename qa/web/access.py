"""A line for each request: when, by whom, what, with which status, how long it took. Never what was asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from time import perf_counter
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.health import HEALTH


class AccessLog:
    """Tells of every request once it is answered; of a probe of the server's health only if it fails."""

    def __init__(self, app: ASGIApp, tell: Callable[[str], object]) -> None:
        self._app = app
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = 499, perf_counter()  # as nginx has it: the client was gone before there was an answer

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception:
            status = 500
            raise
        finally:
            if scope["path"] != HEALTH or status >= 400:
                self._tell(_line(scope, status, perf_counter() - began))


def _line(scope: Scope, status: int, seconds: float) -> str:
    """The path without what follows its question mark: that may be a question.

    It is percent-encoded, so that it stays one word.
    """
    client = quote((scope["client"] or ("-",))[0], safe=":")  # a proxy's word, which anybody on this machine can give
    return f"{now()} {client} {scope['method']} {quote(scope['path'])} {status} {1000 * seconds:.0f}"


def now() -> str:
    """The time as every line begins with it: local, with its distance from UTC, to the second."""
    return datetime.now().astimezone().isoformat(timespec="seconds")
