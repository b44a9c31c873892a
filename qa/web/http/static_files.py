"""Serves the page's files from memory, each compressed once.

Gradio compresses a file anew for every request, on the event loop, and opens it each time: a request of 87 bytes cost
all other clients a third of a second, and a client that didn't read took an open file besides its connection.
"""

from __future__ import annotations

import gzip
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from qa.web.http.errors import not_served

_LARGEST = 2**18  # bytes; the page's largest file has 150,000, and all that Gradio has up to this size 12 million
_PIECE = 2**16  # bytes of a response that are sent before the client has to read
_COMPRESSIBLE = (".css", ".js", ".json", ".svg", ".txt")
_SCRIPT = "text/javascript"  # whatever Windows' registry or Gradio has made of it
_KEPT = "public, max-age=31536000, immutable"  # a file that changes has another path…
_KEPT_FOR_AN_HOUR = "public, max-age=3600"  # …except for those below /static/


@dataclass(frozen=True, slots=True)
class _File:
    """A file in memory. `compressed`: the same in gzip; None for kinds that are compressed themselves."""

    content: bytes
    compressed: bytes | None
    kind: str
    etag: str

    @classmethod
    def of(cls, name: str, content: bytes) -> _File:
        is_text = name.endswith(_COMPRESSIBLE)
        kind = _SCRIPT if name.endswith(".js") else mimetypes.guess_type(name)[0] or "application/octet-stream"
        compressed = gzip.compress(content, mtime=0) if is_text else None
        return cls(content, compressed, kind, f'"{sha256(content).hexdigest()[:32]}"')


class StaticFiles:
    """Serves the files of some folders, unless they are too large to be the page's, and texts that the server made."""

    def __init__(self, folders: Mapping[str, Path], made: Mapping[str, str]) -> None:
        """`folders`: by the path that their files are below. `made`: texts by their path."""
        self._folders = folders
        self._made = {path: text.encode() for path, text in made.items()}
        self._listed: dict[str, Path] | None = None
        self._read_files: dict[str, _File] = {}
        self._thread = CapacityLimiter(1)

    @property
    def routes(self) -> list[Route]:
        """The routes to serve."""
        paths = [*(f"{folder}{{path:path}}" for folder in self._folders), *self._made]
        return [Route(path, self._answer, methods=["GET"]) for path in paths]

    async def _answer(self, request: Request) -> Response:
        path: str = request.scope["path"]
        file = self._read_files.get(path) or await run_sync(partial(self._read, path), limiter=self._thread)
        if file is None:
            return not_served()
        kept = _KEPT_FOR_AN_HOUR if path.startswith("/static/") else _KEPT
        headers = {"etag": file.etag, "cache-control": kept, "vary": "accept-encoding"}
        if request.headers.get("if-none-match") == file.etag:
            return Response(status_code=304, headers=headers)
        if file.compressed is None or "gzip" not in request.headers.get("accept-encoding", ""):
            return _InPieces(file.content, media_type=file.kind, headers=headers)
        return _InPieces(file.compressed, media_type=file.kind, headers={**headers, "content-encoding": "gzip"})

    def _read(self, path: str) -> _File | None:
        """Reads and compresses a file, unless another request has done so meanwhile."""
        if path in self._read_files:
            return self._read_files[path]
        content = self._made.get(path)
        if content is None:
            if self._listed is None:
                self._listed = dict(self._small_files())
            if path not in self._listed:
                return None
            content = self._listed[path].read_bytes()
        file = self._read_files[path] = _File.of(path, content)
        return file

    def _small_files(self) -> list[tuple[str, Path]]:
        return [
            (prefix + file.relative_to(folder).as_posix(), file)
            for prefix, folder in self._folders.items()
            for file in folder.rglob("*")
            if file.is_file() and file.stat().st_size <= _LARGEST
        ]


class _InPieces(Response):
    """A response that is sent as the client reads it, so that a client that doesn't read takes little memory."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for first in range(0, len(self.body), _PIECE):
            piece = bytes(self.body[first : first + _PIECE])
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
