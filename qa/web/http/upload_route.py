"""The route that files are uploaded to: reads a `multipart/form-data` request and writes its files to the spool.

Gradio's own route decodes names and fields in whatever encoding the client chooses, one of which takes hours for a few
megabytes; it keeps every `upload_id` that a client invents, and what arrived of a file whose client has gone. Here a
request has files only, their names are not used, and what is incomplete is deleted.
"""

from __future__ import annotations

import errno
from contextlib import suppress
from errno import EFBIG, ENOSPC
from io import BufferedWriter
from pathlib import Path

from anyio.to_thread import run_sync
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qa.web.http.errors import refusal
from qa.web.http.rate_limit import client_of
from qa.web.http.security import UPLOAD
from qa.web.http.uploads import NoRoom, UploadSpool, no_room

_FULL = (ENOSPC, EFBIG, getattr(errno, "EDQUOT", ENOSPC))  # the disk, a file, a user's share; Windows lacks the last
_MOST_FILES = 20  # in a request; the page sends one
_LONGEST_BOUNDARY = 70  # characters (RFC 2046)


def upload_routes(spool: UploadSpool) -> list[Route]:
    """The routes, which must precede Gradio's. They respond with the list of the files' paths in the spool."""

    async def receive(request: Request) -> Response:
        form = _Form(spool, client_of(request.scope))
        try:
            form.begin(request.headers.get("content-type", ""))
            async for chunk in request.stream():
                await run_sync(form.write, chunk)  # in a thread, because it parses and writes to the disk
            return JSONResponse(form.finish())
        except FormParserError:
            return refusal(400, "BadRequest", f"Send a form with 1 to {_MOST_FILES} files, and nothing else.")
        except NoRoom as error:
            return no_room(error)
        except OSError as error:
            if error.errno not in _FULL:
                raise
            return no_room(NoRoom())
        except ClientDisconnect:
            return Response(status_code=499)  # for the access log only
        finally:
            form.close()

    return [Route(path, receive, methods=["POST"]) for path in (UPLOAD, f"{UPLOAD}/")]


class _Form:
    """A form as it arrives. Its methods raise FormParserError if it has anything but files, and NoRoom."""

    def __init__(self, spool: UploadSpool, client: str) -> None:
        self._spool = spool
        self._client = client
        self._paths: list[Path] = []
        self._file: BufferedWriter | None = None
        self._header = self._value = self._disposition = b""
        self._has_ended = self._is_kept = False

    def begin(self, content_type: str) -> None:
        """Takes the boundary from the type. Its other parameters are ignored, above all `charset`."""
        kind, *parameters = content_type.split(";")
        pairs = (parameter.partition("=") for parameter in parameters)
        boundary = {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}.get("boundary", "")
        if kind.strip().lower() != "multipart/form-data" or not 1 <= len(boundary) <= _LONGEST_BOUNDARY:
            raise FormParserError("no form")
        self._parser = MultipartParser(
            boundary.encode("latin-1"),
            {
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_end,
            },
        )

    def write(self, chunk: bytes) -> None:
        """Parses a part of the form."""
        self._parser.write(chunk)

    def finish(self) -> list[str]:
        """The paths of the files."""
        if not self._has_ended or not self._paths:
            raise FormParserError("incomplete")
        self._is_kept = True
        return list(map(str, self._paths))

    def close(self) -> None:
        """Deletes the files unless they are complete."""
        if self._file:
            with suppress(OSError):  # what could not be written cannot be now
                self._file.close()
        if not self._is_kept:
            for path in self._paths:
                self._spool.remove(str(path))

    # The parser limits the number and the size of a part's headers.
    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._disposition = b""
        if b"filename" not in options or len(self._paths) == _MOST_FILES:
            raise FormParserError("no file, or one too many")
        path = self._spool.create(self._client)
        self._paths.append(path)
        self._file = path.open("xb")

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        assert self._file
        self._file.write(data[start:end])

    def _on_part_end(self) -> None:
        assert self._file
        self._file.close()
        self._spool.keep(self._paths[-1])

    def _on_end(self) -> None:
        self._has_ended = True
