"""The LanceDB tables of an index, and how their rows are packed and sealed.

GENERATION-passages    one row per passage, in the order of the sources
    passage            document: row of its document
                       sentences: (n, 3) int64: start, end, 1 for a repeated sentence
                       terms: its index terms and those of its context, as often as they score for, joined by spaces
                       length: the number of its index terms without its context
                       vector: (dimension,) float32
    tokens             tokens: (n,) of `index.tokens.token_type`
    terms, vector      copies for the engine's own indexes; never read
GENERATION-documents   one row per document, in the order of the sources
    facts              id: its id; first, last: its first passage, and the passage after its last
                       facts: `DocumentFacts` without the id, as JSON
    line               corner: row of its first corners, -1 if it has none
                       line: the document as JSON, as `dump_document` writes it
GENERATION-corners     boxes of the characters of documents with pages, `CORNERS_TOGETHER` characters per row
    data               (characters, 4) uint16
GENERATION-keys        a hash table; see `index.lance.keys`
    entries            JSON
GENERATION-about       row 0: the manifest; row 1: the record of the sources
    row, data          int64, JSON; not packed, so that every version can read the format number
current                the pointer, one row: current generation, kept generations, running build

Values that are fetched together are *packed* into one column, because on S3 every column of a row costs a request:
a seal of 32 bytes, then the row's number and the length of each value as int64 (little-endian), then the values. The
*seal* is the SHA-256 of the generation's salt, the names of table and column, and everything that follows the seal.
It proves that the data was written for this row of this generation; LanceDB's own files have no checksums.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from typing import Any

import pyarrow as pa

from index.errors import REBUILD, IndexCorrupt, IndexIncompatible
from index.json_shape import COUNTS, ENCODER, SETTINGS, fits

CORNERS_TOGETHER = 4096
"""Characters in a row of the corners table."""
TABLES = ("passages", "documents", "corners", "keys", "about")
_SEAL = 32
Values = Sequence[Any]
"""The values packed into one column of a row: bytes, strings and integers, in the order of `SealedColumn.fields`."""


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of a table, and the fields packed into it.

    `searched`: the fields that also have a column of their own, which the engine searches.
    """

    table: str
    column: str
    fields: tuple[tuple[str, type], ...]
    searched: tuple[str, ...] = ()


PASSAGES = SealedColumn(
    "passages", "passage", (("document", int), ("sentences", bytes), ("terms", str), ("length", int),
    ("vector", bytes)), ("terms", "vector"),
)  # fmt: skip
TOKENS = SealedColumn("passages", "tokens", (("tokens", bytes),))
DOCUMENTS = SealedColumn("documents", "facts", (("id", str), ("first", int), ("last", int), ("facts", bytes)))
LINES = SealedColumn("documents", "line", (("corner", int), ("line", bytes)))
CORNERS = SealedColumn("corners", "data", (("data", bytes),))
KEYS = SealedColumn("keys", "entries", (("entries", bytes),))
PARTS = (PASSAGES, TOKENS, DOCUMENTS, LINES, CORNERS, KEYS)
ABOUT = pa.schema([pa.field("row", pa.int64(), nullable=False), pa.field("data", pa.large_binary(), nullable=False)])


def schema(table: str, dimension: int) -> pa.Schema:
    """The Arrow schema of a table. `dimension`: of the vectors."""
    types = {"terms": pa.large_string(), "vector": pa.list_(pa.float32(), dimension)}
    parts = [part for part in PARTS if part.table == table]
    fields = [(part.column, pa.large_binary()) for part in parts]
    searched = [(name, types[name]) for part in parts for name in part.searched]
    return pa.schema([pa.field(*field, nullable=False) for field in (*fields, *searched)])


def pack(salt: bytes, part: SealedColumn, row: int, record: Mapping[str, Any]) -> bytes:
    """Packs and seals the fields of a column."""
    values = [_WRITE[kind](record[name]) for name, kind in part.fields]
    body = b"".join((_head(part).pack(row, *map(len, values)), *values))
    return _seal(salt, part, body) + body


