"""How the page is served: what its operator chose, and what one server takes at most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qa.web.http.passwords import Passwords

MEGABYTE = 2**20  # bytes


@dataclass(frozen=True, slots=True)
class Allowance:
    """How often a client may do something: so many times at once, and `a_minute` after that."""

    at_once: int
    a_minute: int


CHANGES = Allowance(30, 30)
"""To the documents, through the page, the endpoint and the tool together."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server takes at most; who comes when it is full is told to come again."""

    at_work: int = 4
    """Requests of pages that are worked on at once; more would only share the same cores."""
    apart: int = 2
    """Besides, of those that may take long: they draw pages of documents, or wait for the first questions to ask."""
    asked: int = 64
    """Requests of pages and programs that are worked on or wait: some seconds of work."""
    streams: int = 256
    """Programs that wait for a result."""
    uploading: int = 8
    """Uploads that come in at once."""
    files: int = 2000
    """Uploaded files that wait to be added."""
    room: int = 2048
    """Megabytes of uploads that wait to be added; and of all the documents that were added."""
    spare: int = 256
    """Megabytes of the disk that uploads leave free."""
    stays: float = 3600.0
    """Seconds that an upload waits to be added; then it is removed."""
    uploads: Allowance = Allowance(400, 60)


@dataclass(frozen=True, slots=True)
class Config:
    """`max_upload`: megabytes of a file. `root`: the path or the whole address behind a reverse proxy.

    `tell`: gets a line for each request, if there is to be one.
    """

    passwords: Passwords | None = None
    read_only: bool = False
    mcp: bool = False
    max_upload: int = 50
    root: str = ""
    tell: Callable[[str], object] | None = None
    limits: Limits = Limits()
