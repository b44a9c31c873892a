"""What a web server sends, and the records that are kept of it."""

from __future__ import annotations

import gzip
import io
import json
import os
import socket
import tempfile
from pathlib import Path
from random import Random
from threading import Thread

from fuzz.jsons import mutated_json
from fuzz.mutator import mutated
from source.errors import NotFetched
from source.formats.registry import SUFFIXES
from source.web.address import Address, parse_address
from source.web.download import DownloadLimits, download
from source.web.origin import Origin, is_address, origin_of, record_of

_ORIGIN = Origin("https://example.com/a?b", "2026-11-30T19:40:12+00:00", "0" * 64, "utf-8", '"1"', "Mon, 30 Nov 2026")
_LIMITS = DownloadLimits(size=100_000, seconds=1.0)
_HEAD = b'HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nETag: "1"\r\n'
_PACKED = gzip.compress(b"<html>" + b"Two sail. " * 300)
# None has a Location, which could become the address of somebody's server.
_ANSWERS = [
    _HEAD + b"Content-Length: 15\r\n\r\n<html>Two sail.",
    _HEAD + b"Transfer-Encoding: chunked\r\n\r\n6\r\n<html>\r\n3;x=y\r\nTwo\r\n0\r\nTrailer: x\r\n\r\n",
    _HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(_PACKED), _PACKED),
    b"HTTP/1.0 200\nContent-Type: application/pdf\n\n%PDF-1.7",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 x\r\nRetry-After: 120\r\n\r\n",
]
_WORDS = [
    b"\r\n", b"\r\n\r\n", b"\r\n ", b": ", b"chunked", b"gzip, gzip", b"identity", b"Content-Length: -1\r\n",
    b"Content-Length: 99999999999999999999\r\n", b"HTTP/1.1 100\r\n\r\n", b"HTTP/9.9 304\r\n", b"charset=\"\xff",
    b"ETag: W/\"\x1b[2J\"\r\n", b"text/plain", b"application/zip", b"PK\x03\x04", b"ffffffffffffffff\r\n", b"0\r\n\r\n",
]  # fmt: skip


class Records:
    """Records of where copies came from."""

    seconds = 1.0

    def __init__(self, name: str, folder: Path | None) -> None:
        self._copy = Path(tempfile.mkdtemp(), "a.html")

    def draw(self, random: Random) -> bytes:
        return mutated_json(json.loads(_ORIGIN.dump()), random)

    def check(self, data: bytes) -> None:
        record_of(self._copy).write_bytes(data)
        origin = origin_of(self._copy)
        if origin:
            assert is_address(origin.address) and len(origin.sha256) == 64
            assert all(each.isascii() and (each.isprintable() or not each) for each in (*origin.facts, origin.etag))


class Answers:
    """Answers of a web server to a request, byte for byte, from a server of its own."""

    seconds = 2.0

    def __init__(self, name: str, folder: Path | None) -> None:
        os.environ["no_proxy"] = "*"
        self._server = socket.create_server(("127.0.0.1", 0))
        self._address = parse_address(f"http://127.0.0.1:{self._server.getsockname()[1]}/a")
        self._answer = b""
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._server.accept()
            with connection:
                try:
                    while not connection.recv(1 << 16).endswith(b"\r\n\r\n"):
                        pass
                    connection.sendall(self._answer)
                except OSError:
                    continue

    def draw(self, random: Random) -> bytes:
        return mutated(random.choice(_ANSWERS), random, _WORDS, _ANSWERS)

    def check(self, data: bytes) -> None:
        self._answer = data
        file = io.BytesIO()
        try:
            found = download(self._address, file, _known, _LIMITS)
        except NotFetched as error:
            assert str(error).isprintable() and str(error).endswith(".")
            return
        assert len(file.getvalue()) <= _LIMITS.size
        if found.origin:
            copy = Path(tempfile.gettempdir(), f"fuzzed-{os.getpid()}.html")
            record_of(copy).write_bytes(found.origin.dump())
            assert origin_of(copy) == found.origin, "the record is not what was written"
            record_of(copy).unlink()
            assert found.ending in SUFFIXES


def _known(address: Address) -> Origin:
    return _ORIGIN
