"""The folder that uploads lie in until they are added, and how much of the disk they may take."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, MutableSet
from contextlib import suppress
from pathlib import Path
from threading import Thread

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from qa.web.http.config import MEGABYTE, Limits
from qa.web.http.errors import refusal
from qa.web.http.rate_limit import RateLimit, TooOften, client_of, too_often
from qa.web.http.security import is_upload

_PREFIX = "chapter-verse-uploads-"


class UploadSpool:
    """A folder of this server's own, which no other user of the machine can look into; it ends with the server."""

    def __init__(self, limits: Limits, given: MutableSet[str]) -> None:
        """`given`: the paths of the uploads that there are, which the page may name."""
        _remove_left_over(limits.stays)
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self._limits = limits
        self._given = given
        self._coming = 0  # bytes

    def keep(self) -> None:
        """Begins to remove, every now and then, uploads that nobody has added."""
        Thread(target=self._keep, name="uploads", daemon=True).start()

    def _keep(self) -> None:
        while True:
            time.sleep(self._limits.stays / 6)
            self.tidy()
            with suppress(OSError):
                os.utime(self.folder)  # or another server would take it for one that was left behind

    def tidy(self) -> None:
        """Removes uploads that nobody has added."""
        until = time.time() - self._limits.stays
        for file, status in _files(self.folder):
            if status.st_mtime < until:
                self._given.discard(str(file))
                with suppress(OSError):
                    file.unlink()
                    file.parent.rmdir()

    def take(self, size: int) -> JSONResponse | None:
        """Keeps room for so many bytes that are about to come; or what is answered if there is none."""
        self.tidy()
        self.folder.mkdir(mode=0o700, exist_ok=True)  # whoever cleans up temporary files may have taken it
        sizes = [status.st_size for _, status in _files(self.folder)]
        free = shutil.disk_usage(self.folder).free
        is_full = sum(sizes) + self._coming + size > self._limits.room * MEGABYTE
        if is_full or len(sizes) >= self._limits.files or free - size < self._limits.spare * MEGABYTE:
            error = "There is no room for more uploads; add those that are there, or try again in an hour."
            return refusal(507, "NoRoom", error)
        self._coming += size
        return None

    def give_back(self, size: int) -> None:
        """What was kept has come, and is counted where it lies; or it never came."""
        self._coming -= size


def _remove_left_over(stays: float) -> None:
    """What servers have left behind that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            newest = max([folder.lstat().st_mtime, *(status.st_mtime for _, status in _files(folder))])
            if newest < time.time() - stays and not folder.is_symlink():
                shutil.rmtree(folder, ignore_errors=True)


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for inside, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # it has just been added
                file = Path(inside, name)
                yield file, file.lstat()


class UploadGate:
    """Refuses an upload before it is read."""

    def __init__(self, app: ASGIApp, room: UploadSpool, rate: RateLimit, max_upload: int) -> None:
        """`max_upload`: megabytes of one request, which are kept for one that does not say how large it is."""
        self._app = app
        self._room = room
        self._rate = rate
        self._most = max_upload * MEGABYTE

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
        size = min(int(length), self._most) if length.isdecimal() else self._most
        if refused := self._room.take(size):
            await refused(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self._room.give_back(size)
