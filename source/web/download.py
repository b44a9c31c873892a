"""Downloads a web page, or another file, as it is: one GET, its redirects, and nothing that the page refers to.

The body is saved byte for byte, without the compression that was only for the way
(`Content-Encoding: gzip`). What the server named the page is sent back to it the next
time, so that a page that has not changed isn't sent again (RFC 9110, §13).
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from http.client import HTTPMessage, HTTPResponse
from io import BufferedIOBase
from typing import BinaryIO

from source.errors import NotFetched, reason_of
from source.untrusted_text import isolated
from source.web.address import Address, redirected
from source.web.connections import Deadline, basic, explained, reply_to
from source.web.kinds import SAMPLE, ending_of
from source.web.origin import Origin

MOST_BYTES = 100_000_000
"""The largest file that is fetched, unpacked."""
SECONDS = 300.0
"""The time for an address, with its redirects."""
_MOST_REDIRECTS = 10
_REDIRECTS = (301, 302, 303, 307, 308)
_BLOCK = 1 << 16  # bytes
_LONGEST_VALUE = 500  # characters of a header that is kept
_HEADERS = {
    "User-Agent": "chapter-and-verse (fetches single pages that a person names)",
    "Accept": "text/html, application/xhtml+xml, */*;q=0.9",
    "Accept-Encoding": "gzip",
}

Known = Callable[[Address], Origin | None]
"""The origin of the copy that there is of an address, or None."""


@dataclass(frozen=True, slots=True)
class DownloadLimits:
    """How much of a file is fetched, in bytes, and how long for an address, in seconds."""

    size: int = MOST_BYTES
    seconds: float = SECONDS


@dataclass(frozen=True, slots=True)
class Download:
    """What an address gave: the origin of the file, and the ending for its kind. `address`: after its redirects.

    `origin` is None if the page has not changed since there is a copy of it; then nothing was written.
    """

    address: Address
    origin: Origin | None = None
    ending: str = ""


def download(address: Address, into: BinaryIO, known: Known, limits: DownloadLimits = DownloadLimits()) -> Download:
    """Downloads what is at an address into a file.

    From an address of the public internet, no redirect to this machine or a private
    network is followed. Raises NotFetched.
    """
    deadline, user, is_public = Deadline(limits.seconds), address, False
    for _ in range(_MOST_REDIRECTS + 1):
        origin = known(address)
        headers = _HEADERS | _conditions(origin) | _login(user, address)
        with explained(deadline), reply_to(address, headers, is_public, deadline) as reply:
            is_public = is_public or reply.is_public
            status, location = reply.response.status, reply.response.headers.get("Location")
            if status not in _REDIRECTS or not location:
                return _downloaded(address, reply.response, into, origin, limits.size)
        address = _next(address, location)
    raise NotFetched(f"redirects more than {_MOST_REDIRECTS} times. Check the address in a browser.")


def _conditions(origin: Origin | None) -> dict[str, str]:
    """The headers that ask for a page only if it has changed since."""
    found = {"If-None-Match": origin.etag, "If-Modified-Since": origin.last_modified} if origin else {}
    return {name: value for name, value in found.items() if value}


def _login(first: Address, address: Address) -> dict[str, str]:
    """The user's name and password, for nobody but the server that they were typed for."""
    is_same = (address.scheme, address.host, address.port) == (first.scheme, first.host, first.port)
    return {"Authorization": basic(first.user)} if first.user and is_same else {}


def _next(address: Address, location: str) -> Address:
    try:
        return redirected(address, location)
    except ValueError as error:
        raise NotFetched("redirects to an address that cannot be fetched. Check it in a browser.") from error


def _downloaded(address: Address, response: HTTPResponse, into: BinaryIO, origin: Origin | None, most: int) -> Download:
    if response.status == 304 and origin:
        return Download(address)
    _check_status(response)
    digest, start = sha256(), b""
    for block in _body(response, most):
        start += block[: SAMPLE - len(start)]
        digest.update(block)
        _write(block, into)
    if not start:
        raise NotFetched("is empty. Check the address in a browser.")
    if origin and origin.sha256 == digest.hexdigest():
        return Download(address)
    headers = response.headers
    media_type = headers.get_content_type() if "Content-Type" in headers else ""
    ending = ending_of(media_type, address.ending, start)
    return Download(address, _origin(address, digest.hexdigest(), headers), ending)


def _write(block: bytes, into: BinaryIO) -> None:
    try:
        into.write(block)
    except OSError as error:
        raise NotFetched(f"cannot be saved ({reason_of(error)}). Fix that and try again.") from error


def _origin(address: Address, digest: str, headers: HTTPMessage) -> Origin:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    charset = _value(headers.get_content_charset())
    return Origin(str(address), now, digest, charset, _value(headers["ETag"]), _value(headers["Last-Modified"]))


def _value(header: str | None) -> str:
    """The value of a header if it can be kept and sent back; else empty."""
    text = (header or "").strip()
    return text if len(text) <= _LONGEST_VALUE and text.isascii() and text.isprintable() else ""


def _body(response: HTTPResponse, most: int) -> Iterator[bytes]:
    """The blocks of a body, unpacked as they come. Raises NotFetched if there are more than `most` bytes."""
    too_large = NotFetched(f"is larger than {most // 1_000_000:,} MB. Download it in a browser and add the file.")
    if (response.length or 0) > most:
        raise too_large
    size = 0
    with _unpacked(response) as body:
        while block := body.read(_BLOCK):
            size += len(block)
            if size > most:
                raise too_large
            yield block
    if response.length:  # what is missing of what was announced; `http.client` lets that pass
        raise EOFError


class _Raw(BufferedIOBase):
    """The body as it comes: `HTTPResponse.read` would take all there is for a chunk with a negative size."""

    def __init__(self, response: HTTPResponse) -> None:
        self._response = response

    def read(self, size: int | None = _BLOCK, /) -> bytes:
        """So many bytes, or fewer at the end."""
        size, data = size or _BLOCK, bytearray()
        while len(data) < size and (more := self._response.read1(size - len(data))):
            data += more
        return bytes(data)


@contextmanager
def _unpacked(response: HTTPResponse) -> Iterator[BufferedIOBase]:
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("", "identity"):
        yield _Raw(response)
    elif encoding in ("gzip", "x-gzip"):
        try:
            yield gzip.GzipFile(fileobj=_Raw(response))
        except zlib.error as error:
            raise EOFError from error
    else:
        raise NotFetched(f"comes packed as {isolated(encoding)}, which was not asked for. Try again later.")


def _check_status(response: HTTPResponse) -> None:
    """Raises NotFetched unless the answer is the page."""
    status = response.status
    if status == 200:
        return
    if status in (401, 403):
        remedy = "cannot be read without a login ({}). Open it in a browser, save it and add the file."
    elif status in (404, 410):
        remedy = "is not there ({}). Check the address."
    elif status in (429, 503):
        wait = response.headers.get("Retry-After", "")
        seconds = f" in {int(wait):,} seconds" if wait.isascii() and wait.isdecimal() and len(wait) < 9 else " later"
        remedy = f"is not given now ({{}}). Try again{seconds}."
    elif status >= 500:
        remedy = "cannot be given by its server, which has an error ({}). Try again later."
    else:
        remedy = "is not given ({}). Open it in a browser, save it and add the file."
    raise NotFetched(remedy.format(f"HTTP {status}"))
