"""Waiting for other threads and processes, with a callback that reports progress or cancels."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from time import monotonic, sleep
from typing import ParamSpec, TypeVar

OnWait = Callable[[], object]
"""A callback that is called several times a second during a wait; an exception from it ends the wait."""

_INTERVAL = 0.1  # seconds
_P = ParamSpec("_P")
_A = TypeVar("_A")
_B = TypeVar("_B")


def do_nothing() -> None:
    """The default `OnWait`: does nothing."""


@contextmanager
def threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that nobody waits for at the end: the results of those still running are not needed any more."""
    pool = ThreadPoolExecutor(count, "files")
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def wait_for_result(future: Future[_B], on_wait: OnWait) -> _B:
    """The result of `future`; `on_wait` is called while it is pending."""
    while not wait([future], _INTERVAL).done:
        on_wait()
    return future.result()


def wait_until(is_done: Callable[[], bool], seconds: float, on_wait: OnWait, interval: float = _INTERVAL) -> bool:
    """Calls `is_done`, again and again for so many seconds, until it returns True; returns whether it has.

    It is called at least once. `on_wait` is called before each wait of `interval` seconds.
    """
    until = monotonic() + seconds
    while not is_done():
        if monotonic() >= until:
            return False
        on_wait()
        sleep(interval)
    return True


def ahead(started: Iterable[tuple[_A, int]], most: int, most_bytes: int) -> Iterator[_A]:
    """The items of `started` (each with its size in bytes), of which the next ones are taken ahead of their turn.

    These are at most `most`, of `most_bytes` in all; but always one. An error of `started` comes in its turn.
    """
    queue: deque[tuple[_A, int]] = deque()
    total = 0
    error: Exception | None = None
    try:
        for item, size in started:
            queue.append((item, size))
            total += size
            while len(queue) > most or (total > most_bytes and len(queue) > 1):
                item, size = queue.popleft()
                total -= size
                yield item
    except Exception as raised:
        error = raised
    while queue:
        yield queue.popleft()[0]
    if error:
        raise error


def submit(pool: Executor, function: Callable[_P, _B], *arguments: _P.args, **named: _P.kwargs) -> Future[_B]:
    """As `pool.submit`; where the pool has no thread for the call, it is made here before this returns.

    Pools refuse calls as soon as the main thread has ended, although other threads and
    `atexit` functions still run, and when the system has no thread left.
    """
    try:
        return pool.submit(function, *arguments, **named)
    except RuntimeError:
        future: Future[_B] = Future()
        try:
            future.set_result(function(*arguments, **named))
        except Exception as error:  # the caller gets it from the future
            future.set_exception(error)
        return future


def map_in_pool(pool: Executor, function: Callable[[_A], _B], items: Iterable[_A], on_wait: OnWait) -> Iterator[_B]:
    """Like `pool.map`, but calls `on_wait` while waiting; calls not yet started are cancelled if the wait ends."""
    futures = [submit(pool, function, item) for item in items]
    try:
        for future in futures:
            on_wait()
            yield wait_for_result(future, on_wait)
    finally:
        for future in futures:
            future.cancel()
