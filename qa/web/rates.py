"""How often a client may do what costs much."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from threading import Lock
from time import monotonic

from starlette.responses import JSONResponse
from starlette.types import Scope

from qa import ChapterVerseError
from qa.web.refusal import refusal
from qa.web.rules import Often

_REMEMBERED = 10_000  # clients; those that came longest ago are forgotten


class TooOften(ChapterVerseError):
    """A client has to wait for so many seconds."""

    def __init__(self, wait: float) -> None:
        self.wait = ceil(wait)
        super().__init__(f"That has been asked for too often; try again in {self.wait} seconds.")


class Rate:
    """Lets each client do something so often (a token bucket). Safe to use from several threads.

    >>> rate = Rate(Often(at_once=2, a_minute=60), now=lambda: 0.0)
    >>> for client in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
    ...     rate.count(client)
    >>> rate.count("192.0.2.1")
    Traceback (most recent call last):
    qa.web.rates.TooOften: That has been asked for too often; try again in 1 seconds.
    """

    def __init__(self, often: Often, now: Callable[[], float] = monotonic) -> None:
        self._often = often
        self._now = now
        self._lock = Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Of each client: how often it might do it, and when that was so."""

    def count(self, client: str) -> None:
        """Counts that a client does it. Raises TooOften, and then it does not count."""
        now, most, a_second = self._now(), self._often.at_once, self._often.a_minute / 60
        with self._lock:
            left, then = self._left.get(client, (float(most), now))
            left = min(most, left + (now - then) * a_second)
            may = left >= 1
            self._left[client] = (left - may, now)
            self._left.move_to_end(client)
            while len(self._left) > _REMEMBERED:
                self._left.popitem(last=False)
        if not may:
            raise TooOften((1 - left) / a_second)


def too_often(error: TooOften) -> JSONResponse:
    """What a client is answered that has to wait."""
    return refusal(429, "TooOften", str(error), {"retry-after": str(error.wait)})


def client_of(scope: Scope) -> str:
    """The address that a request came from, as it is counted."""
    client: str = (scope["client"] or ("",))[0]
    return client
