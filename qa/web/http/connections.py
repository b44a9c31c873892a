"""The connections of clients: none is waited for without end, and there are never too many.

uvicorn waits as long as a client likes for the head of its first request, and for
it to read an answer. A thousand idle connections then take all the files that a
process may have open, and nobody else gets in.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

_HEAD = 20.0  # seconds for a request to be made, its head that is
_KEPT = 15  # seconds after an answer for the next request; clients keep a connection for 5, and would find it closed
_READING = 60.0  # seconds for an answer to be read on, once the system holds no more of it
_OWN_FILES = 256  # what the process opens besides connections
_MOST = 20_000


class Connections:
    """Makes the connections of a server, and knows on which of them a request is waited for, or the rest of one.

    They are in the order in which they began to wait.
    """

    def __init__(self, most: int) -> None:
        """`most`: how many there may be; for one more, the one that has been waited for longest is closed."""
        self.most = most
        self.waiting: dict[_Connection, None] = {}

    def __call__(self, **made_of: Any) -> _Connection:
        return _Connection(self, **made_of)


class _Connection(H11Protocol):
    def __init__(self, among: Connections, **made_of: Any) -> None:
        super().__init__(**made_of)
        self.timeout_keep_alive = _KEPT
        self._waiting = among.waiting
        self._most = among.most
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self._most:
            longest = next(iter(self._waiting), self)
            self._waiting.pop(longest, None)
            longest.transport.abort()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._waiting.pop(self, None)
        for name in list(self._timers):
            self._stop(name)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._start("reading", _READING)

    def resume_writing(self) -> None:
        self._stop("reading")
        super().resume_writing()

    def _watch(self) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:  # nothing is asked, or half of it
            self._waiting.setdefault(self)
            self._start("head", _HEAD)
        else:
            self._stop("head")
            if self.cycle.more_body:
                self._waiting.setdefault(self)
            else:
                self._waiting.pop(self, None)

    def _start(self, name: str, seconds: float) -> None:
        if name not in self._timers:
            self._timers[name] = self.loop.call_later(seconds, self.transport.abort)

    def _stop(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()


def most_connections() -> int:
    """How many this process can have, after it has asked the system for as many open files as it may get."""
    if sys.platform == "win32":
        return _MOST
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST + _OWN_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(wanted - _OWN_FILES, wanted // 2)
