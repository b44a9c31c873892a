"""Uploads on their way in: not too many of one client, and no more than there is room for."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from qa.web.guard import is_upload
from qa.web.rates import Rate, TooOften, client_of, too_often
from qa.web.room import Room
from qa.web.rules import MEGABYTE


class Intake:
    """Refuses an upload before it is read."""

    def __init__(self, app: ASGIApp, room: Room, rate: Rate, max_upload: int) -> None:
        """`max_upload`: megabytes of one request, which are kept for one that does not say how large it is."""
        self._app = app
        self._room = room
        self._rate = rate
        self._most = max_upload * MEGABYTE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not is_upload(scope):
            await self._app(scope, receive, send)
            return
        try:
            self._rate.count(client_of(scope))
        except TooOften as error:
            await too_often(error)(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        size = min(int(length), self._most) if length.isdecimal() else self._most
        if refused := self._room.take(size):
            await refused(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self._room.give_back(size)