def is_sealed(salt: bytes, part: SealedColumn, data: bytes) -> bool:
    """Whether the data was packed with this salt, for this column."""
    return _seal(salt, part, data[_SEAL:]) == data[:_SEAL]


def unpack(part: SealedColumn, data: bytes) -> tuple[int, Values]:
    """Unpacks the row's number and the values, without checking the seal. Raises ValueError for malformed data."""
    head = _head(part)
    at = _SEAL + head.size
    if len(data) < at:
        raise ValueError("too short")
    row, *lengths = head.unpack_from(data, _SEAL)
    if min(row, *lengths) < 0 or at + sum(lengths) != len(data):
        raise ValueError("wrong lengths")
    values = []
    for (_, kind), length in zip(part.fields, lengths, strict=True):
        values.append(_READ[kind](data[at : at + length]))
        at += length
    return row, values


def _seal(salt: bytes, part: SealedColumn, body: bytes) -> bytes:
    return sha256(b"".join((salt, f"{part.table} {part.column} ".encode(), body))).digest()


def _head(part: SealedColumn) -> struct.Struct:
    return struct.Struct(f"<{1 + len(part.fields)}q")


_WRITE: dict[type, Callable[[Any], bytes]] = {
    bytes: bytes, str: str.encode, int: lambda number: number.to_bytes(8, "little", signed=True),
}  # fmt: skip
_READ: dict[type, Callable[[bytes], Any]] = {
    bytes: bytes, str: bytes.decode, int: lambda data: int.from_bytes(data, "little", signed=True),
}  # fmt: skip


FORMAT = 3
"""The version of these tables; increased whenever older code would misread the new ones."""


@dataclass(frozen=True, slots=True)
class LanceManifest:
    """The manifest of a published generation.

    `made_from`: SHA-256 of the manifest of the folder generation that was published; it is the salt of the seals.
    `encoder`, `settings`, `parent`, `changes`, `languages`: as in `index.folder.manifest.Manifest`. `counts`: with
    the number of `terms` of all passages without their contexts, repeats included. `versions`: of every table but
    `about`, which contains the manifest. `partitions`: of the vector index, 0 if there is none. `sources`: SHA-256 of
    the record of sources.
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
        """The salt of the seals."""
        return self.made_from.encode()


_SHAPE = {
    "created": str, "made_from": str, "parent": str | None, "encoder": ENCODER, "settings": SETTINGS,
    "counts": {**COUNTS, "terms": int, "corners": int, "keys": int}, "changes": {str: int},
    "languages": [str], "stopwords": [str],
    "versions": {table: int for table in TABLES if table != "about"}, "partitions": int, "sources": str,
}  # fmt: skip


def dump(manifest: LanceManifest) -> bytes:
    """Encodes a manifest as JSON."""
    return json.dumps(asdict(manifest), ensure_ascii=False).encode()


def checked_json(data: bytes, digest: str, where: str) -> Any:
    """The JSON in a row of the table `about`, which must have this SHA-256. Raises IndexCorrupt."""
    if sha256(data).hexdigest() != digest:
        raise IndexCorrupt(f"{where} has a description that was changed after it was written. {REBUILD}")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise IndexCorrupt(f"{where} has no valid description. {REBUILD}") from error


def load(data: bytes, digest: str, where: str) -> LanceManifest:
    """Decodes the manifest with this SHA-256. Raises IndexCorrupt, and IndexIncompatible for another format."""
    record = checked_json(data, digest, where)
    try:
        if record["format"] != FORMAT or set(record) != {field.name for field in fields(LanceManifest)}:
            raise IndexIncompatible(
                f"{where} has format {record['format']}, but this version reads format {FORMAT}. {REBUILD}"
            )
        if not fits(record, _SHAPE):
            raise TypeError("a field is missing or has another type")
    except (TypeError, KeyError, AttributeError) as error:
        raise IndexCorrupt(f"{where} has no valid manifest. {REBUILD}") from error
    return LanceManifest(**record)
