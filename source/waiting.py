"""Waiting for what other threads do, without falling silent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, wait
from typing import TypeVar

OnWait = Callable[[], object]
"""Called several times a second while something is waited for; what it raises ends the waiting."""

_BETWEEN = 0.1  # seconds
_A = TypeVar("_A")
_B = TypeVar("_B")


def nothing() -> None:
    """What someone does meanwhile who only waits."""


def result(future: Future[_B], meanwhile: OnWait) -> _B:
    """What `future` comes to."""
    while not wait([future], _BETWEEN).done:
        meanwhile()
    return future.result()


def results(pool: Executor, function: Callable[[_A], _B], items: Iterable[_A], meanwhile: OnWait) -> Iterator[_B]:
    """As `pool.map`; what has not begun when the waiting ends never does."""
    futures = [pool.submit(function, item) for item in items]
    try:
        for future in futures:
            meanwhile()
            yield result(future, meanwhile)
    finally:
        for future in futures:
            future.cancel()
