"""How often a client may do what costs much."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from threading import Lock
from time import monotonic

from starlette.responses import JSONResponse

from qa.web.refusal import refusal
from qa.web.rules import Often

_REMEMBERED = 10_000  # clients; those that came longest ago are forgotten


class Rate:
    """Lets each client do something so often (a token bucket). Safe to use from several threads.

    >>> rate = Rate(Often(at_once=2, a_minute=60), now=lambda: 0.0)
    >>> [rate.wait("192.0.2.1") for _ in range(3)], rate.wait("192.0.2.2")
    ([0.0, 0.0, 1.0], 0.0)
    """

    def __init__(self, often: Often, now: Callable[[], float] = monotonic) -> None:
        self._often = often
        self._now = now
        self._lock = Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Of each client: how often it might do it, and when that was so."""

    def wait(self, client: str) -> float:
        """0 if the client may do it, which counts; or else the seconds until it may."""
        now, most, a_second = self._now(), self._often.at_once, self._often.a_minute / 60
        with self._lock:
            left, then = self._left.get(client, (float(most), now))
            left = min(most, left + (now - then) * a_second)
            may = left >= 1
            self._left[client] = (left - may, now)
            self._left.move_to_end(client)
            while len(self._left) > _REMEMBERED:
                self._left.popitem(last=False)
        return 0.0 if may else (1 - left) / a_second


def too_often(wait: float) -> JSONResponse:
    """What a client is answered that has to wait for so many seconds."""
    seconds = ceil(wait)
    error = f"That has been asked for too often; try again in {seconds} seconds."
    return refusal(429, "TooOften", error, {"retry-after": str(seconds)})
