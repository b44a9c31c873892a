"""How large a request may be."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.guard import UPLOAD
from qa.web.refusal import refusal

MEGABYTE = 2**20
_REQUEST = 4 * MEGABYTE  # bytes; a question with a long history is a few kilobytes
_FRAMING = 2**16  # bytes around the files of an upload: their names, and what separates them


class Bounds:
    """Refuses a request with a larger body: at once where it says how large it is, otherwise when it is seen."""

    def __init__(self, app: ASGIApp, max_upload: int) -> None:
        """`max_upload`: megabytes of the files of one request."""
        self._app = app
        self._max_upload = max_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._most(scope["path"])
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdigit() or int(length) > most or not await self._stays_below(most, scope, receive, send):
            error = f"The request is larger than the {most // MEGABYTE} MB that are taken here; send less at once."
            await refusal(413, "RequestTooLarge", error)(scope, receive, send)

    def _most(self, path: str) -> int:
        return self._max_upload * MEGABYTE + _FRAMING if path.rstrip("/") == UPLOAD else _REQUEST

    async def _stays_below(self, most: int, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answers the request; False if more than `most` bytes came and nothing was answered."""
        size, begun = 0, False

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > most:
                raise _TooMuchError("too much")
            return message

        async def answered(message: Message) -> None:
            nonlocal begun
            if size <= most:  # or it is an answer to half a request
                begun = True
                await send(message)

        try:
            await self._app(scope, counted, answered)
        except Exception:
            if size <= most:
                raise
        return begun or size <= most


class _TooMuchError(MultiPartException):
    """More has come than is taken. Of this kind, because then Gradio removes the files that it has begun to write."""
