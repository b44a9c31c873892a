"""What was made last, to be had again: as much of it as comes to a bounded size."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Made = TypeVar("_Made")


class Kept(Generic[_Key, _Made]):
    """Keeps what `size` makes out to be at most `most` in all, used last; what is larger is not kept at all.

    Safe to use from several threads.
    """

    def __init__(self, most: int, size: Callable[[_Made], int]) -> None:
        self._most, self._size = most, size
        self._made: OrderedDict[_Key, _Made] = OrderedDict()
        self._held = 0
        self._lock = Lock()

    def get(self, key: _Key, make: Callable[[], _Made]) -> _Made:
        """What was made for this key, or else is made now."""
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
        made = make()  # outside of the lock: nobody waits for what somebody else needs
        with self._lock:
            if key not in self._made and self._size(made) <= self._most:
                self._made[key] = made
                self._held += self._size(made)
            while self._held > self._most:
                self._held -= self._size(self._made.popitem(last=False)[1])
        return made
