"""How the page is served: the operator's choices, and the upper limits of one server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qa.web.http.passwords import Passwords

MEGABYTE = 2**20  # bytes


@dataclass(frozen=True, slots=True)
class Allowance:
    """How often a client may do something: `burst` times at once, and `per_minute` times a minute after that."""

    burst: int
    per_minute: int


CHANGES = Allowance(30, 30)
"""How often a client may change the documents, through the page, the endpoint and the tool together."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper limits of one server; clients over a limit are asked to retry."""

    actions: int = 4
    """Requests of pages that are worked on at once; more would only share the same cores."""
    slow_actions: int = 2
    """Besides these, requests that may take long: to draw pages of documents, or wait for the suggested questions."""
    pending: int = 64
    """Requests of pages and programs that are worked on or wait: some seconds of work."""
    streams: int = 256
    """Programs that wait for a result."""
    uploads: int = 8
    """Uploads that arrive at once."""
    upload_allowance: Allowance = Allowance(400, 60)
    """How often one client may upload."""
    uploaded_files: int = 2000
    """Uploaded files that wait to be added."""
    uploaded_megabytes: int = 2048
    """Megabytes of uploads that wait to be added; and of all the documents that were added."""
    free_megabytes: int = 256
    """Megabytes of the disk that uploads leave free."""
    upload_lifetime: float = 3600.0
    """Seconds until an upload that has not been added is removed."""


@dataclass(frozen=True, slots=True)
class Config:
    """The operator's choices.

    `max_upload`: megabytes of a file. `root`: the path or the whole address behind a reverse proxy.
    `log`: called with a line for each request, if there is one.
    """

    passwords: Passwords | None = None
    read_only: bool = False
    mcp: bool = False
    max_upload: int = 50
    root: str = ""
    log: Callable[[str], object] | None = None
    limits: Limits = Limits()
