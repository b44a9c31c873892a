"""`GET /health`: whether the index that answers can be reopened from disk, for monitoring."""

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
_VALID = 2.0  # seconds that a result is valid, so that frequent requests don't reopen the index each time


def health_route(edition: Callable[[], Edition], *, brief: bool) -> Route:
    """The route. `edition`: returns the current one. `brief`: only the status, for clients that aren't logged in."""
    health = _Health(edition)

    def answer(request: Request) -> JSONResponse:
        status, facts = health.check()
        return JSONResponse({"status": facts["status"]} if brief else facts, status, {"cache-control": "no-store"})

    return Route(HEALTH, answer)


class _Health:
    """The last result of the check, and when it expires."""

    def __init__(self, edition: Callable[[], Edition]) -> None:
        self._edition = edition
        self._checking = Lock()
        self._expires = 0.0
        self._result: tuple[int, dict[str, Any]] | None = None

    def check(self) -> tuple[int, dict[str, Any]]:
        """Status and facts. Concurrent callers get the last result, so that probes do not tie up worker threads."""
        result = self._result
        if result and (monotonic() < self._expires or not self._checking.acquire(blocking=False)):
            return result
        if not result:
            self._checking.acquire()
        try:
            if monotonic() >= self._expires:
                self._result = self._check()
                self._expires = monotonic() + _VALID
            assert self._result
            return self._result
        finally:
            self._checking.release()

    def _check(self) -> tuple[int, dict[str, Any]]:
        edition = self._edition()
        facts = {
            "generation": edition.generation,
            "documents": edition.store.documents,
            "passages": len(edition.store),
        }
        try:
            edition.store.reopen()  # an edition answers from the files it has open, even when its index is gone
        except ChapterVerseError as error:
            return 503, {"status": "unreadable", **facts, "error": str(error), "title": type(error).__name__}
        return 200, {"status": "ok", **facts}
