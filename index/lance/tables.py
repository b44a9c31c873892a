"""Which table of a generation holds what, and how its rows are packed and sealed.

GENERATION-passages    a row for each passage, in the order of the index
    passage            document: its document's row
                       sentences: (n, 3) int64: start, end, and whether the sentence stands more than once
                       terms: its index terms, joined by spaces
                       vector: (dimension,) float32
    tokens             tokens: `index.tokens.token_type`
    terms, vector      the same once more, as the engine searches them; nobody reads them from there
GENERATION-documents   a row for each document, in the order of the sources
    facts              id; first, last: its passages are first up to last, the last one not included
                       facts: `DocumentFacts` as JSON
    line               corner: the row of its first corners; -1 if it has none
                       line: what `dump_document` makes of it
GENERATION-corners     where the characters of documents with pages stand: `CORNERS_TOGETHER` in a row
    data               (characters, 4) uint16
GENERATION-keys        a hash table: see `index.lance.rows`
    entries            JSON
GENERATION-about       what it is: row 0 the manifest, row 1 what it was made from
    row, data          int64, JSON: columns as they are, so that readers of every format can tell which it is
current                one row: which generation answers, which are kept, and who is building

What is fetched together is *packed* into one column, because each column of a row costs a request of its own on S3:
a seal of 32 bytes, the row's number and the length of each value as int64 (little-endian), the values. The *seal*
is the SHA-256 of a salt of the generation's own, the name of the column, and all that follows it. So whatever is
fetched is known to be what was written, in that row, of that generation. LanceDB's own files have no checksum.
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
from index.schema import COUNTS, ENCODER, SETTINGS, fits

CORNERS_TOGETHER = 4096
"""Characters."""
TABLES = ("passages", "documents", "corners", "keys", "about")
_SEAL = 32
Values = Sequence[Any]
"""What is packed into a column of a row: bytes, strings and whole numbers, in the order of the part's fields."""


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of a table, and what is packed into it.

    `searched`: which of its fields stand once more, in columns that the engine searches.
    """

    table: str
    column: str
    fields: tuple[tuple[str, type], ...]
    searched: tuple[str, ...] = ()


PASSAGES = SealedColumn(
    "passages", "passage", (("document", int), ("sentences", bytes), ("terms", str), ("vector", bytes)),
    ("terms", "vector"),
)  # fmt: skip
TOKENS = SealedColumn("passages", "tokens", (("tokens", bytes),))
DOCUMENTS = SealedColumn("documents", "facts", (("id", str), ("first", int), ("last", int), ("facts", bytes)))
LINES = SealedColumn("documents", "line", (("corner", int), ("line", bytes)))
CORNERS = SealedColumn("corners", "data", (("data", bytes),))
KEYS = SealedColumn("keys", "entries", (("entries", bytes),))
PARTS = (PASSAGES, TOKENS, DOCUMENTS, LINES, CORNERS, KEYS)
ABOUT = pa.schema([pa.field("row", pa.int64(), nullable=False), pa.field("data", pa.large_binary(), nullable=False)])


def schema(table: str, dimension: int) -> pa.Schema:
    """The columns of a table. `dimension`: numbers in a vector."""
    types = {"terms": pa.large_string(), "vector": pa.list_(pa.float32(), dimension)}
    parts = [part for part in PARTS if part.table == table]
    fields = [(part.column, pa.large_binary()) for part in parts]
    searched = [(name, types[name]) for part in parts for name in part.searched]
    return pa.schema([pa.field(*field, nullable=False) for field in (*fields, *searched)])


def pack(salt: bytes, part: SealedColumn, row: int, record: Mapping[str, Any]) -> bytes:
    """The fields of a part, sealed."""
    values = [_WRITE[kind](record[name]) for name, kind in part.fields]
    body = b"".join((_head(part).pack(row, *map(len, values)), *values))
    return _seal(salt, part, body) + body


def is_sealed(salt: bytes, part: SealedColumn, data: bytes) -> bool:
    """Was it packed with this salt, for this part?"""
    return _seal(salt, part, data[_SEAL:]) == data[:_SEAL]


def unpack(part: SealedColumn, data: bytes) -> tuple[int, Values]:
    """The row's number and the values; whether it is sealed is not looked at. Raises ValueError if it is not packed."""
    head = _head(part)
    at = _SEAL + head.size
    if len(data) < at:
        raise ValueError("too short")
    row, *lengths = head.unpack_from(data, _SEAL)
    if min(row, *lengths) < 0 or at + sum(lengths) != len(data):
        raise ValueError("lengths that are not those of the values")
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
