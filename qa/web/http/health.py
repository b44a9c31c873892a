"""`GET /health`: whether the server can do its work, for whoever watches over it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from qa import ChapterVerseError
from qa.edition import Edition

HEALTH = "/health"
_HOLDS = 2.0  # seconds; however often it is asked for, the index is looked at no more often than that


def health(edition: Callable[[], Edition], *, brief: bool) -> Route:
    """The route. `edition`: gives the current one; `brief`: the status alone, for visitors who are not logged in."""
    watched = _Watched(edition)

    def answer(request: Request) -> JSONResponse:
        status, facts = watched.look()
        return JSONResponse({"status": facts["status"]} if brief else facts, status, {"cache-control": "no-store"})

    return Route(HEALTH, answer)


class _Watched:
    def __init__(self, edition: Callable[[], Edition]) -> None:
        self._edition = edition
        self._looking = Lock()
        self._until = 0.0
        self._found: tuple[int, dict[str, Any]] | None = None

    def look(self) -> tuple[int, dict[str, Any]]:
        """Who comes while it is looked, is told what was found before: they would hold threads that others need."""
        found = self._found
        if found and (monotonic() < self._until or not self._looking.acquire(blocking=False)):
            return found
        if not found:
            self._looking.acquire()
        try:
            if monotonic() >= self._until:
                self._found = self._look()
                self._until = monotonic() + _HOLDS
            assert self._found
            return self._found
        finally:
            self._looking.release()

    def _look(self) -> tuple[int, dict[str, Any]]:
        edition = self._edition()
        facts = {
            "generation": edition.generation,
            "documents": edition.store.documents,
            "passages": len(edition.store),
        }
        try:
            edition.store.reopen()  # an edition answers from what it has open, even if its index is gone
        except ChapterVerseError as error:
            return 503, {"status": "unreadable", **facts, "error": str(error), "title": type(error).__name__}
        return 200, {"status": "ok", **facts}
