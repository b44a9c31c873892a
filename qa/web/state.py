"""What the page works with: the book that is asked, its documents, and the build that is under way."""

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
from qa.web.http.access_log import now, request_id
from qa.web.http.config import CHANGES
from qa.web.http.rate_limit import RateLimit

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


# Questions for the article that the project ships with, by the SHA-256 of its file.
_EXAMPLES = {
    "0bbe1377c21dd5f58135aaf922420679dd98e72a2ededf32e8ad0eed3df3078f": (
        "Which platform was proposed for discussing economic relations?",
        "Who is Wang Wen?",
        "How many people from the region study at Russian universities?",
        "Which threats to the region were discussed?",
    ),
}
_LOOKED_AT = 50  # documents; a large collection is not read through for a greeting
_AHEAD = ThreadPoolExecutor(1, "examples")  # they are asked first, which takes a second, before anybody comes


class AppState:
    """Holds the book. A question keeps the generation it began with; the next one gets the new."""

    def __init__(
        self,
        index: str | Path,
        sources: Sequence[str] = (),
        *,
        read_only: bool = False,
        log: Callable[[str], object] | None = None,
    ) -> None:
        """Opens the index. Raises the errors of `qa.load`.

        `read_only`: nothing on disk is changed through it. `log`: called with a line for each question and query.
        """
        self._log = log
        self.read_only = read_only
        self.feedback = feedback_file(index)
        self.library = Library(index, sources)
        self.builds = Builds()
        self.changes = RateLimit(CHANGES)
        """How often a client may change the documents."""
        self._book = qa.load(index)
        self._known = _Opened(self._book.now())

    @property
    def _opened(self) -> _Opened:
        """What answers now; another process may have built the index again."""
        edition = self._book.now()
        if edition is not self._known.book:
            self._known = _Opened(edition)
        return self._known

    @property
    def book(self) -> qa.Edition:
        """The generation to ask; take it once for each question."""
        edition = self._opened.book
        return _LoggedEdition(edition, self._log) if self._log else edition

    @property
    def examples(self) -> tuple[str, ...]:
        """What to ask first: the questions that belong to a document, or else what the documents themselves suggest."""
        return self._opened.examples

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles of the first few documents."""
        return tuple(document.title for document in self._opened.documents[:3])


class _Opened:
    """A generation and what the page says about it, found out once."""

    def __init__(self, book: qa.Edition) -> None:
        self.book = book
        self._examples = _AHEAD.submit(self._found)

    @cached_property
    def documents(self) -> tuple[qa.DocumentRef, ...]:
        return tuple(islice(self.book.documents(), _LOOKED_AT))

    @property
    def examples(self) -> tuple[str, ...]:
        return self._examples.result()

    def _found(self) -> tuple[str, ...]:
        try:
            return self._suggested()
        except Exception:  # whatever a document does to them, its reader can still ask
            _log.exception("What to ask first could not be found out.")
            return ()

    def _suggested(self) -> tuple[str, ...]:
        fixed = tuple(text for document in self.documents for text in _EXAMPLES.get(document.sha256, ()))
        return fixed if fixed and len(self.documents) == 1 else tuple(suggested_questions(self.book))


class _LoggedEdition(Edition):
    """An edition that logs each question and query, from whichever page or program it comes."""

    def __init__(self, edition: Edition, log: Callable[[str], object]) -> None:
        super().__init__(edition.store, edition.encoder)
        self._edition = edition
        self._log = log

    def ask(self, question: str, history: Sequence[str] = (), k: int = QUOTES, documents: Sequence[str] = ()) -> Answer:
        self._log(f"{now()} {request_id.get()} question {question[:MAX_QUESTION]!r}")
        return self._edition.ask(question, history, k, documents)

    def retrieve(self, query: str, k: int = 5, documents: Sequence[str] = ()) -> list[Hit]:
        self._log(f"{now()} {request_id.get()} query {query[:MAX_QUESTION]!r}")
        return self._edition.retrieve(query, k, documents)
