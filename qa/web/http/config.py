"""The configuration of a server: the operator's choices, and its upper limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qa.web.http.passwords import Passwords
from source import SPARED

MEGABYTE = 2**20  # bytes


@dataclass(frozen=True, slots=True)
class Allowance:
    """How often a client may do something: `burst` times at once, and `per_minute` times a minute after that."""

    burst: int
    per_minute: int


CHANGES = Allowance(30, 30)
"""How often a client may change the documents, through the page, the endpoint and the tool together."""

FEEDBACK = Allowance(500_000, 1_000)
"""How many bytes of feedback a client may have saved: some 500 verdicts, and one more each minute."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper limits of one server; clients over a limit are asked to retry."""

    actions: int = 4
    """Requests of pages and tools that run at once; more would only share the same cores."""
    slow_actions: int = 2
    """In addition, slow requests that run at once: for images of pages, or for the suggested questions."""
    pending: int = 64
    """Requests of pages and programs of one client that are running or waiting: some seconds of work.

    All clients together have room for twice as many, so that one that sends too many keeps no other out.
    """
    streams: int = 256
    """Programs waiting for a result."""
    result_megabytes: int = 64
    """Megabytes of results, as JSON, that no program has fetched yet; half of them one client's."""
    result_lifetime: float = 300.0
    """Seconds until a result that has not been fetched is dropped."""
    files: int = 512
    """Files of the page being sent: browsers fetch six at a time."""
    uploads: int = 8
    """Uploads in progress at once."""
    upload_allowance: Allowance = Allowance(400, 60)
    """How often one client may upload."""
    uploaded_files: int = 2000
    """Uploaded files waiting to be added."""
    uploaded_megabytes: int = 2048
    """Megabytes of uploads waiting to be added; also the limit for all added documents together."""
    free_megabytes: int = SPARED // MEGABYTE
    """Megabytes of disk space that uploads leave free."""
    upload_lifetime: float = 3600.0
    """Seconds until an upload that has not been added is removed."""


@dataclass(frozen=True, slots=True)
class Config:
    """The operator's choices.

    `max_upload`: megabytes of a file. `root`: the path or the whole address behind a reverse proxy.
    `log`: if given, called with a line for each request.
    """

    passwords: Passwords | None = None
    mcp: bool = False
    max_upload: int = 50
    root: str = ""
    log: Callable[[str], object] | None = None
    limits: Limits = Limits()
