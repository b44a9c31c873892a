"""The manifest of a generation that LanceDB keeps."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from typing import Any

from index.errors import REBUILD, IndexCorrupt, IndexIncompatible
from index.lance.tables import TABLES
from index.schema import COUNTS, ENCODER, SETTINGS, fits

FORMAT = 2
"""Raised whenever a reader of the old tables would misread the new ones."""


@dataclass(frozen=True, slots=True)
class LanceManifest:
    """Facts about one generation.

    `made_from`: the SHA-256 of the manifest of the folder's generation that was published, which salts the seals.
    `encoder`, `settings`, `parent`, `changes`, `languages`: as `index.folder.manifest.Manifest` has them. `counts`:
    also the `terms` of all passages, repeats included. `stopwords`: words without content. `versions`: of each table
    but the one that it stands in itself. `partitions`: of the vectors' index, 0 if it has none. `sources`: the SHA-256
    of what it was made from.
    """

    format: int
    created: str
    made_from: str
    parent: str | None
    encoder: dict[str, Any]
    settings: dict[str, Any]
    counts: dict[str, int]
    changes: dict[str, int]
    languages: list[str]
    stopwords: list[str]
    versions: dict[str, int]
    partitions: int
    sources: str

    @property
    def salt(self) -> bytes:
        """What the seals of its rows begin with."""
        return self.made_from.encode()


_SHAPE = {
    "created": str, "made_from": str, "parent": str | None, "encoder": ENCODER, "settings": SETTINGS,
    "counts": {**COUNTS, "terms": int, "corners": int, "keys": int}, "changes": {str: int},
    "languages": [str], "stopwords": [str],
    "versions": {table: int for table in TABLES if table != "about"}, "partitions": int, "sources": str,
}  # fmt: skip


def dump(manifest: LanceManifest) -> bytes:
    """A manifest as JSON."""
    return json.dumps(asdict(manifest), ensure_ascii=False).encode()


def load(data: bytes, digest: str, where: str) -> LanceManifest:
    """The manifest with this SHA-256. Raises IndexCorrupt, and IndexIncompatible for another version's."""
    if sha256(data).hexdigest() != digest:
        raise IndexCorrupt(f"{where} has a manifest that was changed after it was written; {REBUILD}.")
    try:
        record = json.loads(data)
        if record["format"] != FORMAT or set(record) != {field.name for field in fields(LanceManifest)}:
            raise IndexIncompatible(
                f"{where} has format {record['format']}, and this version reads format {FORMAT}; {REBUILD}."
            )
        if not fits(record, _SHAPE):
            raise TypeError("a field that is missing, or of another type")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise IndexCorrupt(f"{where} has no manifest; {REBUILD}.") from error
    return LanceManifest(**record)
