"""The state of the application: the book that answers, its library, and the change that is in progress."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from secrets import token_urlsafe
from threading import Event, Lock, Thread
from typing import Any

import qa
from qa import MAX_QUESTION, Answer, ChapterVerseError, Edition, Hit
from qa.edition import QUOTES
from qa.evaluation.feedback import feedback_file
from qa.library import Added, Cancelled, Library
from qa.suggest import suggested_questions
from qa.web.http.access_log import request_id, timestamp
from qa.web.http.config import CHANGES, FEEDBACK
from qa.web.http.rate_limit import RateLimit

Progress = Callable[[str, int, int], None]
Work = Callable[[Progress], Added]
_log = logging.getLogger("chapter-verse")


class TooManyChanges(ChapterVerseError):
    """Many other changes are in progress or waiting."""


@dataclass(frozen=True, slots=True)
class Build:
    """A change to the documents, its progress and its outcome.

    `number`: which change of this process it is, from 1; 0 before the first. `ticket`: a secret of the client that
    began the change, the only one that may cancel it or see the names of files. `state`: running (its `step` may be
    "waiting"), done, cancelled, failed (`report` says why) or broken (the log says why). `refused`: each file that was
    not added, and the reason.
    """

    number: int = 0
    ticket: str = ""
    state: str = "done"
    step: str = ""
    done: int = 0
    total: int = 0
    report: str = ""
    refused: tuple[tuple[str, str], ...] = ()


class _Change:
    """A change in its thread: `build` is replaced as it goes on."""

    def __init__(self, build: Build, client: str = "") -> None:
        self.build = build
        self.client = client
        self.cancelled = Event()

    @property
    def is_running(self) -> bool:
        return self.build.state == "running"

    def run(self, work: Work) -> None:
        """Does the work, and keeps its outcome."""
        self.build = replace(self.build, **self._outcome(work))

    def _outcome(self, work: Work) -> dict[str, Any]:
        try:
            added = work(self._follow)
        except Cancelled:
            return {"state": "cancelled"}
        except ChapterVerseError as error:
            return {"state": "failed", "report": str(error)}
        except BaseException as error:  # whatever happens, the old index continues to answer
            _log.error("A build failed.", exc_info=error)
            return {"state": "broken"}
        return {"state": "done", "report": added.report, "refused": added.refused}

    def _follow(self, step: str, done: int, total: int) -> None:
        if self.cancelled.is_set():
            raise Cancelled
        self.build = replace(self.build, step=step, done=done, total=total)


_MOST_CHANGES = 32  # running or waiting; half of them one client's
_KEPT = 100  # ended changes whose outcome can still be asked for


class Builds:
    """Runs changes, each in a thread of its own, where it waits until those before it have ended (`qa.rebuild`)."""

    def __init__(self) -> None:
        self._changes = [_Change(Build())]
        self._starting = Lock()

    @property
    def now(self) -> Build:
        """The change that is in progress, or the last one."""
        running = [change.build for change in self._changes if change.is_running]
        return next((build for build in running if build.step != "waiting"), (running or [self._changes[-1].build])[0])

    def of(self, ticket: str) -> Build:
        """The change with this ticket, if there is one, or else as `now`."""
        builds = (change.build for change in self._changes)
        return next((build for build in builds if ticket and build.ticket == ticket), self.now)

    def start(self, work: Work, client: str = "") -> Build:
        """Starts a change for a client. Raises TooManyChanges."""
        with self._starting:
            running = [change for change in self._changes if change.is_running]
            of_client = sum(change.client == client for change in running)
            if len(running) >= _MOST_CHANGES or of_client >= _MOST_CHANGES // 2:
                raise TooManyChanges("Too many updates are waiting. Try again in a few minutes.")
            begun = Build(self._changes[-1].build.number + 1, token_urlsafe(), "running")
            change = _Change(begun, client)
            Thread(target=change.run, args=(work,), name="build", daemon=True).start()  # unless no more can be started
            ended = [change for change in self._changes if change not in running]
            self._changes = sorted([*ended[-_KEPT:], *running, change], key=lambda change: change.build.number)
        return begun

    def cancel(self, ticket: str) -> None:
        """Cancels the change with this ticket, if it is running or waiting; the index stays as it was."""
        for change in self._changes:
            if ticket and change.build.ticket == ticket:
                change.cancelled.set()


# Suggested questions for the article that the project ships with, by the SHA-256 of its file.
_EXAMPLES = {
    "0bbe1377c21dd5f58135aaf922420679dd98e72a2ededf32e8ad0eed3df3078f": (
        "Which platform was proposed for discussing economic relations?",
        "Who is Wang Wen?",
        "How many people from the region study at Russian universities?",
        "Which threats to the region were discussed?",
    ),
}
_FIRST = 50  # documents that the welcome page is made from: a large collection is not read through for it
_EXECUTOR = ThreadPoolExecutor(1, "examples")  # finds the suggested questions ahead of time: it takes a second


class AppState:
    """The open index and its library. A question keeps the generation it began with; the next gets the newest."""

    def __init__(
        self,
        index: str | Path,
        sources: Sequence[str] = (),
        *,
        read_only: bool = False,
        log: Callable[[str], object] | None = None,
    ) -> None:
        """Opens the index. Raises the errors of `qa.load`.

        `read_only`: the documents cannot be changed. `log`: called with a line for each question and query.
        """
        self._log = log
        self.read_only = read_only
        self.feedback = feedback_file(index)
        self.library = Library(index, sources)
        self.builds = Builds()
        self.changes = RateLimit(CHANGES)
        """How often a client may change the documents."""
        self.feedback_allowance = RateLimit(FEEDBACK)
        """How many bytes of feedback a client may have saved."""
        self._book = qa.load(index)
        self._current = _Opened(self._book.now())

    @property
    def _opened(self) -> _Opened:
        """The newest generation; another process may have rebuilt the index."""
        edition = self._book.now()
        if edition is not self._current.book:
            self._current = _Opened(edition)
        return self._current

    @property
    def book(self) -> qa.Edition:
        """The newest generation. Read it once per question."""
        edition = self._opened.book
        return _LoggedEdition(edition, self._log) if self._log else edition

    @property
    def examples(self) -> tuple[str, ...]:
        """Suggested questions: fixed ones for the shipped article alone, otherwise made from the documents."""
        return self._opened.examples

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles of the first few documents."""
        return tuple(document.title for document in self._opened.documents[:3])


