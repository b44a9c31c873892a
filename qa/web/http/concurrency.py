"""When more is asked than can be done: as much as can be waits, the rest is told at once to come again."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.http.config import Limits
from qa.web.http.errors import refusal
from qa.web.http.rate_limit import client_of
from qa.web.http.security import UPLOAD

_AGAIN = 2  # seconds: what waits is done by then
_ASKING = r"POST /(?:act|gradio_api/(?:mcp|queue/join|call/.+|run/.+|api/.+)/?)"
_STREAM = r"GET /gradio_api/(?:call/.+|queue/data)/?"


def crowded() -> JSONResponse:
    """What is answered to one too many."""
    error = f"More is asked than this server can do; ask again in {_AGAIN} seconds."
    return refusal(503, "Crowded", error, {"retry-after": str(_AGAIN)})


@dataclass(slots=True)
class _Lane:
    """Requests of one kind, and whose are inside. `streams`: one is inside until its answer has ended.

    Any other is inside until its answer begins: how slowly it is read is not the others' business. `each`: the most
    of one client, where a place is held for as long as who has it likes.
    """

    kind: re.Pattern[str]
    most: int
    each: int
    streams: bool = False
    inside: Counter[str] = field(default_factory=Counter, init=False)

    def is_full(self, client: str) -> bool:
        """Whether there is no place for one more of this client's."""
        return self.inside.total() >= self.most or self.inside[client] >= self.each

    def leave(self, client: str) -> None:
        """One of this client's is inside no more."""
        self.inside[client] -= 1
        if not self.inside[client]:
            del self.inside[client]


class ConcurrencyLimit:
    """Counts the requests that cost something, and answers 503 to one too many."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._lanes = (
            _Lane(re.compile(_ASKING), limits.asked, limits.asked),
            _Lane(re.compile(_STREAM), limits.streams, (limits.streams + 1) // 2, streams=True),
            _Lane(re.compile(f"POST {UPLOAD}/?"), limits.uploading, (limits.uploading + 1) // 2),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        lane = self._lane(scope)
        if lane is None:
            await self._app(scope, receive, send)
        elif lane.is_full(client_of(scope)):
            await crowded()(scope, receive, send)
        else:
            await self._counted(lane, scope, receive, send)

    def _lane(self, scope: Scope) -> _Lane | None:
        if scope["type"] != "http":
            return None
        asked = f"{scope['method']} {scope['path']}"
        return next((lane for lane in self._lanes if lane.kind.fullmatch(asked)), None)

    async def _counted(self, lane: _Lane, scope: Scope, receive: Receive, send: Send) -> None:
        inside, is_full, client = True, False, client_of(scope)
        lane.inside[client] += 1

        async def noted(message: Message) -> None:
            nonlocal inside, is_full
            if message["type"] == "http.response.start":
                is_full = message["status"] == 503  # Gradio's own queue
                if inside and not lane.streams:
                    inside = False
                    lane.leave(client)
            if not is_full:
                await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            if inside:
                lane.leave(client)
        if is_full:
            await crowded()(scope, receive, send)
