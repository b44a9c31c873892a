"""One change to the index at a time, in a thread of its own; every page can see how far it is, and end it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from secrets import token_urlsafe
from threading import Event, Lock, Thread
from typing import Any

from qa import ChapterVerseError
from qa.library import Added, Cancelled

Progress = Callable[[str, int, int], None]
Work = Callable[[Progress], Added]
_log = logging.getLogger("chapter-verse")


class BuildRunning(ChapterVerseError):
    """Something is being built already."""


@dataclass(frozen=True, slots=True)
class Build:
    """A change, how far it is, and what came of it.

    `number` counts them; nothing was done yet in the one with 0. `ticket`: what only who began
    it knows, to whom alone names of files are told. `state`: running, done, cancelled, failed
    (`report` says why) or broken (the log says why).
    """

    number: int = 0
    ticket: str = ""
    state: str = "done"
    step: str = ""
    done: int = 0
    total: int = 0
    report: str = ""
    refused: tuple[tuple[str, str], ...] = ()


class Builds:
    """The change that is under way, or the last one."""

    def __init__(self) -> None:
        self._build = Build()
        self._starting = Lock()
        self._cancelled = Event()

    @property
    def now(self) -> Build:
        """The change that is under way, or the last one."""
        return self._build

    def start(self, work: Work) -> Build:
        """Begins a change. Raises BuildRunning."""
        with self._starting:
            if self._build.state == "running":
                raise BuildRunning("The index is being built already; wait until it is done.")
            self._cancelled.clear()
            before, begun = self._build, Build(self._build.number + 1, token_urlsafe(), "running")
            self._build = begun
            try:
                Thread(target=self._run, args=(work,), name="build", daemon=True).start()
            except RuntimeError:  # there can be no more threads
                self._build = before
                raise
        return begun

    def cancel(self, number: int) -> None:
        """Ends the change with this number, if it is under way; the index stays as it was."""
        with self._starting:
            if number == self._build.number:
                self._cancelled.set()

    def _run(self, work: Work) -> None:
        self._build = replace(self._build, **self._outcome(work))

    def _outcome(self, work: Work) -> dict[str, Any]:
        try:
            added = work(self._follow)
        except Cancelled:
            return {"state": "cancelled"}
        except ChapterVerseError as error:
            return {"state": "failed", "report": str(error)}
        except BaseException as error:  # whatever it is, the old index goes on answering
            _log.error("A build went wrong.", exc_info=error)
            return {"state": "broken"}
        return {"state": "done", "report": added.report, "refused": added.refused}

    def _follow(self, step: str, done: int, total: int) -> None:
        if self._cancelled.is_set():
            raise Cancelled
        self._build = replace(self._build, step=step, done=done, total=total)
