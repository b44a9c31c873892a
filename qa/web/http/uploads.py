"""Spools uploads to a folder until they are added, and limits their number and size, of all clients and of each."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from math import inf
from pathlib import Path
from secrets import token_hex
from threading import Lock, Thread
from time import monotonic

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from qa import ChapterVerseError
from qa.web.http.config import MEGABYTE, Limits
from qa.web.http.errors import refusal
from qa.web.http.rate_limit import RateLimit, TooOften, client_of, too_often
from qa.web.http.security import is_upload
from source import at_exit, lacking

_PREFIX = "chapter-verse-uploads-"


class NoRoom(ChapterVerseError):
    """There is no space for an upload."""

    def __init__(self) -> None:
        super().__init__("There is no space for more uploads. Add the ones you have sent, or try again in an hour.")


@dataclass(slots=True)
class _Upload:
    """A file in the folder, or the files of a request for which space is reserved.

    `client`: who sent it. `size`: in bytes, 0 while the file is being written. `until`: when it expires.
    """

    client: str
    size: int = 0
    until: float = inf


class UploadSpool:
    """The folder of one server's uploads. Other users of the machine cannot read it; it is removed with the server.

    No client takes more than half of its room, except with a single upload. Safe to use from several threads.
    """

    def __init__(self, limits: Limits) -> None:
        _remove_orphans(limits.upload_lifetime)
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
        at_exit(partial(shutil.rmtree, self.folder, ignore_errors=True))
        self._limits = limits
        self._lock = Lock()
        self._uploads: dict[str, _Upload] = {}
        """The files in the folder, by path. Only these can be added."""
        self._reserved: list[_Upload] = []

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
        now = monotonic()
        with self._lock:
            expired = [path for path, upload in self._uploads.items() if upload.until < now]
        for path in expired:
            self.remove(path)

    @contextmanager
    def reserved(self, client: str, size: int) -> Iterator[None]:
        """Reserves `size` bytes of space for the files of one request. Raises NoRoom."""
        self.remove_expired()
        reservation = _Upload(client, size)
        with self._lock:
            self._check_room(client, size)
            self._reserved.append(reservation)
        try:
            yield
        finally:  # its bytes are in the folder now, where they are counted, or never arrived
            with self._lock:
                self._reserved.remove(reservation)

    def create(self, client: str) -> Path:
        """A path in the folder for a new file, which nobody can guess. Raises NoRoom."""
        self.folder.mkdir(mode=0o700, exist_ok=True)  # a cleaner of temporary files may have removed it
        path = self.folder / token_hex(32)
        with self._lock:
            self._check_room(client)
            self._uploads[str(path)] = _Upload(client)
        return path

    def keep(self, path: Path) -> None:
        """Keeps a file that has been written until it is added, or for as long as uploads are kept from now on."""
        upload = self._uploads.get(str(path))
        if upload is None:  # it has expired
            return
        upload.until = monotonic() + self._limits.upload_lifetime
        with suppress(OSError):
            upload.size = path.stat().st_size

    def has(self, path: str) -> bool:
        """Whether this is the path of an upload that has neither been removed nor expired."""
        return path in self._uploads

    def remove(self, path: str) -> None:
        """Deletes an upload, if it is there."""
        with self._lock:
            if not self._uploads.pop(path, None):
                return
        with suppress(OSError):
            Path(path).unlink()

    def _check_room(self, client: str, size: int = 0) -> None:
        """Raises NoRoom unless there is room for one more file, and for `size` bytes."""
        uploads = list(self._uploads.values())
        own = [upload for upload in uploads if upload.client == client]
        used = _size(uploads) + _size(self._reserved)
        own_used = _size(own) + _size(upload for upload in self._reserved if upload.client == client)
        files, room = self._limits.uploaded_files, self._limits.uploaded_megabytes * MEGABYTE
        is_full = len(uploads) >= files or used + size > room
        has_its_share = len(own) >= (files + 1) // 2 or (size and own_used and own_used + size > room // 2)
        if is_full or has_its_share or (size and self._is_disk_full(size)):
            raise NoRoom

    def _is_disk_full(self, size: int) -> bool:
        """Whether `size` bytes have no space on the disk once all that is reserved has arrived."""
        coming, spared = size + _size(self._reserved), self._limits.free_megabytes * MEGABYTE
        return lacking(self.folder.parent, coming, spared) > 0


def _size(uploads: Iterable[_Upload]) -> int:
    return sum(upload.size for upload in uploads)


def _remove_orphans(lifetime: float) -> None:
    """Removes the folders of servers that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            newest = max(path.lstat().st_mtime for path in (folder, *folder.iterdir()))
            if newest < time.time() - lifetime and not folder.is_symlink():
                shutil.rmtree(folder, ignore_errors=True)


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
        client, length = client_of(scope), Headers(scope=scope).get("content-length", "")
        size = min(int(length), self._max_size) if length.isdecimal() else self._max_size
        try:
            self._rate.count(client)
            with self._spool.reserved(client, size):
                await self._app(scope, receive, send)
        except TooOften as error:
            await too_often(error)(scope, receive, send)
        except NoRoom as error:
            await no_room(error)(scope, receive, send)


def no_room(error: NoRoom) -> JSONResponse:
    """The response to an upload for which there is no space."""
    return refusal(507, "NoRoom", str(error))
