"""A desk that tells what it is asked, for operators who want to know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from qa import MAX_QUESTION, Answer, Edition, Hit
from qa.edition import QUOTES
from qa.web.access import now, request_id
from qa.web.desk import Desk

Tell = Callable[[str], object]


class HeardDesk(Desk):
    """A desk whose book tells every question and query, from whichever page or program it comes."""

    def __init__(self, index: str | Path, sources: Sequence[str] = (), *, read_only: bool = False, tell: Tell) -> None:
        super().__init__(index, sources, read_only=read_only)
        self._tell = tell

    @property
    def book(self) -> Edition:
        """The generation to ask; take it once for each question."""
        return _Heard(super().book, self._tell)


class _Heard(Edition):
    def __init__(self, edition: Edition, tell: Tell) -> None:
        super().__init__(edition.store, edition.encoder)
        self._edition = edition
        self._tell = tell

    def ask(self, question: str, history: Sequence[str] = (), k: int = QUOTES, documents: Sequence[str] = ()) -> Answer:
        self._tell(f"{now()} {request_id.get()} question {question[:MAX_QUESTION]!r}")
        return self._edition.ask(question, history, k, documents)

    def retrieve(self, query: str, k: int = 5, documents: Sequence[str] = ()) -> list[Hit]:
        self._tell(f"{now()} {request_id.get()} query {query[:MAX_QUESTION]!r}")
        return self._edition.retrieve(query, k, documents)
