"""The address of an index that LanceDB keeps.

lance:///shared/path     in a folder of this machine or one that several share
lance+s3://bucket/path   in S3-compatible object storage
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from index.settings import cache_folder
from source import UsageError

_ADDRESS = re.compile(r"lance(?:\+(?P<store>s3))?://(?P<bucket>[A-Za-z0-9][A-Za-z0-9._-]*)?(?P<path>(?:/[^/?#]+)*)/?")


@dataclass(frozen=True, slots=True)
class Engine:
    """The address of an index that LanceDB keeps. `uri`: what LanceDB calls it."""

    address: str
    uri: str

    def __str__(self) -> str:
        return self.address

    @property
    def staging(self) -> Path:
        """The folder of this machine in which generations are made before they go there; losing it only costs time."""
        return cache_folder() / "staging" / sha256(self.uri.encode()).hexdigest()[:16]


def parse_address(text: str) -> Engine:
    """The engine at an address. Raises UsageError, which does not repeat the address: it may contain a password."""
    found = _ADDRESS.fullmatch(text)
    if not found or bool(found["bucket"]) != bool(found["store"]) or not found["path"]:
        raise UsageError(
            "This is no address of an index; name a folder, lance:///path/of/a/folder or lance+s3://bucket/path "
            "(keys come from the environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)."
        )
    uri = f"s3://{found['bucket']}{found['path']}" if found["store"] else found["path"]
    return Engine(text.rstrip("/"), uri)
