"""Gives each request an id, measures it, and logs it with its path but without its query string."""

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
from qa.web.http.rate_limit import client_of, current_client

_CLIENT_CLOSED = 499  # nginx's status for a client that was gone before its answer began
_MONITORING = {HEALTH, METRICS}
_LONGEST_WORD = 200  # characters of a path, say; clients may send 64 kilobytes


request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The id of the request being answered, which its response has as `X-Request-Id`; "-" outside requests."""


class AccessLog:
    """Middleware that measures every request and logs it once answered (health and metrics only if they fail)."""

    def __init__(self, app: ASGIApp, metrics: Metrics, log: Callable[[str], object] | None) -> None:
        """`log`: called with a line for each request, if there is one."""
        self._app = app
        self._metrics = metrics
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began, id = _CLIENT_CLOSED, perf_counter(), token_hex(4)
        request_id.set(id)
        current_client.set(client_of(scope))

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", id.encode())]
            await send(message)

        try:
            with self._metrics.in_progress():
                await self._app(scope, receive, send_with_id)
        except Exception:
            status = 500
            raise
        finally:
            seconds = perf_counter() - began
            self._metrics.observe(scope["path"], status, seconds)
            if self._log and (scope["path"] not in _MONITORING or status >= 400):
                self._log(_line(scope, id, status, seconds))


def log_request_ids() -> None:
    """Makes errors and warnings, uvicorn's too, begin with the id of their request, if they have one."""
    for name in ("chapter-verse", "uvicorn.error"):
        logging.getLogger(name).addFilter(_add_request_id)


def _add_request_id(record: logging.LogRecord) -> bool:
    if (id := request_id.get()) != "-":
        record.msg = f"{id} {record.msg}"
    return True


def _line(scope: Scope, id: str, status: int, seconds: float) -> str:
    """The line of a request. It leaves out the query string, which may be a question."""
    client = _word((scope["client"] or ("-",))[0], safe=":")  # from a header that any program on this machine can send
    method, path = _word(scope["method"]), _word(scope["path"])
    return f"{timestamp()} {id} {client} {method} {path} {status} {1000 * seconds:.0f}"


def _word(text: str, safe: str = "/") -> str:
    """The text as one word of bounded length: percent-encoded, and cut off with `…`."""
    word = quote(text[:_LONGEST_WORD], safe=safe)
    return word if len(text) <= _LONGEST_WORD and len(word) <= _LONGEST_WORD else f"{word[:_LONGEST_WORD]}…"


def timestamp() -> str:
    """The time that a line of the log begins with: local, to the second, with its offset from UTC."""
    return datetime.now().astimezone().isoformat(timespec="seconds")
