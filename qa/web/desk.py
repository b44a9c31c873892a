"""What the page works with: the book that is asked, its documents, and the build that is under way."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import islice
from pathlib import Path

import qa
from qa.examples import examples
from qa.feedback import feedback_file
from qa.library import Library
from qa.web.builds import Builds
from qa.web.rates import Rate
from qa.web.rules import CHANGES

_log = logging.getLogger("chapter-verse")
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


class Desk:
    """Holds the book. A question keeps the generation it began with; the next one gets the new."""

    def __init__(self, index: str | Path, sources: Sequence[str] = (), *, read_only: bool = False) -> None:
        """Opens the index. Raises the errors of `qa.load`. `read_only`: nothing on disk is changed through it."""
        self.read_only = read_only
        self.feedback = feedback_file(index)
        self.library = Library(index, sources)
        self.builds = Builds()
        self.changes = Rate(CHANGES)
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
        return self._opened.book

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
        return fixed if fixed and len(self.documents) == 1 else tuple(examples(self.book))