class _Opened:
    """A generation, and what the welcome page says about it, computed once."""

    def __init__(self, book: qa.Edition) -> None:
        self.book = book
        self._examples = _EXECUTOR.submit(self._safe_examples)

    @cached_property
    def documents(self) -> tuple[qa.DocumentRef, ...]:
        return tuple(islice(self.book.documents(), _FIRST))

    @property
    def examples(self) -> tuple[str, ...]:
        return self._examples.result()

    def _safe_examples(self) -> tuple[str, ...]:
        try:
            return self._find_examples()
        except Exception:  # whatever is in a document, questions can still be asked
            _log.exception("Questions to suggest could not be found.")
            return ()

    def _find_examples(self) -> tuple[str, ...]:
        fixed = tuple(text for document in self.documents for text in _EXAMPLES.get(document.sha256, ()))
        return fixed if fixed and len(self.documents) == 1 else tuple(suggested_questions(self.book))


class _LoggedEdition(Edition):
    """An edition that logs each question and query, from the page, the endpoints and the tools."""

    def __init__(self, edition: Edition, log: Callable[[str], object]) -> None:
        super().__init__(edition.store, edition.encoder)
        self._edition = edition
        self._log = log

    def ask(self, question: str, history: Sequence[str] = (), k: int = QUOTES, documents: Sequence[str] = ()) -> Answer:
        self._log(f"{timestamp()} {request_id.get()} question {str(question)[:MAX_QUESTION]!r}")
        return self._edition.ask(question, history, k, documents)

    def retrieve(self, query: str, k: int = 5, documents: Sequence[str] = ()) -> list[Hit]:
        self._log(f"{timestamp()} {request_id.get()} query {str(query)[:MAX_QUESTION]!r}")
        return self._edition.retrieve(query, k, documents)
