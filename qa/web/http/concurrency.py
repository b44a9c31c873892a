"""Limits how many expensive requests are open at once; clients beyond that are asked to retry."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.http.config import Limits
from qa.web.http.errors import refusal, try_again
from qa.web.http.rate_limit import client_of
from qa.web.http.security import UPLOAD

_RETRY_AFTER = 2  # seconds, in which the waiting requests are answered
_WORK = r"POST /(?:act|gradio_api/(?:mcp|queue/join|cancel|reset|call/.+)/?)"
_FILE = r"GET /(?:assets|scripts|static)/.+"
_STREAM = r"GET /gradio_api/(?:call/.+|queue/data)/?"


def crowded() -> JSONResponse:
    """The response to a request that exceeds a limit of the server."""
    error = f"The server is busy. {try_again(_RETRY_AFTER)}"
    return refusal(503, "Crowded", error, {"retry-after": str(_RETRY_AFTER)})


@dataclass(slots=True)
class _RequestSlots:
    """The slots for requests of one kind, and how many each client has taken.

    `kind`: matches method and path. `total`: slots for all clients together; `per_client`: for each of them, because
    some decide how long they hold a slot. `streams`: a request holds its slot until its response has ended. Any
    other holds it only until the response begins, so that a client that reads slowly takes no slot from others.
    """

    kind: re.Pattern[str]
    total: int
    per_client: int
    streams: bool = False
    taken: Counter[str] = field(default_factory=Counter, init=False)

    def is_full(self, client: str) -> bool:
        """Whether there is no slot left for this client."""
        return self.taken.total() >= self.total or self.taken[client] >= self.per_client

    def release(self, client: str) -> None:
        """Frees one slot of this client."""
        self.taken[client] -= 1
        if not self.taken[client]:
            del self.taken[client]


class ConcurrencyLimit:
    """Middleware that counts the open requests that cost something and answers 503 beyond the limit."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._slots = (
            _RequestSlots(re.compile(_WORK), 2 * limits.pending, limits.pending),
            _RequestSlots(re.compile(_STREAM), limits.streams, (limits.streams + 1) // 2, streams=True),
            _RequestSlots(re.compile(_FILE), limits.files, (limits.files + 1) // 2, streams=True),
            _RequestSlots(re.compile(f"POST {UPLOAD}/?"), limits.uploads, (limits.uploads + 1) // 2),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        slots = self._slots_for(scope)
        if slots is None:
            await self._app(scope, receive, send)
        elif slots.is_full(client_of(scope)):
            await crowded()(scope, receive, send)
        else:
            await self._answer(slots, scope, receive, send)

    def _slots_for(self, scope: Scope) -> _RequestSlots | None:
        if scope["type"] != "http":
            return None
        request = f"{scope['method']} {scope['path']}"
        return next((slots for slots in self._slots if slots.kind.fullmatch(request)), None)

    async def _answer(self, slots: _RequestSlots, scope: Scope, receive: Receive, send: Send) -> None:
        has_slot, queue_is_full, client = True, False, client_of(scope)
        slots.taken[client] += 1

        async def send_and_release(message: Message) -> None:
            nonlocal has_slot, queue_is_full
            if message["type"] == "http.response.start":
                queue_is_full = message["status"] == 503  # from Gradio's own queue, in a form of its own
                if has_slot and not slots.streams:
                    has_slot = False
                    slots.release(client)
            if not queue_is_full:
                await send(message)

        try:
            await self._app(scope, receive, send_and_release)
        finally:
            if has_slot:
                slots.release(client)
        if queue_is_full:
            await crowded()(scope, receive, send)
