"""A hash table stored in sealed rows: values by the text of a key.

A key's digest determines the row that holds its value. So one request looks up any number of keys without an index
of the engine, and the absence of a key is verified like everything else. There are three kinds of keys, each made by
a function below.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

from index.folder.repeats import sentence_key
from index.lance.sealed_rows import SealedRows, SealedTable
from index.lance.tables import KEYS, Values

_IN_A_BUCKET = 16  # keys in a row, on average
_KEPT = 1 << 22  # bytes cached


def of_term(term: str) -> str:
    """The key of a term; its value is the number of passages that contain it."""
    return f"t{term}"


def of_document(id: str) -> str:
    """The key of a document id; its value is the document's row."""
    return f"d{id}"


def of_sentence(text: str) -> str:
    """The key of a repeated sentence; its value is a list of its places, each as [document, start, end]."""
    return of_digest(sentence_key(text))


def of_digest(digest: int) -> str:
    """As `of_sentence`, given the `sentence_key` of the text."""
    return f"s{digest}"


class Keys:
    """The stored hash table, as `buckets` makes it. `count`: the number of rows."""

    def __init__(self, table: SealedTable, count: int) -> None:
        self._count = count
        self._rows: SealedRows[dict[str, Any]] = SealedRows(table, KEYS, _entries, _KEPT)

    def find(self, keys: Iterable[str]) -> dict[str, Any]:
        """The values of these keys, without those that don't exist."""
        bucket_of = {key: _bucket(key, self._count) for key in keys}
        numbers = list(dict.fromkeys(bucket_of.values()))
        found = dict(zip(numbers, self._rows.get(numbers), strict=True))
        return {key: found[number][key] for key, number in bucket_of.items() if key in found[number]}


def _entries(row: int, values: Values) -> dict[str, Any]:
    entries = json.loads(values[0])
    if not isinstance(entries, dict):
        raise TypeError("the entries aren't an object")
    return entries


def buckets(entries: Mapping[str, Any]) -> Iterator[bytes]:
    """The rows of a hash table of these entries."""
    count = bucket_count(len(entries))
    rows: dict[int, dict[str, Any]] = defaultdict(dict)
    for key, value in entries.items():
        rows[_bucket(key, count)][key] = value
    return (json.dumps(rows.get(row, {}), ensure_ascii=False).encode() for row in range(count))


def bucket_count(keys: int) -> int:
    """The number of rows of a hash table with so many keys."""
    return 1 + keys // _IN_A_BUCKET


def _bucket(key: str, count: int) -> int:
    return int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little") % count
