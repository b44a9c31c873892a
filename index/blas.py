"""The matrix products of a question, by BLAS: in one thread, and never while the process forks."""

from __future__ import annotations

import os
from functools import lru_cache
from threading import Condition, Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from source import PerProcess


def product(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """The matrix product `one @ other`."""
    with _one_thread():
        return np.asarray(one @ other)


class _OneThread:
    """A context in which BLAS uses one thread, and the process doesn't fork.

    A question's matrix product is so small that two threads wait for each other
    longer than one takes to compute; on a busy machine the wait was four times the
    rest of the retrieval. Uses are counted, because lifting the limit while another
    thread computes would change the last bits of its result.

    OpenBLAS ends its threads before a fork. In the parent, a product that was being
    computed with them would never end. So a fork waits for the products that have
    begun, and those that haven't wait for the fork.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._changed = Condition(self._lock)
        self._users = 0
        self._forks = 0
        self._limit: Any = None

    def __enter__(self) -> None:
        with self._lock:
            while self._forks:
                self._changed.wait()
            if not self._users:
                self._limit = _blas().limit(limits=1)
            self._users += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                self._limit.restore_original_limits()
                if self._forks:
                    self._changed.notify_all()

    def begin_fork(self) -> None:
        with self._lock:
            self._forks += 1
            while self._users:
                self._changed.wait()

    def end_fork(self) -> None:
        with self._lock:
            self._forks -= 1
            self._changed.notify_all()


_one_thread = PerProcess(_OneThread)
if hasattr(os, "register_at_fork"):  # missing on Windows, which has no forks
    os.register_at_fork(before=lambda: _one_thread().begin_fork(), after_in_parent=lambda: _one_thread().end_fork())


@lru_cache(maxsize=1)
def _blas() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")
