"""What threads share, made anew in a forked process.

A fork (gunicorn's `--preload`, multiprocessing's "fork") copies the memory of a process
but only one of its threads. In the child a pool waits for threads that don't exist, and
a lock that another thread held at that moment is never released. So what has threads or
locks is kept in a `PerProcess`.

>>> lock = PerProcess(Lock)
>>> lock() is lock()
True
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")
_forks = 0  # between the first process and this one; unlike a process id, it is never used twice


def forked() -> bool:
    """Whether this process is a fork of one that had loaded this module."""
    return _forks > 0


def after_fork(function: Callable[[], object]) -> None:
    """Calls `function` in every process that is forked from this one, before anything else runs there."""
    if hasattr(os, "register_at_fork"):  # missing on Windows, which has no forks
        os.register_at_fork(after_in_child=function)


def _count() -> None:
    global _forks
    _forks += 1


after_fork(_count)


class PerProcess(Generic[_T]):
    """A value that `make` makes on first use, and again in a forked process. Safe to use from several threads.

    The parent's value is kept there, unused: some can't be destroyed without their threads.
    """

    def __init__(self, make: Callable[[], _T]) -> None:
        self._make = make
        self._locks: dict[int, Lock] = {}
        self._values: dict[int, _T] = {}

    def __call__(self) -> _T:
        """This process's value."""
        process = _forks
        if process not in self._values:
            with self._locks.setdefault(process, Lock()):
                if process not in self._values:
                    self._values[process] = self._make()
        return self._values[process]


class lazy_property(cached_property[_T]):  # noqa: N801 - named as the function that it replaces
    """A `cached_property` without the lock that Python 3.11 gives it: two threads may compute the same value."""

    def __init__(self, function: Callable[[Any], _T]) -> None:
        super().__init__(function)
        self.lock = nullcontext()


def at_exit(function: Callable[[], object]) -> None:
    """Calls `function` when this process ends, but not when a process forked from it does."""
    process = _forks
    atexit.register(lambda: function() if process == _forks else None)


@contextmanager
def temporary_folder(parent: Path | None = None, prefix: str | None = None) -> Iterator[Path]:
    """A new folder, removed afterwards. Unlike a TemporaryDirectory it isn't removed by a forked process that ends."""
    process = _forks
    folder = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
    try:
        yield folder
    finally:
        if process == _forks:
            shutil.rmtree(folder, ignore_errors=True)
