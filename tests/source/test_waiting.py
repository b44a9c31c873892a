"""Who waits is not silent, and may give up."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from source.waiting import map_in_pool, wait_for_result


def test_waiting_calls_the_callback_repeatedly() -> None:
    heard: list[float] = []

    def slow() -> int:
        time.sleep(0.6)
        return 7

    with ThreadPoolExecutor(1) as pool:
        assert wait_for_result(pool.submit(slow), lambda: heard.append(time.monotonic())) == 7
        assert 3 <= len(heard) <= 6
        assert wait_for_result(pool.submit(int, "3"), pytest.fail) == 3


def test_an_error_comes_as_it_was_raised() -> None:
    def fail() -> None:
        raise TimeoutError("its own")

    with ThreadPoolExecutor(1) as pool, pytest.raises(TimeoutError, match="its own"):
        wait_for_result(pool.submit(fail), list)


def test_an_interrupted_wait_cancels_the_remaining_calls() -> None:
    may_end, begun = Event(), []

    def work(number: int) -> int:
        begun.append(number)
        may_end.wait(10)
        return number

    def give_up() -> None:
        if begun:
            raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(KeyboardInterrupt):
            list(map_in_pool(pool, work, range(100), give_up))
        may_end.set()
    assert begun == [0]
    with ThreadPoolExecutor(2) as pool:
        assert list(map_in_pool(pool, work, range(5), list)) == [0, 1, 2, 3, 4]
