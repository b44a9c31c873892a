"""Limits the size of request bodies, the values in them, and the time they may take to arrive."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import dataclass
from time import monotonic

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.http.concurrency import crowded
from qa.web.http.config import MEGABYTE
from qa.web.http.errors import refusal
from qa.web.http.json_bounds import MOST_LEVELS, is_bounded
from qa.web.http.rate_limit import client_of
from qa.web.http.security import is_upload

_KILOBYTE = 2**10  # bytes
_MULTIPART = 2**16  # bytes that an upload may have besides its files: their names and the boundaries
_TIMEOUT = 20.0  # seconds for any body…
_PACE = 2**15  # …and one more second for every so many bytes
_MAX_HELD = 64 * MEGABYTE  # bytes of all requests that are arriving, waiting or running; half of them one client's
_SMALL = 2**13  # bytes; a request up to this size is accepted even then
_LARGE = 2**16  # bytes; larger requests are checked in a thread, and parsed one at a time


@dataclass(frozen=True, slots=True)
class _Bounds:
    """The limits of a request's body: its size in bytes and, if it is JSON, the number of values in it."""

    size: int
    values: int | None = None


# The largest request of the page has the answers of a chat, to be drawn again; one of a program, the ids of thousands
# of documents. Any other has at most a name and a password.
_PAGE = _Bounds(4 * MEGABYTE, values=100_000)
_PROGRAM = _Bounds(MEGABYTE, values=20_000)
_CANCEL = _Bounds(16 * _KILOBYTE, values=100)
_OTHER = _Bounds(16 * _KILOBYTE)
_PROGRAM_PATH = re.compile(r"/gradio_api/(?:(?:mcp|queue/join)/?|(?:call|run|api)/.*)", re.DOTALL)


def _bounds(path: str) -> _Bounds:
    if path == "/act":
        return _PAGE
    if path.rstrip("/") in ("/gradio_api/cancel", "/gradio_api/reset"):
        return _CANCEL
    return _PROGRAM if _PROGRAM_PATH.fullmatch(path) else _OTHER


class BodyLimits:
    """Middleware that refuses a body that is too large (413), too slow (408), or JSON of too many values (400).

    A body whose header states too large a size is refused at once, any other once it exceeds the limit.
    Uploads are passed on as they arrive, because they go to the disk. Any other request is passed on
    when it is complete, so that a slow one blocks nobody, and its JSON has been found to be bounded.
    """

    def __init__(self, app: ASGIApp, max_upload: int) -> None:
        """`max_upload`: megabytes of the files of one request."""
        self._app = app
        self._upload = _Bounds(max_upload * MEGABYTE + _MULTIPART)
        self._held = Counter[str]()  # bytes of each client
        self._all_held = 0
        self._thread = CapacityLimiter(1)
        self._parsing = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_files = is_upload(scope)
        bounds = self._upload if has_files else _bounds(scope["path"])
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdecimal() or int(length) > bounds.size:
            await _too_large(bounds.size)(scope, receive, send)
            return
        body = _Body(receive, bounds.size)
        if has_files:
            refused = await self._stream(scope, body, send)
        else:
            refused = await self._buffer(scope, body, bounds.values, send)
        if refused:
            await refused(scope, receive, send)

    async def _stream(self, scope: Scope, body: _Body, send: Send) -> JSONResponse | None:
        """Passes the request on as it arrives. Returns the response to send instead, if there is one."""
        begun = False

        async def send_unless_refused(message: Message) -> None:
            nonlocal begun
            if not body.refused:  # otherwise the response is to half a request
                begun = True
                await send(message)

        try:
            await self._app(scope, body.receive, send_unless_refused)
        except Exception:
            if not body.refused:
                raise
        return None if begun else body.refused

    async def _buffer(self, scope: Scope, body: _Body, values: int | None, send: Send) -> JSONResponse | None:
        """Passes the request on once it is complete. Returns the response to send instead, if there is one.

        Its bytes count as held until it has been answered.
        """
        buffer, held, client = bytearray(), 0, client_of(scope)
        try:
            while not body.is_complete:
                message = await body.receive()
                if message["type"] == "http.disconnect":
                    return None
                buffer += message["body"]
                held += len(message["body"])
                self._hold(client, len(message["body"]))
                if held > _SMALL and self._is_full(client):
                    return crowded()
            whole = bytes(buffer)
            del buffer
            is_large = len(whole) > _LARGE
            if values is not None and not await self._is_bounded(whole, values):
                return _too_many_values(values)
            messages: list[Message] = [{"type": "http.request", "body": whole, "more_body": False}]
            del whole

            async def receive_buffered() -> Message:
                if messages and is_large:
                    async with self._parsing:  # which happens in one step: between two of them, others have theirs
                        await asyncio.sleep(0)
                return messages.pop() if messages else await body.receive()

            await self._app(scope, receive_buffered, send)
        except _RefusedError:
            return body.refused
        finally:
            self._hold(client, -held)
        return None

    async def _is_bounded(self, whole: bytes, values: int) -> bool:
        if len(whole) <= _LARGE:
            return is_bounded(whole, values)
        return await run_sync(is_bounded, whole, values, limiter=self._thread)

    def _hold(self, client: str, size: int) -> None:
        self._all_held += size
        self._held[client] += size
        if not self._held[client]:
            del self._held[client]

    def _is_full(self, client: str) -> bool:
        return self._all_held > _MAX_HELD or self._held[client] > _MAX_HELD // 2


class _Body:
    """The body of a request as it arrives. `refused`: the response, once it was too large or too slow."""

    def __init__(self, receive: Receive, max_size: int) -> None:
        self.refused: JSONResponse | None = None
        self.is_complete = False
        self._receive = receive
        self._max_size = max_size
        self._size = 0
        self._began = monotonic()

    async def receive(self) -> Message:
        """The next part; after the last one, the message that the client has disconnected. Raises _RefusedError."""
        if self.is_complete:
            return await self._receive()
        due = self._began + _TIMEOUT + self._size / _PACE
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, due - monotonic()))
        except TimeoutError:
            self.refused = refusal(408, "TooSlow", "The request arrived too slowly. Send it again.")
            raise _RefusedError("too slow") from None
        self._size += len(message.get("body", b""))
        self.is_complete = not message.get("more_body", False)
        if self._size > self._max_size:
            self.refused = _too_large(self._max_size)
            raise _RefusedError("too large")
        return message


class _RefusedError(Exception):
    """A body is refused."""


def _too_large(max_size: int) -> JSONResponse:
    size = f"{max_size // MEGABYTE} MB" if max_size >= MEGABYTE else f"{max_size // _KILOBYTE} KB"
    return refusal(413, "RequestTooLarge", f"The request is larger than {size}. Send less at once.")


def _too_many_values(most: int) -> JSONResponse:
    error = (
        f"The request must be JSON of at most {most:,} values, nested at most {MOST_LEVELS} deep. Send less at once."
    )
    return refusal(400, "BadRequest", error)
