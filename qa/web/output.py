"""Standard output and standard error of a server, which never waits for whoever reads them."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Condition, Thread
from time import sleep
from typing import Any, BinaryIO, TextIO, cast

_MOST = 2**20  # characters that wait to be written
_RETRY = 0.05  # seconds, where a full pipe refuses what it cannot take


@contextmanager
def unblocked_output() -> Iterator[None]:
    """Lets threads write standard output and standard error.

    Otherwise a log that nobody reads (a paused terminal, a pager, a stuck collector) would stop the server with the
    first line that does not fit into the pipe. At the end, waits a moment for what is still to be written.
    """
    own = sys.stdout, sys.stderr
    streams = [_Unblocked(stream) if hasattr(stream, "buffer") else None for stream in own]
    sys.stdout, sys.stderr = (
        cast(TextIO, unblocked) if unblocked else stream for unblocked, stream in zip(streams, own, strict=True)
    )
    try:
        yield
    finally:
        sys.stdout, sys.stderr = own
        for stream in filter(None, streams):
            stream.drain(1.0)


class _Unblocked:
    """A text stream that a thread writes. What exceeds its limit is lost, and counted in the next text that does not.

    The thread writes past the buffer of the original stream: Python would abort at exit if it held the buffer's lock.
    """

    def __init__(self, stream: TextIO) -> None:
        with suppress(OSError):
            stream.flush()
        self._stream = stream
        self._raw: BinaryIO = getattr(stream.buffer, "raw", stream.buffer)
        self._changed = Condition()
        self._texts: deque[str] = deque()
        self._size = 0
        self._lost = 0
        self._is_writing = False
        Thread(target=self._write_all, name="output", daemon=True).start()

    def write(self, text: str) -> int:
        """Takes a text; returns at once."""
        with self._changed:
            if self._size + len(text) > _MOST:
                self._lost += 1
                return len(text)
            if self._lost:
                self._texts.append(f"({self._lost:,} lines could not be written)\n")
                self._lost = 0
            self._texts.append(text)
            self._size += len(text)
            self._changed.notify_all()
        return len(text)

    def flush(self) -> None:
        """Does nothing: what has been taken is written as soon as possible."""

    def drain(self, seconds: float) -> None:
        """Waits until all has been written, at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: not self._texts and not self._is_writing, seconds)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _write_all(self) -> None:
        while True:
            with self._changed:
                self._is_writing = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._texts)
                text = "".join(self._texts)
                self._texts.clear()
                self._size, self._is_writing = 0, True
            with suppress(OSError):  # nobody reads it any more, or the disk is full; there may be room for the next
                self._put(
                    text.replace("\n", os.linesep).encode(self._stream.encoding, self._stream.errors or "replace")
                )

    def _put(self, data: bytes) -> None:
        while data:
            count = self._raw.write(data)
            if count is None:
                sleep(_RETRY)
            else:
                data = data[count:]
