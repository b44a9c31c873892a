"""Bounds the log of errors and warnings, whatever clients send.

Some errors of uvicorn, Starlette and Gradio can be caused by any client, and each would be logged with a traceback of
several kilobytes: a client could fill the disk.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from traceback import walk_tb
from typing import TypeAlias

_WINDOW = 60.0  # seconds…
_MOST = 10  # …in which so many messages of a kind are logged, the first of them with its traceback
_LONGEST = 1_000  # characters of a message
_LONGEST_TRACEBACK = 10_000  # characters

_Kind: TypeAlias = tuple[str, int, str, str, int]


@dataclass(slots=True)
class _Seen:
    """How many messages of a kind there have been since `began`."""

    began: float
    count: int = 0


class RepeatFilter(logging.Filter):
    """Logs a few messages of a kind per minute, the first with its traceback, and counts the others.

    Of a kind are messages logged by the same line of code about exceptions of the same type, raised by the same line.
    So there are only as many kinds as lines of code, and no client can make up new ones.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._now = now
        self._lock = Lock()
        self._kinds: dict[_Kind, _Seen] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to log the record; shortens it, and says what was left out."""
        seen = record.__dict__
        if "is_logged" not in seen:  # otherwise it has come to another handler before
            seen["is_logged"] = self._is_logged(record)
        return bool(seen["is_logged"])

    def _is_logged(self, record: logging.LogRecord) -> bool:
        count, suppressed = self._count(_kind(record))
        if count > _MOST:
            return False
        message = record.getMessage().strip()
        notes = [message[:_LONGEST]]
        if len(message) > _LONGEST:
            notes.append("…")
        if record.exc_info and count == 1:
            record.exc_text = _shortened(logging.Formatter().formatException(record.exc_info))
        elif record.exc_info:
            notes.append(f"({getattr(record.exc_info[0], '__name__', '')}; the traceback is above)")
            record.exc_info = record.exc_text = None
        if suppressed:
            notes.append(f"({suppressed:,} more of these were not logged)")
        if count == _MOST:
            notes.append("(more of these are counted for a minute, not logged)")
        record.msg, record.args = " ".join(notes), ()
        return True

    def _count(self, kind: _Kind) -> tuple[int, int]:
        """The number of this message in its minute and, for the first, how many were suppressed before."""
        with self._lock:
            now, suppressed = self._now(), 0
            seen = self._kinds.setdefault(kind, _Seen(now))
            if now - seen.began >= _WINDOW:
                suppressed = max(0, seen.count - _MOST)
                seen.began, seen.count = now, 0
            seen.count += 1
            return seen.count, suppressed


_FILTER = RepeatFilter()


def bound_error_log() -> None:
    """Bounds what is logged on the standard error, once uvicorn has set up its logging.

    The root logger gets a handler, unless the program has given it one, and every handler that a library adds to it
    later is bounded, too: the first `logging.warning(…)` of a library adds one, which Python then uses for all loggers.
    """
    handlers = [logging.lastResort, *logging.getLogger("uvicorn").handlers]
    for handler in filter(None, handlers):
        handler.addFilter(_FILTER)  # once, however often it is added
    root = logging.getLogger()
    if root.handlers:
        return
    add = root.addHandler

    def add_bounded(hdlr: logging.Handler) -> None:
        hdlr.addFilter(_FILTER)
        add(hdlr)

    root.addHandler = add_bounded  # type: ignore[method-assign]
    own = logging.StreamHandler()
    own.setLevel(logging.WARNING)
    root.addHandler(own)


def _kind(record: logging.LogRecord) -> _Kind:
    error, traceback = (record.exc_info[1], record.exc_info[2]) if record.exc_info else (None, None)
    raised = [(frame.f_code.co_filename, line) for frame, line in walk_tb(traceback)] or [("", 0)]
    return record.pathname, record.lineno, type(error).__name__, *raised[-1]


def _shortened(traceback: str) -> str:
    """The traceback without its middle if it is long, as with the content of a request in its message."""
    half = _LONGEST_TRACEBACK // 2
    return traceback if len(traceback) <= _LONGEST_TRACEBACK else f"{traceback[:half]}\n…\n{traceback[-half:]}"
