"""Slows down whoever guesses passwords."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from hashlib import sha256
from time import monotonic

_MOST = 5  # wrong passwords…
_WITHIN = 60.0  # seconds
_REMEMBERED = 10_000  # names and clients; those that failed longest ago are forgotten


class Attempts:
    """Counts the wrong passwords of names and clients.

    >>> attempts = Attempts(now=lambda: 0.0)
    >>> for _ in range(5):
    ...     attempts.failed("anna", "192.0.2.1")
    >>> attempts.wait("anna", "192.0.2.9"), attempts.wait("bert", "192.0.2.1"), attempts.wait("bert", "192.0.2.9")
    (60.0, 60.0, 0.0)
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._failures: OrderedDict[bytes, deque[float]] = OrderedDict()

    def wait(self, name: str, client: str) -> float:
        """Seconds until this name may be tried by this client; 0 if it may be now."""
        return max(map(self._wait, _keys(name, client)))

    def _wait(self, key: bytes) -> float:
        failures = self._failures.get(key, deque())
        return max(0.0, failures[0] + _WITHIN - self._now()) if len(failures) == _MOST else 0.0

    def failed(self, name: str, client: str) -> None:
        """Remembers a wrong password."""
        for key in _keys(name, client):
            self._failures.setdefault(key, deque(maxlen=_MOST)).append(self._now())
            self._failures.move_to_end(key)
        while len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)


def _keys(name: str, client: str) -> tuple[bytes, bytes]:
    """Of one size each: a name may be as long as whoever sends it likes."""
    return _key("name", name), _key("client", client)


def _key(kind: str, text: str) -> bytes:
    return sha256(f"{kind} {text}".encode("utf-8", "surrogatepass")).digest()
