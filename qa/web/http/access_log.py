"""Each request has an id, is counted, and has a line if it is to be told: never what was asked."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from secrets import token_hex
from time import perf_counter
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.http.health import HEALTH
from qa.web.http.metrics import METRICS, Metrics

_WATCHED = {HEALTH, METRICS}


request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""Of the request that is being answered; "-" elsewhere. Its answer has it as `X-Request-Id`."""


class AccessLog:
    """Counts every request, and tells of it once it is answered; of a probe of the server's health only if it fails."""

    def __init__(self, app: ASGIApp, counts: Metrics, tell: Callable[[str], object] | None) -> None:
        self._app = app
        self._counts = counts
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began, name = 499, perf_counter(), token_hex(4)  # as nginx has it: the client was gone first
        request_id.set(name)

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", name.encode())]
            await send(message)

        try:
            with self._counts.at_work():
                await self._app(scope, receive, noted)
        except Exception:
            status = 500
            raise
        finally:
            seconds = perf_counter() - began
            self._counts.answered(scope["path"], status, seconds)
            if self._tell and (scope["path"] not in _WATCHED or status >= 400):
                self._tell(_line(scope, name, status, seconds))


def name_requests() -> None:
    """From now on errors and warnings begin with the id of their request, if they have one."""
    logging.getLogger("chapter-verse").addFilter(_named)


def _named(record: logging.LogRecord) -> bool:
    if (name := request_id.get()) != "-":
        record.msg = f"{name} {record.msg}"
    return True


def _line(scope: Scope, name: str, status: int, seconds: float) -> str:
    """The path without what follows its question mark: that may be a question.

    It is percent-encoded, so that it stays one word.
    """
    client = quote((scope["client"] or ("-",))[0], safe=":")  # a proxy's word, which anybody on this machine can give
    return f"{now()} {name} {client} {scope['method']} {quote(scope['path'])} {status} {1000 * seconds:.0f}"


def now() -> str:
    """The time as every line begins with it: local, with its distance from UTC, to the second."""
    return datetime.now().astimezone().isoformat(timespec="seconds")
