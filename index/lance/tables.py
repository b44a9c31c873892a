"""Which table of a generation holds what, and the seals that prove its rows.

GENERATION-passages    a row for each passage, in the order of the index
    document           int64: its document's row
    sentences          binary: (n, 3) int64: start, end, and whether the sentence stands more than once
    terms              string: its index terms, joined by spaces; searched by words
    vector             (dimension,) float32; searched by nearness
    tokens             binary: `index.tokens.token_type`
GENERATION-documents   a row for each document, in the order of the sources
    id                 string
    first, last        int64: its passages are first up to last, the last one not included
    corner             int64: the row of its first corners; -1 if it has none
    facts              binary: `DocumentFacts` as JSON
    line               binary: what `dump_document` makes of it
GENERATION-corners     where the characters of documents with pages stand: `CORNERS_TOGETHER` in a row
    data               binary: (characters, 4) uint16
GENERATION-keys        a hash table: see `index.lance.keys`
    entries            binary: JSON
GENERATION-about       what it is: row 0 the manifest, row 1 what it was made from
    data               binary: JSON
current                one row: which generation answers, which are kept, and who is building

Every row of a generation has its number (`row`) and one or two *seals*: the SHA-256 of a salt of the
generation's own, the name of the part, the row's number and what stands in it. So whatever is fetched
is known to be what was written, in that row, of that generation. LanceDB's own files have no checksum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pyarrow as pa

CORNERS_TOGETHER = 4096
"""Characters."""
TABLES = ("passages", "documents", "corners", "keys", "about")


@dataclass(frozen=True, slots=True)
class Part:
    """Columns of a table that are fetched together, and the column that seals them."""

    table: str
    columns: tuple[str, ...]
    seal: str = "seal"

    @property
    def selected(self) -> list[str]:
        """What is to be fetched of it."""
        return ["row", *self.columns, self.seal]


PASSAGES = Part("passages", ("document", "sentences", "terms", "vector"))
TOKENS = Part("passages", ("tokens",), "tokens_seal")
DOCUMENTS = Part("documents", ("id", "first", "last", "facts"))
LINES = Part("documents", ("corner", "line"), "line_seal")
CORNERS = Part("corners", ("data",))
KEYS = Part("keys", ("entries",))
ABOUT = Part("about", ("data",))
PARTS = (PASSAGES, TOKENS, DOCUMENTS, LINES, CORNERS, KEYS, ABOUT)

_TYPES = {
    "row": pa.int64(), "document": pa.int64(), "sentences": pa.binary(), "terms": pa.large_string(),
    "tokens": pa.large_binary(),
    "id": pa.large_string(), "first": pa.int64(), "last": pa.int64(), "corner": pa.int64(), "facts": pa.large_binary(),
    "line": pa.large_binary(), "data": pa.large_binary(), "entries": pa.large_binary(),
}  # fmt: skip


def schema(table: str, dimension: int) -> pa.Schema:
    """The columns of a table. `dimension`: numbers in a vector."""
    types = _TYPES | {"vector": pa.list_(pa.float32(), dimension)}
    parts = [part for part in PARTS if part.table == table]
    columns = ["row", *(column for part in parts for column in part.columns)]
    fields = [pa.field(name, types[name], nullable=False) for name in columns]
    return pa.schema([*fields, *(pa.field(part.seal, pa.binary(), nullable=False) for part in parts)])


def seal(salt: bytes, part: Part, row: int, values: Sequence[Any]) -> bytes:
    """The SHA-256 of a part of a row. `values`: bytes, strings and whole numbers, in the order of its columns."""
    data = [value if isinstance(value, bytes) else str(value).encode() for value in values]
    head = f"{part.table} {part.seal} {row} {[len(each) for each in data]}".encode()
    return sha256(b"".join((salt, head, *data))).digest()
