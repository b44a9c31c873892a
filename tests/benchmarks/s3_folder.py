"""A folder, served as S3 serves a bucket to those who only read: for measurements of indexes too large for moto.

moto keeps everything in memory and copies a whole object for each piece that is asked of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from xml.sax.saxutils import escape

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

_ENTRY = "<Contents><Key>{key}</Key><Size>{size}</Size><LastModified>{changed}</LastModified><ETag>x</ETag></Contents>"


class S3Folder:
    """`port`: where it is asked. `requests`: that came, `answered`: bytes of what was asked for."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port, self._folder = port, folder
        self.requests = self.answered = 0
        routes = [Route("/{bucket}", self._list), Route("/{bucket}/{key:path}", self._get)]
        config = uvicorn.Config(Starlette(routes=routes), "127.0.0.1", port, log_level="error", access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=self._server.run, daemon=True)

    async def _get(self, request: Request) -> Response:
        self.requests += 1
        file = self._folder / request.path_params["key"]
        if not file.is_file():
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404, media_type="application/xml")
        if request.method == "GET":
            first, _, last = request.headers.get("range", "bytes=0-").removeprefix("bytes=").partition("-")
            self.answered += (int(last) if last else file.stat().st_size - 1) - int(first) + 1
        return FileResponse(file, media_type="application/octet-stream")

    async def _list(self, request: Request) -> Response:
        self.requests += 1
        prefix, delimiter = (request.query_params.get(name, "") for name in ("prefix", "delimiter"))
        found, folders = [], set()
        for file in sorted(each for each in self._folder.rglob("*") if each.is_file()):
            key = file.relative_to(self._folder).as_posix()
            if key.startswith(prefix):
                if delimiter and delimiter in key[len(prefix) :]:
                    folders.add(prefix + key[len(prefix) :].split(delimiter)[0] + delimiter)
                    continue
                changed = file.stat().st_mtime
                found.append(_ENTRY.format(key=escape(key), size=file.stat().st_size, changed=_iso(changed)))
        common = "".join(
            f"<CommonPrefixes><Prefix>{escape(each)}</Prefix></CommonPrefixes>" for each in sorted(folders)
        )
        body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{''.join(found)}{common}</ListBucketResult>"
        return Response(body, media_type="application/xml")

    @contextmanager
    def serving(self) -> Iterator[S3Folder]:
        """Answers for so long."""
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)
        yield self
        self._server.should_exit = True
        self._thread.join()


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
