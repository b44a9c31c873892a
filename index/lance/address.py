"""The address (storage URL) of an index in LanceDB.

lance:///shared/path     a folder, local or shared by several machines
lance+s3://bucket/path   S3-compatible object storage
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
    """The address of an index in LanceDB. `uri`: the address that LanceDB itself uses."""

    address: str
    uri: str

    def __str__(self) -> str:
        return self.address

    @property
    def staging(self) -> Path:
        """The local folder in which generations are built before they are published; losing it only costs time."""
        return cache_folder() / "staging" / sha256(self.uri.encode()).hexdigest()[:16]


def parse_address(text: str) -> Engine:
    """Parses an address. Raises UsageError without the address, which may contain a password."""
    found = _ADDRESS.fullmatch(text)
    if not found or bool(found["bucket"]) != bool(found["store"]) or not found["path"]:
        raise UsageError(
            "Invalid index address. Name a folder, lance:///path/of/a/folder or lance+s3://bucket/path "
            "(keys come from the environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)."
        )
    uri = f"s3://{found['bucket']}{found['path']}" if found["store"] else found["path"]
    return Engine(text.rstrip("/"), uri)
