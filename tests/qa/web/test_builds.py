"""Changes are made one at a time; any page can follow them, and the page that began one can cancel it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Event, Thread

import pytest

from qa import Added, ChapterVerseError
from qa.rebuild import exclusive_build
from qa.web.state import Build, Builds, Progress, TooManyChanges


def ended(builds: Builds) -> Build:
    for _ in range(500):
        if builds.now.state != "running":
            return builds.now
        time.sleep(0.01)
    raise AssertionError("the build does not end")


def brief(progress: Progress) -> Added:
    with exclusive_build(progress):
        progress("encoding", 1, 1)
    return Added("done")


def endless(progress: Progress) -> Added:
    with exclusive_build(progress):
        while True:
            progress("encoding", 1, 10)
            time.sleep(0.001)


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(500):
        if is_so():
            return
        time.sleep(0.01)
    raise AssertionError("it does not come to that")


def test_the_outcome_of_a_build_is_kept() -> None:
    builds = Builds()
    assert builds.now == Build()
    begun = builds.start(lambda progress: Added("done", (("a.txt", "it is empty"),)))
    assert begun.number == 1 and len(begun.ticket) > 20
    build = ended(builds)
    assert (build.state, build.report, build.refused) == ("done", "done", (("a.txt", "it is empty"),))
    assert build.ticket == begun.ticket


def test_changes_wait_for_their_turn_and_can_be_cancelled() -> None:
    builds = Builds()
    first, second, third = (builds.start(work) for work in (endless, endless, brief))
    assert [each.number for each in (first, second, third)] == [1, 2, 3]
    until(lambda: builds.of(third.ticket).step == builds.of(second.ticket).step == "waiting")
    builds.cancel("")
    builds.cancel("no ticket")
    assert (builds.now.number, builds.now.step, builds.now.done, builds.now.total) == (1, "encoding", 1, 10)
    builds.cancel(second.ticket)  # while it waits
    until(lambda: builds.of(second.ticket).state == "cancelled")
    assert builds.of(first.ticket).state == builds.of(third.ticket).state == "running"
    builds.cancel(first.ticket)
    assert ended(builds).number == 3 and builds.of(third.ticket).state == "done"
    assert builds.of(first.ticket).state == "cancelled"  # its outcome is kept for its page
    assert builds.of("") == builds.of("no ticket") == builds.now


def test_so_many_changes_wait_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    builds = Builds()
    begun = [builds.start(endless, client) for client in ("greedy", "other") for _ in range(16)]
    for client in ("greedy", "other", "third"):
        with pytest.raises(TooManyChanges, match=r"Try again in a few minutes\."):
            builds.start(brief, client)
    for each in begun:
        builds.cancel(each.ticket)
    assert ended(builds).state == "cancelled"
    builds.start(brief)
    assert ended(builds).state == "done"
    monkeypatch.setattr("qa.web.state._KEPT", 3)
    last = [builds.start(brief) for _ in range(5) if ended(builds)]
    assert ended(builds).number == last[-1].number and builds.of(last[-3].ticket).number == last[-3].number
    assert builds.of(begun[0].ticket) == builds.now  # forgotten


def test_one_client_has_half_of_the_places_for_changes() -> None:
    """Attack: so many changes of one client that no other can make any."""
    builds = Builds()
    begun = [builds.start(endless, "greedy") for _ in range(16)]
    with pytest.raises(TooManyChanges):
        builds.start(brief, "greedy")
    begun.append(builds.start(endless, "other"))
    for each in begun:
        builds.cancel(each.ticket)
    assert ended(builds).state == "cancelled"


def test_changes_are_made_in_the_order_in_which_they_came() -> None:
    made: list[int] = []

    def work(number: int, progress: Progress) -> Added:
        with exclusive_build(progress):
            made.append(number)
        return Added("done")

    builds = Builds()
    first = builds.start(endless)
    until(lambda: builds.now.step == "encoding")
    for number in range(10):
        ticket = builds.start(partial(work, number)).ticket
        until(lambda ticket=ticket: builds.of(ticket).step == "waiting")  # type: ignore[misc]
    builds.cancel(first.ticket)
    ended(builds)
    assert made == list(range(10))


def test_a_build_that_fails_says_why_and_one_that_breaks_does_not() -> None:
    builds = Builds()

    def fail(progress: Progress) -> Added:
        raise ChapterVerseError("The disk is full; make room.")

    def crash(progress: Progress) -> Added:
        raise RuntimeError("/secret/path")

    builds.start(fail)
    assert (ended(builds).state, ended(builds).report) == ("failed", "The disk is full; make room.")
    builds.start(crash)
    assert (ended(builds).state, ended(builds).report) == ("broken", "")


def test_a_build_that_cannot_begin_leaves_room_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    def exit_(progress: Progress) -> Added:
        raise SystemExit(3)  # as a library may

    builds = Builds()
    with monkeypatch.context() as full:
        full.setattr("qa.web.state.Thread.start", lambda thread: (_ for _ in ()).throw(RuntimeError("no threads")))
        with pytest.raises(RuntimeError):
            builds.start(brief)
    builds.start(exit_)
    assert ended(builds).state == "broken"
    builds.start(brief)
    assert ended(builds).state == "done"


def test_each_build_has_its_own_ticket() -> None:
    builds = Builds()
    tickets: list[str] = []

    def begin() -> None:
        for _ in range(200):
            with suppress(TooManyChanges):
                tickets.append(builds.start(brief).ticket)

    threads = [Thread(target=begin) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(tickets) == len(set(tickets)) > 4


def test_a_started_build_is_running_at_once() -> None:
    builds, go = Builds(), Event()

    def wait(progress: Progress) -> Added:
        go.wait(10)
        return Added("done")

    builds.start(wait)
    assert builds.now.state == "running"
    go.set()
    assert ended(builds).state == "done"
