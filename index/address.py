"""Where an index is kept: a folder, or an engine's storage.

lance:///shared/path     LanceDB, in a folder of this machine or one that several share
lance+s3://bucket/path   LanceDB, in S3-compatible object storage
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import EngineMissing
from index.settings import cache_folder
from source import UsageError

if TYPE_CHECKING:
    from index.lance.keeper import Keeper

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

    def keeper(self) -> Keeper:
        """Who reads and writes there. Raises EngineMissing."""
        try:
            from index.lance.keeper import Keeper
        except ModuleNotFoundError as error:
            raise EngineMissing(
                f"{self.address} needs the package {error.name}, which is not installed; run `pip install '.[lance]'`."
            ) from None
        return Keeper(self)


def folder_of(index: str | Path) -> Path:
    """The folder of this machine in which an index is made."""
    address = address_of(index)
    return address.staging if isinstance(address, Engine) else address


def address_of(index: str | Path) -> Path | Engine:
    """What a user names an index by. Raises UsageError, which does not repeat it: there may be a password in it."""
    text = str(index)
    if isinstance(index, Path) or "://" not in text:
        return Path(index)
    found = _ADDRESS.fullmatch(text)
    if not found or bool(found["bucket"]) != bool(found["store"]) or not found["path"]:
        raise UsageError(
            "This is no address of an index; name a folder, lance:///path/of/a/folder or lance+s3://bucket/path "
            "(keys come from the environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)."
        )
    uri = f"s3://{found['bucket']}{found['path']}" if found["store"] else found["path"]
    return Engine(text.rstrip("/"), uri)
