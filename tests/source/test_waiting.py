"""Who waits is not silent, and may give up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from threading import Event

import pytest

from source.waiting import ahead, map_in_pool, wait_for_result


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


def test_what_is_taken_ahead_is_limited_in_number_and_in_bytes() -> None:
    def taken(sizes: list[int], most: int, most_bytes: int) -> list[int]:
        """How many were started when each was handed out."""
        items = iter(sizes)
        return [len(sizes) - len(list(copy(items))) for _ in ahead(((size, size) for size in items), most, most_bytes)]

    assert taken([1] * 6, most=3, most_bytes=100) == [4, 5, 6, 6, 6, 6]
    assert taken([60] * 4, most=3, most_bytes=100) == [2, 3, 4, 4]
    assert taken([500] * 3, most=3, most_bytes=100) == [2, 3, 3]
    assert taken([], most=3, most_bytes=100) == []


def test_an_error_comes_after_what_was_started_before_it() -> None:
    def started() -> Iterator[tuple[str, int]]:
        yield "a", 1
        yield "b", 1
        raise ValueError("the third")

    taken = ahead(started(), 9, 9)
    assert [next(taken), next(taken)] == ["a", "b"]
    with pytest.raises(ValueError, match="the third"):
        next(taken)
