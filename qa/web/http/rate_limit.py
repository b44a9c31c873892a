"""How often a client may do what costs much."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, ip_address, ip_network
from math import ceil
from threading import Lock
from time import monotonic

from cachetools import LRUCache
from starlette.responses import JSONResponse
from starlette.types import Scope

from qa import ChapterVerseError
from qa.web.http.config import Allowance
from qa.web.http.errors import refusal

_NETWORK = 64  # bits: what a provider gives to one customer, at the least
_REMEMBERED = 10_000  # clients; those that came longest ago are forgotten


class TooOften(ChapterVerseError):
    """A client has to wait for so many seconds."""

    def __init__(self, wait: float) -> None:
        self.wait = ceil(wait)
        super().__init__(f"That has been asked for too often; try again in {self.wait} seconds.")


class RateLimit:
    """Lets each client do something so often (a token bucket). Safe to use from several threads.

    >>> rate = RateLimit(Allowance(at_once=2, a_minute=60), now=lambda: 0.0)
    >>> for client in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
    ...     rate.count(client)
    >>> rate.count("192.0.2.1")
    Traceback (most recent call last):
    qa.web.http.rate_limit.TooOften: That has been asked for too often; try again in 1 seconds.
    """

    def __init__(self, often: Allowance, now: Callable[[], float] = monotonic) -> None:
        self._often = often
        self._now = now
        self._lock = Lock()
        self._left: LRUCache[str, tuple[float, float]] = LRUCache(_REMEMBERED)
        """Of each client: how often it might do it, and when that was so."""

    def count(self, client: str) -> None:
        """Counts that a client does it. Raises TooOften, and then it does not count."""
        now, most, a_second = self._now(), self._often.at_once, self._often.a_minute / 60
        with self._lock:
            left, then = self._left.get(client, (float(most), now))
            left = min(most, left + (now - then) * a_second)
            may = left >= 1
            self._left[client] = (left - may, now)
        if not may:
            raise TooOften((1 - left) / a_second)


def too_often(error: TooOften) -> JSONResponse:
    """What a client is answered that has to wait."""
    return refusal(429, "TooOften", str(error), {"retry-after": str(error.wait)})


def client_of(scope: Scope) -> str:
    """The address that a request came from, as it is counted: of IPv6 the network, whose addresses are one client's.

    >>> client_of({"client": ("2001:db8:1:2:3:4:5:6", 9)}), client_of({"client": ("192.0.2.1", 9)})
    ('2001:db8:1:2::', '192.0.2.1')
    """
    client: str = (scope["client"] or ("",))[0]
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if isinstance(address, IPv4Address) or address.ipv4_mapped or address.scope_id:
        return client
    return str(ip_network((int(address), _NETWORK), strict=False).network_address)
