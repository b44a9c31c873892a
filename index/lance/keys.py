"""A hash table on storage: what belongs to a key is in one row, which is named by the key's digest.

So one call looks up any number of keys, without an index of the engine's, and that a key is not
there is proven like all else. The keys are of three kinds, each a function below.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

from index.lance.rows import Rows, Table
from index.lance.tables import KEYS, Values
from index.repeats import sentence_key

_TOGETHER = 16  # keys in a row
_KEPT = 1 << 22  # bytes


def of_term(term: str) -> str:
    """Its value: how many passages have the term."""
    return f"t{term}"


def of_document(id: str) -> str:
    """Its value: the row of the document with this id."""
    return f"d{id}"


def of_sentence(text: str) -> str:
    """Its value: where a sentence stands that stands more than once, each place as [document, start, end]."""
    return of_digest(sentence_key(text))


def of_digest(digest: int) -> str:
    """As `of_sentence`, by the `sentence_key` of the text."""
    return f"s{digest}"


class Keys:
    """What `buckets` made, on storage. `count`: the number of rows."""

    def __init__(self, table: Table, count: int) -> None:
        self._count = count
        self._rows: Rows[dict[str, Any]] = Rows(table, KEYS, _entries, _KEPT)

    def find(self, keys: Iterable[str]) -> dict[str, Any]:
        """The values of those keys that are there."""
        at = {key: _bucket(key, self._count) for key in keys}
        numbers = list(dict.fromkeys(at.values()))
        found = dict(zip(numbers, self._rows.get(numbers), strict=True))
        return {key: found[number][key] for key, number in at.items() if key in found[number]}


def _entries(row: int, values: Values) -> dict[str, Any]:
    entries = json.loads(values[0])
    if not isinstance(entries, dict):
        raise TypeError("entries are an object")
    return entries


def buckets(entries: Mapping[str, Any]) -> Iterator[bytes]:
    """The rows of a hash table of these."""
    count = bucket_count(len(entries))
    rows: dict[int, dict[str, Any]] = defaultdict(dict)
    for key, value in entries.items():
        rows[_bucket(key, count)][key] = value
    return (json.dumps(rows.get(row, {}), ensure_ascii=False).encode() for row in range(count))


def bucket_count(keys: int) -> int:
    """How many rows a hash table of so many keys has."""
    return 1 + keys // _TOGETHER


def _bucket(key: str, count: int) -> int:
    return int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little") % count
