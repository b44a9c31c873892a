"""How large a request may be, and how long it may take to come."""

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

_REQUEST = 4 * MEGABYTE  # bytes; a question with a long history is a few kilobytes
_FRAMING = 2**16  # bytes around the files of an upload: their names, and what separates them
_PATIENCE = 20.0  # seconds that any body may take…
_PACE = 2**15  # and one more for each of so many bytes
_COMING = 256 * MEGABYTE  # bytes of requests that are not yet whole; half of them one client's
_SMALL = 2**13  # bytes of a request, up to which there is always room


class BodyLimits:
    """Refuses a request whose body is too large or too slow: at once where it says so, otherwise when it is seen.

    But for uploads, which go to the disk as they come, a request is handed on
    when it is whole, so that a slow one keeps nobody waiting.
    """

    def __init__(self, app: ASGIApp, max_upload: int) -> None:
        """`max_upload`: megabytes of the files of one request."""
        self._app = app
        self._max_upload = max_upload
        self._coming = Counter[str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        brings_files = is_upload(scope)
        most = self._max_upload * MEGABYTE + _FRAMING if brings_files else _REQUEST
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdecimal() or int(length) > most:
            await _too_large(most)(scope, receive, send)
            return
        body = _Body(receive, most)
        refused = await self._passed_on(scope, body, send) if brings_files else await self._whole(scope, body, send)
        if refused:
            await refused(scope, receive, send)

    async def _passed_on(self, scope: Scope, body: _Body, send: Send) -> JSONResponse | None:
        """Answers the request as it comes, or returns what is to be answered instead."""
        begun = False

        async def answered(message: Message) -> None:
            nonlocal begun
            if not body.refused:  # or it is an answer to half a request
                begun = True
                await send(message)

        try:
            await self._app(scope, body.more, answered)
        except Exception:
            if not body.refused:
                raise
        return None if begun else body.refused

    async def _whole(self, scope: Scope, body: _Body, send: Send) -> JSONResponse | None:
        """Answers the request once all of it is there, or returns what is to be answered instead."""
        whole, client = bytearray(), client_of(scope)
        try:
            while not body.is_whole:
                message = await body.more()
                if message["type"] == "http.disconnect":
                    return None
                whole += message["body"]
                self._coming[client] += len(message["body"])
                if len(whole) > _SMALL and self._is_full(client):
                    return crowded()
        except _RefusedError:
            return body.refused
        finally:
            self._coming[client] -= len(whole)
            if not self._coming[client]:
                del self._coming[client]
        first: list[Message] = [{"type": "http.request", "body": bytes(whole), "more_body": False}]

        async def once() -> Message:
            return first.pop() if first else await body.more()

        await self._app(scope, once, send)
        return None

    def _is_full(self, client: str) -> bool:
        return self._coming.total() > _COMING or self._coming[client] > _COMING // 2


class _Body:
    """What comes of a request. `refused`: what is to be answered, once it was too much or too slow."""

    def __init__(self, receive: Receive, most: int) -> None:
        self.refused: JSONResponse | None = None
        self.is_whole = False
        self._receive = receive
        self._most = most
        self._size = 0
        self._began = monotonic()

    async def more(self) -> Message:
        """The next piece, or once there is none, that the client is gone. Raises _RefusedError."""
        if self.is_whole:
            return await self._receive()
        due = self._began + _PATIENCE + self._size / _PACE
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, due - monotonic()))
        except TimeoutError:
            self.refused = refusal(408, "TooSlow", "The request has come too slowly; send it again.")
            raise _RefusedError("too slow") from None
        self._size += len(message.get("body", b""))
        self.is_whole = not message.get("more_body", False)
        if self._size > self._most:
            self.refused = _too_large(self._most)
            raise _RefusedError("too much")
        return message


class _RefusedError(MultiPartException):
    """A body is not taken. Of this kind, because then Gradio removes the files that it has begun to write."""


def _too_large(most: int) -> JSONResponse:
    error = f"The request is larger than the {most // MEGABYTE} MB that are taken here; send less at once."
    return refusal(413, "RequestTooLarge", error)
