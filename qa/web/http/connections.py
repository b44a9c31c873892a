"""Limits the number of connections, the time that each may take to send a request or to read a response, and the
number of pieces that a request may come in.

uvicorn waits as long as a client likes for the head of its first request, and for it to read a
response. A thousand idle connections then take all the files that the process may open, and no other
client can connect. And a body in chunks of one byte takes a thousand times as long to parse as in large ones, with no
other request in between. uvicorn has no setting for any of these, so its protocol class `H11Protocol` is
subclassed. That class is private: an upgrade of uvicorn may break this module first. A reverse proxy
such as nginx or Caddy has these timeouts itself; once one is required to serve a network, this
module can go.
"""

from __future__ import annotations

import asyncio
import sys
from ipaddress import IPv6Address
from itertools import chain
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

_HEAD_TIMEOUT = 20.0  # seconds for the head of a request to arrive
_KEEP_ALIVE = 15  # seconds for the next request; many clients reuse a connection for 5, and must not find it closed
_READ_TIMEOUT = 60.0  # seconds for a client to go on reading, once the system's buffers are full
_FREE_PIECES = 100  # pieces of a body, chunks or what one packet brings…
_PIECE = 64  # …and one more for every so many bytes; packets and the chunks that programs send have at least 500
_OTHER_FILES = 256  # open files of the process that aren't connections
_MAX_CONNECTIONS = 20_000


class Connections:
    """Creates the connections of a server (uvicorn's `http_protocol_class`) and tracks those that are waiting."""

    def __init__(self, most: int) -> None:
        """`most`: the maximum number; for one more, the one that has waited longest, or been read least, is closed."""
        self.most = most
        self.waiting: dict[_Connection, None] = {}
        """The connections waiting for a request or the rest of one, the longest-waiting first."""
        self.unread: dict[_Connection, None] = {}
        """The connections whose clients do not read what is sent, the longest-waiting first."""

    def __call__(self, **options: Any) -> _Connection:
        return _Connection(self, **options)


class _Parser(h11.Connection):
    """Parses requests, and refuses a body in too many small pieces as it does what isn't HTTP."""

    _pieces = 0
    _size = 0  # bytes of the body

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._pieces = self._size = 0
        elif isinstance(event, h11.Data):
            self._pieces += 1
            self._size += len(event.data)
            if self._pieces > _FREE_PIECES + self._size // _PIECE:
                raise h11.RemoteProtocolError("too many pieces")
        return event


class _Connection(H11Protocol):
    def __init__(self, connections: Connections, **options: Any) -> None:
        super().__init__(**options)
        self.conn = _Parser(h11.SERVER)
        self.timeout_keep_alive = _KEEP_ALIVE
        self._waiting = connections.waiting
        self._unread = connections.unread
        self._most = connections.most
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.client = _as_ipv4(self.client)
        if len(self.connections) > self._most:
            longest = next(chain(self._waiting, self._unread), self)
            self._forget(longest)
            longest.transport.abort()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget(self)
        for name in list(self._timers):
            self._stop(name)
        super().connection_lost(exc)

    def _forget(self, connection: _Connection) -> None:
        self._waiting.pop(connection, None)
        self._unread.pop(connection, None)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def send_400_response(self, msg: str) -> None:
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:  # the request has been answered, or is being answered
            self.transport.close()
        if self.cycle:
            self.cycle.disconnected = True  # so that it is not answered a second time

    def _unsupported_upgrade_warning(self) -> None:
        """Logs nothing: any client could cause it, and the advice, to install a library, would not help."""

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread.setdefault(self)
        self._start("read", _READ_TIMEOUT)

    def resume_writing(self) -> None:
        self._unread.pop(self, None)
        self._stop("read")
        super().resume_writing()

    def _watch(self) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:  # no request, or half a head
            self._waiting.setdefault(self)
            self._start("head", _HEAD_TIMEOUT)
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


def _as_ipv4(client: tuple[str, int] | None) -> tuple[str, int] | None:
    """The address of a client that uses IPv4, which a socket for both gives as an IPv6 address.

    >>> _as_ipv4(("::ffff:192.0.2.1", 9)), _as_ipv4(("2001:db8::1", 9))
    (('192.0.2.1', 9), ('2001:db8::1', 9))
    """
    if client and client[0].startswith("::ffff:") and (mapped := IPv6Address(client[0]).ipv4_mapped):
        return str(mapped), client[1]
    return client


def max_connections() -> int:
    """How many connections this process can have, after raising its limit of open files as far as the system allows."""
    if sys.platform == "win32":
        return _MAX_CONNECTIONS
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _MAX_CONNECTIONS + _OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        files = min(files, hard)
    if soft != resource.RLIM_INFINITY and soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return max(files - _OTHER_FILES, files // 2)
