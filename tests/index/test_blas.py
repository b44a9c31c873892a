"""Matrix products and forks keep out of each other's way, whatever a signal handler interrupts or does itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from threading import Event, Thread
from types import FrameType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from index import blas

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no forks")
ONE, OTHER = np.ones((20, 384), np.float32), np.ones((384, 30), np.float32)


def compute() -> None:
    assert blas.product(ONE, OTHER)[0, 0] == 384


def fork() -> None:
    child = os.fork()
    if not child:
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def ends(function: Callable[[], object]) -> bool:
    """Whether a call in another thread ends."""
    ended = Event()

    def call() -> None:
        function()
        ended.set()

    Thread(target=call, daemon=True).start()
    return ended.wait(10)


def interrupted(function: Callable[[], object]) -> Iterator[None]:
    """Calls a function again and again, ending it by an exception at its first line, the second, and so on.

    Yields after each call.
    """
    before = sys.gettrace()
    for last in count(1):
        sys.settrace(partial(_stop, last, count(1)))
        try:
            function()
            return
        except TimeoutError:
            pass
        finally:
            sys.settrace(before)
        yield None


def _stop(last: int, lines: Iterator[int], frame: FrameType, event: str, argument: object) -> Any:
    """A trace function that raises at the `last` line of `index.blas` that runs."""
    if frame.f_code.co_filename != blas.__file__:
        return None
    if event == "line" and next(lines) == last:
        raise TimeoutError
    return partial(_stop, last, lines)


def test_an_interrupted_product_holds_up_no_fork() -> None:
    for _ in interrupted(compute):
        assert ends(fork)
        assert ends(compute)
    compute()
    assert not blas._one_thread()._products


def test_an_interrupted_fork_holds_up_no_product(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "_LONGEST_FORK", 0.05)
    guard = blas._one_thread()
    for step in (guard.begin_fork, guard.end_fork):
        for _ in interrupted(step):
            assert ends(compute)
            guard.end_fork()
    assert ends(fork)


def test_a_signal_handler_may_ask_and_fork_during_a_product(monkeypatch: pytest.MonkeyPatch) -> None:
    def handler(limits: int) -> Any:
        compute()
        fork()
        return SimpleNamespace(restore_original_limits=compute)

    monkeypatch.setattr(blas, "_blas", lambda: SimpleNamespace(limit=handler))
    assert ends(compute)


def test_a_fork_waits_for_the_products_of_other_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = Event(), Event()

    def limit(limits: int) -> Any:
        begun.set()
        assert go_on.wait(10)
        return SimpleNamespace(restore_original_limits=lambda: None)

    monkeypatch.setattr(blas, "_blas", lambda: SimpleNamespace(limit=limit))
    computing = Thread(target=compute)
    computing.start()
    assert begun.wait(10)
    forking = Thread(target=fork, daemon=True)
    forking.start()
    forking.join(0.2)
    assert forking.is_alive()
    go_on.set()
    computing.join(10)
    forking.join(10)
    assert not forking.is_alive()
