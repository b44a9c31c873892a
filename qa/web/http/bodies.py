"""Limits the size of request bodies and the time they may take to arrive."""

from __future__ import annotations

import asyncio
from collections import Counter
from time import monotonic

from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.http.concurrency import crowded
from qa.web.http.config import MEGABYTE
from qa.web.http.errors import refusal
from qa.web.http.rate_limit import client_of
from qa.web.http.security import is_upload

_MAX_REQUEST = 4 * MEGABYTE  # bytes; a question with a long history is a few kilobytes
_MULTIPART = 2**16  # bytes that an upload may have besides its files: their names and the boundaries
_TIMEOUT = 20.0  # seconds for any body…
_PACE = 2**15  # …and one more second for every so many bytes
_MAX_INCOMPLETE = 256 * MEGABYTE  # bytes of all requests that are still arriving; half of them one client's
_SMALL = 2**13  # bytes; a request up to this size is accepted even then


class BodyLimits:
    """Middleware that answers 413 to a body that is too large and 408 to one that is too slow.

    A body whose header states too large a size is refused at once, any other once it exceeds the limit.
    Uploads are passed on as they arrive, because they go to the disk. Any other request is passed on
    when it is complete, so that a slow one blocks nobody.
    """

    def __init__(self, app: ASGIApp, max_upload: int) -> None:
        """`max_upload`: megabytes of the files of one request."""
        self._app = app
        self._max_upload = max_upload
        self._incomplete = Counter[str]()  # bytes of each client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_files = is_upload(scope)
        max_size = self._max_upload * MEGABYTE + _MULTIPART if has_files else _MAX_REQUEST
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdecimal() or int(length) > max_size:
            await _too_large(max_size)(scope, receive, send)
            return
        body = _Body(receive, max_size)
        refused = await self._stream(scope, body, send) if has_files else await self._buffer(scope, body, send)
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

    async def _buffer(self, scope: Scope, body: _Body, send: Send) -> JSONResponse | None:
        """Passes the request on once it is complete. Returns the response to send instead, if there is one."""
        buffer, client = bytearray(), client_of(scope)
        try:
            while not body.is_complete:
                message = await body.receive()
                if message["type"] == "http.disconnect":
                    return None
                buffer += message["body"]
                self._incomplete[client] += len(message["body"])
                if len(buffer) > _SMALL and self._is_full(client):
                    return crowded()
        except _RefusedError:
            return body.refused
        finally:
            self._incomplete[client] -= len(buffer)
            if not self._incomplete[client]:
                del self._incomplete[client]
        messages: list[Message] = [{"type": "http.request", "body": bytes(buffer), "more_body": False}]

        async def receive_buffered() -> Message:
            return messages.pop() if messages else await body.receive()

        await self._app(scope, receive_buffered, send)
        return None

    def _is_full(self, client: str) -> bool:
        return self._incomplete.total() > _MAX_INCOMPLETE or self._incomplete[client] > _MAX_INCOMPLETE // 2


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


class _RefusedError(MultiPartException):
    """A body is refused. A MultiPartException, because only on those Gradio removes its unfinished files."""


def _too_large(max_size: int) -> JSONResponse:
    error = f"The request is larger than {max_size // MEGABYTE} MB. Send less at once."
    return refusal(413, "RequestTooLarge", error)
