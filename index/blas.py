"""The matrix products of a question, by BLAS: in one thread, and never while the process forks."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from threading import RLock, get_ident
from time import monotonic, sleep
from types import FrameType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from source import PerProcess

_INTERVAL = 0.0005  # seconds between two looks at what is waited for
_LONGEST_FORK = 1.0  # seconds; an older one has ended without saying so


def product(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """The matrix product `one @ other`."""
    return _one_thread().product(one, other)


class _OneThread:
    """Computes products while BLAS uses one thread and the process doesn't fork.

    A question's matrix product is so small that two threads wait for each other
    longer than one takes to compute; on a busy machine the wait was four times the
    rest of the retrieval. The limit is lifted only when no thread computes, because
    that would change the last bits of its result.

    OpenBLAS ends its threads before a fork. In the parent, a product that was being
    computed with them would never end. So a fork waits for the products that have
    begun, and those that haven't wait for the fork: each first says that it begins,
    then looks for the other.

    A signal handler may raise an exception between any two steps (Ctrl-C in a
    notebook, a time limit), so nobody can be relied on to say that it has ended. A
    product is in progress while its frame is on the stack of its thread, and a fork
    for a second at most. A handler may also ask or fork itself: a thread doesn't wait
    for its own product or fork.
    """

    def __init__(self) -> None:
        self._lock = RLock()  # for the limit
        self._limit: Any = None
        self._products: dict[int, FrameType] = {}  # by thread
        self._forks: dict[int, float] = {}  # when they began, by thread

    def product(self, one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
        thread = get_ident()
        if self._computes(thread):  # a signal handler asks
            return np.asarray(one @ other)
        self._products[thread] = sys._getframe()  # not in a variable: the frame would refer to itself
        while self._others_fork(thread):
            self._products.pop(thread, None)
            sleep(_INTERVAL)
            self._products[thread] = sys._getframe()
        try:
            with self._lock:
                if self._limit is None:
                    self._limit = _blas().limit(limits=1)
            return np.asarray(one @ other)
        finally:
            with self._lock:
                if self._limit is not None and not self._others_compute(thread):
                    self._limit.restore_original_limits()
                    self._limit = None
            self._products.pop(thread, None)

    def begin_fork(self) -> None:
        thread = get_ident()
        self._forks[thread] = monotonic()
        while self._others_compute(thread):
            sleep(_INTERVAL)
            self._forks[thread] = monotonic()

    def end_fork(self) -> None:
        self._forks.pop(get_ident(), None)

    def _others_fork(self, thread: int) -> bool:
        if not self._forks:
            return False
        since = monotonic() - _LONGEST_FORK
        return any(began > since for other, began in list(self._forks.items()) if other != thread)

    def _others_compute(self, thread: int) -> bool:
        return any(self._computes(other) for other in list(self._products) if other != thread)

    def _computes(self, thread: int) -> bool:
        frame = self._products.get(thread)
        on_stack = sys._current_frames().get(thread) if frame else None
        while on_stack is not frame and on_stack:
            on_stack = on_stack.f_back
        return on_stack is not None


_one_thread = PerProcess(_OneThread)
if hasattr(os, "register_at_fork"):  # missing on Windows, which has no forks
    os.register_at_fork(before=lambda: _one_thread().begin_fork(), after_in_parent=lambda: _one_thread().end_fork())


@lru_cache(maxsize=1)
def _blas() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")
