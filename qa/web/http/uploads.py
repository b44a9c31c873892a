"""Spools uploads to a folder until they are added, and limits their number and size."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, MutableSet
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Thread

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from qa.web.http.config import MEGABYTE, Limits
from qa.web.http.errors import refusal
from qa.web.http.rate_limit import RateLimit, TooOften, client_of, too_often
from qa.web.http.security import is_upload
from source import at_exit, lacking

_PREFIX = "chapter-verse-uploads-"


class UploadSpool:
    """The folder of one server's uploads. Other users of the machine cannot read it; it is removed with the server."""

    def __init__(self, limits: Limits, known: MutableSet[str]) -> None:
        """`known`: the paths that Gradio accepts as uploads, from which removed files are discarded."""
        _remove_orphans(limits.upload_lifetime)
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
        at_exit(partial(shutil.rmtree, self.folder, ignore_errors=True))
        self._limits = limits
        self._known = known
        self._reserved = 0  # bytes

    def start_cleanup(self) -> None:
        """Starts a thread that removes expired uploads from time to time."""
        Thread(target=self._clean_up, name="uploads", daemon=True).start()

    def _clean_up(self) -> None:
        while True:
            time.sleep(self._limits.upload_lifetime / 6)
            self.remove_expired()
            with suppress(OSError):
                os.utime(self.folder)  # otherwise another server would take it for the folder of a killed one

    def remove_expired(self) -> None:
        """Removes uploads that have not been added in time."""
        oldest = time.time() - self._limits.upload_lifetime
        for file, status in _files(self.folder):
            if status.st_mtime < oldest:
                self._known.discard(str(file))
                with suppress(OSError):
                    file.unlink()
                    file.parent.rmdir()

    def reserve(self, size: int) -> JSONResponse | None:
        """Reserves `size` bytes of space. Returns the response to send if there isn't enough."""
        self.remove_expired()
        self.folder.mkdir(mode=0o700, exist_ok=True)  # a cleaner of temporary files may have removed it
        sizes = [status.st_size for _, status in _files(self.folder)]
        is_full = sum(sizes) + self._reserved + size > self._limits.uploaded_megabytes * MEGABYTE
        is_full = is_full or len(sizes) >= self._limits.uploaded_files
        if is_full or lacking(self.folder, size, self._limits.free_megabytes * MEGABYTE):
            error = "There is no space for more uploads. Add the ones you have sent, or try again in an hour."
            return refusal(507, "NoRoom", error)
        self._reserved += size
        return None

    def release(self, size: int) -> None:
        """Ends a reservation: its bytes are in the folder now, where they are counted, or never arrived."""
        self._reserved -= size


def _remove_orphans(lifetime: float) -> None:
    """Removes the folders of servers that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            newest = max([folder.lstat().st_mtime, *(status.st_mtime for _, status in _files(folder))])
            if newest < time.time() - lifetime and not folder.is_symlink():
                shutil.rmtree(folder, ignore_errors=True)


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for inside, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # the file has just been added, and moved
                file = Path(inside, name)
                yield file, file.lstat()


class UploadGate:
    """Middleware that refuses an upload before it is read: 429 for too many, 507 if there is no space."""

    def __init__(self, app: ASGIApp, spool: UploadSpool, rate: RateLimit, max_upload: int) -> None:
        """`max_upload`: megabytes of one request; reserved for one that does not state its size."""
        self._app = app
        self._spool = spool
        self._rate = rate
        self._max_size = max_upload * MEGABYTE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not is_upload(scope):
            await self._app(scope, receive, send)
            return
        try:
            self._rate.count(client_of(scope))
        except TooOften as error:
            await too_often(error)(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        size = min(int(length), self._max_size) if length.isdecimal() else self._max_size
        if refused := self._spool.reserve(size):
            await refused(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self._spool.release(size)
