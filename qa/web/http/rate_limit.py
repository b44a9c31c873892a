"""Limits how often a client may do something expensive."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from ipaddress import IPv4Address, ip_address, ip_network
from math import ceil
from threading import Lock
from time import monotonic

from cachetools import LRUCache
from starlette.responses import JSONResponse
from starlette.types import Scope

from qa import ChapterVerseError
from qa.web.http.config import Allowance
from qa.web.http.errors import refusal, try_again

_NETWORK = 64  # bits: IPv6 providers give each customer at least a network of this size
_MAX_CLIENTS = 10_000  # beyond that, the least recently seen are forgotten

current_client: ContextVar[str] = ContextVar("current_client", default="unknown")
"""The client of the request being answered, as `client_of` names it."""


class TooOften(ChapterVerseError):
    """A client has to wait. `wait`: the number of seconds."""

    def __init__(self, wait: float) -> None:
        self.wait = ceil(wait)
        super().__init__(f"Too many requests. {try_again(self.wait)}")


class RateLimit:
    """A token bucket for each client. Safe to use from several threads.

    >>> rate = RateLimit(Allowance(burst=2, per_minute=60), now=lambda: 0.0)
    >>> for client in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
    ...     rate.count(client)
    >>> rate.count("192.0.2.1")
    Traceback (most recent call last):
    qa.web.http.rate_limit.TooOften: Too many requests. Try again in 1 second.
    """

    def __init__(self, allowance: Allowance, now: Callable[[], float] = monotonic) -> None:
        self._allowance = allowance
        self._now = now
        self._lock = Lock()
        self._buckets: LRUCache[str, tuple[float, float]] = LRUCache(_MAX_CLIENTS)
        """By client: the tokens in its bucket, and when they were counted."""

    def count(self, client: str, cost: int = 1) -> None:
        """Takes tokens from the client's bucket. Raises TooOften if there are too few.

        `cost`: how many; at most the burst of the allowance, or the client would wait forever.
        """
        now, burst, per_second = self._now(), self._allowance.burst, self._allowance.per_minute / 60
        with self._lock:
            tokens, then = self._buckets.get(client, (float(burst), now))
            tokens = min(burst, tokens + (now - then) * per_second)
            is_allowed = tokens >= cost
            self._buckets[client] = (tokens - cost if is_allowed else tokens, now)
        if not is_allowed:
            raise TooOften((cost - tokens) / per_second)


def too_often(error: TooOften) -> JSONResponse:
    """The response to a client that has to wait."""
    return refusal(429, "TooOften", str(error), {"retry-after": str(error.wait)})


def client_of(scope: Scope) -> str:
    """The client that a request is counted for: its IPv4 address, or the network of its IPv6 address.

    A client whose address isn't one, as a proxy may send, is "unknown".

    >>> client_of({"client": ("2001:db8:1:2:3:4:5:6", 9)}), client_of({"client": ("::ffff:192.0.2.1", 9)})
    ('2001:db8:1:2::', '192.0.2.1')
    """
    try:
        address = ip_address((scope["client"] or ("",))[0])
    except ValueError:
        return "unknown"
    address = getattr(address, "ipv4_mapped", None) or address
    if isinstance(address, IPv4Address):
        return str(address)
    return str(ip_network((int(address), _NETWORK), strict=False).network_address)
