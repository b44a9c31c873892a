"""How the page is served: what its operator chose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qa.web.passwords import Passwords


@dataclass(frozen=True, slots=True)
class Rules:
    """`max_upload`: megabytes of a file. `root`: the path or the whole address behind a reverse proxy.

    `tell`: gets a line for each request, if there is to be one.
    """

    passwords: Passwords | None = None
    read_only: bool = False
    mcp: bool = False
    max_upload: int = 50
    root: str = ""
    tell: Callable[[str], object] | None = None
