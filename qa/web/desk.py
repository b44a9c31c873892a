"""Where the book lies that is being asked, and where a new one takes its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from threading import Lock

import qa
from qa.web.texts import EXAMPLES

Progress = Callable[[str, int, int], None]
_MOST_CHOICES = 1000  # documents; a longer list is no help to choose from
_LOOKED_AT = 50  # documents; a large collection is not read through for a greeting


class Desk:
    """Holds the book. A question keeps the generation it began with; the next one gets the new."""

    def __init__(self, index: Path, sources: Sequence[str] = (), *, read_only: bool = False) -> None:
        """Opens the index. Raises the errors of `qa.load`. `read_only`: nothing is changed through the server."""
        self.read_only = read_only
        self._index = index
        self._sources = tuple(sources)
        self._rebuilding = Lock()
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
        """Questions to begin with, where a document has a list of them."""
        return self._opened.examples

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Title and id of each document that can be asked alone; none if there is nothing to choose from."""
        return self._opened.choices

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles of the first few documents."""
        return tuple(document.title for document in self._opened.documents[:5])

    def rebuild(self, progress: Progress = lambda step, done, total: None) -> str:
        """Rebuilds the index, returns the report. One at a time.

        The old book goes on answering until the new one is open, and if anything fails.
        """
        with self._rebuilding:
            return qa.rebuild(self._index, sources=self._sources, progress=progress)


class _Opened:
    """A generation and what the page says about it, found out once."""

    def __init__(self, book: qa.Edition) -> None:
        self.book = book

    @cached_property
    def documents(self) -> tuple[qa.DocumentRef, ...]:
        return tuple(islice(self.book.documents(), _LOOKED_AT))

    @cached_property
    def choices(self) -> list[tuple[str, str]]:
        if not 1 < self.book.store.documents <= _MOST_CHOICES:
            return []
        documents = list(self.book.documents())
        counts = Counter(document.title for document in documents)
        return [(each.title if counts[each.title] == 1 else f"{each.title} ({each.id})", each.id) for each in documents]

    @cached_property
    def examples(self) -> tuple[str, ...]:
        return tuple(text for document in self.documents for text in EXAMPLES.get(document.sha256, ()))
