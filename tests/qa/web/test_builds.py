"""Changes run one at a time, and any page can follow and cancel them."""

from __future__ import annotations

import time
from contextlib import suppress
from threading import Event, Thread

import pytest

from qa import Added, ChapterVerseError
from qa.web.state import Build, BuildRunning, Builds, Progress


def ended(builds: Builds) -> Build:
    for _ in range(500):
        if builds.now.state != "running":
            return builds.now
        time.sleep(0.01)
    raise AssertionError("the build does not end")


def brief(progress: Progress) -> Added:
    progress("encoding", 1, 1)
    return Added("done")


def endless(progress: Progress) -> Added:
    while True:
        progress("encoding", 1, 10)
        time.sleep(0.001)


def test_the_outcome_of_a_build_is_kept() -> None:
    builds = Builds()
    assert builds.now == Build()
    begun = builds.start(lambda progress: Added("done", (("a.txt", "it is empty"),)))
    assert begun.number == 1 and len(begun.ticket) > 20
    build = ended(builds)
    assert (build.state, build.report, build.refused) == ("done", "done", (("a.txt", "it is empty"),))
    assert build.ticket == begun.ticket


def test_builds_run_one_at_a_time_and_can_be_cancelled() -> None:
    builds = Builds()
    begun = builds.start(endless)
    with pytest.raises(BuildRunning):
        builds.start(endless)
    builds.cancel(begun.number + 1)
    time.sleep(0.05)
    assert builds.now.state == "running" and (builds.now.step, builds.now.done, builds.now.total) == ("encoding", 1, 10)
    builds.cancel(begun.number)
    assert ended(builds).state == "cancelled"
    again = builds.start(brief)
    assert again.number == 2
    assert ended(builds).state == "done"  # the one before was cancelled, not this one


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
            with suppress(BuildRunning):
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
